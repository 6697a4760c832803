"""One table: rules, the seven hit policies, aggregation, defaults (DMN 1.5, 8.2 and 8.3)."""

from collections.abc import Callable, Sequence

from cases.dmn.model import Aggregation, DecisionTable, HitPolicy, InputClause, OutputClause, Rule, TableTrace
from cases.feel import Expression
from cases.feel.builtins import FUNCTIONS
from cases.feel.scope import Frame
from cases.feel.types import coerce
from cases.feel.values import equal

_LAST = 1_000_000
_SINGLE = (HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.ANY, HitPolicy.PRIORITY)


class Log:
    """What the tables of one evaluation did, and which decision they belong to."""

    def __init__(self) -> None:
        self.decision = ""
        self.tables: list[TableTrace] = []


def evaluate(table: DecisionTable, frame: Frame, log: Log) -> object:
    """What a table answers; null, with a note, where an input is not allowed or the hit policy is broken."""
    inputs = [_input(clause, frame) for clause in table.inputs]
    named = {clause.label: value for clause, (value, _) in zip(table.inputs, inputs, strict=True)}
    if not all(allowed for _, allowed in inputs):
        log.tables.append(TableTrace(log.decision, (), named, ()))
        return None
    values = [value for value, _ in inputs]
    fired = _matching(table, values, frame)
    rows = [_row(table, table.rules[number - 1], frame) for number in fired]
    answers = tuple(_answer(table, row) for row in rows)
    log.tables.append(TableTrace(log.decision, tuple(fired), named, answers))
    if not rows:
        return _nothing(table, frame)
    return _POLICIES[table.hit_policy](table, rows, frame)


def _input(clause: InputClause, frame: Frame) -> tuple[object, bool]:
    """The value of a column, and whether it may be used."""
    found = clause.expression.evaluate_in(frame)
    value = coerce(found, clause.type)
    if value is None and found is not None:
        frame.run.note(f"{clause.label} is not of its type")
        return found, False
    if clause.allowed is None or value is None:
        return value, True
    allowed = clause.allowed.evaluate_in(frame, value)
    if not allowed and isinstance(value, list):
        allowed = all(clause.allowed.evaluate_in(frame, one) for one in value)
    if not allowed:
        frame.run.note(f"{clause.label} is not one of the allowed values")
    return value, allowed


def _matching(table: DecisionTable, values: Sequence[object], frame: Frame) -> list[int]:
    fired: list[int] = []
    for number, rule in enumerate(table.rules, 1):
        if _matches(rule, values, frame):
            fired.append(number)
            if table.hit_policy is HitPolicy.FIRST:
                break
    return fired


def _matches(rule: Rule, values: Sequence[object], frame: Frame) -> bool:
    for tests, value in zip(rule.tests, values, strict=True):
        if tests is not None and not tests.evaluate_in(frame, value):
            return False
    return True


def _row(table: DecisionTable, rule: Rule, frame: Frame) -> list[object]:
    return [_output(clause, cell, frame) for clause, cell in zip(table.outputs, rule.outputs, strict=True)]


def _output(clause: OutputClause, cell: Expression | None, frame: Frame) -> object:
    found = None if cell is None else cell.evaluate_in(frame)
    value = coerce(found, clause.type)
    if value is None and found is not None:
        frame.run.note(f"the output {clause.name} is not of its type")
    return value


def _answer(table: DecisionTable, row: Sequence[object]) -> object:
    if len(table.outputs) == 1:
        return row[0]
    return {clause.name: value for clause, value in zip(table.outputs, row, strict=True)}


def _nothing(table: DecisionTable, frame: Frame) -> object:
    """No rule fires: the default; else an empty list, a sum or count of 0, or null."""
    if any(clause.default is not None for clause in table.outputs):
        return _answer(table, [_output(clause, clause.default, frame) for clause in table.outputs])
    if table.aggregation in (Aggregation.SUM, Aggregation.COUNT):
        return 0
    if table.aggregation is not None or table.hit_policy in _SINGLE:
        return None
    return []


Rows = list[list[object]]


def _unique(table: DecisionTable, rows: Rows, frame: Frame) -> object:
    if len(rows) > 1:
        frame.run.note("more than one rule matches, and the hit policy is UNIQUE")
        return None
    return _answer(table, rows[0])


def _first(table: DecisionTable, rows: Rows, _frame: Frame) -> object:
    return _answer(table, rows[0])


def _any(table: DecisionTable, rows: Rows, frame: Frame) -> object:
    if any(equal(row, rows[0], frame.run) is not True for row in rows[1:]):
        frame.run.note("the rules that match do not agree, and the hit policy is ANY")
        return None
    return _answer(table, rows[0])


def _priority(table: DecisionTable, rows: Rows, frame: Frame) -> object:
    return _answer(table, _by_priority(table, rows, frame)[0])


def _output_order(table: DecisionTable, rows: Rows, frame: Frame) -> object:
    return [_answer(table, row) for row in _by_priority(table, rows, frame)]


def _rule_order(table: DecisionTable, rows: Rows, _frame: Frame) -> object:
    return [_answer(table, row) for row in rows]


def _collect(table: DecisionTable, rows: Rows, frame: Frame) -> object:
    match table.aggregation:
        case None:
            return [_answer(table, row) for row in rows]
        case Aggregation.COUNT:
            return len(rows)
        case aggregation:
            function = FUNCTIONS[aggregation.value.lower()]
            return function.invoke(frame.run, [[row[0] for row in rows]], None)


def _by_priority(table: DecisionTable, rows: Rows, frame: Frame) -> Rows:
    orders = [None if clause.values is None else clause.values.evaluate_in(frame) for clause in table.outputs]

    def rank(row: list[object]) -> list[int]:
        return [_place(value, order, frame) for value, order in zip(row, orders, strict=True)]

    return sorted(rows, key=rank)


def _place(value: object, order: object, frame: Frame) -> int:
    if not isinstance(order, list):
        return _LAST
    return next((place for place, one in enumerate(order) if equal(one, value, frame.run) is True), _LAST)


_POLICIES: dict[HitPolicy, Callable[[DecisionTable, Rows, Frame], object]] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.FIRST: _first,
    HitPolicy.ANY: _any,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.COLLECT: _collect,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.OUTPUT_ORDER: _output_order,
}
