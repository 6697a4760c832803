"""Cases that call cases: what goes between them takes effect once, in whatever order it comes."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import (
    Complete,
    ResumeCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
)
from cases.cmmn.commands import Resume as ResumeItem
from cases.errors import Conflict
from cases.persistence.base import Transaction
from cases.persistence.instances import CaseLinkRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import (
    audit,
    execution,
    incidents,
    instances,
    jobs,
    link_rows,
    links,
    properties,
    retention,
)
from cases.services.jobs import Stumble
from tests.integration.cases.services import loans
from tests.integration.cases.services.calls import NOW, WORK, World, call, case

PAIR = (case("parent", call("child")), case("child", WORK))


def pair(transaction: Transaction) -> tuple[World, int, int]:
    world = World(transaction, *PAIR)
    parent = world.start("parent")
    (child,) = world.children("child")
    return world, parent, child


def test_a_case_task_opens_its_case_and_completes_when_that_does(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    assert world.states(parent)["C"] == "active"
    world.do(child, Complete(world.item(child, "W").iid))
    world.rest()
    assert world.states(child)["case"] == "completed"
    assert world.states(parent) == {"C": "completed", "T": "active", "case": "active"}
    assert world.rows(JobRow) == []
    with transaction() as session:
        (link,) = session.scalars(select(CaseLinkRow)).all()
        assert (link.case_id, link.other_id, link.plan_item, link.waits) == (parent, child, 1, True)
        assert audit.verify(session, None).findings == []


def test_the_case_of_a_task_is_paused_and_goes_on_with_it(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    world.do(parent, SuspendCase())
    world.rest()
    assert world.states(child)["case"] == "suspended"
    world.do(parent, ResumeCase())
    world.rest()
    assert world.states(child) == {"W": "active", "case": "active"}


def test_what_its_own_people_paused_stays_paused(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    world.do(child, SuspendCase())
    item = world.item(parent, "C").iid
    world.do(parent, Suspend(item))
    world.rest()
    world.do(parent, ResumeItem(item))
    world.rest()
    assert world.states(child)["case"] == "suspended"


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_task_that_ends_takes_its_case_with_it(transaction: Transaction, is_paused: bool) -> None:
    world, parent, child = pair(transaction)
    if is_paused:
        world.do(child, SuspendCase())
    world.do(parent, Terminate(world.item(parent, "C").iid))
    world.rest()
    assert world.states(child)["case"] == "terminated"
    assert world.states(parent)["C"] == "terminated"


def test_a_case_that_its_people_end_ends_the_task(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    world.do(child, TerminateCase("enough"))
    world.rest()
    assert world.states(parent)["C"] == "terminated"


def test_a_case_that_ends_while_the_task_is_paused_is_taken_up_when_it_goes_on(
    transaction: Transaction,
) -> None:
    world, parent, child = pair(transaction)
    item = world.item(parent, "C").iid
    world.do(child, Complete(world.item(child, "W").iid))
    world.do(parent, Suspend(item))
    world.rest()
    assert world.states(parent)["C"] == "suspended"
    world.do(parent, ResumeItem(item))
    world.rest()
    assert world.states(parent)["C"] == "completed"


def test_a_task_that_is_paused_before_its_case_was_opened_opens_it_when_it_goes_on(
    transaction: Transaction,
) -> None:
    world = World(transaction, *PAIR)
    parent = _begun(world)
    item = world.item(parent, "C").iid
    world.do(parent, Suspend(item))
    world.rest()
    assert world.children("child") == []
    world.do(parent, ResumeItem(item))
    world.rest()
    assert len(world.children("child")) == 1


def test_a_task_that_ends_before_its_case_was_opened_opens_none(transaction: Transaction) -> None:
    world = World(transaction, *PAIR)
    parent = _begun(world)
    world.do(parent, Terminate(world.item(parent, "C").iid))
    world.rest()
    assert world.children("child") == []
    assert world.rows(JobRow) == []


def test_a_message_that_is_delivered_twice_takes_effect_once(transaction: Transaction) -> None:
    world = World(transaction, *PAIR)
    _begun(world)
    (job,) = world.rows(JobRow)
    assert jobs.open_child(transaction, job.id, NOW)
    assert not jobs.open_child(transaction, job.id, NOW)
    (child,) = world.children("child")
    world.do(child, Complete(world.item(child, "W").iid))
    (told,) = world.rows(JobRow)
    assert told.kind == link_rows.CALLER
    assert jobs.tell_caller(transaction, told.id, NOW)
    assert not jobs.tell_caller(transaction, told.id, NOW)
    assert not jobs.bring_child(transaction, told.id, NOW)


def test_word_of_a_case_that_the_task_waits_for_no_more_is_noted(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    world.do(child, Complete(world.item(child, "W").iid))
    world.do(parent, Terminate(world.item(parent, "C").iid))
    world.rest()
    assert world.states(parent)["C"] == "terminated"
    with transaction() as session:
        commands = session.scalars(
            select(JournalRow.command).where(JournalRow.case_id == parent).order_by(JournalRow.version)
        ).all()
    assert commands == ["StartCase", "ChildStarted", "Terminate", "ChildEnded"]


def test_a_task_that_does_not_wait_is_done_when_its_case_has_begun(transaction: Transaction) -> None:
    world = World(transaction, case("parent", call("child", 'isBlocking="false"')), case("child", WORK))
    parent = world.start("parent")
    (child,) = world.children("child")
    assert world.states(parent)["C"] == "completed"
    world.do(parent, TerminateCase("enough"))
    world.rest()
    assert world.states(child)["case"] == "active"
    world.do(child, Complete(world.item(child, "W").iid))
    assert world.rows(JobRow) == []


def test_values_go_in_and_come_back(transaction: Transaction) -> None:
    task = """<input id="i" name="amount" bindingRef="f.a"/>
      <output id="o" name="paid" bindingRef="f.b"/>
      <parameterMapping id="m" sourceRef="i" targetRef="in.amount"/>
      <parameterMapping id="n" sourceRef="out.paid" targetRef="o"/>"""
    items = '<caseFileModel><caseFileItem id="f.{0}" name="{0}"/><caseFileItem id="f.{1}" name="{1}"/>'
    items += "</caseFileModel>"
    file, own = items.format("a", "b"), items.format("x", "W")
    parameters = """<input id="in.amount" name="amount" bindingRef="f.x"/>
      <output id="out.paid" name="paid" bindingRef="f.W"/>"""
    child = f"""<case id="child" name="Child">{own}<casePlanModel id="plan.child" name="Plan">{WORK}
      </casePlanModel>{parameters}</case>"""
    world = World(transaction, case("parent", call("child", inner=task), before=file), child)
    parent = world.start("parent", inputs={"a": 12})
    (called,) = world.children("child")
    assert world.file(called)["x"] == 12
    world.do(called, Complete(world.item(called, "W").iid, {"sum": 12}))
    world.rest()
    assert world.file(parent)["b"] == {"sum": 12}


def test_a_case_that_nobody_knows_fails_its_task_with_an_incident_that_can_be_retried(
    transaction: Transaction,
) -> None:
    world = World(transaction, case("parent", call("other")))
    parent = world.start("parent")
    assert world.states(parent)["C"] == "failed"
    (incident,) = world.rows(IncidentRow)
    assert (incident.kind, incident.code, incident.definition) == ("call", "UNKNOWN_CASE", "C")
    assert "other" in incident.message
    world.deploy(case("other", WORK))
    with transaction() as session:
        incidents.retry(session, incident.id, SYSTEM, world.now, "it is there now")
    world.rest()
    assert world.states(parent)["C"] == "active"
    assert len(world.children("other")) == 1
    assert [row.state for row in world.rows(IncidentRow)] == ["resolved"]


def test_cases_that_call_each_other_without_end_stop_at_a_depth(transaction: Transaction) -> None:
    world = World(transaction, case("a", call("b")))
    world.deploy(case("b", call("a")))
    world.start("a")
    deepest = world.children("a" if len(world.children("a")) > len(world.children("b")) else "b")[-1]
    assert len(world.children("a")) + len(world.children("b")) == 21
    assert world.states(deepest)["C"] == "failed"


def test_a_child_begins_with_the_team_of_its_caller(transaction: Transaction) -> None:
    roles = '<caseRoles id="roles.{0}"><role id="r.{0}" name="clerk"/></caseRoles>'
    world = World(
        transaction,
        case("parent", call("child"), roles=roles.format("p")),
        case("child", WORK, roles=roles.format("c")),
    )
    world.start("parent", team={"ana": frozenset({"clerk"})})
    (child,) = world.children("child")
    with transaction() as session:
        assert _team(session, child) == {"ana": ["clerk"]}


def test_a_new_version_is_called_by_cases_that_run_unless_they_are_bound(transaction: Transaction) -> None:
    world = World(transaction, case("parent", call("child")), case("child", WORK))
    parent = _begun(world)
    world.deploy(case("parent", call("child")), case("child", WORK.replace("Work", "Other work")))
    world.rest()
    (child,) = world.children("child")
    with transaction() as session:
        assert _deployment(session, child) != _deployment(session, parent)


def test_an_app_of_another_family_is_not_called_by_its_key(transaction: Transaction) -> None:
    loans.deploy(transaction)
    world = World(transaction, case("parent", call("loans")))
    parent = world.start("parent")
    assert world.states(parent)["C"] == "failed"
    assert [row.code for row in world.rows(IncidentRow)] == ["UNKNOWN_CASE"]


def test_those_below_a_case_that_is_deleted_are_ended_by_the_house(transaction: Transaction) -> None:
    world = World(transaction, *PAIR)
    world.deploy(case("top", call("parent")))
    top = world.start("top")
    (parent,), (child,) = world.children("parent"), world.children("child")
    actor = Actor(7, "hana", "Hana", frozenset({Grant("top", "head", supervisor=True)}))
    with transaction() as session:
        instances.delete(session, top, "a mistake", actor, "test", world.now)
    assert world.states(parent)["case"] == "active"
    world.rest()
    assert {world.states(one)["case"] for one in (top, parent, child)} == {"terminated"}
    with transaction() as session:
        deleted = select(JournalRow.case_id, JournalRow.actor_id).where(JournalRow.command == "DeleteCase")
        assert {tuple(row) for row in session.execute(deleted)} == {(top, 7), (parent, 0), (child, 0)}


def test_calls_that_do_not_wait_do_not_multiply_for_ever(
    transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MOST_BELOW", 10)
    twice = """<planItem id="C" definitionRef="d.C"/><planItem id="D" definitionRef="d.C"/>
      <planItem id="T" definitionRef="d.T"/><humanTask id="d.T" name="Own work"/>
      <caseTask id="d.C" name="Call" isBlocking="false" caseRef="a"/>"""
    world = World(transaction, case("a", twice))
    world.start("a")
    assert len(world.children("a")) == 11
    assert {row.code for row in world.rows(IncidentRow)} == {"TOO_MANY_CASES"}


def test_a_case_is_not_erased_before_its_caller_has_heard_of_it(transaction: Transaction) -> None:
    world, parent, child = pair(transaction)
    world.do(child, Complete(world.item(child, "W").iid))
    with transaction() as session:
        key = properties.of(session, child, SYSTEM).key
    late = world.now + timedelta(days=4_000)
    with transaction() as session, pytest.raises(Conflict) as refused:
        retention.erase(session, key, "asked for", SYSTEM, late)
    assert refused.value.code == "NOT_TOLD"
    world.rest()
    with transaction() as session:
        retention.erase(session, key, "asked for", SYSTEM, late)
    assert world.states(parent)["C"] == "completed"


def test_a_name_that_no_database_takes_stops_nobody(transaction: Transaction) -> None:
    world = World(transaction, *PAIR)
    first = world.start("parent", name="A\0B", given_key="k\0", status="s\0")
    with transaction() as session:
        told = properties.of(session, first, SYSTEM)
    assert (told.name, told.business_key, told.business_status) == ("AB", "k", "s")
    assert len(world.children("child")) == 1


def test_a_call_whose_job_died_fails_its_task(transaction: Transaction) -> None:
    world = World(transaction, *PAIR)
    parent = _begun(world)
    (job,) = world.rows(JobRow)
    for attempt in range(link_rows.MOST_ATTEMPTS):
        with transaction() as session:
            late = world.now + timedelta(days=attempt)
            jobs.stumbled(session, Stumble(job.id, job.kind, "ValueError: as it happens"), late)
    assert world.states(parent)["C"] == "failed"
    (incident,) = world.rows(IncidentRow)
    with transaction() as session:
        incidents.retry(session, incident.id, SYSTEM, world.now, "again")
    world.rest()
    assert world.states(parent)["C"] == "active"
    assert len(world.children("child")) == 1


def _begun(world: World) -> int:
    """The parent, with its case not opened yet."""
    with_rest, world.rest = world.rest, lambda **_: 0  # type: ignore[method-assign]
    try:
        return world.start("parent")
    finally:
        world.rest = with_rest  # type: ignore[method-assign]


def _team(session: Session, case_id: int) -> dict[str, list[str]] | None:
    return execution.look(session, case_id).case.state.team


def _deployment(session: Session, case_id: int) -> int:
    return execution.look(session, case_id).stored.deployment_id
