"""A running case goes on by another version of its model (cmmn-semantics 8.3, M-01 to M-20, I-34)."""

from dataclasses import replace
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from cases.cmmn import engine, replay
from cases.cmmn.commands import (
    AddAdHoc,
    CloseCase,
    Complete,
    FireTimer,
    ManualStart,
    Migrate,
    Refused,
    StartCase,
    Suspend,
    TerminateCase,
)
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import HumanTaskChanged, HumanTaskClosed, HumanTaskOpened, TimerSet
from cases.cmmn.events import CaseMigrated
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Program
from cases.cmmn.migration import E_MIGRATION, foreseen
from cases.cmmn.migration_plan import Plan, Start
from tests.builders import (
    case,
    defining,
    file_item,
    human_task,
    milestone,
    on,
    program,
    stage,
    timer,
    user_listener,
    when,
)
from tests.examples import examples
from tests.modelmaking import dice, make_command, make_pause
from tests.unit.cases.cmmn.story import BEGINNING, Story, saved
from tests.unit.cases.cmmn.test_engine_invariants import (
    i_01_a_turn_is_pure,
    i_11_a_refusal_changes_nothing,
    i_18_nothing_enters_below_what_has_ended,
    i_30_nothing_happens_after_the_close,
    i_33_what_cannot_be_computed_is_told_once_a_turn,
)
from tests.unit.cases.cmmn.walks import run_of, step, walk, written


class Moving(Story):
    """A story that moves to other versions on its way, replayed over all of them."""

    def __init__(self, *children, **given) -> None:
        super().__init__(program(*children, **given))
        self.first = self.program
        self.versions: dict[str, Program] = {"1": self.program}
        self.version = "1"

    def move(self, target: Program | None = None, **plan: object) -> "Moving":
        return self.move_by(Plan(**plan), target)

    def move_by(self, plan: Plan, target: Program | None = None, **more) -> "Moving":
        name = self.version if target is None else str(len(self.versions) + 1)
        self.versions[name] = self.versions[self.version] if target is None else target
        command = Migrate(source=self.version, target=name, plan=plan, **more)
        before = saved(self.case.state)
        outcome = engine.migrate(self.case, command, self.versions, self.now)
        assert saved(self.case.state) == before, "the case handed in was changed"
        self.rows.append(outcome.events)
        self.version, self.program = name, self.versions[name]
        self._check(outcome, saved(outcome.case.state))
        self.case, self.events, self.effects = outcome.case, outcome.events, outcome.effects
        return self

    def refusal(self, target: Program | None = None, **plan: object) -> str:
        with pytest.raises(Refused) as refused:
            self.move(target, **plan)
        return refused.value.message

    def _check(self, outcome: engine.Outcome, after: bytes) -> None:  # noqa: ARG002 - as a story's
        folded = replay.fold(self.first, 7, "CLM-2026-000007", self.rows, self.versions)
        assert saved(folded) == after, "the journal does not fold to the state"
        assert replay.first_version(self.rows) in (None, "1")


def test_to_the_same_version_by_an_empty_plan_nothing_changes_but_the_event():
    story = Moving(human_task("a"), milestone("m", entry=[when(on("a", "complete"))])).open()
    before = story.case.state
    story.move()
    assert [type(event) for event in story.events] == [CaseMigrated]
    assert story.effects == []
    assert story.case.state == msgspec.structs.replace(before, seq=before.seq + 1)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck), deadline=None)
@given(rng=dice())
def test_to_the_same_version_every_generated_case_is_what_it_was(rng: Random):
    """I-34, after every walk that does not end in a closed case."""
    steps = walk(rng)
    if not steps or steps[-1].after.case_state is State.CLOSED:
        return
    last = steps[-1].after
    base = steps[0].before.program
    outcome = engine.migrate(last, Migrate(source="1", target="1"), {"1": base}, steps[-1].now)
    assert [type(event) for event in outcome.events] == [CaseMigrated]
    assert outcome.effects == []
    expected = msgspec.structs.replace(last.state, seq=last.state.seq + 1)
    assert written(outcome.case) == written(CaseInstance(last.program, expected))
    rows = [one.events for one in steps if one.refused is None]
    folded = replay.fold(base, 7, "CLM-7", [*rows, outcome.events], {"1": base})
    assert written(CaseInstance(base, folded)) == written(outcome.case)


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck), deadline=None)
@given(rng=dice())
def test_a_case_that_moved_to_any_other_model_goes_on_by_the_rules(rng: Random):
    """What has no place ends; what the move leaves folds again, and walks on by the invariants (I-34)."""
    steps = walk(rng, length=6)
    others = walk(rng, length=0)
    if not steps or not others or steps[-1].after.case_state is State.CLOSED:
        return
    base, target = steps[0].before.program, others[0].before.program
    target = replace(target, definition=replace(target.definition, profile=base.definition.profile))
    versions = {"1": base, "2": target}
    plan = Plan(missing="end", allow_key_change=True, timers={"*": "now"}, keep_file=("doc", "amount"))
    before = steps[-1].after
    try:
        outcome = engine.migrate(before, Migrate(source="1", target="2", plan=plan), versions, steps[-1].now)
    except Refused:
        return
    rows = [one.events for one in steps if one.refused is None] + [outcome.events]
    moved, now = [], steps[-1].now
    case_now = outcome.case
    for _ in range(6):
        now += make_pause(rng)
        moved.append(step(case_now, make_command(rng, case_now), now))
        case_now = moved[-1].after
    rows += [one.events for one in moved if one.refused is None]
    folded = replay.fold(base, 7, "CLM-7", rows, versions)
    assert written(CaseInstance(target, folded)) == written(case_now)
    for invariant in (
        i_01_a_turn_is_pure,
        i_11_a_refusal_changes_nothing,
        i_18_nothing_enters_below_what_has_ended,
        i_30_nothing_happens_after_the_close,
        i_33_what_cannot_be_computed_is_told_once_a_turn,
    ):
        invariant(moved)


