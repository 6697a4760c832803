"""One task: taken, drafted, answered badly, answered well."""

import re
from urllib.parse import quote

from sqlalchemy import delete

from cases.persistence.signin import UserSessionRow
from tests import factories
from tests.functional.app.conftest import Browser, Office

GOOD = {
    "liability": "insured",
    "severity": "minor",
    "repairCost": "3000.00",
    "actualCashValue": "9000",
    "inspection": "photos",
    "notes": "Bumper and hatch.",
}


def test_a_task_is_answered_only_by_who_has_it(office: Office) -> None:
    office.triaged()
    adam, ana = office.browser("adam"), office.browser("ana")
    link = _first_task(adam)
    assert "Claim the task" in adam.get(link).text
    assert not adam.get(link).all("//form[@id='task-form']")
    adam.post(f"{link}/claim")
    assert adam.get(link).one("//form[@id='task-form']") is not None
    assert "Adam Olsen has this task" in ana.get(link).text
    refused = ana.post(f"{link}/claim")
    assert refused.status == 409
    assert "Adam Olsen took it before you" in refused.one("//*[@id='reason']").text_content()
    assert refused.one("//main").get("data-address") == link


def test_bad_answers_come_back_as_they_were_sent_each_with_its_reason(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    page = browser.post(f"{link}/complete", {**GOOD, "repairCost": "3 thousand", "severity": ""})
    assert page.status == 422
    cost = page.one("//input[@id='repairCost']")
    assert cost.get("value") == "3 thousand"
    assert cost.get("aria-invalid") == "true"
    reason = page.one(f"//*[@id='{cost.get('aria-describedby').split()[-1]}']")
    assert reason.text_content().strip()
    assert page.one("//input[@name='liability'][@value='insured']").get("checked") is not None
    links = {str(href) for href in page.all("//*[@role='alert']//a/@href")}
    assert links == {"#repairCost", "#severity"}
    assert all(page.all(f"//*[@id='{target[1:]}']") for target in links)


def test_an_answer_in_a_row_is_named_as_a_reader_sees_it(office: Office) -> None:
    turn = office.claim(claim={**dict(factories.CLAIM["claim"]), "injuries": True})  # type: ignore[call-overload]
    factories.triage(office.transaction, turn.case_id, office.now)
    browser = office.browser("sven")
    found = re.search(r"/tasks/\d+", browser.get(f"/cases/{turn.business_key}").raw)
    assert found is not None
    browser.post(f"{found[0]}/claim")
    page = browser.post(f"{found[0]}/complete", {**GOOD, "injuries-0-type": "Whiplash"})
    assert page.status == 422
    assert "Injuries, row 1, Who" in page.one("//*[@id='errors']").text_content()


def test_an_answer_to_what_the_form_does_not_ask_is_refused(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    page = browser.post(f"{link}/complete", {**GOOD, "state": "completed"})
    assert page.status == 422
    assert "does not ask" in page.text


def test_a_draft_keeps_what_can_be_kept_and_demands_nothing(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    assert browser.post(f"{link}/draft", {"notes": "Half a note", "repairCost": "nonsense"}).location == link
    page = browser.get(link)
    assert page.one("//textarea[@id='notes']").text_content().strip() == "Half a note"
    assert "Draft saved" in page.text
    assert page.one("//input[@id='repairCost']").get("value") == "nonsense"
    assert "Not yet valid" in page.text
    live = browser.post(f"{link}/draft", {"notes": "More"}, **{"X-Live": "1"})
    assert live.one("//textarea[@id='notes']").text_content().strip() == "More"


def test_a_completed_task_leads_to_its_case_where_the_next_thing_has_begun(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    page = browser.post(f"{link}/complete", GOOD)
    assert (page.status, page.location) == (303, f"/cases/{turn.business_key}")
    case = browser.get(page.location)
    assert "Recommend settlement" in case.one("//section[@aria-labelledby='tasks']").text_content()
    assert "Adam Olsen did Assess damage and liability" in case.text
    assert "Adam Olsen did this" in browser.get(link).text


def test_a_task_that_was_given_back_waits_for_others(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    assert browser.post(f"{link}/release").location == "/work/mine"
    assert "Assess damage" in office.browser("ana").get("/work/queue/adjuster").text


def test_why_a_task_is_here_names_what_brought_it_about(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    box = browser.get(_first_task(browser)).one("//section[@aria-labelledby='why']").text_content()
    assert "Choose the track was done" in box
    assert "For Adjuster" in box


def test_a_task_of_another_family_or_none_is_not_there(office: Office) -> None:
    browser = office.browser("adam")
    assert browser.get("/tasks/999999").status == 404
    assert browser.post("/tasks/999999/claim").status == 404


def test_who_may_only_look_sees_the_task_and_cannot_take_it(office: Office) -> None:
    office.triaged()
    link = _first_task(office.browser("adam"))
    otto = office.browser("otto")
    page = otto.get(link)
    assert "This task is offered to Adjuster" in page.text
    assert not page.all("//form[contains(@action, '/claim')]")
    assert otto.post(f"{link}/claim").status == 403


def test_the_address_of_a_form_leads_to_the_task(office: Office) -> None:
    browser = office.browser("adam")
    for move in ("claim", "release", "assign", "draft", "complete"):
        answer = browser.get(f"/tasks/7/{move}")
        assert (answer.status, answer.location) == (303, "/tasks/7"), move


def test_who_sends_answers_after_the_session_has_ended_is_back_at_the_task_with_the_draft(
    office: Office,
) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _taken(browser)
    browser.post(f"{link}/draft", {"notes": "Half a note"})
    with office.transaction() as session:
        session.execute(delete(UserSessionRow))
    sent_from = {"Referer": f"http://localhost{link}"}
    for forget in (lambda: None, lambda: browser.client.delete_cookie("casewright")):
        forget()
        answer = browser.post(f"{link}/complete", GOOD, **sent_from)
        assert (answer.status, answer.location) == (303, f"/sign-in?ended=1&next={link}")
    assert "Your session has ended" in browser.get(answer.location).text
    assert browser.sign_in("adam", to=link).location == link
    assert browser.get(link).one("//textarea[@id='notes']").text_content().strip() == "Half a note"


def test_a_form_sent_from_elsewhere_leads_nowhere_after_the_sign_in(office: Office) -> None:
    answer = office.browser().post("/tasks/1/complete", Referer="http://evil.example/tasks/1")
    assert (answer.status, answer.location) == (303, "/sign-in?ended=1")


def _first_task(browser: Browser) -> str:
    found = re.search(r"/tasks/\d+", browser.get("/work/queue/adjuster").raw)
    assert found is not None
    return found[0]


def _taken(browser: Browser) -> str:
    link = _first_task(browser)
    browser.post(f"{link}/claim")
    browser.get(link)
    return link


def test_a_task_is_read_before_it_is_taken_and_nothing_of_it_can_be_sent(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    page = browser.get(_first_task(browser))
    assert page.one("//fieldset[@disabled]//input[@id='repairCost']") is not None
    assert not page.all("//form[@id='task-form']")


def test_the_panel_is_the_task_alone_and_its_forms_lead_back_to_the_list(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    link = _first_task(browser)
    back = "/work/queue/adjuster?tab=unassigned"
    panel = browser.get(f"{link}/panel?back={quote(back)}")
    assert not panel.all("//main")
    assert {str(value) for value in panel.all("//input[@name='back']/@value")} == {back}
    assert browser.post(f"{link}/claim", {"back": back}).location == back
    assert browser.post(f"{link}/complete", {**GOOD, "back": "//evil.example"}).location.startswith("/cases/")


def test_what_was_typed_is_kept_when_a_task_is_given_back_and_says_by_whom(office: Office) -> None:
    office.triaged()
    browser, ana = office.browser("adam"), office.browser("ana")
    link = _taken(browser)
    browser.post(f"{link}/release", {"notes": "Half a note"})
    page = ana.get(link)
    assert "Draft by Adam Olsen" in page.one("//*[@id='draft-by']").text_content()
    ana.post(f"{link}/claim")
    page = ana.get(link)
    assert page.one("//textarea[@id='notes']").text_content().strip() == "Half a note"
    ana.post(f"{link}/draft", {"notes": "Ana's now"})
    page = ana.get(link)
    assert not page.all("//*[@id='draft-by']")
    assert "Draft saved" in page.one("//*[@id='draft-state']").text_content()


def test_a_deadline_is_explained_with_its_rungs(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    box = browser.get(_first_task(browser)).one("//details[@id='deadline']")
    assert "How this deadline was worked out" in box.text_content()
    assert box.xpath(".//ol[@class='sum']/li")
    assert "is reminded" in box.text_content()
