"""Models and commands out of a hat, for properties that hold whatever is modelled and whoever does what."""

from hypothesis import strategies as st

from cases.cmmn.commands import (
    AnyCommand,
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
    OccurListener,
    OccurUser,
    Plan,
    Reactivate,
    ReactivateCase,
    Reenable,
    RescheduleTimer,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.filemodel import NO_PARAMETERS, Parameters
from cases.cmmn.metamodel import Program
from cases.cmmn.profile import Profile
from cases.cmmn.workmodel import Ending, Then
from tests.builders import (
    Planned,
    When,
    case,
    case_task,
    discretionary,
    event_listener,
    file_item,
    human_task,
    milestone,
    on,
    parameter,
    service_task,
    stage,
    task,
    timer,
    user_listener,
    when,
    work,
)

LARGEST = 14
CONDITIONS = ("x > 1", "y = true", "x = null", 'event.code = "A"', "x + 1", "y")
RULES = (False, False, True, "x > 1", "y = true")
EVENTS = {
    "work": (
        "create",
        "start",
        "enable",
        "complete",
        "exit",
        "terminate",
        "fault",
        "suspend",
        "parentSuspend",
        "manualStart",
        "reactivate",
    ),
    "moment": ("occur", "create", "terminate", "suspend"),
}
FILE = (
    ("/x", "create"),
    ("/x", "replace"),
    ("/doc", "create"),
    ("/doc", "addChild"),
    ("/doc/page", "create"),
    ("/doc", "delete"),
)
STANDARD = Parameters((parameter("in", "doc"),), (parameter("x", "y", "context"), parameter("a", "doc")))
TIMERS = ("PT1H", "R2/PT1H", "R/PT1H", "= due")


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A case of up to fourteen items, three stages deep."""
    shapes: list[tuple[str, str]] = []
    tree = draw(_children(shapes, 0))
    children = tuple(draw(_filled(shape, shapes)) for shape in tree)
    exits = draw(st.lists(_sentry(shapes, None), max_size=1))
    profile = Profile(
        strict_exit=draw(st.booleans()),
        failed_blocks=draw(st.booleans()),
        cross_stage=draw(st.sampled_from(["spec", "retroactive", "ignore"])),
    )
    pages = file_item("doc", file_item("page", many=True))
    return Program(
        case(
            *children,
            auto_complete=draw(st.booleans()),
            exit=exits,
            file=[pages, file_item("x")],
            profile=profile,
        )
    )


def commands(items: int) -> st.SearchStrategy[AnyCommand]:
    """Anything that may be asked, sensible or not."""
    item = st.integers(0, items)
    value = st.sampled_from([0, 2, 5, None, "true", {"a": 1}, "2026-03-02T15:00:00Z"])
    answer = st.sampled_from([None, {}, {"x": 1}])
    of_item = st.sampled_from(
        [
            ManualStart,
            Disable,
            Reenable,
            Complete,
            Complete,
            Complete,
            OccurUser,
            OccurUser,
            OccurListener,
            Reactivate,
            ExitFailed,
            Terminate,
            Suspend,
            Resume,
            RescheduleTimer,
        ]
    )
    return st.one_of(
        st.builds(lambda kind, iid: kind(item=iid), of_item, item),
        st.builds(lambda iid, given: Complete(item=iid, answer=given), item, answer),
        st.builds(lambda iid, code: Fail(item=iid, code=code), item, st.sampled_from("AB")),
        st.builds(lambda iid: ChildStarted(item=iid), item),
        st.builds(
            lambda iid, ending, given: ChildEnded(item=iid, ending=ending, outputs=given),
            item,
            st.sampled_from(Ending),
            st.sampled_from([{}, {"x": 2}]),
        ),
        st.builds(lambda iid: FireTimer(item=iid, fire_no=1), item),
        st.builds(
            lambda iid, of: Plan(item=iid, discretionary=f"i{of}"),
            st.one_of(st.just(0), item),
            st.integers(0, LARGEST),
        ),
        st.builds(
            lambda path, given, mode: WriteFile(path=path, value=given, mode=mode),
            st.sampled_from([("x",), ("y",), ("due",), ("doc",), ("doc", "page")]),
            value,
            st.sampled_from(["replace", "replace", "create", "update", "delete", "append"]),
        ),
        st.sampled_from(
            [SuspendCase(), ResumeCase(), ResumeCase(), CompleteCase(), TerminateCase(), CloseCase()]
        ),
        st.builds(
            lambda some, others: ReactivateCase(activate=some, default=others),
            *[st.lists(st.integers(0, 5).map("i{}".format), max_size=2).map(tuple)] * 2,
        ),
    )


@st.composite
def _children(draw: st.DrawFn, shapes: list[tuple[str, str]], depth: int) -> list[tuple[str, str, list]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        if len(shapes) >= LARGEST:
            break
        kinds = ["human", "human", "task", "service", "milestone", "user", "event", "timer", "quick", "call"]
        kind = draw(st.sampled_from(kinds + ["stage"] * 3 * (depth < 3)))
        id_ = f"i{len(shapes)}"
        shapes.append((id_, kind))
        found.append((id_, kind, draw(_children(shapes, depth + 1)) if kind == "stage" else []))
    return found


@st.composite
def _filled(draw: st.DrawFn, shape: tuple[str, str, list], shapes: list[tuple[str, str]]) -> Planned:
    _, kind, inside = shape
    found = draw(_sound(shape, shapes, inside, kind))
    if draw(st.integers(0, 5)) == 0:
        return discretionary(found, rule=draw(st.sampled_from([None, None, "x > 1", "y = true"])))
    return found


@st.composite
def _sound(
    draw: st.DrawFn, shape: tuple[str, str, list], shapes: list[tuple[str, str]], inside: list, kind: str
) -> Planned:
    id_ = shape[0]
    match kind:
        case "user":
            condition = draw(st.sampled_from([None, None, "x > 1", "y"]))
            return user_listener(id_, condition=condition, repeatable=draw(st.booleans()))
        case "event":
            return event_listener(id_)
        case "timer":
            start = draw(st.sampled_from([None, None, on("/x", "create")]))
            follows = draw(st.sampled_from([None, "due"]))
            return timer(id_, draw(st.sampled_from(TIMERS)), start=start, follows=follows)
    given: dict[str, object] = {
        "entry": draw(st.lists(_sentry(shapes, id_), max_size=2)),
        "required": draw(st.sampled_from(RULES)),
        "repeat": draw(st.sampled_from(RULES)),
        "at_most": draw(st.sampled_from([None, 1, 2])),
    }
    if kind == "milestone":
        given["repeat"] = given["repeat"] if given["entry"] else False
        return milestone(id_, **given)
    given["manual"] = draw(st.sampled_from(RULES))
    given["exit"] = draw(st.lists(_sentry(shapes, id_), max_size=2))
    match kind:
        case "stage":
            children = [draw(_filled(child, shapes)) for child in inside]
            return stage(id_, *children, auto_complete=draw(st.booleans()), **given)
        case "task":
            return task(id_, **given)
        case "call":
            return case_task(
                id_,
                is_blocking=draw(st.sampled_from([True, True, False])),
                child_terminated=draw(st.sampled_from(Then)),
                propagates_fault=draw(st.booleans()),
                may_complete_early=draw(st.booleans()),
                **given,
            )
        case "service":
            return service_task(id_, **given)
        case "quick":
            return human_task(id_, is_blocking=False, **{**given, "repeat": False})
        case _:
            outputs = draw(st.sampled_from([{}, {"x": "3"}, {"+doc.page": "result"}]))
            bound = draw(st.sampled_from([NO_PARAMETERS, STANDARD]))
            return human_task(id_, work=work(outputs=outputs, standard=bound), **given)


@st.composite
def _sentry(draw: st.DrawFn, shapes: list[tuple[str, str]], owner: str | None) -> When:
    parts = []
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.integers(0, 3)) == 0:
            parts.append(on(*draw(st.sampled_from(FILE))))
            continue
        source, kind = draw(st.sampled_from([one for one in shapes if one[0] != owner] or [shapes[0]]))
        is_moment = kind in ("milestone", "user", "event", "timer")
        parts.append(on(source, draw(st.sampled_from(EVENTS["moment" if is_moment else "work"]))))
    needs = not parts
    condition = draw(st.sampled_from(CONDITIONS if needs else (None, None, *CONDITIONS)))
    return when(*parts, condition=condition, mode=draw(st.sampled_from(["latched", "latched", "onEvent"])))
