from itertools import product

import pytest

from cases.errors import Conflict, NotAllowed
from cases.policy.access import SYSTEM, Actor, Grant
from cases.policy.tasklife import TABLE, Life, Move, TaskState, Who, after, standing

FAMILY = "claims.auto"
ADA = Actor(1, "ada", "Ada", frozenset({Grant(FAMILY, "adjuster")}))
BEN = Actor(2, "ben", "Ben", frozenset({Grant(FAMILY, "adjuster")}))
SUE = Actor(3, "sue", "Sue", frozenset({Grant(FAMILY, "lead", supervisor=True)}))
FAR = Actor(4, "far", "Far", frozenset({Grant("other", "lead", supervisor=True)}))
WHO = {"ada": ADA, "ben": BEN, "sue": SUE, "far": FAR, "engine": SYSTEM}
FREE, HERS = Life(TaskState.OPEN), Life(TaskState.OPEN, 1)
PAUSED = Life(TaskState.SUSPENDED, 1)
DONE = Life(TaskState.COMPLETED, 1)
GONE = Life(TaskState.CANCELLED)
LIVES = {"free": FREE, "hers": HERS, "paused": PAUSED, "done": DONE, "gone": GONE}

# (task, move, who) -> what it is then. All others are refused.
ALLOWED = {
    ("free", Move.CLAIM, "ada"): HERS,
    ("free", Move.CLAIM, "ben"): Life(TaskState.OPEN, 2),
    ("free", Move.CLAIM, "sue"): Life(TaskState.OPEN, 3),
    ("free", Move.CLAIM, "far"): Life(TaskState.OPEN, 4),
    ("hers", Move.CLAIM, "ada"): HERS,
    ("hers", Move.RELEASE, "ada"): FREE,
    ("hers", Move.RELEASE, "sue"): FREE,
    ("free", Move.ASSIGN, "sue"): Life(TaskState.OPEN, 2),
    ("hers", Move.ASSIGN, "sue"): Life(TaskState.OPEN, 2),
    ("paused", Move.ASSIGN, "sue"): Life(TaskState.SUSPENDED, 2),
    ("hers", Move.DRAFT, "ada"): HERS,
    ("free", Move.BEGIN, "ada"): HERS,
    ("free", Move.BEGIN, "ben"): Life(TaskState.OPEN, 2),
    ("free", Move.BEGIN, "sue"): Life(TaskState.OPEN, 3),
    ("free", Move.BEGIN, "far"): Life(TaskState.OPEN, 4),
    ("hers", Move.BEGIN, "ada"): HERS,
    ("free", Move.PAUSE, "ada"): Life(TaskState.SUSPENDED),
    ("free", Move.PAUSE, "ben"): Life(TaskState.SUSPENDED),
    ("free", Move.PAUSE, "sue"): Life(TaskState.SUSPENDED),
    ("free", Move.PAUSE, "far"): Life(TaskState.SUSPENDED),
    ("hers", Move.PAUSE, "ada"): PAUSED,
    ("hers", Move.PAUSE, "sue"): PAUSED,
    ("paused", Move.GO_ON, "ada"): HERS,
    ("paused", Move.GO_ON, "sue"): HERS,
    ("hers", Move.COMPLETE, "ada"): DONE,
    ("free", Move.COMPLETE, "ada"): DONE,
    ("free", Move.COMPLETE, "ben"): Life(TaskState.COMPLETED, 2),
    ("free", Move.COMPLETE, "sue"): Life(TaskState.COMPLETED, 3),
    ("free", Move.COMPLETE, "far"): Life(TaskState.COMPLETED, 4),
    ("free", Move.SUSPEND, "engine"): Life(TaskState.SUSPENDED),
    ("hers", Move.SUSPEND, "engine"): PAUSED,
    ("paused", Move.RESUME, "engine"): HERS,
    ("free", Move.CANCEL, "engine"): GONE,
    ("hers", Move.CANCEL, "engine"): Life(TaskState.CANCELLED, 1),
    ("paused", Move.CANCEL, "engine"): Life(TaskState.CANCELLED, 1),
}


@pytest.mark.parametrize(("life", "move", "who"), list(product(LIVES, Move, WHO)))
def test_every_move_of_everybody_in_every_state_is_allowed_or_refused(
    life: str, move: Move, who: str
) -> None:
    expected = ALLOWED.get((life, move, who))
    if expected is None:
        with pytest.raises((Conflict, NotAllowed)):
            after(LIVES[life], move, WHO[who], FAMILY, to=2)
    else:
        assert after(LIVES[life], move, WHO[who], FAMILY, to=2) == expected


REASONS = [
    (DONE, Move.COMPLETE, ADA, Conflict, "state"),
    (PAUSED, Move.COMPLETE, ADA, Conflict, "state"),
    (HERS, Move.CLAIM, BEN, Conflict, "taken"),
    (FREE, Move.RELEASE, SUE, Conflict, "unclaimed"),
    (HERS, Move.COMPLETE, BEN, NotAllowed, "holder"),
    (HERS, Move.COMPLETE, SUE, NotAllowed, "holder"),
    (FREE, Move.DRAFT, ADA, NotAllowed, "holder"),
    (HERS, Move.ASSIGN, ADA, NotAllowed, "holder"),
    (HERS, Move.CANCEL, ADA, NotAllowed, "holder"),
]


@pytest.mark.parametrize(("life", "move", "who", "error", "code"), REASONS)
def test_a_refusal_says_why(life: Life, move: Move, who: Actor, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as caught:
        after(life, move, who, FAMILY)
    assert caught.value.code == code


def test_a_supervisor_can_take_a_task_into_hand() -> None:
    hers = after(HERS, Move.ASSIGN, SUE, FAMILY, to=3)
    assert after(hers, Move.COMPLETE, SUE, FAMILY) == Life(TaskState.COMPLETED, 3)
    assert standing(hers, SUE, FAMILY) == {Who.HOLDER, Who.SUPERVISOR}


def test_the_numbers_are_those_that_are_stored() -> None:
    assert {state.name: int(state) for state in TaskState} == {
        "OPEN": 2,
        "SUSPENDED": 3,
        "COMPLETED": 4,
        "CANCELLED": 5,
    }


def test_the_table_is_whole_and_nothing_leaves_an_end() -> None:
    assert set(TABLE) == set(Move)
    for origins, _, movers in TABLE.values():
        assert origins
        assert movers
        assert not origins & {TaskState.COMPLETED, TaskState.CANCELLED}
