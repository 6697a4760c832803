"""One case: where it stands, what happened, what one may do, and what one may not see."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from cases.persistence.tasks import HumanTaskRow
from tests import factories
from tests.functional.app.conftest import Office, Page

SUSPICIOUS = {"dup": True, "hour": 3, "prior": 3, "shared": True}


def test_a_case_says_in_one_sentence_whom_it_waits_for(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("adam").get(f"/cases/{turn.business_key}")
    assert "Waiting for somebody of Adjuster to take Assess damage and liability" in _why(page)


def test_the_history_names_the_criterion_that_began_each_thing(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("adam").get(f"/cases/{turn.business_key}?timeline=all")
    lines = [line.text_content() for line in page.all("//ul[@class='tl']/li")]
    began = next(line for line in lines if "Stage Adjustment began" in line)
    assert "because Choose the track was done" in began
    assert "Track is standard or Track is complex" in began
    assert "D2.track" not in page.raw
    assert "Casewright opened the case" in lines[-1]


def test_the_plan_is_a_picture_and_a_list_of_the_same_items(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("cora").get(f"/cases/{turn.business_key}?plan=all")
    drawn = {
        str(link) for link in page.all("//*[local-name()='svg' and @class='cmmn']//*[local-name()='a']/@href")
    }
    listed = {f"#{item}" for item in page.all("//ul[@class='plan']/li/@id")}
    assert drawn == listed
    assert len(drawn) > 30


def test_finished_and_future_stages_are_folded_until_one_asks(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")
    folded = browser.get(f"/cases/{turn.business_key}").one("//*[@class='cmmn']").text_content()
    assert "Look up vehicle value" in folded
    assert "Acknowledge to claimant" not in folded
    whole = browser.get(f"/cases/{turn.business_key}?plan=all").one("//*[@class='cmmn']").text_content()
    assert "Acknowledge to claimant" in whole


def test_fraud_is_not_on_the_page_of_an_adjuster_in_any_way(office: Office) -> None:
    turn = office.triaged(**SUSPICIOUS)
    for path in (f"/cases/{turn.business_key}", f"/cases/{turn.business_key}?plan=all"):
        raw = office.browser("adam").get(path).raw
        for hidden in ("fraud", "Fraud", "Score", "red flags", "NY4", "investigation", "SV3", "D3.band"):
            assert hidden not in raw, hidden


@pytest.mark.parametrize("name", ["cora", "otto", "sven"])
def test_fraud_is_on_the_page_of_who_may_see_it(office: Office, name: str) -> None:
    turn = office.triaged(**SUSPICIOUS)
    page = office.browser(name).get(f"/cases/{turn.business_key}")
    assert "Fraud" in page.one("//section[@aria-labelledby='data']").text_content()
    assert "Weigh red flags" in page.one("//section[@aria-labelledby='timeline']").text_content()


def test_a_claim_under_investigation_does_not_say_so_to_an_adjuster(office: Office) -> None:
    turn = office.triaged(**SUSPICIOUS)
    page = office.browser("adam").get(f"/cases/{turn.business_key}")
    assert "investigation" not in _why(page)
    assert "Nobody has anything to do" in page.one("//section[@aria-labelledby='tasks']").text_content()


def test_an_event_is_raised_with_its_form_and_ends_the_case(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")
    link = browser.get(f"/cases/{turn.business_key}").one("//a[contains(@href, '/events/')]").get("href")
    form = browser.get(link)
    assert "Claimant withdraws" in form.text
    names = [str(name) for name in form.all("//form[contains(@action, '/events/')]//*[@name]/@name")]
    answers = {name: "Sold the car" for name in names if name != "csrf_token"}
    assert browser.post(link, answers).location == f"/cases/{turn.business_key}"
    page = browser.get(f"/cases/{turn.business_key}")
    assert "Nothing is left to do" in _why(page)
    assert "Adam Olsen: Claimant withdraws" in page.text
    assert browser.get(link).status == 404


def test_who_may_only_look_is_offered_nothing_to_do(office: Office) -> None:
    turn = office.triaged()
    otto = office.browser("otto")
    page = otto.get(f"/cases/{turn.business_key}")
    assert not page.all("//a[contains(@href, '/events/')]")
    link = (
        office.browser("adam")
        .get(f"/cases/{turn.business_key}")
        .one("//a[contains(@href, '/events/')]")
        .get("href")
    )
    assert otto.get(link).status == 404
    assert otto.post(link).status == 404


def test_a_case_that_is_not_there_is_not_told_from_one_that_is_not_ones_own(office: Office) -> None:
    browser = office.browser("adam")
    assert browser.get("/cases/CLM-2026-999999").status == 404


def test_a_timeline_is_read_by_people_rules_or_services(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")

    def told(show: str) -> str:
        page = browser.get(f"/cases/{turn.business_key}?timeline=all&show={show}")
        return " ".join(line.text_content() for line in page.all("//ul[@class='tl']/li"))

    assert "Look up policy is done" in told("services")
    assert "Choose the track decided" not in told("services")
    assert "Choose the track decided" in told("rules")
    assert "Assess damage and liability was offered" in told("people")
    assert "Look up policy is done" not in told("people")
    assert "Look up policy is done" in told("nonsense")


def test_what_waits_and_what_comes_next_is_said_by_titles_not_by_codes(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("cora").get(f"/cases/{turn.business_key}")
    text = " ".join(page.one("//section[@aria-labelledby='next']").text_content().split())
    assert "Recommend settlement when Repair or total loss is done" in text
    assert not page.all("//code")
    listed = " ".join(page.one("//details[@id='plan-list']").text_content().split())
    assert "Recommendation is Pay the repair or Recommendation is Pay as a total loss" in listed
    assert "pay_total_loss" not in page.raw
    assert "D2.track" not in page.raw


def test_steps_that_will_not_come_are_not_in_the_way(office: Office) -> None:
    turn = office.triaged()
    page = office.browser("cora").get(f"/cases/{turn.business_key}")
    steps = [" ".join(step.text_content().split()) for step in page.all("//ol[@class='steps']/li")]
    assert steps[0].startswith("Intake10 of 10")
    assert steps[1].startswith("Adjustment")
    assert not [step for step in steps if step.startswith(("Fast track", "Withdrawn"))]


def test_what_people_wrote_stays_text(office: Office) -> None:
    poison = "<script>alert(1)</script>\"'{{7*7}}"
    claimant = {"name": poison, "email": poison, "phone": poison}
    turn = office.claim(1, claimant=claimant, claim={**factories.CLAIM["claim"], "lossType": poison})  # type: ignore[dict-item]
    factories.triage(office.transaction, turn.case_id, office.now)
    browser = office.browser("adam")
    for path in (f"/cases/{turn.business_key}", "/cases", "/work/queue/adjuster"):
        page = browser.get(path)
        assert "alert(1)" in page.raw
        assert [script.get("src") for script in page.all("//script")] == [page.all("//script")[0].get("src")]
        assert "{{7*7}}" in page.raw


def test_a_list_of_cases_is_searched_by_number_title_and_key_value(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")
    for text in (
        turn.business_key,
        "clm-2026",
        "ilse",
        "ILS",
        "PA-1000001",
        "pa-1000",
        "1000001",
        "lse brand",
    ):
        assert turn.business_key in browser.get(f"/cases?q={text}").text, text
    assert "No case is found" in browser.get("/cases?q=elsewhere").text
    assert "No case is found" in browser.get("/cases?q=%25").text


def test_a_list_of_cases_says_what_each_waits_for_and_is_narrowed_by_state(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("adam")
    row = " ".join(browser.get("/cases").one(f"//tr[@id='case-{turn.business_key}']").text_content().split())
    assert "Assess damage and liability, offered to Adjuster" in row
    assert "in Adjustment" in row
    assert "left" in row
    for show, is_there in (
        ("open", True),
        ("done", False),
        ("stopped", False),
        ("overdue", False),
        ("", True),
    ):
        assert (turn.business_key in browser.get(f"/cases?show={show}").text) is is_there, show
    with office.transaction() as session:
        session.execute(update(HumanTaskRow).values(due_at=office.now - timedelta(hours=1)))
    assert turn.business_key in office.browser("cora").get("/cases?show=overdue").text


def test_a_list_of_cases_tells_nobody_of_an_investigation_who_may_not_know(office: Office) -> None:
    turn = office.triaged(**SUSPICIOUS)
    page = office.browser("adam").get("/cases")
    assert "investigation" not in page.raw
    row = page.one(f"//tr[@id='case-{turn.business_key}']").text_content()
    assert "In review by others" in row
    assert "investigation" in office.browser("cora").get("/cases").text


def test_no_page_has_a_style_attribute_or_a_script_of_its_own(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("cora")
    task = re.search(r"/tasks/\d+", browser.get("/work/queue/claims.auto:adjuster").raw)
    assert task is not None
    for path in ("/work/mine", f"/cases/{turn.business_key}", task[0], "/cases", "/incidents", "/nothing"):
        page = browser.get(path)
        assert not page.all("//*[@style]"), path
        assert not page.all("//script[not(@src)] | //style"), path
        assert not page.all("//@*[starts-with(name(), 'on')]"), path


def _why(page: Page) -> str:
    return " ".join(page.one("//section[contains(@class, 'whybar')]").text_content().split())
