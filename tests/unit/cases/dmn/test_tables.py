"""One table: what each hit policy makes of the rules that match."""

from decimal import Decimal

import pytest

from cases.dmn import tables
from cases.dmn.model import Aggregation, DecisionTable, HitPolicy, InputClause, OutputClause, Rule, TableTrace
from cases.dmn.tables import Log
from cases.feel import Scope, parse, parse_unary
from cases.feel.scope import Run
from cases.feel.types import SIMPLE

ROWS = [("> 0", '"low"', "1"), ("> 10", '"high"', "2"), ("> 10", '"high"', "2"), ("> 100", '"low"', "4")]


def table(
    policy: HitPolicy, aggregation: Aggregation | None = None, outputs: int = 1, **clause: object
) -> DecisionTable:
    names = ("level", "points")[-outputs:] if aggregation is None else ("points",)
    values = {"level": parse('["high", "low"]'), "points": None}
    rules = tuple(
        Rule((parse_unary(test),), tuple(parse({"level": level, "points": points}[name]) for name in names))
        for test, level, points in ROWS
    )
    found = tuple(OutputClause(name, values=values[name], **clause) for name in names)  # type: ignore[arg-type]
    return DecisionTable((InputClause("amount", parse("amount")),), found, rules, policy, aggregation)


def evaluate(subject: DecisionTable, amount: object) -> tuple[object, TableTrace, list[str]]:
    scope, log = Scope({"amount": amount}), Log()
    log.decision = "D"
    value = tables.evaluate(subject, Run(scope, 1000).frame(), log)
    return value, log.tables[0], scope.notes


@pytest.mark.parametrize(
    ("policy", "aggregation", "amount", "value", "rules"),
    [
        (HitPolicy.UNIQUE, None, 5, 1, (1,)),
        (HitPolicy.UNIQUE, None, 50, None, (1, 2, 3)),
        (HitPolicy.UNIQUE, None, 0, None, ()),
        (HitPolicy.FIRST, None, 50, 1, (1,)),
        (HitPolicy.FIRST, None, 0, None, ()),
        (HitPolicy.ANY, None, 5, 1, (1,)),
        (HitPolicy.ANY, None, 50, None, (1, 2, 3)),
        (HitPolicy.RULE_ORDER, None, 500, [1, 2, 2, 4], (1, 2, 3, 4)),
        (HitPolicy.COLLECT, None, 50, [1, 2, 2], (1, 2, 3)),
        (HitPolicy.COLLECT, None, 0, [], ()),
        (HitPolicy.COLLECT, Aggregation.SUM, 50, 5, (1, 2, 3)),
        (HitPolicy.COLLECT, Aggregation.SUM, 0, 0, ()),
        (HitPolicy.COLLECT, Aggregation.COUNT, 50, 3, (1, 2, 3)),
        (HitPolicy.COLLECT, Aggregation.COUNT, 0, 0, ()),
        (HitPolicy.COLLECT, Aggregation.MIN, 50, 1, (1, 2, 3)),
        (HitPolicy.COLLECT, Aggregation.MAX, 500, 4, (1, 2, 3, 4)),
        (HitPolicy.COLLECT, Aggregation.MAX, 0, None, ()),
        (HitPolicy.UNIQUE, None, None, None, ()),
        (HitPolicy.UNIQUE, None, "5", None, ()),
    ],
)
def test_a_hit_policy_says_what_becomes_of_the_rules_that_match(
    policy: HitPolicy, aggregation: Aggregation | None, amount: object, value: object, rules: tuple[int, ...]
) -> None:
    found, trace, _ = evaluate(table(policy, aggregation), amount)
    assert (found, trace.rules, trace.decision, trace.inputs) == (value, rules, "D", {"amount": amount})


@pytest.mark.parametrize(
    ("policy", "value"),
    [
        (HitPolicy.PRIORITY, {"level": "high", "points": 2}),
        (
            HitPolicy.OUTPUT_ORDER,
            [{"level": "high", "points": 2}] * 2
            + [{"level": "low", "points": 1}, {"level": "low", "points": 4}],
        ),
        (HitPolicy.FIRST, {"level": "low", "points": 1}),
    ],
)
def test_several_outputs_are_a_context_and_their_values_have_an_order(
    policy: HitPolicy, value: object
) -> None:
    found, _, _ = evaluate(table(policy, outputs=2), 500)
    assert found == value


def test_rules_that_agree_please_the_policy_any() -> None:
    subject = table(HitPolicy.ANY)
    agreeing = DecisionTable(subject.inputs, subject.outputs, subject.rules[1:3], HitPolicy.ANY)
    assert evaluate(agreeing, 50)[0] == 2


@pytest.mark.parametrize(("policy", "note"), [(HitPolicy.UNIQUE, "UNIQUE"), (HitPolicy.ANY, "ANY")])
def test_a_broken_hit_policy_is_noted(policy: HitPolicy, note: str) -> None:
    value, trace, notes = evaluate(table(policy), 50)
    assert (value, trace.outputs) == (None, (1, 2, 2))
    assert any(note in each for each in notes)


def test_the_default_is_the_answer_where_no_rule_is() -> None:
    for policy in HitPolicy:
        assert evaluate(table(policy, default=parse("9")), -1)[0] == 9


def test_an_output_of_the_wrong_type_is_null_and_noted() -> None:
    value, _, notes = evaluate(table(HitPolicy.FIRST, type=SIMPLE["string"]), 5)
    assert (value, notes) == (None, ["the output points is not of its type"])


@pytest.mark.parametrize(
    ("clause", "amount", "note"),
    [
        (InputClause("amount", parse("amount"), SIMPLE["number"]), "5", "amount is not of its type"),
        (
            InputClause("amount", parse("amount"), allowed=parse_unary("< 3")),
            5,
            "amount is not one of the allowed values",
        ),
    ],
)
def test_an_input_that_is_not_allowed_stops_the_table(clause: InputClause, amount: object, note: str) -> None:
    subject = table(HitPolicy.FIRST, default=parse("9"))
    strict = DecisionTable((clause,), subject.outputs, subject.rules, HitPolicy.FIRST)
    value, trace, notes = evaluate(strict, amount)
    assert (value, trace.rules, trace.inputs, notes) == (None, (), {"amount": amount}, [note])


def test_allowed_values_hold_for_the_items_of_a_list_and_not_for_what_is_missing() -> None:
    clause = InputClause("amount", parse("amount"), allowed=parse_unary('"a", "b"'))
    rules = (Rule((None,), (parse("1"),)),)
    subject = DecisionTable((clause,), (OutputClause("out"),), rules)
    assert [evaluate(subject, value)[0] for value in (["a", "b"], ["a", "z"], None)] == [1, None, 1]


def test_an_empty_cell_of_an_output_is_null() -> None:
    rules = (Rule((None,), (None,)),)
    subject = DecisionTable((InputClause("a", parse("amount")),), (OutputClause("out"),), rules)
    assert evaluate(subject, Decimal(1))[0] is None


def test_a_rule_without_tests_always_fires() -> None:
    subject = DecisionTable((), (OutputClause("out"),), (Rule((), (parse("7"),)),))
    assert evaluate(subject, None)[0] == 7
