"""HTTP tasks of imported models, against a service that can be told to misbehave."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from cases.connectors.base import Answer, Call
from cases.persistence.base import Transaction
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM
from cases.services import connections, http_tasks, incidents
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
