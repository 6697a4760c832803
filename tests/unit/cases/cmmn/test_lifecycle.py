import pytest

from cases.cmmn.lifecycle import CASE_EDGES, FINAL, MOMENT_EDGES, WORK_EDGES, State, Transition, reached


@pytest.mark.parametrize("edges", [WORK_EDGES, MOMENT_EDGES])
def test_nothing_leaves_a_final_state_of_a_plan_item(edges):
    assert not [
        (transition, state)
        for transition in Transition
        for state in FINAL
        if reached(edges, transition, state) is not None
    ]


def test_a_closed_case_stays_closed_and_an_active_one_cannot_be_closed():
    assert not [one for one in Transition if reached(CASE_EDGES, one, State.CLOSED) is not None]
    assert reached(CASE_EDGES, Transition.CLOSE, State.ACTIVE) is None
    assert reached(CASE_EDGES, Transition.REACTIVATE, State.SUSPENDED) is State.ACTIVE


def test_exit_leaves_every_live_state_but_terminate_only_the_active_one():
    exits = {state for state in State if reached(WORK_EDGES, Transition.EXIT, state) is State.TERMINATED}
    assert exits == {
        State.AVAILABLE,
        State.ENABLED,
        State.DISABLED,
        State.ACTIVE,
        State.SUSPENDED,
        State.FAILED,
    }
    assert {one for one in State if reached(WORK_EDGES, Transition.TERMINATE, one) is not None} == {
        State.ACTIVE
    }


def test_a_failed_item_can_only_be_reactivated_or_given_up():
    assert {one for one in Transition if reached(WORK_EDGES, one, State.FAILED) is not None} == {
        Transition.REACTIVATE,
        Transition.EXIT,
    }


def test_numbers_of_states_are_stored_and_never_change():
    assert [state.value for state in State] == list(range(10))
    assert State.AVAILABLE.word == "Available"