def test_a_renamed_task_keeps_what_its_criterion_has_heard():
    """Reference scenario 34."""
    both = [when(on("a", "complete"), on("b", "complete"))]
    story = Moving(human_task("a"), human_task("b"), human_task("c", entry=both)).open().complete("a")
    both = [when(on("a2", "complete"), on("b", "complete"))]
    target = program(human_task("a2"), human_task("b"), human_task("c", entry=both))
    story.move(target, map={"a": "a2"})
    story.has(a2="completed", b="active", c="available").complete("b").has(c="active")


def test_memory_of_what_is_heard_no_longer_is_forgotten_and_that_is_told():
    both = [when(on("a", "complete"), on("b", "complete"))]
    story = Moving(human_task("a"), human_task("b"), human_task("c", entry=both)).open().complete("a")
    changed = [when(on("a", "exit"), on("b", "complete"))]
    target = program(human_task("a"), human_task("b"), human_task("c", entry=changed))
    run = run_of(story.case, BEGINNING)
    run.versions = {"2": target}
    assert "M-09" in " ".join(foreseen(run, Migrate(source="1", target="2")))
    story.move(target).complete("b").has(c="available")


def test_what_the_new_version_has_no_place_for_must_be_mapped_or_ended():
    story = Moving(human_task("a"), human_task("gone")).open()
    target = program(human_task("a"))
    assert "M-03: gone is Active" in story.refusal(target)
    story.move(target, end={"gone": "no longer done"}).has(a="active")
    assert [effect.reason for effect in story.effects if isinstance(effect, HumanTaskClosed)] == [
        "no longer done"
    ]
    assert [item.state for item in story.case.items()][-1] is State.TERMINATED
    story.complete("a").has(plan="completed")


def test_what_has_ended_stays_in_the_history_and_comes_back_with_its_version():
    story = Moving(human_task("a"), human_task("b"), milestone("m", entry=[when(on("b", "complete"))])).open()
    story.complete("b")
    story.move(program(human_task("a")))
    assert [(story.case.plan_item(item.iid).id, item.state) for item in story.case.items()][2:] == [
        ("b", State.COMPLETED),
        ("m", State.COMPLETED),
    ]
    story.move(story.first)
    assert [story.case.plan_item(item.iid).number for item in story.case.items()] == [0, 1, 2, 3]
    story.complete("a").has(plan="completed")


def test_an_item_that_became_another_kind_of_work_must_be_ended():
    story = Moving(human_task("a"), human_task("b")).open()
    target = program(human_task("a"), stage("b", human_task("c")))
    assert "M-04: b is a HumanTask, and would be a Stage" in story.refusal(target)


def test_a_task_that_ended_before_may_give_its_id_to_another_kind_of_work():
    story = Moving(human_task("a"), human_task("b")).open().complete("b")
    story.move(program(human_task("a"), stage("b", human_task("c"))))
    story.has(a="active", c="active")
    assert [story.case.plan_item(item.iid).id for item in story.case.items()] == [
        "plan",
        "a",
        "former:b",
        "b",
        "c",
    ]


def test_an_item_does_not_change_its_stage_but_ends_and_begins_there():
    story = Moving(human_task("a"), human_task("b")).open()
    target = program(human_task("b"), stage("s", human_task("a"), human_task("c")))
    assert "M-05" in story.refusal(target, map={"a": "s/a"})
    story.move(target, end={"a": ""}, start=(Start("s/a"),), new_items="skip")
    story.has(b="active", s="active", c="active")
    former = [item for item in story.case.items() if story.case.plan_item(item.iid).id == "former:a"]
    assert ([item.state for item in former], story.states("a")) == ([State.TERMINATED], ["active"])


