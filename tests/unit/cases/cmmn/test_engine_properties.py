"""The invariants of cmmn-semantics 10 over random models and commands; Story tells purity and replay."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.cmmn import completion
from cases.cmmn.agenda import Run
from cases.cmmn.commands import FireTimer, ReactivateCase, Refused, StartCase
from cases.cmmn.effects import ChildCancelled, ChildOpened, HumanTaskClosed, HumanTaskOpened
from cases.cmmn.events import CaseTransitioned, ItemTransitioned
from cases.cmmn.exits import may_exit
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import CASE_EDGES, FINAL, MOMENT_EDGES, WORK_EDGES, State, Transition, reached
from cases.cmmn.metamodel import TimerEventListener
from cases.cmmn.sentries import is_satisfied
from cases.cmmn.workmodel import CaseTask, HumanTask
from tests.examples import examples
from tests.unit.cases.cmmn.random_models import commands, programs
from tests.unit.cases.cmmn.story import Story, saved

LIVE_WORK = (State.AVAILABLE, State.ENABLED, State.ACTIVE)


@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(program=programs(), data=st.data())
def test_whatever_is_modelled_and_asked_the_invariants_hold(program, data):
    story = Told(program)
    if story.refused(StartCase()) != "accepted":
        return
    story.ask(StartCase(inputs=data.draw(st.sampled_from([{}, {"x": 2}, {"y": True, "x": 0}]))))
    for _ in range(data.draw(st.integers(1, 12))):
        story.now += data.draw(st.sampled_from([timedelta(0), timedelta(minutes=40), timedelta(hours=3)]))
        story.ask(data.draw(commands(len(story.case.state.items))))


class Told(Story):
    """A story whose every chapter is checked."""

    def __init__(self, program):
        super().__init__(program)
        self.open_tasks = set()
        self.open_calls = set()

    def ask(self, command):
        before = {item.iid: (item.state, item.required) for item in self.case.items()}
        seq = self.case.state.seq
        try:
            self.execute(command)
        except Refused:
            return
        self.edges_are_legal(before)
        self.final_and_required_stay(before)
        self.containers_agree()
        self.nothing_waits_that_may_fire(command)
        self.repetitions_are_counted()
        self.tasks_and_timers_agree()
        self.calls_agree()
        assert [event.seq for event in self.events] == list(range(seq + 1, seq + 1 + len(self.events)))
        assert self.case.state.seq == seq + len(self.events)

    def plan(self, iid):
        return self.case.plan_item(iid)

    def edges_are_legal(self, before):
        """I-08."""
        states = {iid: state for iid, (state, _) in before.items()}
        for event in self.events:
            match event:
                case CaseTransitioned(before=source, after=target, transition=transition):
                    assert source == states.get(0)
                    assert source is None or reached(CASE_EDGES, transition, source) == target
                    states[0] = target
                case ItemTransitioned(item=iid, before=source, after=target, transition=transition):
                    assert source == states.get(iid)
                    states[iid] = target
                    if transition in (Transition.CREATE, Transition.RESUME, Transition.PARENT_RESUME):
                        continue
                    edges = MOMENT_EDGES if self.case.wiring.is_moment[self.plan(iid).number] else WORK_EDGES
                    assert reached(edges, transition, source) == target
        assert states == {item.iid: item.state for item in self.case.items()}

    def final_and_required_stay(self, before):
        """I-07 and I-24."""
        for iid, (state, required) in before.items():
            item = self.case.state.items[iid]
            if iid:
                assert state not in FINAL or item.state is state
            assert item.required >= required

    def containers_agree(self):
        """I-03 to I-06."""
        items = self.case.state.items
        for item in items[1:]:
            parent = items[item.parent]
            if item.state in LIVE_WORK:
                assert parent.state is State.ACTIVE, (item, parent)
            elif item.state not in FINAL:
                assert parent.state not in (State.TERMINATED, State.CLOSED)
                if parent.state is State.COMPLETED:
                    assert item.state in (State.DISABLED, State.FAILED)
        alive = {item.iid for item in items if item.state not in FINAL}
        assert {seed.parent for seeds in self.case.state.seeds.values() for seed in seeds} <= alive
        assert set(self.case.state.slots) <= alive

    def nothing_waits_that_may_fire(self, command):
        """I-12 and I-13: the turn came to rest; a case that was reopened is asked by the next command."""
        run = Run(self.case, self.now)
        for item in list(run.state.items):
            plan = self.plan(item.iid)
            for criterion in plan.exit:
                assert not (may_exit(run, item) and is_satisfied(run, criterion, item)), criterion
            if item.state is State.AVAILABLE:
                assert not any(is_satisfied(run, criterion, item) for criterion in plan.entry)
            is_reopening = isinstance(command, ReactivateCase) and item.iid == CASE
            assert is_reopening or not completion.completes_itself(run, item.iid)

    def repetitions_are_counted(self):
        """I-21 and I-22."""
        places = {}
        for item in self.case.state.items[1:]:
            places.setdefault((item.parent, item.number), []).append(item)
        for (_, number), instances in places.items():
            assert [item.index for item in instances] == list(range(len(instances)))
            rule = self.program.definition.items[number].repetition
            if rule is not None and rule.max_instances is not None:
                assert sum(1 for item in instances if item.state not in FINAL) <= max(1, rule.max_instances)

    def tasks_and_timers_agree(self):
        """I-25 and I-26: what the shell was told is what there is."""
        for effect in self.effects:
            if isinstance(effect, HumanTaskOpened):
                assert effect.item not in self.open_tasks
                self.open_tasks.add(effect.item)
            elif isinstance(effect, HumanTaskClosed):
                self.open_tasks.remove(effect.item)
        items = self.case.state.items
        working = {
            item.iid
            for item in items[1:]
            if isinstance(self.plan(item.iid).definition, HumanTask)
            and State.ACTIVE in (item.state, item.before)
        }
        assert self.open_tasks == working, (self.effects, self.events)
        armed = {
            item.iid
            for item in items[1:]
            if isinstance(self.plan(item.iid).definition, TimerEventListener)
            and item.state is State.AVAILABLE
            and item.timer is not None
            and item.timer.due
        }
        assert set(self.timers) == armed

    def calls_agree(self):
        """I-28: a child is called for as long as its task needs it."""
        for effect in self.effects:
            if isinstance(effect, ChildOpened) and effect.is_blocking:
                assert effect.again == (effect.item in self.open_calls)
                self.open_calls.add(effect.item)
            elif isinstance(effect, ChildCancelled):
                self.open_calls.remove(effect.item)
        waiting = {
            item.iid
            for item in self.case.state.items[1:]
            if isinstance(task := self.plan(item.iid).definition, CaseTask)
            and task.is_blocking
            and (State.ACTIVE in (item.state, item.before) or item.state is State.FAILED)
        }
        assert self.open_calls == waiting, (self.effects, self.events)

    def execute(self, command):
        super().execute(command)
        if isinstance(command, FireTimer) and self.events:
            self.timers.pop(command.item, None)
        return self


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(program=programs(), data=st.data())
def test_the_same_commands_at_the_same_times_give_the_same_events_and_state(program, data):
    one, other = Story(program), Story(program)
    asked = [StartCase(inputs={"x": 2})]
    for _ in range(6):
        for story in (one, other):
            try:
                story.execute(asked[-1])
            except Refused:
                story.events = []
        assert one.events == other.events
        assert one.effects == other.effects
        assert saved(one.case.state) == saved(other.case.state)
        asked.append(data.draw(commands(len(one.case.state.items))))
