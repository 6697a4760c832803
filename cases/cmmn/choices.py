"""What can be done with a case now, from outside: by people, by services, by time; each as a command.

What it takes to answer is chosen from the values that conditions compare with.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product

from cases.cmmn import completion, planning, samples
from cases.cmmn.agenda import Run
from cases.cmmn.commands import (
    AnyCommand,
    ChildEnded,
    ChildStarted,
    Complete,
    CompleteCase,
    Disable,
    Fail,
    FireTimer,
    ManualStart,
    OccurListener,
    OccurUser,
    Plan,
    Proceed,
    Reactivate,
    Reenable,
    ResumeCase,
    Terminate,
)
from cases.cmmn.filemodel import Output
from cases.cmmn.instance import CASE, CaseInstance, ItemState, instant_of
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import (
    EventListener,
    PlanItem,
    Program,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.samples import Names, Samples
from cases.cmmn.workmodel import CaseTask, Ending, HumanTask, ProcessTask, ServiceTask
from cases.feel.syntax import Name, Path

DOWN = "DOWN"
"""The code with which a service fails here."""
_VARIANTS = 12


class By(StrEnum):
    """Whose move it is."""

    PERSON = "person"
    SERVICE = "service"
    TIME = "time"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Choice:
    """One move: the command, whose it is, of which item (its id), and from when on (a timer's instant)."""

    command: AnyCommand
    by: By
    definition: str = ""
    index: int = 0
    at: datetime | None = None
    roles: tuple[str, ...] = ()


Answers = Mapping[str, tuple[Mapping[str, object] | None, ...]]
"""By the id of a plan item: the answers that are worth trying."""


def choices(case: CaseInstance, now: datetime, answers: Answers) -> tuple[Choice, ...]:
    """All that can be done now, in the order of the plan; an ended case leaves nothing to do."""
    if case.case_state is State.SUSPENDED:
        return (Choice(ResumeCase(), By.PERSON),)
    if case.case_state is not State.ACTIVE:
        return ()
    run = Run(case, now)
    found: list[Choice] = []
    for item in case.items():
        if item.iid and item.state not in FINAL:
            found += of_item(case, item, answers)
    found += _time(case)
    found += _plans(run)
    if completion.may_complete_by_hand(run, CASE):
        found.append(Choice(CompleteCase(), By.PERSON))
    return tuple(found)


def stages_to_end(case: CaseInstance, now: datetime) -> Iterator[Choice]:
    """The stages that somebody may complete by hand now."""
    run = Run(case, now)
    for item in case.items():
        plan_item = case.plan_item(item.iid)
        is_stage = item.iid > CASE and isinstance(plan_item.definition, Stage)
        if is_stage and completion.may_complete_by_hand(run, item.iid):
            yield Choice(Complete(item=item.iid), By.PERSON, plan_item.id, item.index)


def of_item(case: CaseInstance, item: ItemState, answers: Answers) -> Iterator[Choice]:
    """What people and services can do with one instance."""
    plan_item = case.plan_item(item.iid)
    if item.held:
        yield Choice(Proceed(item=item.iid), By.SERVICE, plan_item.id, item.index)
        return
    match item.state:
        case State.ENABLED:
            yield Choice(ManualStart(item=item.iid), By.PERSON, plan_item.id, item.index)
            if (item.number, Transition.DISABLE) in case.wiring.on_item:
                yield Choice(Disable(item=item.iid), By.PERSON, plan_item.id, item.index)
        case State.DISABLED:
            yield Choice(Reenable(item=item.iid), By.PERSON, plan_item.id, item.index)
        case State.FAILED:
            yield Choice(Reactivate(item=item.iid), By.PERSON, plan_item.id, item.index)
        case State.ACTIVE:
            yield from _ends(case, item, plan_item, answers)
            if (item.number, Transition.TERMINATE) in case.wiring.on_item:
                yield Choice(Terminate(item=item.iid), By.PERSON, plan_item.id, item.index)
        case State.AVAILABLE:
            yield from _occurrences(item, plan_item, answers)


def due(case: CaseInstance, item: ItemState) -> Choice | None:
    """The fire of an armed timer, at its instant."""
    timer = item.timer
    if item.state is not State.AVAILABLE or timer is None or not timer.due:
        return None
    fire = FireTimer(item=item.iid, fire_no=timer.fire_no)
    return Choice(fire, By.TIME, case.plan_item(item.iid).id, item.index, instant_of(timer.due))


def answers_of(program: Program, tried: Samples) -> Answers:
    """The answers worth trying, for every item that may give one: each value once, all together if few."""
    return {item.id: _answers(item, tried) for item in program.definition.items if item.number}


def members_of(item: PlanItem, tried: Samples) -> dict[Names, tuple[object, ...]]:
    """The values of the members of an item's answer, as far as anything compares with them."""
    if isinstance(item.definition, Stage):
        return {}
    work = item.definition.work
    found: dict[Names, tuple[object, ...]] = {}
    if work.keeps_answer and work.answer is None and work.answer_to != "":
        _gather(found, (), tried.below((item.answer_to,)))
    for output in work.outputs:
        if _member(output):
            _gather(found, _member(output), tried.below(output.path))
    for parameter in work.parameters.outputs:
        if parameter.path is not None and parameter.refinement is None:
            _gather(found, (parameter.name,), tried.below(parameter.path))
    deep = {path[:length] for path in found for length in range(1, len(path))}
    return {member: values for member, values in found.items() if member and values and member not in deep}


def _gather(
    found: dict[Names, tuple[object, ...]], member: Names, below: Mapping[Names, tuple[object, ...]]
) -> None:
    for rest, values in below.items():
        path = (*member, *rest)
        found[path] = _joined(found.get(path, ()), values)


def _joined(*values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple({repr(value): value for some in values for value in some}.values())


def _member(output: Output) -> Names:
    """The member of an answer that an output hands on as it is."""
    tree = output.value.tree
    if isinstance(tree, Path) and isinstance(tree.base, Name) and tree.base.name == "result":
        return tree.names
    return ()


def _answers(item: PlanItem, tried: Samples) -> tuple[Mapping[str, object] | None, ...]:
    members = members_of(item, tried)
    if not members:
        return (None,)
    names, values = list(members), list(members.values())
    amount = 1
    for some in values:
        amount *= len(some)
    if amount <= _VARIANTS:
        rows: Iterable[tuple[object, ...]] = product(*values)
    else:
        longest = max(map(len, values))
        rows = [tuple(some[turn % len(some)] for some in values) for turn in range(longest)]
    return tuple(nested(dict(zip(names, row, strict=True))) for row in rows)


def nested(members: Mapping[Names, object]) -> dict[str, object]:
    """An answer from its members, whose names are paths."""
    found: dict[str, object] = {}
    for path, value in sorted(members.items(), key=lambda one: len(one[0])):
        found = {**found, **samples.written(found, {path: value})}
    return found


def settled(answer: Mapping[str, object] | None, case: CaseInstance) -> Mapping[str, object] | None:
    """The answer with the values that its peers hold now."""
    if answer is None:
        return None
    return {name: _settled(value, case) for name, value in answer.items()}


def _settled(value: object, case: CaseInstance) -> object:
    if isinstance(value, samples.Peer):
        return samples.resolved((value,), case.file())[0]
    if isinstance(value, Mapping):
        return {name: _settled(inner, case) for name, inner in value.items()}
    return value


def _ends(case: CaseInstance, item: ItemState, plan_item: PlanItem, answers: Answers) -> Iterator[Choice]:
    given = [settled(answer, case) for answer in answers.get(plan_item.id, (None,))]
    iid = item.iid
    match plan_item.definition:
        case Stage():
            return
        case HumanTask() as task:
            roles = (task.performer,) if task.performer else ()
            for answer in given:
                done = Complete(item=iid, answer=answer)
                yield Choice(done, By.PERSON, plan_item.id, item.index, roles=roles)
        case CaseTask(is_blocking=False):
            yield Choice(ChildStarted(item=iid), By.SERVICE, plan_item.id, item.index)
        case CaseTask() | ProcessTask():
            for answer in given:
                ended = ChildEnded(item=iid, ending=Ending.COMPLETED, outputs=answer or {})
                yield Choice(ended, By.SERVICE, plan_item.id, item.index)
        case _:
            for answer in given:
                yield Choice(Complete(item=iid, answer=answer), By.SERVICE, plan_item.id, item.index)
    heard = case.wiring.on_item
    if isinstance(plan_item.definition, ServiceTask) or (item.number, Transition.FAULT) in heard:
        yield Choice(Fail(item=iid, code=DOWN), By.SERVICE, plan_item.id, item.index)


def _occurrences(item: ItemState, plan_item: PlanItem, answers: Answers) -> Iterator[Choice]:
    match plan_item.definition:
        case UserEventListener() as listener:
            for answer in answers.get(plan_item.id, (None,)):
                occur = OccurUser(item=item.iid, answer=answer)
                yield Choice(occur, By.PERSON, plan_item.id, item.index, roles=listener.roles)
        case EventListener():
            for answer in answers.get(plan_item.id, (None,)):
                yield Choice(
                    OccurListener(item=item.iid, payload=answer), By.SERVICE, plan_item.id, item.index
                )


def _time(case: CaseInstance) -> Iterator[Choice]:
    """The timers that are due first: time passes no other before it passes them."""
    numbers = [
        item.number
        for item in case.program.definition.items
        if isinstance(item.definition, TimerEventListener)
    ]
    fires = [due(case, case.state.items[iid]) for number in numbers for iid in case.live(number)]
    known = [fire for fire in fires if fire is not None and fire.at is not None]
    if known:
        first = min(fire.at for fire in known if fire.at is not None)
        yield from (fire for fire in known if fire.at == first)


def _plans(run: Run) -> Iterator[Choice]:
    for iid, offer in planning.offered_anywhere(run, None):
        if iid == CASE or run.item(run.container_of(iid)).state is State.ACTIVE:
            roles = tuple(sorted(role for some in offer.roles for role in some))
            yield Choice(Plan(item=iid, discretionary=offer.id), By.PERSON, offer.id, roles=roles)
