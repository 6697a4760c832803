"""Models in code: `case(human_task("a"), milestone("m", entry=[when(on("a", "complete"))]))`.

Ids of plan items are the names given here; definitions are `d.<id>`, criteria `<id>.entry.0`, `<id>.exit.0`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cases.cmmn.controlmodel import (
    Action,
    Criterion,
    FileOnPart,
    IfPart,
    OnPart,
    PlanItemOnPart,
    RepetitionRule,
    Rule,
    Sentry,
    Value,
)
from cases.cmmn.filemodel import (
    NO_PARAMETERS,
    FileItem,
    FileModel,
    Handover,
    Input,
    Multiplicity,
    Output,
    Parameter,
    Parameters,
    WriteMode,
)
from cases.cmmn.lifecycle import FileTransition, Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    Discretionary,
    EventListener,
    Milestone,
    PlanItem,
    PlanItemDefinition,
    Program,
    Role,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.profile import STRICT, Profile
from cases.cmmn.workmodel import (
    CaseTask,
    DecisionTask,
    ExpressionTask,
    HumanTask,
    ProcessTask,
    ServiceTask,
    Task,
    Then,
    Work,
)
from cases.feel import parse


@dataclass(frozen=True, slots=True)
class On:
    """An on-part before its source has a number."""

    source: str
    event: str
    exit_criterion: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A sentry before its sources have numbers."""

    parts: tuple[On, ...] = ()
    condition: str | None = None
    context: tuple[str, ...] | None = None
    mode: str = "latched"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan item before it has a number."""

    id: str
    definition: PlanItemDefinition
    entry: tuple[When, ...] = ()
    exit: tuple[When, ...] = ()
    required: Rule | None = None
    repetition: RepetitionRule | None = None
    manual: Rule | None = None
    children: tuple["Planned", ...] = ()
    start: On | None = None
    offered: "Offered | None" = None
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offered:
    """That an item may be planned: from the table of its stage, or of the human task `at`."""

    roles: tuple[str, ...] = ()
    rule: str | None = None
    at: str | None = None


Condition = bool | str
"""True for a rule without a condition, FEEL for one with it, False for no rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What any item may be given beside its definition."""

    entry: Sequence[When] = ()
    exit: Sequence[When] = ()
    required: Condition = False
    repeat: Condition = False
    at_most: int | None = None
    manual: Condition = False


def on(source: str, event: str, exit_criterion: str | None = None) -> On:
    """An on-part: of a plan item by its id, of a case file item by its path, as in `/claim/document`."""
    return On(source, event, exit_criterion)


def when(
    *parts: On, condition: str | None = None, context: tuple[str, ...] | None = None, mode: str = "latched"
) -> When:
    """A sentry: all these events, and the condition."""
    return When(parts, condition, context, mode)


def planned(
    id_: str, definition: PlanItemDefinition, children: Sequence[Planned] = (), **given: object
) -> Planned:
    """A plan item with any definition."""
    control = Control(**given)  # type: ignore[arg-type]  # the keywords of Control
    repetition = _rule(f"{id_}.repetition", control.repeat)
    return Planned(
        id=id_,
        definition=definition,
        entry=tuple(control.entry),
        exit=tuple(control.exit),
        required=_rule(f"{id_}.required", control.required),
        repetition=None
        if repetition is None
        else RepetitionRule(repetition.id, repetition.condition, max_instances=control.at_most),
        manual=_rule(f"{id_}.manual", control.manual),
        children=tuple(children),
    )


def stage(id_: str, *children: Planned, auto_complete: bool = False, **given: object) -> Planned:
    return planned(id_, Stage(f"d.{id_}", id_, auto_complete), children, **given)


def discretionary(
    one: Planned, *, roles: Sequence[str] = (), rule: str | None = None, at: str | None = None
) -> Planned:
    """An item that may be planned; `at` is the human task of the same stage whose table offers it."""
    return replace(one, offered=Offered(tuple(roles), rule, at))


def having(planned: Planned, **fields: object) -> Planned:
    """The item with fields of a plan item that the other builders do not know."""
    return replace(planned, more={**planned.more, **fields})


def defining(planned: Planned, **fields: object) -> Planned:
    """The item with fields of its definition that the other builders do not know."""
    return replace(planned, definition=replace(planned.definition, **fields))  # type: ignore[arg-type]


def expression_task(id_: str, action: Action, **fields: object) -> Planned:
    """A task that is an expression."""
    return Planned(id_, ExpressionTask(f"d.{id_}", id_, action, **fields))  # type: ignore[arg-type]


def listener(id_: str, kind: str, **fields: object) -> Planned:
    """An event listener of another kind than user and timer."""
    return Planned(id_, EventListener(f"d.{id_}", id_, kind, **fields))  # type: ignore[arg-type]


def human_task(
    id_: str, *, work: Work | None = None, is_blocking: bool = True, role: str | None = None, **given: object
) -> Planned:
    definition = HumanTask(
        f"d.{id_}", id_, is_blocking, role=None if role is None else value(role), work=work or Work()
    )
    return planned(id_, definition, **given)


def task(id_: str, *, is_blocking: bool = True, work: Work | None = None, **given: object) -> Planned:
    return planned(id_, Task(f"d.{id_}", id_, is_blocking, work or Work()), **given)


def service_task(
    id_: str, *, work: Work | None = None, key: str | None = None, is_blocking: bool = True, **given: object
) -> Planned:
    definition = ServiceTask(
        id=f"d.{id_}",
        name=id_,
        connection="outside",
        operation=id_,
        is_blocking=is_blocking,
        key=None if key is None else parse(key),
        work=work or Work(),
    )
    return planned(id_, definition, **given)


def decision_task(id_: str, decision: str, *, work: Work | None = None, **given: object) -> Planned:
    return planned(id_, DecisionTask(f"d.{id_}", id_, decision, work=work or Work()), **given)


def case_task(
    id_: str,
    *,
    called: str = "other",
    is_blocking: bool = True,
    work: Work | None = None,
    may_complete_early: bool = False,
    child_terminated: Then = Then.EXIT,
    propagates_fault: bool = False,
    **given: object,
) -> Planned:
    definition = CaseTask(
        f"d.{id_}",
        id_,
        value(called),
        is_blocking,
        work or Work(),
        may_complete_early,
        child_terminated,
        propagates_fault,
    )
    return planned(id_, definition, **given)


def process_task(id_: str, *, is_blocking: bool = True, **given: object) -> Planned:
    return planned(id_, ProcessTask(f"d.{id_}", id_, value("process"), is_blocking), **given)


def milestone(id_: str, *, work: Work | None = None, **given: object) -> Planned:
    return planned(id_, Milestone(f"d.{id_}", id_, work or Work()), **given)


def timer(
    id_: str,
    text: str,
    *,
    start: On | None = None,
    anchor: str | None = None,
    follows: str | None = None,
) -> Planned:
    definition = TimerEventListener(
        id=f"d.{id_}",
        name=id_,
        expression=value(text),
        anchor=None if anchor is None else parse(anchor),
        follows=None if follows is None else tuple(follows.split(".")),
    )
    return replace(planned(id_, definition), start=start)


def user_listener(
    id_: str, *, roles: Sequence[str] = (), condition: str | None = None, repeatable: bool = False
) -> Planned:
    definition = UserEventListener(
        id=f"d.{id_}",
        name=id_,
        roles=tuple(roles),
        available_condition=None if condition is None else parse(condition),
        is_repeatable=repeatable,
    )
    return planned(id_, definition)


def event_listener(id_: str, kind: str = "message") -> Planned:
    return planned(id_, EventListener(f"d.{id_}", id_, kind))


def value(text: str) -> Value:
    """A literal, or FEEL behind `=`."""
    return Value(text, parse(text[1:]) if text.startswith("=") else None)


def work(
    inputs: Mapping[str, str] | None = None,
    answer: str | None = None,
    answer_to: str | None = None,
    outputs: Mapping[str, str] | None = None,
    standard: Parameters = NO_PARAMETERS,
) -> Work:
    """What work reads and writes; an output is keyed by its path, after `+` to append, `&` to update."""
    return Work(
        inputs=tuple(Input(name, parse(text)) for name, text in (inputs or {}).items()),
        answer=None if answer is None else parse(answer),
        answer_to=answer_to,
        outputs=tuple(_output(path, text) for path, text in (outputs or {}).items()),
        parameters=standard,
    )


def parameter(name: str, path: str = "", refinement: str | None = None) -> Parameter:
    """A parameter of the standard, bound to a path with dots."""
    bound = tuple(path.split(".")) if path else None
    return Parameter(f"p.{name}", name, bound, None if refinement is None else parse(refinement))


def handover(source: str, target: str, transformation: str | None = None) -> Handover:
    """A parameter mapping."""
    return Handover(source, target, None if transformation is None else parse(transformation))


def file_item(name: str, *children: FileItem, many: bool = False) -> FileItem:
    """A declared case file item; its path is completed by `case`."""
    multiplicity = Multiplicity.ZERO_OR_MORE if many else Multiplicity.ZERO_OR_ONE
    return FileItem(f"f.{name}", name, (name,), multiplicity, children=children)


def case(
    *children: Planned,
    auto_complete: bool = False,
    exit: Sequence[When] = (),  # noqa: A002 - the standard's word
    roles: Sequence[str] = (),
    file: Sequence[FileItem] = (),
    inputs: Sequence[Parameter] = (),
    outputs: Sequence[Parameter] = (),
    profile: Profile = STRICT,
) -> CaseDefinition:
    """The whole case; plan items are numbered as the reader numbers them, parents before children."""
    plan = Planned("plan", Stage("d.plan", "plan", auto_complete), exit=tuple(exit), children=children)
    flat = list(_walk(plan, -1, 0))
    by_id = {one.id: number for number, (one, _, _) in enumerate(flat)}
    criteria: list[Criterion] = []
    items = tuple(
        _item(number, one, (stage_, depth), flat, by_id, criteria)
        for number, (one, stage_, depth) in enumerate(flat)
    )
    return CaseDefinition(
        id="case",
        name="A case",
        items=items,
        criteria=tuple(criteria),
        roles=tuple(Role(name, name) for name in roles),
        discretionary=tuple(_offers(flat, by_id)),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        file=_file_model(file),
        profile=profile,
        by_id=by_id,
    )


def program(*children: Planned, **given: object) -> Program:
    """A program that runs the case made of these."""
    return Program(case(*children, **given))  # type: ignore[arg-type]  # the keywords of case


def _rule(id_: str, condition: Condition) -> Rule | None:
    if condition is False:
        return None
    return Rule(id_, None if condition is True else parse(condition))


def _output(path: str, text: str) -> Output:
    modes = {"+": WriteMode.APPEND, "&": WriteMode.UPDATE}
    mode = modes.get(path[0], WriteMode.REPLACE)
    return Output(tuple(path.lstrip("+&").split(".")), parse(text), mode)


def _walk(one: Planned, stage_: int, depth: int, number: int = 0) -> Iterator[tuple[Planned, int, int]]:
    yield one, stage_, depth
    following = number + 1
    for child in one.children:
        inner = list(_walk(child, number, depth + 1, following))
        following += len(inner)
        yield from inner


def _item(
    number: int,
    one: Planned,
    place: tuple[int, int],
    flat: list[tuple[Planned, int, int]],
    by_id: Mapping[str, int],
    criteria: list[Criterion],
) -> PlanItem:
    definition = one.definition
    if isinstance(definition, Stage):
        inside = tuple(child for child, (_, stage_, _) in enumerate(flat) if stage_ == number)
        definition = replace(definition, items=inside)
    if isinstance(definition, TimerEventListener) and one.start is not None:
        definition = replace(definition, start_trigger=_part(f"{one.id}.start", one.start, by_id))
    made: dict[str, list[Criterion]] = {"entry": [], "exit": []}
    for kind, sentries in (("entry", one.entry), ("exit", one.exit)):
        for position, sentry in enumerate(sentries):
            id_ = f"{one.id}.{kind}.{position}"
            criterion = Criterion(
                len(criteria), id_, id_, kind == "entry", number, _sentry(id_, sentry, by_id)
            )
            criteria.append(criterion)
            made[kind].append(criterion)
    return PlanItem(
        number,
        one.id,
        one.id,
        definition,
        place[0],
        place[1],
        tuple(made["entry"]),
        tuple(made["exit"]),
        one.required,
        one.repetition,
        one.manual,
        is_discretionary=one.offered is not None,
        **one.more,  # type: ignore[arg-type]  # fields of a plan item, by whoever builds it
    )


def _offers(flat: list[tuple[Planned, int, int]], by_id: Mapping[str, int]) -> Iterator[Discretionary]:
    for number, (one, stage_, _) in enumerate(flat):
        if one.offered is not None:
            given = one.offered
            rules = () if given.rule is None else (Rule(f"{one.id}.applies", parse(given.rule)),)
            roles = (frozenset(given.roles),) if given.roles else ()
            holder = stage_ if given.at is None else by_id[given.at]
            yield Discretionary(one.id, one.id, holder, (number,), roles, rules)


def _sentry(id_: str, given: When, by_id: Mapping[str, int]) -> Sentry:
    parts = tuple(_part(f"{id_}.on.{place}", part, by_id) for place, part in enumerate(given.parts))
    held = None if given.condition is None else IfPart(parse(given.condition), given.context)
    return Sentry(f"{id_}.sentry", "", parts, held, given.mode)


def _part(id_: str, given: On, by_id: Mapping[str, int]) -> OnPart:
    if given.source.startswith("/"):
        return FileOnPart(id_, tuple(given.source[1:].split("/")), FileTransition(given.event))
    return PlanItemOnPart(id_, by_id[given.source], Transition(given.event), given.exit_criterion)


def _file_model(roots: Sequence[FileItem]) -> FileModel:
    by_id: dict[str, FileItem] = {}
    placed = tuple(_placed(item, (), by_id) for item in roots)
    return FileModel(placed, by_id)


def _placed(item: FileItem, above: tuple[str, ...], by_id: dict[str, FileItem]) -> FileItem:
    path = (*above, item.name)
    children = tuple(_placed(child, path, by_id) for child in item.children)
    placed = replace(item, id="f." + ".".join(path), path=path, children=children)
    by_id[placed.id] = placed
    return placed
