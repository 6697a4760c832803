"""Incidents: a reason, a retry that is under way until it has run, nothing for whose work it is not."""

import pytest
from sqlalchemy import update

from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM
from cases.queries import sight
from cases.queries.incident_rows import HIDDEN
from cases.services import incidents
from cases.services.execution import Turn
from tests import factories
from tests.functional.app.conftest import Office
from tests.functional.app.web.test_deadlocks import once_in_the_way

SERVICES = {"SV1": "policy", "SV2": "notify", "SV3": "fraud"}
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
    for words in (
        "did not answer in time",
        "Look up policy",
        "Policy system",
        turn.business_key,
        "503",
        HIDDEN,
    ):
        assert words in page.text, words
    assert "canary-secret" not in page.raw
    said = [str(title.text_content()) for title in page.all("//details[starts-with(@id, 'details-')]//h3")]
    assert said == ["What was asked", "What was answered"]
    assert "It is not known whether the call had its effect" in page.text
    assert page.one(f"//a[starts-with(@href, '/cases/{turn.business_key}?plan=all#plan-')]") is not None


def test_a_retry_wants_a_reason_and_is_under_way_until_the_step_has_run(office: Office) -> None:
    turn = _failed(office, "SV1")
    browser = office.browser("cora")
    address = str(browser.get("/incidents").one("//a[@data-row]/@href"))
    page = browser.get(address)
    action = str(page.one("//form[contains(@action, '/retry')]/@action"))
    refused = browser.post(action, {"reason": "  "})
    assert (refused.status, refused.one("//input[@id='reason-retry']").get("aria-invalid")) == (422, "true")
    assert browser.post(action, {"reason": "The policy system is back."}).location == address
    page = browser.get(address)
    assert "Retrying since" in page.text
    assert not page.all("//form[contains(@action, '/retry')]")
    assert "Retrying since" in browser.get("/incidents").text
    again = browser.post(action, {"reason": "Once more."})
    assert (again.status, "It is being tried again" in again.text) == (409, True)
    case = browser.get(f"/cases/{turn.business_key}")
    assert "Cora Diaz had Look up policy tried again" in case.text


def test_an_answer_by_hand_is_asked_for_by_the_contract_and_completes_the_step(office: Office) -> None:
    turn = _failed(office, "SV1")
    browser = office.browser("cora")
    page = browser.get(str(browser.get("/incidents").one("//a[@data-row]/@href")))
    action = str(page.one("//form[contains(@action, '/by-hand')]/@action"))
    names = [str(name) for name in page.all("//form[contains(@action, '/by-hand')]//@name")]
    fields = [
        "answer.inForce",
        "answer.paid",
        "answer.peril",
        "answer.age",
        "answer.ded",
        "answer.policyNumber",
    ]
    assert names == ["csrf_token", "key", *fields, "reason"]
    sent = {"key": str(page.one("//input[@name='key']/@value")), "reason": "By telephone."}
    bad = browser.post(action, {**sent, "answer.age": "young", "answer.ded": "-1"})
    assert bad.status == 422
    for name in ("inForce", "age", "ded"):
        assert bad.one(f"//*[@id='answer-{name}']").get("aria-invalid") == "true"
    assert bad.one("//*[@id='answer-age']").get("value") == "young"
    good = {"answer.inForce": "true", "answer.paid": "true", "answer.peril": "true", "answer.ded": "500"}
    assert browser.post(action, {**sent, **good, "answer.age": "400"}).status == 303
    with office.transaction() as session:
        file = sight.of_id(session, turn.case_id, SYSTEM).case.file()
    assert file["SV1"] | {"result": "found", "inForceAtLoss": True, "deductible": 500} == file["SV1"]
    resolved = browser.get("/incidents/resolved").text
    for words in ("Answered by hand", "Cora Diaz", "By telephone."):
        assert words in resolved, words
    assert "Nothing is broken" in browser.get("/incidents").text


def test_giving_up_says_before_what_it_will_do_and_ends_the_step(office: Office) -> None:
    turn = _failed(office, "SV1")
    browser = office.browser("cora")
    page = browser.get(str(browser.get("/incidents").one("//a[@data-row]/@href")))
    assert "The step ends without its result" in page.text
    action = str(page.one("//form[contains(@action, '/give-up')]/@action"))
    assert browser.post(action, {"reason": "Asked by letter."}).status == 303
    with office.transaction() as session:
        case = sight.of_id(session, turn.case_id, SYSTEM).case
        states = {case.plan_item(one.iid).id: one.state.name for one in case.items()}
    assert states["SV1"] == "TERMINATED"
    assert "Given up" in browser.get("/incidents/resolved").text


