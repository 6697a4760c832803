"""Incidents: a reason, a retry that is under way until it has run, nothing for whose work it is not."""

from sqlalchemy import update

from cases.persistence.jobs import IncidentRow, JobRow
from cases.queries.incidents import HIDDEN
from cases.services.execution import Turn
from tests import factories
from tests.functional.app.conftest import Office

DETAILS = {
    "request": {"method": "GET", "headers": {"Authorization": "Bearer canary-secret"}},
    "answer": {"status": 503},
    "way": 0,
    "asking": False,
    "unknown": True,
}


def test_a_step_that_failed_is_told_with_what_was_asked_and_answered_but_no_secret(office: Office) -> None:
    turn = _failed(office, "SV1")
    page = office.browser("cora").get("/incidents")
    for words in ("Look up policy", turn.business_key, "timeout", "503", HIDDEN):
        assert words in page.text, words
    assert "canary-secret" not in page.raw
    said = [str(term.text_content()) for term in page.all("//details[starts-with(@id, 'details-')]//dt")]
    assert said == ["What was called", "The last answer"]
    assert "It is not known whether the call had its effect" in page.text


def test_a_retry_wants_a_reason_and_is_under_way_until_the_step_has_run(office: Office) -> None:
    turn = _failed(office, "SV1")
    browser = office.browser("cora")
    action = str(browser.get("/incidents").one("//form[contains(@action, '/retry')]/@action"))
    assert browser.post(action, {"reason": "  "}).status == 422
    assert browser.post(action, {"reason": "The policy system is back."}).location == "/incidents"
    page = browser.get("/incidents")
    assert "Retrying" in page.text
    assert not page.all("//form[contains(@action, '/retry')]")
    assert browser.post(action, {"reason": "Once more."}).status == 409
    case = browser.get(f"/cases/{turn.business_key}")
    assert "Cora Diaz had Look up policy tried again" in case.text


def test_who_looks_after_no_failed_steps_sees_no_incidents(office: Office) -> None:
    _failed(office, "SV1")
    browser = office.browser("adam")
    assert browser.get("/incidents").status == 403
    assert "Incidents" not in browser.get("/work/mine").text
    assert browser.post("/incidents/1/retry", {"reason": "x"}).status == 403


def test_a_step_that_one_may_not_see_can_be_retried_without_being_named(office: Office) -> None:
    turn = office.claim()
    factories.answer_step(
        office.transaction, turn.case_id, "SV1", {"result": "found", "deductible": 1}, office.now
    )
    _fail(office, turn, "SV3")
    page = office.browser("paul").get("/incidents")
    assert "A step that you may not see" in page.text
    assert "fraud" not in page.raw.lower()
    assert page.all("//form[contains(@action, '/retry')]")


def test_the_address_of_a_form_leads_to_the_list(office: Office) -> None:
    browser = office.browser("cora")
    for move in ("retry", "give-up", "acknowledge"):
        assert browser.get(f"/incidents/3/{move}").location == "/incidents#incident-3"


def test_nothing_failed_is_good_news(office: Office) -> None:
    assert "Nothing has failed for good" in office.browser("cora").get("/incidents").text


def _failed(office: Office, step: str) -> Turn:
    turn = office.claim()
    _fail(office, turn, step)
    return turn


def _fail(office: Office, turn: Turn, step: str) -> None:
    """A step gives up: it is failed in the plan, its job is dead, its incident open."""
    factories.fail_step(office.transaction, turn.case_id, step, "timeout", office.now)
    with office.transaction() as session:
        item = factories.item_of(session, turn.case_id, step)
        mine = (JobRow.case_id == turn.case_id, JobRow.plan_item == item)
        session.execute(update(JobRow).where(*mine).values(state="dead", attempts=5))
        job = session.query(JobRow.id).where(*mine).scalar()
        session.add(
            IncidentRow(
                job_id=job,
                case_id=turn.case_id,
                family=factories.CLAIMS,
                plan_item=item,
                definition=step,
                connection="fraud" if step == "SV3" else "policy",
                kind="step",
                code="timeout",
                message="No answer within 2 s.",
                details=DETAILS,
                opened_at=office.now,
            )
        )
