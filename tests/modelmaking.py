"""Models and commands out of a hat: valid, up to twenty-five items and four stages deep, all kinds of items.

Everything is drawn from a `random.Random`: from a seed it is fast and repeats, and hypothesis can hold the
dice (`programs`, `dice`), which then shrinks what it finds.

    rng = Random(7)
    program = make_program(rng)
    command = make_command(rng, case)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from random import Random

from hypothesis import strategies as st

from cases import dmn
from cases.cmmn.commands import (
    AnyCommand,
    AssignRole,
    ChildEnded,
    ChildStarted,
    CloseCase,
    Complete,
    CompleteCase,
    Disable,
    ExitFailed,
    Fail,
    FireTimer,
    ManualStart,
    Note,
    OccurListener,
    OccurUser,
    Plan,
    Reactivate,
    ReactivateCase,
    Reenable,
    RemoveRole,
    RescheduleTimer,
    Resume,
    ResumeCase,
    StartCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.filemodel import NO_PARAMETERS, Parameters
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    Program,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.profile import Profile
from cases.cmmn.workmodel import CaseTask, Ending, HumanTask, ProcessTask, Then
from tests.builders import (
    Planned,
    When,
    case,
    case_task,
    decision_task,
    discretionary,
    event_listener,
    file_item,
    human_task,
    milestone,
    on,
    parameter,
    process_task,
    service_task,
    stage,
    task,
    timer,
    user_listener,
    when,
    work,
)

LARGEST, DEEPEST = 25, 4
ROLES = ("clerk", "boss")
TEAM = {"ann": frozenset({"clerk"}), "bob": frozenset({"boss"}), "eve": frozenset[str]()}
VARIABLES = ("amount", "ok", "word", "due", "doc")
"""A number, a truth value, a text, an instant as text, and a declared item with a collection of pages."""

CONDITIONS = (
    "amount > 10",
    "amount = null",
    "amount < 3 or ok = true",
    "ok",
    "not(ok = true)",
    'word in ("red", "blue")',
    'word = "red" and amount >= 5',
    "count(doc.page) > 1",
    "doc.title != null",
)
ODD_CONDITIONS = ('event.code = "A"', "amount + 1", "item.index > 0", "now() > date and time(due)")
"""Those that need an event, are no truth value, read their own item, or the clock."""

VALUES = {
    "amount": (0, 2, 7, 20, None, "seven"),
    "ok": (True, False, None, "true"),
    "word": ("red", "blue", "green", None),
    "due": ("2026-03-02T15:00:00Z", "PT30M", None, "never"),
    "doc": ({"title": "a"}, {"title": "b", "page": [{}, {}]}, {}),
}
WORK_EVENTS = (
    "create", "start", "start", "enable", "complete", "complete", "complete", "exit", "terminate", "fault",
    "suspend", "resume", "parentSuspend", "parentResume", "manualStart", "disable", "reenable", "reactivate",
)  # fmt: skip
MOMENT_EVENTS = ("occur", "occur", "occur", "create", "terminate", "suspend", "resume")
FILE_EVENTS = (
    ("/amount", "create"),
    ("/amount", "replace"),
    ("/word", "update"),
    ("/doc", "create"),
    ("/doc", "addChild"),
    ("/doc/page", "create"),
    ("/doc", "delete"),
    ("/doc", "addReference"),
)
TIMERS = ("PT1H", "PT20M", "R2/PT1H", "R/PT2H", "2026-03-02T16:00:00Z", "= due")
LATER = (timedelta(0), timedelta(0), timedelta(minutes=40), timedelta(hours=3), timedelta(days=40))
STANDARD = Parameters(
    (parameter("given", "amount"),), (parameter("amount", "amount", "context"), parameter("doc", "doc"))
)
MOMENTS = frozenset({"milestone", "user", "event", "timer"})
PROFILES = tuple(
    Profile(strict_exit=strict, failed_blocks=blocks, cross_stage=crossing)
    for crossing in ("spec", "spec", "retroactive", "ignore")
    for strict in (False, False, True)
    for blocks in (True, False)
)
KINDS = (
    "human", "human", "human", "task", "service", "decision", "call", "process", "quick", "milestone",
    "milestone", "user", "event", "timer",
)  # fmt: skip


@dataclass(slots=True)
class Sketch:
    """An item before it has criteria: they may name any other item, whatever its place."""

    id: str
    kind: str
    above: tuple[str, ...]
    children: list["Sketch"] = field(default_factory=list)


def make_program(rng: Random, largest: int = LARGEST, deepest: int = DEEPEST) -> Program:
    """A valid model of up to `largest` items in up to `deepest` stages, with the decision that it asks."""
    everything: list[Sketch] = []
    tree = _sketches(rng, everything, (), rng.randint(1, largest), deepest)
    maker = _Maker(rng, everything)
    children = maker.planned(tree)
    pages = file_item("doc", file_item("page", many=True), file_item("title"))
    definition = case(
        *children,
        auto_complete=rng.random() < 0.4,
        exit=[maker.sentry(None, ())] if rng.random() < 0.2 else [],
        roles=ROLES,
        file=[pages, file_item("amount")],
        profile=rng.choice(PROFILES),
    )
    return Program(definition, {"grade": _decisions()}, family="made")


def make_start(rng: Random) -> StartCase:
    """The beginning of a case: with some variables, and sometimes with a team."""
    inputs = {name: rng.choice(VALUES[name]) for name in VARIABLES if rng.random() < 0.4}
    return StartCase(inputs=inputs, team=TEAM if rng.random() < 0.3 else None)


def make_command(rng: Random, case: CaseInstance) -> AnyCommand:
    """What may be asked next: seven times of eight something that the state allows, else anything."""
    sensible = list(_sensible(rng, case))
    if sensible and rng.random() < 0.875:
        return rng.choice(sensible)
    return _anything(rng, len(case.state.items))


def make_pause(rng: Random) -> timedelta:
    """How much later the next command comes."""
    return rng.choice(LATER)


def make_answer(rng: Random) -> dict[str, object] | None:
    """An answer of a task or listener."""
    return rng.choice(
        (None, None, {}, {"amount": 12}, {"ok": True}, {"word": "red"}, {"doc": {"title": "x"}})
    )


def dice() -> st.SearchStrategy[Random]:
    """Dice that hypothesis holds, so that it can make what it finds smaller."""
    return st.randoms(use_true_random=False)


def programs(largest: int = LARGEST, deepest: int = DEEPEST) -> st.SearchStrategy[Program]:
    """The models as a strategy."""
    return dice().map(lambda rng: make_program(rng, largest, deepest))


def _sketches(
    rng: Random, everything: list[Sketch], above: tuple[str, ...], wanted: int, deepest: int
) -> list[Sketch]:
    found: list[Sketch] = []
    while len(everything) < wanted and len(found) < 7:
        is_stage = len(above) < deepest and rng.random() < 0.3
        one = Sketch(f"i{len(everything)}", "stage" if is_stage else rng.choice(KINDS), above)
        everything.append(one)
        found.append(one)
        if is_stage:
            one.children = _sketches(rng, everything, (*above, one.id), wanted, deepest)
        if above and rng.random() < 0.3:
            break
    return found


class _Maker:
    """Gives sketches their criteria, rules and work."""

    def __init__(self, rng: Random, everything: Sequence[Sketch]) -> None:
        self.rng = rng
        self.everything = everything

    def planned(self, sketches: Sequence[Sketch]) -> list[Planned]:
        """The plan items of one stage; some may only be planned, from its table or that of a task beside."""
        holders = [one.id for one in sketches if one.kind == "human"]
        found = []
        for one in sketches:
            made = self._made(one)
            if self.rng.random() < 0.12:
                at = self.rng.choice([None, *(id_ for id_ in holders if id_ != one.id)])
                roles = self.rng.choice(((), (), ("clerk",), ROLES))
                made = discretionary(made, roles=roles, rule=self._condition(0.4), at=at)
            found.append(made)
        return self._without_holders_in_a_circle(found)

    def sentry(self, owner: str | None, above: tuple[str, ...]) -> When:
        """All of up to three events, and perhaps a condition; mostly near the owner."""
        rng = self.rng
        parts = []
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            others = [one for one in self.everything if one.id != owner]
            if not others or rng.random() < 0.2:
                parts.append(on(*rng.choice(FILE_EVENTS)))
                continue
            near = [one for one in others if one.above == above]
            source = rng.choice(near if near and rng.random() < 0.7 else others)
            events = MOMENT_EVENTS if source.kind in MOMENTS else WORK_EVENTS
            event = rng.choice(events)
            exit_criterion = None
            if event == "exit" and rng.random() < 0.3:
                exit_criterion = f"{source.id}.exit.0"
            parts.append(on(source.id, event, exit_criterion))
        condition = self._condition(0.3 if parts else 1.0)
        mode = rng.choice(("latched", "latched", "latched", "onEvent")) if parts else "latched"
        return when(*parts, condition=condition, mode=mode)

    def _without_holders_in_a_circle(self, found: list[Planned]) -> list[Planned]:
        """A table is not held by what itself must first be planned from another one."""
        offered = {one.id for one in found if one.offered is not None}
        return [
            replace(one, offered=replace(one.offered, at=None))
            if one.offered is not None and one.offered.at in offered
            else one
            for one in found
        ]

    def _condition(self, probability: float) -> str | None:
        if self.rng.random() >= probability:
            return None
        return self.rng.choice(ODD_CONDITIONS if self.rng.random() < 0.12 else CONDITIONS)

    def _rule(self, probability: float) -> bool | str:
        if self.rng.random() >= probability:
            return False
        return self.rng.choice((True, self._condition(1.0) or True))

    def _made(self, one: Sketch) -> Planned:
        rng = self.rng
        match one.kind:
            case "user":
                roles = rng.choice(((), (), ("boss",)))
                condition = self._condition(0.35)
                return user_listener(one.id, roles=roles, condition=condition, repeatable=rng.random() < 0.3)
            case "event":
                return event_listener(one.id, rng.choice(("message", "signal")))
            case "timer":
                return self._timer(one)
        given = self._control(one)
        if one.kind == "milestone":
            return milestone(one.id, **given)
        return self._worked(one, given)

    def _timer(self, one: Sketch) -> Planned:
        rng = self.rng
        start = None
        if rng.random() < 0.3:
            source = rng.choice([*(other for other in self.everything if other.id != one.id), None])
            if source is None:
                start = on("/amount", "create")
            else:
                start = on(
                    source.id, "occur" if source.kind in MOMENTS else rng.choice(("start", "complete"))
                )
        text = rng.choice(TIMERS)
        return timer(one.id, text, start=start, follows="due" if text == "= due" else None)

    def _control(self, one: Sketch) -> dict[str, object]:
        rng = self.rng
        entries = [self.sentry(one.id, one.above) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        given: dict[str, object] = {"entry": entries, "required": self._rule(0.3)}
        if one.kind != "milestone" or entries:
            repeat = self._rule(0.25)
            given["repeat"] = repeat
            given["at_most"] = rng.choice((None, 1, 2)) if repeat else None
        if one.kind != "milestone":
            given["manual"] = self._rule(0.25)
            if one.kind != "quick":
                given["exit"] = [self.sentry(one.id, one.above) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
        return given

    def _worked(self, one: Sketch, given: dict[str, object]) -> Planned:
        rng = self.rng
        match one.kind:
            case "stage":
                return stage(one.id, *self.planned(one.children), auto_complete=rng.random() < 0.5, **given)
            case "task":
                return task(one.id, **given)
            case "service":
                return service_task(one.id, work=work(inputs={"n": "amount"}), **given)
            case "decision":
                return decision_task(one.id, "grade", work=work({"amount": "amount"}), **self._once(given))
            case "call":
                return case_task(
                    one.id,
                    is_blocking=rng.random() < 0.8,
                    child_terminated=rng.choice(tuple(Then)),
                    propagates_fault=rng.random() < 0.5,
                    may_complete_early=rng.random() < 0.5,
                    **given,
                )
            case "process":
                return process_task(one.id, **given)
            case "quick":
                return human_task(one.id, is_blocking=False, **self._once(given))
        return self._human(one, given)

    def _human(self, one: Sketch, given: dict[str, object]) -> Planned:
        outputs = self.rng.choice(
            ({}, {}, {"amount": "result.amount"}, {"+doc.page": "{}"}, {"word": '"red"'})
        )
        bound = self.rng.choice((NO_PARAMETERS, NO_PARAMETERS, STANDARD))
        return human_task(one.id, work=work(outputs=outputs, standard=bound), **given)

    def _once(self, given: dict[str, object]) -> dict[str, object]:
        """What ends in the turn in which it starts repeats only by events, or it would never come to rest."""
        return given if given["entry"] else {**given, "repeat": False, "at_most": None}


def _sensible(rng: Random, case: CaseInstance) -> Iterator[AnyCommand]:
    standing = case.case_state
    if standing is State.ACTIVE:
        for item in list(case.items())[1:]:
            if item.state not in FINAL:
                yield from _of_item(rng, case, item)
        for offer in case.program.definition.discretionary:
            for iid in (CASE,) if offer.holder == CASE else case.live(offer.holder):
                yield Plan(item=iid, discretionary=offer.id)
        for name in VARIABLES:
            yield WriteFile(path=(name,), value=rng.choice(VALUES[name]))
        yield Note(kind="set", writes={name: rng.choice(VALUES[name]) for name in ("amount", "ok")})
        if rng.random() < 0.2:
            yield rng.choice((SuspendCase(), CompleteCase()))
    elif standing is State.SUSPENDED:
        yield ResumeCase()
    elif standing in FINAL and rng.random() < 0.5:
        ids = [one.id for one in case.program.definition.items if one.stage == CASE]
        some = tuple(rng.sample(ids, min(len(ids), rng.randint(0, 2))))
        yield ReactivateCase(activate=some) if rng.random() < 0.5 else ReactivateCase(default=some)


def _of_item(rng: Random, case: CaseInstance, item: ItemState) -> Iterator[AnyCommand]:
    definition = case.plan_item(item.iid).definition
    match item.state:
        case State.ENABLED:
            yield ManualStart(item=item.iid)
            yield Disable(item=item.iid)
        case State.DISABLED:
            yield Reenable(item=item.iid)
        case State.SUSPENDED:
            yield Resume(item=item.iid)
        case State.FAILED:
            yield Reactivate(item=item.iid)
            yield ExitFailed(item=item.iid)
        case State.AVAILABLE:
            yield from _occurrence(rng, item, definition)
        case State.ACTIVE:
            yield Complete(
                item=item.iid, answer=make_answer(rng) if isinstance(definition, HumanTask) else None
            )
            if isinstance(definition, CaseTask | ProcessTask):
                yield ChildStarted(item=item.iid)
                yield ChildEnded(item=item.iid, ending=rng.choice(tuple(Ending)), outputs={"amount": 9})
            if rng.random() < 0.2:
                yield Suspend(item=item.iid)
                yield Terminate(item=item.iid)
            if rng.random() < 0.2 and not isinstance(definition, Stage):
                yield Fail(item=item.iid, code=rng.choice("AB"))


def _occurrence(rng: Random, item: ItemState, definition: object) -> Iterator[AnyCommand]:
    match definition:
        case UserEventListener():
            yield OccurUser(item=item.iid, answer=make_answer(rng))
        case EventListener():
            yield OccurListener(item=item.iid, payload=make_answer(rng))
        case TimerEventListener() if item.timer is not None:
            yield FireTimer(item=item.iid, fire_no=item.timer.fire_no)
        case Milestone() if rng.random() < 0.2:
            yield Terminate(item=item.iid)


def _anything(rng: Random, items: int) -> AnyCommand:
    iid = rng.randint(0, items)
    of_item = (
        ManualStart, Disable, Reenable, Complete, OccurUser, OccurListener, Reactivate, ExitFailed, Terminate,
        Suspend, Resume, RescheduleTimer, ChildStarted,
    )  # fmt: skip
    who = rng.choice(("ann", "bob", "eve", "mallory"))
    return rng.choice(
        (
            *(kind(item=iid) for kind in of_item),
            Complete(item=iid, actor=who, roles=frozenset(rng.sample(ROLES, 1))),
            OccurUser(item=iid, actor=who, roles=frozenset()),
            Fail(item=iid, code="A", message="no"),
            FireTimer(item=iid, fire_no=rng.randint(1, 3)),
            ChildEnded(item=iid, ending=rng.choice(tuple(Ending))),
            Plan(item=iid, discretionary=f"i{rng.randint(0, LARGEST)}"),
            WriteFile(
                path=rng.choice((("amount",), ("doc", "page"), ("doc", "title"), ("no", "such"), ("doc",))),
                value=rng.choice((1, None, {}, [], ["doc"], "x")),
                mode=rng.choice(("create", "replace", "update", "delete", "append", "addReference", "odd")),
            ),
            AssignRole(user=who, role=rng.choice((*ROLES, "nobody"))),
            RemoveRole(user=who, role=rng.choice(ROLES)),
            rng.choice((SuspendCase(), ResumeCase(), CompleteCase(), TerminateCase(), CloseCase())),
            StartCase(),
        )
    )


@cache
def _decisions() -> dmn.Definitions:
    return dmn.read(_GRADE.encode())


_GRADE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="grades" name="grades"
 namespace="urn:grades"><inputData id="amount" name="amount"><variable name="amount"/></inputData>
 <decision id="grade" name="grade"><variable name="grade"/>
 <informationRequirement id="needs"><requiredInput href="#amount"/></informationRequirement>
 <decisionTable id="table" hitPolicy="FIRST"><input id="in"><inputExpression id="read"><text>amount</text>
 </inputExpression></input><output id="out" name="word"/>
 <rule id="many"><inputEntry id="a"><text>&gt; 10</text></inputEntry>
 <outputEntry id="b"><text>"red"</text></outputEntry></rule>
 <rule id="few"><inputEntry id="c"><text>-</text></inputEntry>
 <outputEntry id="d"><text>"blue"</text></outputEntry></rule></decisionTable></decision></definitions>"""
