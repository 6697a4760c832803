"""Steps that change data, and the time (FORMAT 6.4)."""

import re
from datetime import datetime
from typing import Any

import isodate

from cases.cmmn import commands
from cases.scenarios import selecting
from cases.scenarios.values import data, table
from cases.scenarios.world import NOBODYS, World
from cases.scheduler import worker

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""

_MODES = {"remove_child": "delete", "add_reference": "addReference", "remove_reference": "removeReference"}
_STEP = re.compile(r"\[\d+\]|[^\[\]]+")


def steps_of(path: str) -> tuple[str, ...]:
    """A path as the case file knows it: `/claim/document[1]` -> ("claim", "document", "[1]")."""
    return tuple(step for part in path.strip("/").split("/") for step in _STEP.findall(part))


def set_values(world: World, given: Arguments) -> None:
    """Writes root items, or local variables of an instance or task."""
    case_id = world.case_id(given.get("of"))
    if "scope" not in given:
        world.execute(case_id, commands.SetVariables(values=table(given["vars"])))
        return
    local, nearest = table(given.get("local")), table(given.get("vars"))
    world.execute(case_id, commands.SetLocal(_scope(world, case_id, given), local, nearest=nearest))


def unset(world: World, given: Arguments) -> None:
    """Deletes root items, or local variables of an instance or task."""
    case_id = world.case_id(given.get("of"))
    names = tuple(given["names"])
    if "scope" not in given:
        world.execute(case_id, commands.SetVariables(removed=names))
    else:
        world.execute(case_id, commands.SetLocal(_scope(world, case_id, given), removed=names))


def file(world: World, given: Arguments) -> None:
    """Changes the case file."""
    operation, path = str(given["op"]), steps_of(given["path"])
    mode, value = _MODES.get(operation, operation), data(given.get("value"))
    if operation == "add_child":
        path, mode = (*path, given["name"]), "create"
    elif operation in ("add_reference", "remove_reference"):
        value = steps_of(given["to"])
    world.execute(world.case_id(given.get("of")), commands.WriteFile(path=path, value=value, mode=mode))


def clock(world: World, given: Arguments) -> None:
    """Moves the clock; nothing fires."""
    world.now = moment(world, given["to"] if "to" in given else given["advance"])


def run_jobs(world: World, given: Arguments) -> None:  # noqa: ARG001 - the verb takes nothing
    """Lets all that is due happen, timers in the order of their instants, until nothing is due."""
    worker.tick(world.store.transaction, world.now)


def reschedule(world: World, given: Arguments) -> None:
    """Moves the due instant of a timer that waits."""
    case_id = world.case_id(given.get("of"))
    due = moment(world, given["to"])
    if "job" in given:
        world.execute(NOBODYS, commands.RescheduleTimer(0, due))
    item = selecting.one(world.instance(case_id), given["item"])
    world.execute(case_id, commands.RescheduleTimer(item.iid, due))


def moment(world: World, text: str) -> datetime:
    """An instant, or a duration from now."""
    found = world.now + isodate.parse_duration(text) if text.startswith("P") else datetime.fromisoformat(text)
    if not isinstance(found, datetime):
        raise TypeError(f"{text} is no moment")
    return found


def _scope(world: World, case_id: int, given: Arguments) -> int:
    scope = given["scope"]
    if "task" in scope:
        return selecting.task(world, case_id, scope["task"]).iid
    return selecting.one(world.instance(case_id), scope["item"]).iid
