"""Steps that act on human tasks, and abstract ones (FORMAT 6.2)."""

from typing import Any

from cases.cmmn import commands
from cases.cmmn.instance import ItemState
from cases.errors import Conflict
from cases.policy.access import SYSTEM
from cases.queries.records import TaskRecord
from cases.scenarios import selecting
from cases.scenarios.values import table
from cases.scenarios.world import World
from cases.services import tasks

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""


def complete(world: World, given: Arguments) -> None:
    """Completes a human task or an abstract one: variables first, then outputs, then the transition."""
    case_id = world.case_id(given.get("of"))
    for item in _items(world, case_id, given):
        _complete(world, case_id, item, given)


def claim(world: World, given: Arguments) -> None:
    """Somebody takes the task."""
    case_id, task = _task(world, given)
    actor = world.actor(case_id, given.get("user"))
    world.change(lambda session: tasks.claim(session, task.id, actor, world.now))


def unclaim(world: World, given: Arguments) -> None:
    """The acting user gives the task back."""
    case_id, task = _task(world, given)
    actor = world.actor(case_id)
    world.change(lambda session: tasks.release(session, task.id, actor, world.now))


def assign(world: World, given: Arguments) -> None:
    """The task goes to somebody, or back to those it is offered to."""
    case_id, task = _task(world, given)
    if given["assignee"] is None:
        world.change(lambda session: tasks.release(session, task.id, SYSTEM, world.now))
        return
    user, actor = world.colleague(given["assignee"], case_id), world.actor(case_id)
    world.change(lambda session: tasks.assign(session, task.id, user, "", actor, world.now))


def start_progress(world: World, given: Arguments) -> None:
    """Somebody begins to work on the task."""
    case_id, task = _task(world, given)
    actor, who = world.actor(case_id), world.actor(case_id, given.get("user"))
    world.change(lambda session: tasks.begin(session, task.id, actor, world.now, who))


def suspend(world: World, given: Arguments) -> None:
    """The task is suspended, and its item with it."""
    case_id, task = _task(world, given)
    actor, who = world.actor(case_id), world.actor(case_id, given.get("user"))
    world.change(lambda session: tasks.suspend(session, task.id, actor, world.now, who))


def resume(world: World, given: Arguments) -> None:
    """The task goes on as it was."""
    case_id, task = _task(world, given)
    actor = world.actor(case_id, given.get("user"))
    world.change(lambda session: tasks.resume(session, task.id, actor, world.now))


def _items(world: World, case_id: int, given: Arguments) -> list[ItemState]:
    if not given.get("all"):
        case = world.instance(case_id)
        if "task" in given:
            return [selecting.task(world, case_id, given["task"])]
        return [selecting.one(case, given["item"])]
    if "task" in given:
        return selecting.every_task(world, case_id, given["task"])
    return selecting.every(world.instance(case_id), given["item"])


def _complete(world: World, case_id: int, item: ItemState, given: Arguments) -> None:
    actor = world.actor(case_id, given.get("user"))
    task = next((one for one in world.tasks(case_id) if one.item == item.iid and one.is_open), None)
    output, written = given.get("output"), given.get("vars")
    if task is not None and _is_for_somebody(world, case_id, given):
        world.change(lambda session: tasks.complete(session, task.id, table(output), actor, world.now))
    else:
        command = commands.Complete(item.iid, None if output is None else table(output), vars=table(written))
        world.execute(case_id, command, actor)
    world.rest()


def _is_for_somebody(world: World, case_id: int, given: Arguments) -> bool:
    """Whether rights decide who completes it: in a case app always, else where the case has a team.

    A bare model has no forms, so that nobody could answer; and variables are no answers.
    """
    if "vars" in given:
        return False
    if world.app is not None and not world.is_bare:
        return True
    return "output" not in given and world.instance(case_id).state.team is not None


def _task(world: World, given: Arguments) -> tuple[int, TaskRecord]:
    """The case, and the open task of the instance that is meant. Raises Conflict where it has none."""
    case_id = world.case_id(given.get("of"))
    item = selecting.task(world, case_id, given["task"])
    for task in world.tasks(case_id):
        if task.item == item.iid and task.is_open:
            return case_id, task
    raise Conflict("The task is over.", code="state")
