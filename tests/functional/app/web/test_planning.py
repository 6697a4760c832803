"""What people do with a plan: add what is optional or was not foreseen, and ask why something stands."""

import re

import pytest

from cases.persistence.tasks import HumanTaskRow, QueueRow
from cases.policy.access import SYSTEM
from cases.services import plan_items
from tests import advice, factories
from tests.functional.app.conftest import Browser, Office, Page

LARGE = {"request": {"amount": 2000}}


def _optional(page: Page) -> str:
    return page.one("//section[@aria-labelledby='optional']").text_content()


def _add(browser: Browser, path: str, item: int, offer: str) -> Page:
    browser.get(path)
    return browser.post(f"{path}/plan", {"item": item, "offer": offer})


def test_what_a_planning_table_offers_is_added_by_a_button_and_stands_in_plan_and_timeline(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    browser = office.browser("mia")
    page = browser.get(path)
    buttons = [button.text_content() for button in page.all("//section[@aria-labelledby='optional']//button")]
    assert buttons == ["Add Call back", "Add Visit"]
    assert "adds Make an appointment, Go there" in _optional(page)
    assert _add(browser, path, 0, "D.visit").location == path
    after = browser.get(path + "?timeline=all")
    assert "Visit has been added to the plan." in after.text
    assert "Mia Sol added Visit, which was optional" in after.text
    assert (
        "Active"
        in after.one("//ul[@class='plan']//li[div/span[text()='Make an appointment']]").text_content()
    )


def test_what_nobody_has_planned_is_called_optional_and_is_no_step_of_the_case(
    advised: advice.Advised, office: Office
) -> None:
    page = office.browser("mia").get(advised.start())
    listed = page.one("//ul[@class='plan']/li[div/span[text()='Visit']]/div").text_content()
    assert "Optional" in listed
    assert "Visit" not in page.one("//ol[@class='steps']").text_content()
    assert "Visit" not in page.one("//*[@class='cmmn']").text_content()


def test_what_is_not_offered_says_why(advised: advice.Advised, office: Office) -> None:
    page = office.browser("mia").get(advised.start())
    why = page.one("//*[@id='not-offered']").text_content()
    assert "Second opinion It is for Expert." in why
    assert "Ask the auditor It is offered when Amount (Request) is more than 1,000 (now 300)." in why


def test_who_has_the_role_is_offered_what_the_table_of_a_task_holds(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    browser = office.browser("bo")
    page = browser.get(path)
    assert "Second opinion" in page.one("//button[contains(., 'Second opinion')]").text_content()
    item = page.one("//form[.//input[@value='D.opinion']]//input[@name='item']").get("value")
    assert _add(browser, path, int(item or 0), "D.opinion").status == 303
    assert "Bo Lind added Second opinion" in browser.get(path).text


@pytest.mark.parametrize(
    ("name", "item", "offer"),
    [
        ("mia", 0, "D.audit"),
        ("mia", 1, "D.opinion"),
        ("mia", 0, "D.trap"),
        ("mia", 9, "nothing"),
        ("lo", 0, "D.call"),
    ],
)
def test_what_is_not_offered_is_refused_in_a_sentence(
    advised: advice.Advised, office: Office, name: str, item: int, offer: str
) -> None:
    path = advised.start()
    page = _add(office.browser(name), path, item, offer)
    assert page.status == 409
    assert "This is not offered now. Look at the case again: it says why." in page.text
    assert "trap" not in page.text.lower()


def test_who_only_looks_is_shown_no_button(advised: advice.Advised, office: Office) -> None:
    page = office.browser("lo").get(advised.start())
    assert page.all("//section[@aria-labelledby='optional']//form") == []
    assert "You may look at this case, and no more." in _optional(page)
    assert office.browser("lo").get(advised.start() + "/tasks/new").status == 403


def test_a_task_that_the_plan_did_not_foresee_is_added_for_a_role(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    browser = office.browser("mia")
    asked = browser.get(path + "/tasks/new")
    assert [one.text_content() for one in asked.all("//select[@id='role']/option")] == [
        "Anybody who works on this case",
        "Clerk",
        "Expert",
    ]
    answers = {"name": " Ring the bank ", "description": "About the old loan", "role": "expert"}
    assert browser.post(path + "/tasks/new", answers).location == path
    page = browser.get(path + "?plan=all")
    assert "Ring the bank" in page.one("//section[@aria-labelledby='tasks']").text_content()
    assert "Ring the bank" in page.one("//*[@class='cmmn']").text_content()
    assert "Mia Sol added Ring the bank, which no model foresaw" in page.text
    with office.transaction() as session:
        row = session.query(HumanTaskRow).filter_by(name="Ring the bank").one()
        assert session.get_one(QueueRow, row.queue_id).key == "advice:expert"


def test_a_task_goes_to_the_stage_that_was_chosen(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    browser = office.browser("mia")
    _add(browser, path, 0, "D.visit")
    place = browser.get(path + "/tasks/new").one("//select[@id='place']/option[2]")
    assert place.text_content() == "Stage Visit"
    browser.post(path + "/tasks/new", {"name": "Buy flowers", "place": place.get("value")})
    inside = browser.get(path).one("//ul[@class='plan']/li[div/span[text()='Visit']]").text_content()
    assert "Buy flowers" in inside


def test_a_task_without_a_name_is_asked_for_again_with_what_was_written(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start() + "/tasks/new"
    browser = office.browser("mia")
    browser.get(path)
    page = browser.post(path, {"name": "  ", "description": "About the old loan"})
    assert page.status == 422
    assert page.one("//*[@id='name-error']").text_content().strip() == "Say what is to be done."
    assert page.one("//textarea").text == "About the old loan"
    assert browser.post(path, {"name": "x" * 201}).status == 422
    assert browser.post(path, {"name": "x", "place": "77"}).status == 409
    assert browser.post(path, {"name": "x", "role": "nobody"}).status == 404


def test_a_hidden_offer_and_a_hidden_item_are_nowhere(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    page = office.browser("mia").get(path + "?plan=all")
    assert "Inquiry" not in page.text
    assert "77" not in page.text
    number = _number(office.browser("hedda").get(path), "Inquiry")
    assert office.browser("hedda").get(f"{path}/why/{number}").status == 200
    assert office.browser("mia").get(f"{path}/why/{number}").status == 404
    assert office.browser("mia").get(f"{path}/why/9999").status == 404


def test_the_why_of_an_item_says_which_part_is_missing_and_which_value_was_read(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    browser = office.browser("mia")
    link = (
        browser.get(path)
        .one("//li[div/span[text()='Send a letter']]//a[contains(@href, '/why/')]")
        .get("href")
    )
    told = browser.get(str(link)).text
    assert "It waits for what begins it." in told
    assert "Answer the request is done: not yet" in told
    assert "Its condition does not hold. Amount (Request) is 300." in told


@pytest.mark.parametrize("score", [3, 99])
def test_nothing_hidden_is_in_an_explanation_whatever_its_value(
    advised: advice.Advised, office: Office, score: int
) -> None:
    """Two cases that differ only in what is hidden are explained alike to who may not see it."""
    path = advised.start(H={"score": score})
    browser = office.browser("mia")
    number = _number(office.browser("hedda").get(path), "Report the inquiry")
    told = browser.get(f"{path}/why/{number}").text
    assert "Answer the request is done: not yet" in told
    assert "Something that you may not see is part of it." in told
    for hidden in (
        "Inquiry",
        "Score",
        "score",
        str(score),
        "77",
        "Its condition",
        "does not hold",
        "move it",
    ):
        assert hidden not in told.replace("ADV-", ""), hidden
    seen = office.browser("hedda").get(f"{path}/why/{number}").text
    assert f"Score (Inquiry) is {score}." in seen


def test_every_explanation_is_the_same_whatever_the_hidden_value(
    advised: advice.Advised, office: Office
) -> None:
    paths = [advised.start(H={"score": score}) for score in (3, 99)]
    browser = office.browser("mia")
    trap = _number(browser.get(paths[0]), "Set a trap")
    for number in range(_count(office, paths[0])):
        if number == trap:
            continue  # what one may do depends on it, as the model wants it; why, is told in neither case
        told = [browser.get(f"{path}/why/{number}") for path in paths]
        texts = [re.sub(r"ADV-\d+", "", page.text) for page in told]
        assert texts[0] == texts[1], number


@pytest.mark.parametrize(("score", "told"), [(3, "It is not offered now."), (99, "You may add it now.")])
def test_an_offer_that_depends_on_what_is_hidden_does_not_say_on_what(
    advised: advice.Advised, office: Office, score: int, told: str
) -> None:
    path = advised.start(H={"score": score})
    browser = office.browser("mia")
    page = browser.get(f"{path}/why/{_number(browser.get(path), 'Set a trap')}")
    assert told in page.text
    assert "Score" not in page.text
    assert "77" not in page.text


def test_who_sees_everything_is_told_what_would_move_it_and_by_whom(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start(**LARGE)
    browser = office.browser("hedda")
    number = _number(browser.get(path), "Send a letter")
    page = browser.get(f"{path}/why/{number}")
    steps = [" ".join(one.text_content().split()) for one in page.all("//ol/li")]
    assert steps == ["somebody does Answer the request (Clerk)"]


def test_the_why_of_the_case_says_what_keeps_it_open(advised: advice.Advised, office: Office) -> None:
    told = office.browser("hedda").get(advised.start() + "/why/0").text
    assert "What keeps it open" in told
    assert "Answer the request is at work" in told


def test_an_optional_item_says_why_it_is_not_there(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    number = _number(office.browser("mia").get(path), "Ask the auditor")
    told = office.browser("mia").get(f"{path}/why/{number}").text
    assert "It is optional, and nobody has added it." in told
    assert "It is offered when Amount (Request) is more than 1,000 (now 300)." in told


def test_the_addresses_of_forms_lead_back_to_the_case(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    assert office.browser("mia").get(path + "/plan").location == path


def test_nothing_is_offered_in_a_case_that_has_ended(advised: advice.Advised, office: Office) -> None:
    path = advised.start()
    advised.answer(path, office.staff["mia"])
    browser = office.browser("hedda")
    browser.get(path + "/complete")
    browser.post(path + "/complete")
    page = browser.get(path)
    assert page.all("//section[@aria-labelledby='optional']") == []
    assert browser.get(path + "/tasks/new").status == 409
    assert _add(browser, path, 0, "D.call").status == 409


def test_a_case_task_shows_the_case_that_it_called_and_that_shows_its_caller(
    advised: advice.Advised, office: Office
) -> None:
    path = advised.start()
    with office.transaction() as session:
        plan_items.start(
            session,
            advised.cases[path],
            factories.item_of(session, advised.cases[path], "C"),
            SYSTEM,
            office.now,
        )
    advised.rest()
    page = office.browser("mia").get(path + "?plan=all")
    child = page.one("//section[@aria-labelledby='subcases']//a")
    assert "called by Check the person" in page.one("//section[@aria-labelledby='subcases']").text_content()
    key = str(child.get("href")).removeprefix("/cases/")
    listed = page.one("//ul[@class='plan']/li[div/span[text()='Check the person']]").text_content()
    assert f"{key} Active" in " ".join(listed.split())
    assert key in page.one("//*[@class='cmmn']").text_content()
    below = office.browser("mia").get(str(child.get("href")))
    above = below.one("//div[contains(@class, 'kin1')]//a")
    assert str(above.get("href")).startswith(path)
    assert "Active, for Check the person" in " ".join(below.text.split())


def _number(page: Page, name: str) -> int:
    return int(str(page.one(f"//ul[@class='plan']//li[div/span[text()='{name}']]/@id")).removeprefix("plan-"))


def _count(office: Office, path: str) -> int:
    page = office.browser("hedda").get(path)
    return len(page.all("//ul[@class='plan']//li")) + 1
