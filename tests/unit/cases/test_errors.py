import pytest

from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("V-01", "is wrong"), "V-01: is wrong"),
        (Problem("V-01", "is wrong", line=3), "3: V-01: is wrong"),
        (Problem("V-01", "is wrong", file="a.cmmn"), "a.cmmn: V-01: is wrong"),
        (Problem("V-01", "is wrong", where="Task", line=3, file="a.cmmn"), "a.cmmn:3: V-01: is wrong"),
        (Problem("", "is wrong"), "is wrong"),
    ],
)
def test_a_problem_says_where_it_is_as_far_as_it_knows(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_what_is_invalid_lists_its_problems() -> None:
    error = Invalid([Problem("A", "one", line=1), Problem("B", "two")])
    assert str(error) == "1: A: one\nB: two"
    assert [problem.code for problem in error.problems] == ["A", "B"]


@pytest.mark.parametrize("error", [NotFound("no"), NotAllowed("no"), Conflict("no")])
def test_every_family_is_an_error_of_the_house_and_says_its_message(error: CaseError) -> None:
    assert isinstance(error, CaseError)
    assert str(error) == "no"


def test_a_refusal_may_carry_a_code() -> None:
    assert (NotAllowed("no", code="R-01").code, Conflict("no", "C-02").code) == ("R-01", "C-02")
