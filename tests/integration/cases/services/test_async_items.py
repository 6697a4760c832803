"""Items that begin in a turn of their own."""

from cases.cmmn.commands import TerminateCase
from cases.persistence.base import Transaction
from cases.persistence.jobs import JobRow
from cases.services import async_items
from tests.integration.cases.services.calls import NOW, World, case

PLAN = """<planItem id="A" definitionRef="d.A"/><planItem id="T" definitionRef="d.T"/>
  <humanTask id="d.A" name="Later" flowable:async="true"/><humanTask id="d.T" name="Work"/>"""


def begun(world: World) -> int:
    """The case, with its job still waiting."""
    world.rest, rest = lambda **_: 0, world.rest  # type: ignore[method-assign]
    try:
        return world.start("later")
    finally:
        world.rest = rest  # type: ignore[method-assign]


def test_an_item_goes_on_once_when_its_job_runs(transaction: Transaction) -> None:
    world = World(transaction, case("later", PLAN))
    case_id = begun(world)
    (job,) = world.rows(JobRow)
    assert (job.kind, job.mode) == ("async", "tx")
    with transaction() as session:
        assert async_items.proceed(session, job.id, NOW)
        assert not async_items.proceed(session, job.id, NOW)
    assert world.states(case_id)["A"] == "active"
    assert world.rows(JobRow) == []


def test_a_case_that_ends_takes_its_waiting_items_with_it(transaction: Transaction) -> None:
    world = World(transaction, case("later", PLAN))
    case_id = begun(world)
    world.do(case_id, TerminateCase("enough"))
    world.rest()
    assert world.states(case_id)["A"] == "terminated"
    assert world.rows(JobRow) == []