def test_many_are_retried_with_one_reason_and_each_has_its_result(office: Office) -> None:
    turns = [office.claim(number) for number in range(1, 5)]
    for turn in turns:
        _fail(office, turn, "SV1")
    browser = office.browser("cora")
    page = browser.get("/incidents")
    assert "4 cases" in page.text
    ids = [str(value) for value in page.all("//input[@name='incident']/@value")]
    # One of them is decided by somebody else meanwhile.
    gone = browser.get(f"/incidents/{ids[0]}").one("//form[contains(@action, '/give-up')]/@action")
    assert browser.post(str(gone), {"reason": "Not needed."}).status == 303
    browser.get("/incidents")
    assert browser.post("/incidents/batches", {"do": "retry", "incident": ids, "reason": " "}).status == 422
    assert browser.post("/incidents/batches", {"do": "retry", "reason": "Nothing."}).status == 422
    done = browser.post("/incidents/batches", {"do": "retry", "incident": ids, "reason": "It is back."})
    assert done.status == 303
    result = browser.get(done.location)
    assert str(result.one("//h1").text_content()) == "3 retried: 3 still running, 1 refused"
    assert "Healed" not in result.text
    assert office.browser("paul").get(done.location).status == 404


def test_all_of_one_cause_are_given_up_at_once(office: Office) -> None:
    for number in range(1, 4):
        _fail(office, office.claim(number), "SV1")
    browser = office.browser("cora")
    key = str(browser.get("/incidents").one("//input[@name='cause']/@value"))
    done = browser.post("/incidents/batches", {"do": "give_up", "cause": key, "reason": "By letter."})
    assert str(browser.get(done.location).one("//h1").text_content()) == "3 to give up: 3 given up"
    assert "Nothing is broken" in browser.get("/incidents").text


def test_the_list_is_narrowed_by_service_and_cause_but_never_by_what_is_hidden(office: Office) -> None:
    _fail(office, office.claim(1), "SV1")
    _fail(office, office.claim(2), "SV2")
    browser = office.browser("cora")
    assert len(browser.get("/incidents").all("//section[starts-with(@id, 'cause-')]")) == 2
    page = browser.get("/incidents?service=policy")
    assert len(page.all("//section[starts-with(@id, 'cause-')]")) == 1
    assert "Nothing of this is broken" in browser.get("/incidents?service=fraud").text
    assert len(browser.get("/incidents?kind=step").all("//section[starts-with(@id, 'cause-')]")) == 2


def test_who_looks_after_no_failed_steps_sees_no_incidents(office: Office) -> None:
    _failed(office, "SV1")
    browser = office.browser("adam")
    assert browser.get("/incidents").status == 403
    assert "Incidents" not in browser.get("/work/mine").text
    for path in ("/incidents/1/retry", "/incidents/1/by-hand", "/incidents/batches"):
        assert browser.post(path, {"reason": "x", "incident": "1", "do": "retry"}).status == 403
    assert browser.get("/incidents/1").status == 403


def test_a_step_that_one_may_not_see_can_be_retried_without_being_named(office: Office) -> None:
    turn = office.claim()
    factories.answer_step(
        office.transaction, turn.case_id, "SV1", {"result": "found", "deductible": 1}, office.now
    )
    _fail(office, turn, "SV3")
    browser = office.browser("paul")
    page = browser.get("/incidents")
    assert "A step that you may not see" in page.text
    assert "fraud" not in page.raw.lower()
    one = browser.get(str(page.one("//a[@data-row]/@href")))
    assert "fraud" not in one.raw.lower()
    assert not one.all("//form[contains(@action, '/by-hand')]")
    action = str(one.one("//form[contains(@action, '/retry')]/@action"))
    answer = {"reason": "x", "answer.prior": "1"}
    assert browser.post(action.replace("/retry", "/by-hand"), answer).status == 404
    assert browser.post(action, {"reason": "Try."}).status == 303
    # Of a hidden service nobody is told by asking for it.
    assert "Nothing of this is broken" in browser.get("/incidents?service=fraud").text


def test_the_address_of_a_form_leads_to_the_page_that_has_it(office: Office) -> None:
    browser = office.browser("cora")
    for move in ("retry", "give-up", "by-hand", "acknowledge"):
        assert browser.get(f"/incidents/3/{move}").location == "/incidents/3"
    assert browser.get("/incidents/batches").location == "/incidents"
    assert browser.get("/incidents/3").status == 404


def test_nothing_failed_is_good_news(office: Office) -> None:
    browser = office.browser("cora")
    assert "Nothing is broken" in browser.get("/incidents").text
    assert "Nothing was resolved yet" in browser.get("/incidents/resolved").text


def test_a_deadlock_is_no_fault_of_who_decides(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _failed(office, "SV1")
    browser = office.browser("cora")
    address = str(browser.get("/incidents").one("//a[@data-row]/@href"))
    monkeypatch.setattr(incidents, "retry", once_in_the_way(incidents.retry))
    browser.get(address)
    assert browser.post(f"{address}/retry", {"reason": "Try."}).status == 303
    assert "Retrying since" in browser.get(address).text


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
                connection=SERVICES[step],
                kind="step",
                code="timeout",
                message="No answer within 2 s.",
                details=DETAILS,
                opened_at=office.now,
            )
        )
