"""No expression can hold the engine: every hostile one is stopped, and soon."""

# ruff: noqa: E501 - a table is read by its rows.

import pytest

from cases.feel import FeelError, parse
from cases.feel.budget import MAX_TICKS, Budget
from cases.feel.scope import Run, Scope

DOUBLING = '{a0: "xxxxxxxxxx", ' + ", ".join(f"a{n + 1}: a{n} + a{n}" for n in range(40)) + "}.a40"
LISTS = "{a0: [1, 2], " + ", ".join(f"a{n + 1}: concatenate(a{n}, a{n})" for n in range(40)) + "}.a40"
NESTED = (
    "{a0: [1], b0: [1], "
    + ", ".join(f"a{n + 1}: [a{n}, a{n}], b{n + 1}: [b{n}, b{n}]" for n in range(40))
    + ", same: a40 = b40}.same"
)
JOINED = '{a0: ["x"], ' + ", ".join(f"a{n + 1}: [a{n}, a{n}]" for n in range(40)) + ", t: %s(a40)}.t"
SEARCHED = (
    '{t: string join(for i in 1..4000 return "'
    + "a" * 100
    + '"), r: for i in 1..100 return %s(t, "'
    + "a" * 60
    + 'b")}.r'
)
"""At each of 400,000 places sixty characters are alike, a hundred times over."""

HOSTILE = [
    "for i in 1..10000000000 return i",
    "for i in 1..1000, j in 1..1000 return i",
    "count(for i in 1..100000 return i)",
    "some i in 1..400, j in 1..400, k in 1..400 satisfies i + j + k = 0",
    "every i in 1..1000 satisfies (every j in 1..1000 satisfies true)",
    '@"0001-01-01" in [@"0001-01-01"] and count(for i in @"0001-01-01"..@"9999-12-31" return i) > 0',
    "{f: function(n) f(n + 1), r: f(1)}.r",
    "{f: function(n) if n = 0 then 0 else 1 + f(n - 1), r: f(5000)}.r",
    "{f: function(g) g(g), r: f(f)}.r",
    "sort(for i in 1..5000 return modulo(i * 7919, 5003), function(a, b) a < b)",
    "count(distinct values(for i in 1..20000 return i))",
    "(for i in 1..3000 return (for j in 1..3000 return j))[item[1] = 2]",
    "count(split(string join(for i in 1..30000 return \"aaaa\", \"b\"), \"b\")) + count(for k in 1..90000 return k)",
    "replace(string join(for i in 1..40000 return \"aaaaaaaaaa\"), \"a\", \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\")",
    "for i in 1..90000 return context put(large, \"x\", i)",
    "for i in 1..90000 return context merge([large, large])",
    SEARCHED % "contains", SEARCHED % "substring before", SEARCHED % "substring after",
    DOUBLING, LISTS, NESTED, JOINED % "string", JOINED % "flatten",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:60] for text in HOSTILE])
def test_what_would_never_end_is_stopped(text: str) -> None:
    with pytest.raises(FeelError) as caught:
        parse(text).evaluate({"large": dict.fromkeys(map(str, range(300)), 0)})
    assert caught.value.code == "FEEL-BUDGET"
    assert caught.value.text == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(for i in 1..20000 return i * 2)", 400020000),
        ("count(for i in 1..100, j in 1..100 return i * j)", 10000),
        ("{f: function(n) if n = 0 then 0 else 1 + f(n - 1), r: f(30)}.r", 30),
        ('matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "(a+)+$")', False),
        ('count(split("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "(a+)+$"))', 1),
        ('matches("a", "a{1000}{1000}")', None),
        ("10 ** (10 ** 10)", None),
        ("2 ** 1e6144", None),
    ],
)
def test_what_is_large_but_ends_is_worked_out(text: str, value: object) -> None:
    assert parse(text).evaluate({}) == value or parse(text).evaluate({}) is value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(" * 1500 + "1" + ")" * 1500, "FEEL-DEPTH"),
        ("[" * 1500 + "]" * 1500, "FEEL-DEPTH"),
        ("(" * 3000 + "1" + ")" * 3000, "FEEL-LENGTH"),
        ("not(" * 900 + "true" + ")" * 60, "FEEL-DEPTH"),
        ("-" * 3000 + "1", "FEEL-DEPTH"),
        ("a" + ".b" * 300, None),
        ("a" + "[1]" * 1300, "FEEL-DEPTH"),
        ("1" + " + 1" * 900, None),
        ("true" + " and true" * 440, None),
        ("if true then " * 300 + "1" + " else 2" * 1, "FEEL-DEPTH"),
        ("1" * 4001, "FEEL-LENGTH"),
    ],
)
def test_a_text_is_refused_for_its_length_or_depth_before_it_runs(text: str, code: str | None) -> None:
    if code is None:
        parse(text).evaluate({})
        return
    with pytest.raises(FeelError) as caught:
        parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("count(for i in 1..1000 return i)", 2_001),
        ('string length(string join(for i in 1..1000 return "aaaa"))', 2_086),
        ("[1..100000][item = 1]", 1),
        ("1 + 2", 0),
    ],
)
def test_the_steps_of_an_expression_are_counted_the_same_every_time(text: str, ticks: int) -> None:
    code = parse(text)
    enough, less = Run(Scope({}), ticks), Run(Scope({}), ticks - 1)
    code.evaluate_in(enough.frame())
    if ticks:
        with pytest.raises(FeelError):
            code.evaluate_in(less.frame())


def test_every_evaluation_has_a_budget_of_its_own() -> None:
    expression = parse("count(for i in 1..40000 return i)")
    assert [expression.evaluate({}) for _ in range(4)] == [40000] * 4


def test_a_budget_is_spent_to_the_last_step() -> None:
    budget = Budget()
    budget.spend(MAX_TICKS)
    with pytest.raises(FeelError):
        budget.spend()


def test_data_of_any_depth_harms_nobody() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FeelError):
        parse("count(flatten(deep))").evaluate({"deep": deep})
    with pytest.raises(FeelError):
        parse('string(deep) = ""').evaluate({"deep": deep})
