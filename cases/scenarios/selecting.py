"""Which instances of a case a selector means: for a verb, for a task, for an expectation."""

from collections.abc import Mapping
from typing import Any

from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    PlanItemDefinition,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, Task
from cases.errors import NotFound
from cases.scenarios import values
from cases.scenarios.world import Mistaken, World

ENDED = frozenset({State.COMPLETED, State.TERMINATED})
ROOT = "@case"

Selector = Mapping[str, Any]

_KEYS = ("name", "definition", "element", "type", "state", "index", "in", "local")
_WAITING = "waiting"
_ANY_TASK = {"any": True}
_TYPES: Mapping[type[object], str] = {
    HumanTask: "human-task",
    CaseTask: "case-task",
    ProcessTask: "process-task",
    DecisionTask: "decision-task",
    Stage: "stage",
    Milestone: "milestone",
    UserEventListener: "user-event-listener",
    TimerEventListener: "timer-event-listener",
}
_OF_TASKS = {"external": "external-worker-task", "http": "http-task", "": "task", "task": "task"}


def keys_of(selector: object) -> Selector:
    """A selector as a mapping: a bare name is one, and what a row says besides is left out."""
    if not isinstance(selector, Mapping):
        return {"name": str(selector)}
    return {key: selector[key] for key in _KEYS if key in selector}


def matching(case: CaseInstance, selector: Selector) -> list[ItemState]:
    """All instances, ended ones too, that match every key."""
    wanted = dict(selector)
    parents = None if "in" not in wanted else containers(case, wanted["in"])
    if wanted.get("state") == _WAITING:
        return []
    return [
        item
        for item in case.items()
        if item.iid != CASE
        and (parents is None or item.parent in parents)
        and all(_fits(case, item, key, value) for key, value in wanted.items() if key != "in")
    ]


def containers(case: CaseInstance, selector: object) -> frozenset[int]:
    """The instances that a selector of a container means; `@case` is the plan model."""
    if selector == ROOT:
        return frozenset({CASE})
    return frozenset(item.iid for item in matching(case, keys_of(selector)))


def live_first(items: list[ItemState]) -> list[ItemState]:
    """Those that are live, where one is; else all of them."""
    return [item for item in items if item.state not in ENDED] or items


def one(case: CaseInstance, selector: object) -> ItemState:
    """The instance that a verb means. Raises NotFound for none, Mistaken for several."""
    return _only(live_first(matching(case, keys_of(selector))), selector)


def every(case: CaseInstance, selector: object) -> list[ItemState]:
    """All instances that a verb with `all` means. Raises NotFound for none."""
    return _some(live_first(matching(case, keys_of(selector))), selector)


def open_tasks(world: World, case_id: int, selector: object) -> list[ItemState]:
    """The instances of open human tasks that a selector means."""
    case = world.instance(case_id)
    is_open = {task.item for task in world.tasks(case_id) if task.is_open}
    wanted: Selector = {} if selector == _ANY_TASK else keys_of(selector)
    return [item for item in matching(case, wanted) if item.iid in is_open]


def task(world: World, case_id: int, selector: object) -> ItemState:
    """The instance whose open task a verb means, else any that it could mean (FORMAT 5)."""
    found = open_tasks(world, case_id, selector)
    return _only(found, selector) if found else one(world.instance(case_id), selector)


def every_task(world: World, case_id: int, selector: object) -> list[ItemState]:
    """All instances whose open tasks a verb with `all` means, else any that it could mean (FORMAT 5).

    Raises NotFound for none.
    """
    found = open_tasks(world, case_id, selector)
    if found or selector == _ANY_TASK:
        return _some(found, selector)
    return every(world.instance(case_id), selector)


def name_of(case: CaseInstance, iid: int) -> str:
    """What an instance is called; the case itself `@case`."""
    return ROOT if iid == CASE else case.name_of(iid)


def word(item: ItemState) -> str:
    """The state of an instance, as scenarios write it."""
    return item.state.name.lower()


def type_of(definition: PlanItemDefinition) -> str:
    """The type of a definition, as scenarios write it."""
    match definition:
        case Task(kind=kind):
            return _OF_TASKS.get(kind, "service-task")
        case EventListener(kind=kind):
            return f"{kind or 'generic'}-event-listener"
    return _TYPES.get(type(definition), "service-task")


def _some(found: list[ItemState], selector: object) -> list[ItemState]:
    if not found:
        raise NotFound(f"There is no plan item {values.shown(selector)}.")
    return found


def _only(found: list[ItemState], selector: object) -> ItemState:
    _some(found, selector)
    if len(found) > 1:
        raise Mistaken(f"{values.shown(selector)} means {len(found)} instances")
    return found[0]


def _fits(case: CaseInstance, item: ItemState, key: str, value: Any) -> bool:  # noqa: ANN401 - a YAML border
    plan_item = case.plan_item(item.iid)
    match key:
        case "name":
            return bool(case.name_of(item.iid) == value)
        case "definition":
            return bool(plan_item.definition.id == value)
        case "element":
            return bool(plan_item.id == value)
        case "type":
            return bool(type_of(plan_item.definition) == value)
        case "state":
            return bool(word(item) == value)
        case "index":
            return bool(item.index == value)
        case "local":
            return values.has(value, item.local)
    raise Mistaken(f"a selector has no key {key}")
