"""What holds after every command, whatever is modelled and asked (cmmn-semantics 10, I-01 to I-36).

Each is asked of every step of a walk through a generated model; those that `test_engine_properties` asks of
its own models (I-03 to I-08, I-12, I-13, I-21, I-22, I-24 to I-26, I-28, I-36) are not asked twice. I-09,
I-10 and I-19 stand in `test_engine_symmetry`, I-34 with migration, I-35 with the writer.
"""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from cases.cmmn import completion, planning, replay
from cases.cmmn.commands import (
    E_ARGUMENT,
    E_FORBIDDEN,
    E_STATE,
    E_SUSPENDED,
    E_UNKNOWN,
    Note,
    OccurUser,
    Plan,
)
from cases.cmmn.controlmodel import FileOnPart
from cases.cmmn.events import (
    CaseTransitioned,
    CriterionSatisfied,
    FileTransitioned,
    IncidentRaised,
    ItemTransitioned,
    TimerArmed,
)
from cases.cmmn.instance import CASE, CaseInstance
from cases.cmmn.lifecycle import FINAL, FileTransition, State, Transition
from cases.cmmn.metamodel import Stage, TimerEventListener, UserEventListener
from tests.examples import examples
from tests.modelmaking import dice
from tests.unit.cases.cmmn.story import BEGINNING
from tests.unit.cases.cmmn.walks import Step, above, run_of, step, walk, written

Steps = list[Step]
UNHEARD = frozenset({"parentCompleted", "closed", "deleted", "orphaned", "spread"})


def i_01_a_turn_is_pure(steps: Steps) -> None:
    for one in steps:
        before = written(one.before)
        again = step(one.before, one.command, one.now)
        assert written(one.before) == before
        assert (again.events, again.effects) == (one.events, one.effects)
        assert written(again.after) == written(one.after)


def i_02_the_journal_folds_to_the_state(steps: Steps) -> None:
    rows = [one.events for one in steps if one.refused is None]
    for row in rows:
        assert [event.wave for event in row] == sorted(event.wave for event in row)
    case = steps[-1].after
    folded = replay.fold(case.program, case.state.case_id, case.state.business_key, rows)
    assert written(CaseInstance(case.program, folded)) == written(case)


def i_11_a_refusal_changes_nothing(steps: Steps) -> None:
    codes = {E_FORBIDDEN, E_STATE, E_SUSPENDED, E_UNKNOWN, E_ARGUMENT, "E-DIVERGED"}
    for one in steps:
        if one.refused is not None:
            assert one.after is one.before
            assert one.refused.code in codes
            assert one.refused.message


def i_14_what_completes_by_itself_was_complete_just_before(steps: Steps) -> None:
    rows = []
    for one in steps:
        for event in one.events:
            iid = _completed_by_itself(one, event)
            if iid is not None and event.wave > 1:
                earlier = [other for other in one.events if other.wave < event.wave]
                state = replay.fold(one.after.program, 7, "CLM-7", [*rows, earlier])
                just_before = CaseInstance(one.after.program, state)
                assert completion.completes_itself(run_of(just_before, one.now), iid), event
        rows.append(one.events)


def i_15_a_criterion_fires_by_what_it_heard_in_its_scope(steps: Steps) -> None:
    told = _told(steps)
    for one in steps:
        named = {event.criterion for event in one.events if isinstance(event, CriterionSatisfied)}
        for event in one.events:
            if isinstance(event, ItemTransitioned | CaseTransitioned):
                criterion = getattr(event, "criterion", None)
                assert criterion is None or criterion in named
            if isinstance(event, CriterionSatisfied):
                assert 0 not in event.consumed, event
                assert all(seq < event.seq for seq in event.consumed)
                numbers = _numbers(one.after, event.criterion)
                assert any(
                    _may_have_heard(one.after, told, event.item, number, event.consumed) for number in numbers
                )


def i_16_an_occurrence_is_used_up_once(steps: Steps) -> None:
    used: set[tuple[int, str, int, int, int]] = set()
    for one in steps:
        for event in one.events:
            if isinstance(event, CriterionSatisfied):
                for part, seq in enumerate(event.consumed):
                    # A seed and the instances it makes are told apart by what repeats, not by an instance.
                    key = (event.item, event.definition, hash(event.criterion), part, seq)
                    assert key not in used, event
                    used.add(key)


