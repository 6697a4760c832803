"""Functions of ranges (DMN 1.5, 10.3.4.8): how two of them lie to each other; and `range` itself."""

import re

from cases.feel import ranges
from cases.feel.builtins import dates
from cases.feel.builtins.signature import Library
from cases.feel.errors import FeelError
from cases.feel.lexer import Vocabulary
from cases.feel.parser import parse_tree
from cases.feel.ranges import Relation
from cases.feel.scope import Run
from cases.feel.syntax import Call, HalfInterval, Interval, Literal, Name, Negation, Node
from cases.feel.values import Range, negate

LIBRARY = Library()

_POINTS = ("point1: any", "point2: any")
_RANGES = ("range1: range", "range2: range")
_POINT_AND_RANGE = ("point: any", "range: range")
_RANGE_AND_POINT = ("range: range", "point: any")
_MAKERS = dates.LIBRARY.functions()
_VOCABULARY = Vocabulary(_MAKERS)
_OPEN_LOW = re.compile(r"\s*[(\[\]]\s*\.\.([^.].*)([)\[\]])\s*\Z", re.DOTALL)
_OPEN_HIGH = re.compile(r"\s*([(\[\]])(.*[^.])\.\.\s*[)\[\]]\s*\Z", re.DOTALL)


def _declare(name: str, relation: Relation, *shapes: tuple[str, str]) -> None:
    for shape in shapes:

        @LIBRARY.measured(name, *shape)
        def relate(run: Run, one: object, other: object) -> object:
            return None if one is None or other is None else relation(one, other, run)


_declare("before", ranges.before, _POINTS, _RANGES, _POINT_AND_RANGE, _RANGE_AND_POINT)
_declare("after", ranges.after, _POINTS, _RANGES, _POINT_AND_RANGE, _RANGE_AND_POINT)
_declare("meets", ranges.meets, _RANGES)
_declare("met by", ranges.met_by, _RANGES)
_declare("overlaps", ranges.overlaps, _RANGES)
_declare("overlaps before", ranges.overlaps_before, _RANGES)
_declare("overlaps after", ranges.overlaps_after, _RANGES)
_declare("starts", ranges.starts, _RANGES, _POINT_AND_RANGE)
_declare("started by", ranges.started_by, _RANGES, _RANGE_AND_POINT)
_declare("finishes", ranges.finishes, _RANGES, _POINT_AND_RANGE)
_declare("finished by", ranges.finished_by, _RANGES, _RANGE_AND_POINT)
_declare("includes", ranges.includes, _RANGES, _RANGE_AND_POINT)
_declare("during", ranges.during, _RANGES, _POINT_AND_RANGE)
_declare("coincides", ranges.coincides, _POINTS, _RANGES)


@LIBRARY.measured("range", "from: string")
def _range(run: Run, text: str) -> object:
    """A range from its text; its ends are literals, and nothing is computed. One end may be left out."""
    open_low, open_high = _OPEN_LOW.match(text), _OPEN_HIGH.match(text)
    try:
        if open_low is not None:
            return _half(open_low[1], "<=" if open_low[2] == "]" else "<", run)
        if open_high is not None:
            return _half(open_high[2], ">=" if open_high[1] == "[" else ">", run)
        return _range_of(parse_tree(text.strip(), _VOCABULARY), run)
    except (FeelError, _NotConstantError):
        return None


class _NotConstantError(Exception):
    pass


def _half(end: str, sign: str, run: Run) -> Range | None:
    value = _constant(parse_tree(end, _VOCABULARY), run)
    return None if value is None else ranges.half_interval(sign, value)


def _range_of(tree: Node, run: Run) -> Range | None:
    if isinstance(tree, HalfInterval):
        return ranges.half_interval(tree.operator, _constant(tree.operand, run))
    if not isinstance(tree, Interval):
        return None
    low, high = _constant(tree.low, run), _constant(tree.high, run)
    if low is None and high is None:
        return None
    return ranges.interval(low, high, low_included=tree.low_included, high_included=tree.high_included)


def _constant(node: Node, run: Run) -> object:
    match node:
        case Literal(value=value):
            return value
        case Negation(operand=Literal(value=value)):
            return negate(value)
        case Call(function=Name(name=name), positional=(Literal(value=str(text)),)) if name in _MAKERS:
            return _MAKERS[name].invoke(run, [text], None)
        case _:
            raise _NotConstantError
