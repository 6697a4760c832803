"""Steps that act on one plan item (FORMAT 6.3)."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.cmmn import commands
from cases.cmmn.commands import AnyCommand
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.metamodel import EventListener, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import Ending
from cases.errors import NotFound
from cases.scenarios import selecting
from cases.scenarios.values import table
from cases.scenarios.world import Differs, World

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""

Asked = Callable[[int, Arguments], AnyCommand]


def _simple(command: Asked) -> Callable[[World, Arguments], None]:
    """A step that asks one thing of one item."""

    def step(world: World, given: Arguments) -> None:
        case_id = world.case_id(given.get("of"))
        item = selecting.one(world.instance(case_id), given["item"])
        world.execute(case_id, command(item.iid, given))

    return step


STEPS: Mapping[str, Callable[[World, Arguments], None]] = {
    "manual_start": _simple(
        lambda iid, given: commands.ManualStart(
            iid, child_vars=table(given.get("child_vars")), vars=table(given.get("vars"))
        )
    ),
    "disable": _simple(lambda iid, given: commands.Disable(iid, vars=table(given.get("vars")))),
    "reenable": _simple(lambda iid, _: commands.Reenable(iid)),
    "enable": _simple(
        lambda iid, given: commands.Enable(
            iid, local=table(given.get("local")), vars=table(given.get("vars"))
        )
    ),
    "terminate": _simple(lambda iid, given: commands.Terminate(iid, vars=table(given.get("vars")))),
    "fail": _simple(lambda iid, given: commands.Fail(iid, given["code"], given.get("message", ""))),
    "give_up": _simple(lambda iid, _: commands.ExitFailed(iid)),
    "suspend": _simple(lambda iid, _: commands.Suspend(iid)),
    "resume": _simple(lambda iid, _: commands.Resume(iid)),
    "reactivate": _simple(lambda iid, given: commands.Reactivate(iid, vars=table(given.get("vars")))),
    "complete_stage": _simple(
        lambda iid, given: commands.ForceComplete(iid) if given.get("force") else commands.Complete(iid)
    ),
}
"""The verbs that ask one thing of one item."""


def occur(world: World, given: Arguments) -> None:
    """An event listener occurs that people or the API may fire."""
    case_id = world.case_id(given.get("of"))
    case = world.instance(case_id)
    item = selecting.one(case, given["item"])
    world.execute(case_id, _occurrence(case, item, {}))


def trigger(world: World, given: Arguments) -> None:
    """Lets what waits go on, whatever its kind. Raises Differs where other than `expect_count` match."""
    case_id = world.case_id(given.get("of"))
    matches = 0
    for selector in given["each"] if "each" in given else [given["item"]]:
        found = _triggered(world, case_id, selector, given)
        matches += len(found)
        for item in found:
            _trigger(world, case_id, item, given)
    if "expect_count" in given and matches != given["expect_count"]:
        raise Differs(f"trigger: expected {given['expect_count']} matches, found {matches}")


def plan(world: World, given: Arguments) -> None:
    """Plans what the table of a container or human task offers. Raises NotFound for what none offers."""
    case_id = world.case_id(given.get("of"))
    case = world.instance(case_id)
    holder = CASE if given["in"] == selecting.ROOT else selecting.one(case, given["in"]).iid
    number = case.state.items[holder].number
    for offer in case.wiring.tables.get(number, ()):
        if given["item"] in (offer.name, offer.id):
            world.execute(case_id, commands.Plan(item=holder, discretionary=offer.id))
            return
    raise NotFound(f"There is no {given['item']} to be planned.")


def process_complete(world: World, given: Arguments) -> None:
    """The process behind a task reports that it is done."""
    case_id = world.case_id(given.get("of"))
    item = selecting.one(world.instance(case_id), given["item"]).iid
    world.report(case_id, commands.ChildEnded(item, Ending.COMPLETED, table(given.get("output"))))


def process_fault(world: World, given: Arguments) -> None:
    """The process behind a task reports that it has failed."""
    case_id = world.case_id(given.get("of"))
    item = selecting.one(world.instance(case_id), given["item"]).iid
    code, message = given["code"], given.get("message", "")
    world.report(case_id, commands.ChildEnded(item, Ending.FAILED, code=code, message=message))


def _triggered(world: World, case_id: int, selector: object, given: Arguments) -> list[ItemState]:
    """What goes on; none only where the scenario counts the matches. Raises NotFound, Mistaken."""
    case = world.instance(case_id)
    if not given.get("all"):
        return [selecting.one(case, selector)]
    if "expect_count" in given:
        return selecting.live_first(selecting.matching(case, selecting.keys_of(selector)))
    return selecting.every(case, selector)


def _trigger(world: World, case_id: int, item: ItemState, given: Arguments) -> None:
    case = world.instance(case_id)
    written = table(given.get("vars"))
    definition = case.plan_item(item.iid).definition
    if isinstance(definition, UserEventListener | EventListener | TimerEventListener):
        world.execute(case_id, _occurrence(case, item, written))
    else:
        world.execute(case_id, commands.Complete(item.iid, vars=written))
    world.rest()


def _occurrence(case: CaseInstance, item: ItemState, written: Mapping[str, object]) -> AnyCommand:
    if isinstance(case.plan_item(item.iid).definition, UserEventListener):
        return commands.OccurUser(item.iid, vars=written)
    return commands.OccurListener(item.iid, vars=written)