def i_17_one_criterion_forgets_for_itself_alone(steps: Steps) -> None:
    for one in steps:
        consumed = {
            (event.item, event.criterion) for event in one.events if isinstance(event, CriterionSatisfied)
        }
        momentary = one.after.wiring.momentary
        for old in one.before.items():
            new = one.after.state.items[old.iid]
            if old.state in FINAL or new.state in FINAL:
                continue
            for number, memory in old.memory.items():
                criterion = one.after.program.definition.criteria[number]
                is_over = criterion.is_entry and State.AVAILABLE not in (new.state, new.before)
                if is_over or number in momentary or (old.iid, criterion.id) in consumed:
                    continue
                kept = new.memory[number]
                assert all(now >= then for now, then in zip(kept.occurred, memory.occurred, strict=True))


def i_18_nothing_enters_below_what_has_ended(steps: Steps) -> None:
    for one in steps:
        states = {item.iid: item.state for item in one.before.items()}
        for event in one.events:
            match event:
                case CriterionSatisfied(criterion=criterion, item=iid):
                    if _is_entry(one.after, criterion):
                        chain = [states[item.iid] for item in above(one.after, iid)]
                        assert not FINAL.intersection(chain), event
                        assert states[iid] not in FINAL, event
                case ItemTransitioned():
                    states[event.item] = event.after
                case CaseTransitioned():
                    states[CASE] = event.after


def i_20_nothing_is_remembered_from_another_scope(steps: Steps) -> None:
    """What a sibling repetition of a stage does is never heard in this one."""
    told = _told(steps)
    for one in steps:
        case = one.after
        for item in case.items():
            if item.state not in FINAL:
                for number, memory in item.memory.items():
                    assert _may_have_heard(case, told, item.iid, number, memory.occurred)
        for seeds in case.state.seeds.values():
            for seed in seeds:
                for number, memory in seed.memory.items():
                    assert _may_have_heard(case, told, seed.parent, number, memory.occurred)


def i_27_a_timer_fires_as_often_as_it_says_and_ever_later(steps: Steps) -> None:
    fires: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], str] = {}
    for one in steps:
        if one.after.state.is_reopened:
            return
        for event in one.events:
            if not isinstance(event, TimerArmed | ItemTransitioned):
                continue
            item = one.after.state.items[event.item]
            plan = one.after.plan_item(event.item)
            if not isinstance(plan.definition, TimerEventListener) or plan.is_discretionary:
                continue
            key = (item.number, item.parent)
            if isinstance(event, TimerArmed) and event.due and not plan.definition.follows:
                assert event.due > last.get(key, ""), event
                last[key] = event.due
            elif isinstance(event, ItemTransitioned) and event.transition is Transition.OCCUR:
                fires[key] = fires.get(key, 0) + 1
                text = plan.definition.expression.text
                most = {"R2/PT1H": 2, "R/PT2H": 10_000}.get(text, 1)
                assert fires[key] <= most, (text, event)


def i_29_files_come_before_they_change_and_a_write_without_change_is_none(steps: Steps) -> None:
    there: set[tuple[str, ...]] = set()
    for one in steps:
        for event in one.events:
            if isinstance(event, FileTransitioned):
                path = tuple(event.path)
                is_whole = path == ("doc", "page")  # a collection is there by its elements
                match event.transition:
                    case FileTransition.CREATE:
                        assert path not in there, event
                        there.add(path)
                    case FileTransition.DELETE:
                        assert is_whole or path in there, event
                        there.discard(path)
                        assert not any(other[: len(path)] == path for other in there), event
                    case FileTransition.REPLACE | FileTransition.UPDATE:
                        assert path in there or (is_whole and path[:1] in there), event
        if one.refused is None and isinstance(one.command, Note) and one.command.writes:
            again = step(one.after, one.command, one.now)
            assert again.refused is not None or not any(
                isinstance(event, FileTransitioned) and event.path[0] in one.command.writes
                for event in again.events
                if event.wave == 1
            )


def i_30_nothing_happens_after_the_close(steps: Steps) -> None:
    for one in steps:
        if one.before.case_state is State.CLOSED:
            assert not any(
                isinstance(event, ItemTransitioned | CaseTransitioned | FileTransitioned)
                for event in one.events
            )


