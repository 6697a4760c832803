"""HTTP tasks of imported models, against a service that can be told to misbehave."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from cases.cmmn.commands import Resume, Suspend
from cases.connectors.base import Answer, Call
from cases.persistence.base import Transaction
from cases.persistence.connections import ConnectionRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM
from cases.services import connections, http_tasks, incidents, jobs
from cases.services.incidents import ByHand, Cause
from tests.integration.cases.services.calls import NOW, World, case
from tests.integration.cases.services.outside import Peer, Reply


def plan(url: str, method: str = "GET", **fields: str) -> str:
    given = {"requestMethod": method, "requestUrl": url, "responseVariableName": "found", **fields}
    texts = "".join(
        f'<flowable:field name="{name}"><flowable:string>{text}</flowable:string></flowable:field>'
        for name, text in given.items()
    )
    return f"""<planItem id="H" definitionRef="d.H"/><planItem id="T" definitionRef="d.T"/>
      <task id="d.H" name="Ask" flowable:type="http"><extensionElements>{texts}</extensionElements></task>
      <humanTask id="d.T" name="Work"/>"""


def asked(
    transaction: Transaction, served: Peer, *, connected: bool = True, **fields: str
) -> tuple[World, int]:
    if connected:
        with transaction() as session:
            connections.put(session, "peer", f"{served.url}/api", actor=SYSTEM, now=NOW)
            connections.allow_target(session, "127.0.0.1", served.port, "tests", actor=SYSTEM, now=NOW)
    world = World(transaction, case("asking", plan(f"{served.url}/api/one", **fields)))
    return world, world.start("asking")


def test_the_answer_of_a_service_becomes_values_of_the_case(transaction: Transaction, served: Peer) -> None:
    served.script = [Reply(body=b'{"sum": 3}', headers={"Content-Type": "application/json"})]
    world, case_id = asked(
        transaction,
        served,
        requestHeaders="X-Kind: test",
        saveResponseParameters="true",
        saveResponseVariableAsJson="true",
    )
    assert world.states(case_id)["H"] == "completed"
    assert world.file(case_id)["found"] == {"sum": 3}
    assert world.file(case_id)["d.HResponseStatusCode"] == 200
    (request,) = served.requests
    assert (request.method, request.path, request.headers["X-Kind"]) == ("GET", "/api/one", "test")
    assert world.rows(JobRow) == []


def test_nobody_is_asked_to_whom_there_is_no_connection(transaction: Transaction, served: Peer) -> None:
    world, case_id = asked(transaction, served, connected=False)
    assert world.states(case_id)["H"] == "failed"
    assert served.requests == []
    (incident,) = world.rows(IncidentRow)
    assert (incident.kind, incident.code, incident.definition) == ("http", "NOT_CONNECTED", "H")
    with transaction() as session:
        connections.put(session, "peer", f"{served.url}/api", actor=SYSTEM, now=NOW)
        connections.allow_target(session, "127.0.0.1", served.port, "tests", actor=SYSTEM, now=NOW)
        incidents.retry(session, incident.id, SYSTEM, NOW, "connected")
    world.rest()
    assert world.states(case_id)["H"] == "completed"
    assert [row.state for row in world.rows(IncidentRow)] == ["resolved"]


def test_a_status_that_the_task_calls_a_failure_fails_it(transaction: Transaction, served: Peer) -> None:
    served.otherwise = Reply(status=404, body=b"no")
    world, case_id = asked(transaction, served, failStatusCodes="400, 4XX")
    assert world.states(case_id)["H"] == "failed"
    assert [row.code for row in world.rows(IncidentRow)] == ["HTTP_404"]


def test_any_other_status_is_an_answer(transaction: Transaction, served: Peer) -> None:
    served.otherwise = Reply(status=404, body=b"no")
    world, case_id = asked(transaction, served)
    assert world.file(case_id)["found"] == "no"


def test_a_service_may_stand_for_the_network(transaction: Transaction) -> None:
    calls: list[Call] = []

    class Stub:
        def call(self, call: Call) -> Answer:
            calls.append(call)
            return Answer(201, b"made", {})

    @contextmanager
    def tried_out() -> Iterator[Session]:
        with transaction() as session:
            session.info[http_tasks.THROUGH] = Stub()
            yield session

    world = World(tried_out, case("asking", plan("https://nowhere.example/x", "POST", requestBody="b")))
    case_id = world.start("asking")
    assert world.file(case_id)["found"] == "made"
    (made,) = calls
    assert (made.method, made.url, made.body) == ("POST", "https://nowhere.example/x", b"b")


@pytest.mark.parametrize("url", ["http://[bad/x", "http://127.0.0.1:99999/x", "http://127.0.0.1:1x/"])
def test_what_is_no_address_fails_its_task(transaction: Transaction, url: str) -> None:
    world = World(transaction, case("asking", plan(url)))
    case_id = world.start("asking")
    assert world.states(case_id)["H"] == "failed"
    assert [row.code for row in world.rows(IncidentRow)] == ["BAD_ADDRESS"]


def test_a_timeout_that_is_no_number_is_none(transaction: Transaction, served: Peer) -> None:
    for timeout in ("\u00b2", "9" * 5_000):
        world, case_id = asked(transaction, served, requestTimeout=timeout, saveRequestVariables="true")
        assert world.states(case_id)["H"] == "completed"
        assert world.file(case_id)["d.HRequestTimeout"] == 0


def test_a_connection_that_is_off_fails_the_task_until_it_is_on_again(
    transaction: Transaction, served: Peer
) -> None:
    world, _ = asked(transaction, served)
    with transaction() as session:
        session.query(ConnectionRow).update({"state": "off"})
    case_id = world.start("asking")
    assert world.states(case_id)["H"] == "failed"
    (incident,) = world.rows(IncidentRow)
    with transaction() as session:
        session.query(ConnectionRow).update({"state": "active"})
        incidents.retry(session, incident.id, SYSTEM, world.now, "it is on again")
    world.rest()
    assert world.states(case_id)["H"] == "completed"


@pytest.mark.parametrize(
    "path",
    ["/api/../admin", "/api/%2e%2e/admin", "/api/.%2E/x", "/api/..%2fadmin", "/api/..%5Cx", "/api/..;/x"],
)
def test_nothing_outside_the_path_of_a_connection_is_asked(
    transaction: Transaction, served: Peer, path: str
) -> None:
    world, _ = asked(transaction, served)
    served.requests.clear()
    world.deploy(case("other", plan(f"{served.url}{path}")))
    case_id = world.start("other")
    assert world.states(case_id)["H"] == "failed"
    assert served.requests == []


def test_a_model_sets_no_header_that_is_the_clients_or_the_connections(
    transaction: Transaction, served: Peer
) -> None:
    with transaction() as session:
        connections.put(session, "peer", f"{served.url}/api", actor=SYSTEM, now=NOW)
        connections.set_secret(session, "connection:peer", "bearer", "s3cret", actor=SYSTEM, now=NOW)
    wrong = ("Host: evil", "authorization: Bearer mine", "Content-Length: 7", "transfer-encoding: chunked")
    asked(
        transaction, served, requestHeaders="&#10;".join((*wrong, "Connection: keep-alive", "X-Kind: test"))
    )
    (request,) = served.requests
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert sent["authorization"] == "Bearer s3cret"
    assert sent["host"].startswith("127.0.0.1")
    assert "transfer-encoding" not in sent
    assert sent.get("content-length") != "7"
    assert request.headers["X-Kind"] == "test"


@pytest.mark.parametrize("what", ["retry", "give_up", "by_hand"])
def test_a_task_whose_job_died_otherwise_has_failed_and_can_be_decided_about(
    transaction: Transaction, served: Peer, what: str
) -> None:
    world, _ = asked(transaction, served)
    case_id = quietly(world)
    with transaction() as session:
        (lease,) = jobs.claim(session, "w", 1, world.now)
        jobs.bury(session, lease, Cause("crash", "CRASHED", "it died again and again"), world.now)
    assert world.states(case_id)["H"] == "failed"
    (incident,) = world.rows(IncidentRow)
    with transaction() as session:
        if what == "retry":
            incidents.retry(session, incident.id, SYSTEM, world.now, "again")
        elif what == "give_up":
            incidents.give_up(session, incident.id, SYSTEM, world.now, "no")
        else:
            incidents.resolve_by_hand(session, incident.id, ByHand({"a": 1}), SYSTEM, world.now, "known")
    world.rest()
    assert world.states(case_id)["H"] == ("terminated" if what == "give_up" else "completed")
    assert world.rows(JobRow) == []


def test_a_retry_wakes_the_job_of_a_task_that_was_paused_when_it_died(
    transaction: Transaction, served: Peer
) -> None:
    world, _ = asked(transaction, served)
    case_id = quietly(world)
    with transaction() as session:
        (lease,) = jobs.claim(session, "w", 1, world.now)
    item = world.item(case_id, "H").iid
    world.do(case_id, Suspend(item))
    with transaction() as session:
        jobs.bury(session, lease, Cause("crash", "CRASHED", "it died"), world.now)
    world.do(case_id, Resume(item))
    (incident,) = world.rows(IncidentRow)
    with transaction() as session:
        incidents.retry(session, incident.id, SYSTEM, world.now, "again")
    world.rest()
    assert world.states(case_id)["H"] == "completed"


def quietly(world: World) -> int:
    """A case whose request has not been made yet."""
    rest, world.rest = world.rest, lambda **_: 0  # type: ignore[method-assign]
    try:
        return world.start("asking")
    finally:
        world.rest = rest  # type: ignore[method-assign]
