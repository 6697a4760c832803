"""Items that no model foresaw, as part of the definition of the one case that has them (4.6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cases.cmmn.controlmodel import Action, Value
from cases.cmmn.events import AdHoc
from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItem,
    PlanItemDefinition,
    Program,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import (
    CaseTask,
    DecisionTask,
    ExpressionTask,
    HumanTask,
    ProcessTask,
    ServiceTask,
    Task,
)

HUMAN_TASK, CASE_TASK, STAGE = "humanTask", "caseTask", "stage"
KINDS = frozenset({HUMAN_TASK, CASE_TASK, STAGE})
FORMER = "former"
"""Begins the kind of an item that is history: the version of the model that had it is not the case's now."""
_KEPT = 256
_extended: dict[tuple[int, tuple[AdHoc, ...]], tuple[Program, Program]] = {}


def extended(program: Program, added: Sequence[AdHoc]) -> Program:
    """The program with these items after those of its model; what it has of them already stays."""
    key = (id(program), tuple(added))
    known = _extended.get(key)
    if known is not None and known[0] is program:
        return known[1]
    if len(_extended) >= _KEPT:
        _extended.clear()  # at once, whoever else looks something up meanwhile
    definition = program.definition
    for one in added[definition.adhoc :]:
        definition = _with(definition, one)
    found = replace(program, definition=definition)
    _extended[key] = (program, found)
    return found


def former(definition: PlanItemDefinition) -> str:
    """The kind of an item with this definition once its model is left."""
    return f"{FORMER}:{type(definition).__name__}"


def _with(definition: CaseDefinition, added: AdHoc) -> CaseDefinition:
    number = len(definition.items)
    holder = definition.items[added.stage]
    item = PlanItem(
        number=number,
        id=added.id,
        name=added.name,
        definition=_made(added),
        stage=added.stage,
        depth=holder.depth + 1,
        is_discretionary=True,
    )
    items = list(definition.items)
    if isinstance(holder.definition, Stage):
        inside = replace(holder.definition, items=(*holder.definition.items, number))
        items[added.stage] = replace(holder, definition=inside)
    return replace(
        definition,
        items=(*items, item),
        by_id={**definition.by_id, added.id: number},
        adhoc=definition.adhoc + 1,
    )


def _made(added: AdHoc) -> PlanItemDefinition:
    if added.kind.startswith(FORMER):
        return _remembered(added)
    id_ = f"adhoc:{added.kind}"
    match added.kind:
        case "caseTask":
            return CaseTask(id_, added.name, Value(added.case))
        case "stage":
            return Stage(id_, added.name, auto_complete=True)
    description = Value(added.description) if added.description else None
    return HumanTask(id_, added.name, performer=added.performer, form=added.form, description=description)


_REMAINS: Mapping[str, Callable[[AdHoc], PlanItemDefinition]] = {
    "Stage": lambda one: Stage(one.definition, one.name, auto_complete=True),
    "Milestone": lambda one: Milestone(one.definition, one.name),
    "TimerEventListener": lambda one: TimerEventListener(one.definition, one.name, Value("")),
    "UserEventListener": lambda one: UserEventListener(one.definition, one.name),
    "EventListener": lambda one: EventListener(one.definition, one.name),
    "HumanTask": lambda one: HumanTask(one.definition, one.name, performer=one.performer, form=one.form),
    "CaseTask": lambda one: CaseTask(one.definition, one.name, Value(one.case)),
    "ProcessTask": lambda one: ProcessTask(one.definition, one.name, Value("")),
    "DecisionTask": lambda one: DecisionTask(one.definition, one.name, ""),
    "ServiceTask": lambda one: ServiceTask(one.definition, one.name, "", ""),
    "ExpressionTask": lambda one: ExpressionTask(one.definition, one.name, Action()),
}


def _remembered(added: AdHoc) -> PlanItemDefinition:
    """What is left of the definition of an item all of whose instances have ended: what it was."""
    made = _REMAINS.get(added.kind.partition(":")[2])
    return Task(added.definition, added.name) if made is None else made(added)
