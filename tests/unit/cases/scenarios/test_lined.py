"""A file of scenarios may come from anybody: what it holds is bounded, whatever its aliases stand for."""

import pytest

from cases.scenarios import lined
from cases.scenarios.lined import Wrong

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_an_alias_stands_for_what_it_names() -> None:
    assert lined.read("a: &a [1, 2]\nb: *a\n") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(LAUGHS, "more than 50000 values", id="aliases of aliases"),
        pytest.param("a: &a [*a]\n", "deeper than 50", id="a list that holds itself"),
        pytest.param("a: &a {b: *a}\n", "deeper than 50", id="a mapping that holds itself"),
        pytest.param("[" * 60 + "]" * 60, "deeper than 50", id="lists in lists"),
        pytest.param("[" * 2_000 + "]" * 2_000, "deeper than 50", id="more of them than there is stack"),
        pytest.param("a: " + "x" * lined.MAX_LENGTH, "at most 100000 are read", id="a long file"),
        pytest.param("a: " + "9" * 5_000, "text is to be quoted", id="a long number"),
        pytest.param("a: 1.5e+99999999999999999999", "text is to be quoted", id="a large number"),
    ],
)
def test_what_would_grow_without_bounds_is_refused(text: str, words: str) -> None:
    with pytest.raises(Wrong) as wrong:
        lined.read(text)
    assert words in wrong.value.message[-100:]