def test_a_stage_that_is_missing_is_begun_around_what_is_to_start():
    story = Moving(human_task("a")).open()
    target = program(human_task("a"), stage("s", stage("t", human_task("b"), manual=True), manual=True))
    story.move(target, start=(Start("b", {"colour": "red"}),), new_items="skip")
    story.has(a="active", s="active", t="active", b="active")


def test_new_items_are_there_as_if_their_stage_had_just_begun_or_wait_or_are_left_out():
    target = program(human_task("a"), human_task("b"), human_task("c", entry=[when(on("b", "complete"))]))
    Moving(human_task("a")).open().move(target).has(b="active", c="available")
    Moving(human_task("a")).open().move(target, new_items="available").has(b="available", c="available")
    story = Moving(human_task("a")).open().move(target, new_items="skip")
    assert len(story.case.state.items) == 2


def test_an_open_task_is_told_as_the_new_version_has_it():
    story = Moving(defining(human_task("a"), form="old")).open()
    story.move(
        program(defining(human_task("a"), form="new", description=Value("Now so"))),
        drop_draft=("a",),
        unassign=("a",),
    )
    (told,) = [effect for effect in story.effects if isinstance(effect, HumanTaskChanged)]
    assert (told.item, told.task.description, told.task.form, told.drops_draft, told.is_unassigned) == (
        1,
        "Now so",
        "new",
        True,
        True,
    )


def test_a_task_that_says_what_it_said_is_not_told():
    story = Moving(human_task("a")).open()
    story.move(program(human_task("a"), human_task("b")))
    assert not [effect for effect in story.effects if isinstance(effect, HumanTaskChanged)]
    assert [effect.definition for effect in story.effects if isinstance(effect, HumanTaskOpened)] == ["b"]


def test_a_timer_goes_on_and_one_that_changed_is_kept_or_armed_anew():
    first = (timer("t", "PT4H"), human_task("a"))
    target = program(timer("t", "PT6H"), human_task("a"))
    story = Moving(*first).open()
    due = story.one("t").timer.due
    story.move(program(timer("t", "PT4H"), human_task("b"), human_task("a")))
    assert (story.one("t").timer.due, [e for e in story.effects if isinstance(e, TimerSet)]) == (due, [])
    assert "M-08" in Moving(*first).open().refusal(target)
    kept = Moving(*first).open().move(target, timers={"t": "keep"})
    assert kept.one("t").timer.due == due
    later = Moving(*first).open().later(hours=1)
    assert later.move(target, timers={"t": "original"}).one("t").timer.due == "2026-03-02T20:00:00Z"
    later = Moving(*first).open().later(hours=1)
    assert later.move(target, timers={"*": "now"}).one("t").timer.due == "2026-03-02T21:00:00Z"
    (told,) = [effect for effect in later.effects if isinstance(effect, TimerSet)]
    later.now = told.due
    later.execute(FireTimer(item=told.item, fire_no=told.fire_no)).has(t="completed")


def test_an_item_becomes_required_only_where_its_rule_changed():
    story = Moving(human_task("a"), human_task("b", manual=True), auto_complete=True).open()
    story.move(program(human_task("a"), human_task("b", manual=True, required=True), auto_complete=True))
    story.complete("a").has(plan="active")


def test_a_criterion_that_is_new_is_asked_at_once():
    story = Moving(human_task("a"), human_task("b")).open(amount=5)
    story.move(program(human_task("a", exit=[when(condition="amount > 3")]), human_task("b")))
    story.has(a="terminated", b="active")


def test_a_frozen_look_decides_nothing():
    story = Moving(human_task("a"), human_task("b")).open(amount=5)
    story.move(program(human_task("a", exit=[when(condition="amount > 3")]), human_task("b")), freeze=True)
    story.has(a="active", b="active")


def test_a_case_may_be_complete_by_the_new_version():
    story = Moving(human_task("a", manual=True), human_task("b"), auto_complete=False).open().complete("b")
    story.move(program(human_task("a", manual=True), human_task("b"), auto_complete=True))
    story.has(plan="completed")


def test_data_without_a_place_are_mapped_discarded_or_kept():
    old = [file_item("claim"), file_item("page", many=True)]
    story = Moving(human_task("a"), file=old).open(claim={"amount": 3}, page=[1, 2])
    target = program(human_task("a"), file=[file_item("matter"), file_item("page")])
    message = story.refusal(target)
    assert "M-12: the new version has no claim" in message
    assert "M-13: page holds 2 values" in message
    story.move(target, map_file={"claim": "matter"}, pick={"page": 1})
    assert story.case.file() == {"matter": {"amount": 3}, "page": 2}
    story.move(program(human_task("a"), file=[file_item("page", many=True)]), discard_file=("matter",))
    assert story.case.file() == {"page": [2]}