def i_31_only_who_has_the_role_raises_an_event(steps: Steps) -> None:
    for one in steps:
        if not isinstance(one.command, OccurUser) or one.refused is not None:
            continue
        definition = one.before.plan_item(one.command.item).definition
        team = one.before.state.team
        if isinstance(definition, UserEventListener) and one.command.roles is not None:
            held = set(one.command.roles) if team is None else set(team.get(one.command.actor, ()))
            assert team is None or one.command.actor in team
            assert team is None or not definition.roles or held & set(definition.roles)


def i_32_only_what_is_offered_is_planned(steps: Steps) -> None:
    for one in steps:
        if isinstance(one.command, Plan):
            run = run_of(one.before, one.now)
            is_known = one.command.item < len(one.before.state.items) and one.before.state.items
            offers = (
                planning.offered(run, run.item(one.command.item), planning.roles_held(run, one.command))
                if is_known
                else ()
            )
            is_offered = one.command.discretionary in {offer.id for offer in offers}
            assert is_offered or one.refused is not None
            if is_offered and one.refused is not None:
                assert one.refused.code == "E-DIVERGED"


def i_33_what_cannot_be_computed_is_told_once_a_turn(steps: Steps) -> None:
    for one in steps:
        told = [(event.code, event.message) for event in one.events if isinstance(event, IncidentRaised)]
        assert len(told) == len(set(told))


INVARIANTS: tuple[Callable[[Steps], None], ...] = (
    i_01_a_turn_is_pure,
    i_02_the_journal_folds_to_the_state,
    i_11_a_refusal_changes_nothing,
    i_14_what_completes_by_itself_was_complete_just_before,
    i_15_a_criterion_fires_by_what_it_heard_in_its_scope,
    i_16_an_occurrence_is_used_up_once,
    i_17_one_criterion_forgets_for_itself_alone,
    i_18_nothing_enters_below_what_has_ended,
    i_20_nothing_is_remembered_from_another_scope,
    i_27_a_timer_fires_as_often_as_it_says_and_ever_later,
    i_29_files_come_before_they_change_and_a_write_without_change_is_none,
    i_30_nothing_happens_after_the_close,
    i_31_only_who_has_the_role_raises_an_event,
    i_32_only_what_is_offered_is_planned,
    i_33_what_cannot_be_computed_is_told_once_a_turn,
)


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.__name__)
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(rng=dice())
def test_an_invariant_holds(invariant: Callable[[Steps], None], rng: Random) -> None:
    """I-23 on the way: every turn ends, or is refused; nothing but a refusal is ever raised."""
    steps = walk(rng)
    if steps:
        invariant(steps)


def _completed_by_itself(one: Step, event: object) -> int | None:
    """The container that completed in this event without anybody asking for it."""
    if isinstance(event, CaseTransitioned) and event.transition is Transition.COMPLETE:
        return CASE
    if not isinstance(event, ItemTransitioned) or event.transition is not Transition.COMPLETE:
        return None
    return event.item if isinstance(one.after.plan_item(event.item).definition, Stage) else None


def _told(steps: Steps) -> dict[int, object]:
    return {event.seq: event for one in steps for event in one.events}


def _numbers(case: CaseInstance, criterion: str) -> list[int]:
    return [one.number for one in case.program.definition.criteria if one.id == criterion]


def _is_entry(case: CaseInstance, criterion: str) -> bool:
    return any(case.program.definition.criteria[number].is_entry for number in _numbers(case, criterion))


def _may_have_heard(
    case: CaseInstance, told: dict[int, object], holder: int, number: int, occurred: list[int]
) -> bool:
    """Whether each on-part of this criterion names the event that it remembers, and shares its scope."""
    parts = case.program.definition.criteria[number].sentry.on_parts
    if len(parts) != len(occurred):
        return False
    return all(
        seq == 0 or _names(case, told[seq], holder, number, index, part)
        for index, (part, seq) in enumerate(zip(parts, occurred, strict=True))
    )


def _names(case: CaseInstance, event: object, holder: int, number: int, index: int, part: object) -> bool:
    if isinstance(part, FileOnPart):
        return isinstance(event, FileTransitioned)
    if not isinstance(event, ItemTransitioned) or event.cause in UNHEARD:
        return False
    source = case.state.items[event.item].number
    ears = [
        ear
        for ear in case.wiring.on_item.get((source, event.transition), ())
        if ear.criterion == number and ear.part == index
    ]
    run = run_of(case, BEGINNING)
    return any(
        ear.exit_criterion in (None, event.criterion)
        and run.ancestor(event.item, ear.scope) == run.ancestor(holder, ear.scope)
        for ear in ears
    )
