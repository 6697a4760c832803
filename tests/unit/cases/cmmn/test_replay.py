from collections import defaultdict
from dataclasses import replace

import msgspec

from cases.cmmn import instance, replay
from cases.cmmn.casefile import CaseFile
from cases.cmmn.commands import (
    AddAdHoc,
    AssignRole,
    ChildEnded,
    Describe,
    Disable,
    Fail,
    ManualStart,
    Proceed,
    Reactivate,
    ReactivateCase,
    SetLocal,
    StartCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.controlmodel import Aggregated, Aggregation, RepetitionRule, Value
from cases.cmmn.instance import CaseState, ItemState, Memory, Returned, Seed, Timer
from cases.cmmn.workmodel import Ending
from cases.feel import parse
from tests.builders import (
    case_task,
    discretionary,
    file_item,
    having,
    human_task,
    on,
    program,
    service_task,
    stage,
    timer,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story, saved

NEVER_CHANGE = {
    (CaseState, "case_id"),
    (CaseState, "business_key"),
    (ItemState, "iid"),
    (ItemState, "number"),
    (ItemState, "parent"),
    (ItemState, "index"),
    (Seed, "number"),
    (Seed, "parent"),
    (Timer, "schedule"),
}
"""Fields that are set when their struct is made."""

BY_MIGRATION = {(CaseState, "is_irregular")}
"""What only a move to another version changes: `test_migration` folds the journal over it."""


COUNTED = RepetitionRule(
    "r",
    parse("false"),
    aggregations=(Aggregation(Value("counts"), (Aggregated(Value("n"), parse("1")),)),),
)


def eventful():
    """A story in which every field of the state takes a second value."""
    story = Story(
        program(
            user_listener("go", repeatable=True),
            user_listener("bell"),
            human_task(
                "a", repeat=True, entry=[when(on("go", "occur"))], exit=[when(condition="stop = true")]
            ),
            human_task(
                "two",
                entry=[when(on("a", "complete"), on("bell", "occur"))],
                required="late = true",
                manual=True,
            ),
            human_task(
                "three",
                repeat=True,
                entry=[when(on("a", "complete"), on("bell", "occur")), when(on("go", "occur"))],
            ),
            service_task("pay"),
            human_task("help", entry=[when(on("pay", "fault"), on("bell", "occur"))]),
            stage(
                "s", human_task("deep", entry=[when(on("a", "complete"), on("bell", "occur"))]), manual=True
            ),
            stage("t", human_task("in t"), timer("daily", "R/P1D")),
            timer("follow", "PT0S", anchor="day", follows="day"),
            discretionary(human_task("extra")),
            case_task("call"),
            case_task("other call"),
            having(human_task("called", manual=True), title=Value("", parse('"called " + word'))),
            having(human_task("later"), is_async=True),
            human_task(
                "mindful",
                entry=[
                    when(on("go", "occur"), on("bell", "occur"), condition="late = true", mode="latchedAll")
                ],
            ),
            replace(human_task("counted"), repetition=COUNTED),
            file=[file_item("x"), file_item("y")],
            roles=["clerk"],
        )
    )
    yield story
    yield story.execute(
        StartCase(
            inputs={"day": "2026-04-01", "word": "x"},
            team={"ann": frozenset()},
            caller="9.1",
            depth=2,
            tells_all=True,
        )
    )
    yield story.execute(Describe(name="n", business_key="k", business_status="s"))
    yield story.execute(SetLocal(item=story.one("called").iid, values={"word": "y"}))
    yield story.execute(ManualStart(item=story.one("called").iid))
    yield story.execute(Proceed(item=story.one("later").iid))
    yield story.execute(AddAdHoc(item=0, kind="humanTask", name="unforeseen"))
    yield story.complete("counted")
    yield story.occur("go")
    yield story.write("late", True)
    yield story.occur("go")
    yield story.write("stop", True)
    yield story.occur("go")
    yield story.write("stop", False)
    yield story.complete("a").occur("go").complete("a")
    yield story.execute(Fail(item=story.one("pay").iid, code="X", message="m"))
    yield story.execute(Reactivate(item=story.one("pay").iid))
    yield story.execute(Fail(item=story.one("pay").iid, code="Y", message="n"))
    yield story.occur("bell")
    yield story.execute(ManualStart(item=story.one("two").iid)).execute(Suspend(item=story.one("two").iid))
    yield story.later(days=3)
    yield story.write("day", "2026-05-01")
    yield story.write("x", {"a": 1}, "create").write("y", 1, "create")
    yield story.execute(WriteFile(path=("x",), value=("y",), mode="addReference"))
    yield story.write("x", None, "delete")
    yield story.execute(SuspendCase())
    yield story.execute(AssignRole(user="ann", role="clerk")).plan("extra")
    for name, code in (("call", "A"), ("other call", "B")):
        iid = story.one(name).iid
        ending = Ending.TERMINATED if code == "A" else Ending.COMPLETED
        given = {"outputs": {"v": code}, "code": code, "message": code}
        yield story.execute(ChildEnded(item=iid, ending=ending, **given))
    yield story.resume().execute(TerminateCase())
    yield story.execute(ReactivateCase(activate=("call",)))


def fields_of(struct, path, found):
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        found[(type(struct), name), path].add(saved(value) if not isinstance(value, ItemState) else b"")
        _inside(value, (*path, name), found)


def _inside(value, path, found):
    if isinstance(value, CaseState | ItemState | Seed | Memory | Timer | Returned | CaseFile):
        fields_of(value, path, found)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            _inside(one, (*path, place), found)
    elif isinstance(value, dict):
        for key, one in value.items():
            _inside(one, (*path, key), found)


def test_every_field_of_the_state_changes_in_some_turn_and_the_journal_follows_each():
    found = defaultdict(set)
    for story in eventful():
        fields_of(story.case.state, (), found)
    for (field, _), values in list(found.items()):
        if field[0] in (Timer, Returned):  # each fire has an instance of its own, each call its return
            found[field, ()] |= values
    fields = {
        (struct, name)
        for struct in (CaseState, ItemState, Seed, Memory, Timer, Returned, CaseFile)
        for name in struct.__struct_fields__
    }
    changed = {field for (field, _), values in found.items() if len(values) > 1}
    assert fields - changed - NEVER_CHANGE == BY_MIGRATION


def test_a_field_that_replay_forgot_would_be_missed():
    *_, story = eventful()
    folded = replay.fold(story.program, 7, "CLM-2026-000007", story.rows)
    assert saved(folded) == saved(story.case.state)
    folded.items[1].required = not folded.items[1].required
    assert saved(folded) != saved(story.case.state)


def test_the_journal_tells_the_case_as_it_was_after_any_command():
    story = Story(program(human_task("a"), human_task("b"))).open()
    before = saved(story.case.state)
    story.complete("a")
    assert saved(replay.fold(story.program, 7, "CLM-2026-000007", story.rows[:1])) == before


def test_replay_goes_on_from_a_snapshot():
    story = Story(program(human_task("a"), human_task("b"))).open()
    snapshot = instance.CaseInstance(story.program, story.case.state)
    story.complete("a").execute(Terminate(item=story.one("b").iid))
    assert saved(replay.fold_onto(snapshot, story.rows[1:])) == saved(story.case.state)


def test_an_occurrence_for_one_turn_is_forgotten_at_the_end_of_each_row():
    story = Story(
        program(
            human_task("a"),
            human_task("c", entry=[when(on("a", "complete"), condition="ok = true", mode="onEvent")]),
            user_listener("go", repeatable=True),
            human_task(
                "d", repeat=True, entry=[when(on("go", "occur"), condition="no = null", mode="onEvent")]
            ),
            stage(
                "s",
                human_task("e", entry=[when(on("a", "complete"), on("go", "occur"), mode="onEvent")]),
                manual=True,
            ),
        )
    ).open()
    story.execute(Disable(item=story.one("s").iid)).complete("a").occur("go").write("no", 1).occur("go")
    assert msgspec.to_builtins(story.case.state.slots) == {}
    assert all(item.memory == {} for item in story.case.items())
