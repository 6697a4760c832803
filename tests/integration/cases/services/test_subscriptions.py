"""Signals: every listener that waits hears one, once."""

from cases.cmmn.commands import SuspendCase, TerminateCase
from cases.persistence.base import Transaction
from cases.persistence.jobs import JobRow, SubscriptionRow
from cases.policy.access import SYSTEM, Actor
from cases.services import subscriptions
from cases.services.subscriptions import Signal
from tests.integration.cases.services.calls import World, case

PLAN = """<planItem id="S" definitionRef="d.S"/><planItem id="T" definitionRef="d.T"/>
  <eventListener id="d.S" name="News" flowable:eventType="signal" flowable:signalRef="news"/>
  <humanTask id="d.T" name="Work"/>"""


def send(world: World, name: str = "news", actor: Actor = SYSTEM, family: str | None = None) -> int:
    with world.transaction() as session:
        return subscriptions.send(session, Signal(name=name, family=family), actor, world.now)


def test_a_signal_reaches_every_listener_that_waits_for_it(transaction: Transaction) -> None:
    world = World(transaction, case("reader", PLAN))
    first, second = world.start("reader"), world.start("reader")
    assert [(row.kind, row.subject) for row in world.rows(SubscriptionRow)] == [("signal", "news")] * 2
    assert send(world, "other") == 0
    assert send(world, family="elsewhere") == 0
    assert send(world, actor=Actor(7, "eve", "Eve")) == 0
    assert send(world) == 2
    world.rest()
    assert [world.states(one)["S"] for one in (first, second)] == ["completed"] * 2
    assert world.rows(SubscriptionRow) == []
    assert send(world) == 0


def test_a_listener_that_has_ended_meanwhile_hears_nothing(transaction: Transaction) -> None:
    world = World(transaction, case("reader", PLAN))
    case_id = world.start("reader")
    assert send(world) == 1
    assert send(world) == 1
    world.rest()
    assert world.states(case_id)["S"] == "completed"
    other = world.start("reader")
    assert send(world) == 1
    world.do(other, TerminateCase("enough"))
    world.rest()
    assert world.states(other)["S"] == "terminated"
    assert world.rows(JobRow) == []


def test_a_signal_waits_for_a_case_that_is_paused(transaction: Transaction) -> None:
    world = World(transaction, case("reader", PLAN))
    case_id = world.start("reader")
    world.do(case_id, SuspendCase())
    assert send(world) == 1
    world.rest()
    assert len(world.rows(JobRow)) == 1
