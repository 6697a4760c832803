"""The plan of a case as a tree: every item that one may see, where it stands, since when and through whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Milestone, PlanItem, Stage, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ServiceTask
from cases.queries.relatives import Relative
from cases.queries.sight import Sight
from cases.queries.why import Cause, cause

LISTENERS = frozenset({"timer", "user_event"})
_LATER = "unavailable"
_OPTIONAL = "optional"
_LEFT = frozenset({"completed", "terminated"})


@dataclass(frozen=True, slots=True)
class Doing:
    """What is known of one instance besides its state: when it was, whose it is, which case it called."""

    began_at: datetime | None = None
    ended_at: datetime | None = None
    person: str = ""
    roles: tuple[str, ...] = ()
    task_id: int | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    called: Relative | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One plan item: its latest instance, or none yet. `waits_for`: the criteria that may begin it."""

    number: int
    id: str
    name: str
    kind: str
    state: str
    index: int
    count: int
    iid: int
    is_required: bool
    is_manual: bool
    repeats: bool
    items: tuple["Node", ...]
    waits_for: tuple[Cause, ...]
    caused_by: Cause | None
    left_by: Cause | None = None
    has_begun: bool = False
    doing: Doing = Doing()

    @property
    def is_goal(self) -> bool:
        """Whether it is a milestone that the plan cannot do without."""
        return self.kind == "milestone" and self.is_required

    @property
    def done(self) -> int:
        """How many of the items within are done."""
        return sum(one.state == "completed" or one.is_left for one in self.items)

    @property
    def whole(self) -> int:
        """How many of the items within are done, at work, or still needed."""
        needed = ("active", "enabled", "failed", "suspended")
        return self.done + sum(
            one.state in needed or (one.is_required and one.state in ("available", "unavailable"))
            for one in self.items
        )

    @property
    def is_left(self) -> bool:
        """Whether it is a stage that ended as its model says it ends: by one of its exits, after its work."""
        is_over = self.kind == "stage" and self.state == "terminated"
        return is_over and self.has_begun and self.left_by is not None


def nodes_of(sight: Sight, doings: Mapping[int, Doing] | None = None) -> tuple[Node, ...]:
    """The plan as a tree; `doings` by instance."""
    top = sight.case.program.definition.items[0].definition
    return tuple(_node(sight, number, doings or {}) for number in _kids(sight, top))


def top_of(sight: Sight, nodes: tuple[Node, ...]) -> Node:
    """The plan model itself."""
    item = sight.case.program.definition.items[0]
    return Node(
        number=0,
        id=item.id,
        name=item.name,
        kind="plan",
        state=sight.state.name.lower(),
        index=0,
        count=1,
        iid=0,
        is_required=False,
        is_manual=False,
        repeats=False,
        items=nodes,
        waits_for=(),
        caused_by=None,
    )


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """All nodes, containers before what they hold."""
    for node in nodes:
        yield node
        yield from walk(node.items)


def _kids(sight: Sight, definition: object) -> Iterable[int]:
    numbers = definition.items if isinstance(definition, Stage) else ()
    return (number for number in numbers if sight.sees_item(sight.case.program.definition.items[number]))


def _node(sight: Sight, number: int, doings: Mapping[int, Doing]) -> Node:
    item = sight.case.program.definition.items[number]
    instances = [state for state in sight.case.items() if state.number == number and state.iid]
    # A seed of the next repetition is no instance; the latest says where the item stands.
    latest = instances[-1] if instances else None
    if latest is not None and latest.state is State.AVAILABLE and len(instances) > 1:
        began = [one for one in instances if one.state is not State.AVAILABLE]
        latest = began[-1] if began else latest
    state = latest.state if latest else State.UNAVAILABLE
    is_waiting = state in (State.UNAVAILABLE, State.AVAILABLE)
    entered = sight.criterion(latest.entered_by) if latest else None
    left = sight.criterion(latest.exited_by) if latest and state.name.lower() in _LEFT else None
    return Node(
        number=number,
        id=item.id,
        name=sight.name_of(latest.iid) if latest else item.name,
        kind=kind_of(item),
        state=_word(item, latest),
        index=latest.index if latest else 0,
        count=len([one for one in instances if one.state is not State.AVAILABLE]),
        iid=latest.iid if latest else -1,
        is_required=item.required is not None,
        is_manual=item.manual is not None,
        repeats=item.repetition is not None,
        items=tuple(_node(sight, kid, doings) for kid in _kids(sight, item.definition)),
        waits_for=tuple(cause(sight, one) for one in item.entry) if is_waiting else (),
        caused_by=cause(sight, entered) if entered else None,
        left_by=cause(sight, left) if left else None,
        has_begun=latest is not None and (latest.entered_by is not None or not item.entry),
        doing=doings.get(latest.iid, Doing()) if latest else Doing(),
    )


def _word(item: PlanItem, latest: ItemState | None) -> str:
    """The state by name; `skipped` for what ended before any of its entry criteria was met.

    `optional` is what may be planned, and nobody has planned so far.
    """
    if latest is None:
        return _OPTIONAL if item.is_discretionary else _LATER
    was_met = latest.entered_by is not None or not item.entry
    if latest.state is State.TERMINATED and not was_met:
        return "skipped"
    return latest.state.name.lower()


def kind_of(item: PlanItem) -> str:
    """What a plan item is, in one word."""
    match item.definition:
        case Stage():
            return "stage"
        case Milestone():
            return "milestone"
        case HumanTask():
            return "human_task"
        case ServiceTask():
            return "service_task"
        case DecisionTask():
            return "decision"
        case CaseTask():
            return "case_task"
        case TimerEventListener():
            return "timer"
        case UserEventListener():
            return "user_event"
        case _:
            return "task"
