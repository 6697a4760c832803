"""What an expression sees here, and what comes of it: a JSON value or a truth value (cmmn-semantics 3.8)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cases.cmmn.agenda import Run
from cases.cmmn.casefile import Path
from cases.cmmn.controlmodel import Value
from cases.cmmn.instance import ItemState, Memory, Seed, text_of
from cases.cmmn.views import CaseView, Surroundings, locals_around
from cases.feel import Expression, FeelError, Scope, temporal
from cases.feel.budget import MAX_TICKS
from cases.feel.far import FarDate, FarDateTime
from cases.feel.scope import Run as Evaluation
from cases.feel.temporal import Months

Names = Mapping[str, object]
_NOTHING: Names = {}
MAX_NESTED = 200
MAX_VALUES = 200_000
"""So deep, and so large, may one value be that is written or computed."""


class NotComputed(Exception):
    """An expression has no value that may stand here; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def evaluate(run: Run, expression: Expression, own: Names = _NOTHING) -> object:
    """The value of an expression over the case file and its own names, as JSON. Raises NotComputed."""
    return over(run, expression, run.state.file.values, own)


def over(run: Run, expression: Expression, values: Names, own: Names) -> object:
    """The value of an expression over values that are not written yet. Raises NotComputed.

    All expressions of a turn together take a limited number of steps, as each of them does.
    """
    scope = Scope(own, _constants(run), values, now=run.now, zone=run.program.zone)
    given = min(MAX_TICKS, run.steps_left)
    evaluation = Evaluation(scope, given)
    try:
        found = expression.evaluate_in(evaluation.frame())
    except FeelError as error:
        raise NotComputed(str(error)) from None
    finally:
        run.steps_left -= given - evaluation.left
    return json_of(found)


def truth(run: Run, expression: Expression, own: Names = _NOTHING) -> bool:
    """Whether a condition holds; null does not. Raises NotComputed where it is no truth value at all."""
    found = evaluate(run, expression, own)
    if isinstance(found, bool):
        return found
    if found is None or found == "false":
        return False
    if found == "true":
        return True
    raise NotComputed(f"{found!r} is neither true nor false")


def value_of(run: Run, value: Value, own: Names = _NOTHING) -> object:
    """A literal, or what its expression gives. Raises NotComputed."""
    return value.text if value.expression is None else evaluate(run, value.expression, own)


def name_of(run: Run, expression: Expression, own: Names = _NOTHING) -> str:
    """The name of a variable, as its expression gives it. Raises NotComputed where it gives none."""
    found = evaluate(run, expression, own)
    if not isinstance(found, str) or not found:
        raise NotComputed(f"{found!r} is no name of a variable")
    return found


def named(run: Run, value: Value | None, own: Names = _NOTHING) -> str:
    """A variable's name, a literal or computed; empty where none is to be written. Raises NotComputed."""
    if value is None:
        return ""
    found = value_of(run, value, own)
    return "" if found is None else str(found)


def holds(run: Run, expression: Expression | None, own: Names = _NOTHING, *, otherwise: bool) -> bool:
    """Whether a condition holds that stands in place of a fixed truth value. Raises NotComputed."""
    return otherwise if expression is None else truth(run, expression, own)


def names_at(run: Run, item: ItemState | Seed, memory: Memory | None = None) -> Surroundings:
    """What an expression of an item sees before the case file (3.8); computed when it asks."""
    return Surroundings(run, item, memory)


def visible_from(run: Run, item: ItemState) -> dict[str, object]:
    """All variables that an instance sees: root items, what this turn sees, its own, those around it."""
    found = {**run.state.file.values, **run.transient}
    for local in locals_around(run, item):
        found.update(local)
    return found


def with_context(own: Surroundings, path: Path | None) -> Surroundings:
    """The names with `context`: what is at `path`, the whole case file without one (cmmn-semantics 6.3)."""
    return own.with_context(path or ())


def json_of(value: object) -> object:
    """A FEEL value as JSON: dates, times, durations become ISO 8601 text. Raises NotComputed."""
    return _json(value, _Size(), 0)


class _Size:
    """How many values have been looked at."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values = 0


def _json(value: object, size: _Size, depth: int) -> object:
    size.values += 1
    if depth > MAX_NESTED or size.values > MAX_VALUES:
        raise NotComputed("the data are too large, or nested too deeply")
    match value:
        case None | bool() | int():
            return value
        case str():
            return _text(value)
        case Decimal() | float():
            return _number(value)
        case Mapping():
            return {_text(str(name)): _json(inner, size, depth + 1) for name, inner in value.items()}
        case list() | tuple():
            return [_json(inner, size, depth + 1) for inner in value]
    return _scalar(value)


def _text(text: str) -> str:
    """A text as it is. Raises NotComputed for half a character, which no file could hold."""
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise NotComputed("a text holds half of a character")
    return text


def _number(number: Decimal | float) -> Decimal:
    found = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not found.is_finite():
        raise NotComputed(f"{number} is no number that data may hold")
    return found


def _scalar(value: object) -> object:
    match value:
        case datetime(tzinfo=zone) if zone is not None:
            return text_of(value)
        case date() | time() | timedelta() | Months() | FarDate() | FarDateTime():
            return temporal.write(value)
    raise NotComputed(f"a {type(value).__name__} is not data")


def _constants(run: Run) -> Names:
    if run.scope_cache is None:
        run.scope_cache = {"case": CaseView(run)}
    return run.scope_cache