def test_a_role_that_is_gone_is_mapped():
    story = Moving(human_task("a"), roles=("clerk", "chief"))
    story.execute(StartCase(team={"ann": frozenset({"clerk"})}))
    target = program(human_task("a"), roles=("chief",))
    assert "M-14: the new version has no role clerk" in story.refusal(target)
    story.move(target, map_role={"clerk": "chief"})
    assert story.case.state.team == {"ann": ["chief"]}


def test_every_rule_that_forbids_a_move_is_told_at_once():
    story = Moving(human_task("a"), human_task("b"), timer("t", "PT4H")).open()
    with pytest.raises(Refused) as refused:
        story.move(program(stage("b", human_task("c")), timer("t", "PT5H")))
    assert refused.value.code == E_MIGRATION
    assert [rule for rule in ("M-03", "M-04", "M-08") if rule in refused.value.message] == [
        "M-03",
        "M-04",
        "M-08",
    ]


def test_names_that_mean_nothing_are_refused():
    story = Moving(human_task("a")).open()
    target = program(human_task("a"))
    with pytest.raises(Refused) as refused:
        story.move(target, end={"x": ""}, start=(Start("y"),), carry_memory={"p": "q"})
    assert refused.value.code == "E-UNKNOWN"
    assert all(name in refused.value.message for name in ("item x", "item y", "criterion p", "criterion q"))


def test_a_closed_case_does_not_move_and_an_ended_one_does():
    story = Moving(human_task("a")).open().complete("a").has(plan="completed")
    story.move(program(human_task("a2")), map={"a": "a2"}).has(plan="completed", a2="completed")
    story.execute(CloseCase())
    assert "M-02" in story.refusal()


def test_another_case_is_another_version_only_where_that_is_said():
    story = Moving(human_task("a")).open()
    other = Program(replace(case(human_task("a")), id="other"))
    assert "M-01" in story.refusal(other)
    story.move(other, allow_key_change=True).has(a="active")


def test_what_somebody_added_stays_where_it_is():
    story = Moving(human_task("a"), stage("s", human_task("b"))).open()
    story.execute(AddAdHoc(item=story.one("s").iid, kind="humanTask", name="Call back"))
    added = story.case.plan_item(len(story.case.state.items) - 1)
    target = program(human_task("z"), human_task("a"), stage("s", human_task("b")))
    story.move(target)
    again = story.case.plan_item(4)
    assert (again.id, again.stage, again.number) == (added.id, 3, len(target.definition.items))
    story.execute(Complete(item=4))
    assert story.case.state.items[4].state is State.COMPLETED


def test_in_its_own_version_one_more_instance_is_started():
    story = Moving(human_task("a"), human_task("b", entry=[when(on("a", "complete"))])).open()
    story.move(start=(Start("b"),))
    assert story.states("b") == ["available", "active"]
    assert story.case.state.is_irregular
    story.complete("a")
    assert story.states("b") == ["active", "active"]


def test_what_waits_for_a_repetition_begins_when_its_criterion_is_met():
    story = Moving(human_task("a"), human_task("k")).open()
    b = human_task("b", entry=[when(on("a", "complete"))], repeat=True)
    story.move(program(human_task("a"), human_task("k"), b), waiting=("b",), new_items="skip")
    assert story.states("b") == []
    story.complete("a").has(b="active")


def test_variables_are_written_before_the_case_moves():
    story = Moving(human_task("a")).open()
    target = program(human_task("a"), human_task("b", entry=[when(condition="x = 1")]))
    story.move_by(Plan(), target, vars={"x": 1}).has(b="active")


def test_what_is_suspended_stays_so():
    story = Moving(stage("s", human_task("a"), human_task("b", manual=True))).open()
    story.execute(ManualStart(item=story.one("b").iid))
    story.execute(Suspend(item=story.one("s").iid))
    story.move(program(human_task("z"), stage("s", human_task("a"), human_task("b", manual=True))))
    story.has(z="active", s="suspended", a="suspended", b="suspended")


def test_a_listener_may_become_available_by_the_new_version():
    story = Moving(user_listener("u", condition="x = 1"), human_task("a")).open()
    story.has(u="unavailable")
    story.move(program(user_listener("u"), human_task("a"))).has(u="available")


def test_nothing_is_started_in_a_case_that_has_ended():
    story = Moving(human_task("a")).open()
    story.execute(TerminateCase())
    assert "M-02" in story.refusal(None, start=(Start("a"),))
