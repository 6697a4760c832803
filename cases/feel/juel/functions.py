"""Functions with a prefix, and the few without: `var:get(x)`, `cmmn:isStageCompletable()`, `now()`."""

from collections.abc import Callable

from cases.feel.juel import hosts
from cases.feel.juel.writing import Piece, call, opposite, safe, whole

Maker = Callable[[list[Piece]], Piece]

PREFIXES = frozenset(("var", "vars", "variables"))
"""What the functions of variables may be called by; their first argument is a name, quoted or not."""


def variable_function(name: str, arguments: list[Piece]) -> Piece | None:
    """What `var:NAME(...)` gives; None when there is no such function, or not with so many arguments."""
    known = _OF_VARIABLES.get(name)
    if known is None or not arguments:
        return None
    least, most, make = known
    if not least <= len(arguments) - 1 <= most:
        return None
    first = arguments[0]
    name = (
        first.literal if first.literal is not None else first.name if first.text == safe(first.name) else ""
    )
    variable = hosts.variable(name) if name else first
    return make([variable, *arguments[1:]])


def function(name: str, arguments: list[Piece]) -> Piece | None:
    """What any other function gives; None when it is not known."""
    known = _OTHERS.get(name)
    if known is None:
        return None
    least, most, make = known
    return make(arguments) if least <= len(arguments) <= most else None


def _exists(pieces: list[Piece]) -> Piece:
    return Piece(f"{whole(pieces[0])} != null", is_truth=True, is_whole=False)


def _compared(function_name: str) -> Maker:
    def make(pieces: list[Piece]) -> Piece:
        """Of a variable that is null nothing is true."""
        holds = call(function_name, *pieces, is_truth=True)
        return Piece(f"{_exists(pieces).text} and {holds.text}", is_truth=True, is_whole=False)

    return make


def _called(function_name: str, *, is_truth: bool = False) -> Maker:
    return lambda pieces: call(function_name, *pieces, is_truth=is_truth)


def _opposed(make: Maker) -> Maker:
    return lambda pieces: opposite(make(pieces))


def _present(pieces: list[Piece]) -> Piece:
    return Piece(
        f"if is defined({pieces[0].text}) then {whole(pieces[0])} else {whole(pieces[1])}", is_whole=False
    )


def _many(function_name: str) -> Maker:
    def make(pieces: list[Piece]) -> Piece:
        values = Piece(f"[{', '.join(piece.text for piece in pieces[1:])}]")
        return call(function_name, pieces[0], values, is_truth=True)

    return make


_same = _called("juel same", is_truth=True)
_empty = _called("juel void", is_truth=True)
_less = (1, 1, _called("juel less", is_truth=True))
_greater = (1, 1, _called("juel greater", is_truth=True))
_at_most = (1, 1, _compared("juel at most"))
_at_least = (1, 1, _compared("juel at least"))
_MANY = 100

_OF_VARIABLES: dict[str, tuple[int, int, Maker]] = {
    "get": (0, 0, lambda pieces: pieces[0]),
    "getOrDefault": (1, 1, _called("get or else")),
    "getOrDefaultIfNotExist": (1, 1, _present),
    "exists": (0, 0, _exists),
    "exist": (0, 0, _exists),
    "isEmpty": (0, 0, _empty),
    "empty": (0, 0, _empty),
    "isNotEmpty": (0, 0, _opposed(_empty)),
    "notEmpty": (0, 0, _opposed(_empty)),
    "equals": (1, 1, _same),
    "eq": (1, 1, _same),
    "notEquals": (1, 1, _opposed(_same)),
    "ne": (1, 1, _opposed(_same)),
    "lowerThan": _less,
    "lessThan": _less,
    "lt": _less,
    "lowerThanOrEquals": _at_most,
    "lessThanOrEquals": _at_most,
    "lte": _at_most,
    "greaterThan": _greater,
    "gt": _greater,
    "greaterThanOrEquals": _at_least,
    "gte": _at_least,
    "contains": (1, _MANY, _many("juel contains all")),
    "containsAny": (1, _MANY, _many("juel contains any")),
    "base64": (0, 0, _called("juel base64")),
}
"""By name: the fewest and most arguments behind the variable, and what it becomes."""

_NOW: Maker = lambda _: Piece("now()")  # noqa: E731  # one line beside the others
_ITSELF: Maker = lambda pieces: pieces[0]  # noqa: E731

_OTHERS: dict[str, tuple[int, int, Maker]] = {
    "cmmn:isStageCompletable": (0, 1, lambda _: Piece("turn.completable", is_truth=True)),
    "cmmn:isPlanItemCompleted": (0, 0, lambda _: hosts.is_completed_before()),
    "now": (0, 0, _NOW),
    "dateTime": (0, 0, _NOW),
    "date:now": (0, 0, _NOW),
    "date:getCurrentDate": (0, 0, _NOW),
    "date:toDate": (1, 1, _called("juel moment")),
    "date:addDate": (4, 4, _called("juel later")),
    "date:subtractDate": (4, 4, _called("juel earlier")),
    "collection:contains": (1, _MANY, _many("juel contains all")),
    "collection:allOf": (1, _MANY, _many("juel contains all")),
    "collection:anyOf": (1, _MANY, _many("juel contains any")),
    "collection:containsAny": (1, _MANY, _many("juel contains any")),
    "collection:noneOf": (1, _MANY, _opposed(_many("juel contains any"))),
    "collection:notContains": (1, _MANY, _opposed(_many("juel contains all"))),
    "collection:notContainsAny": (1, _MANY, _opposed(_many("juel contains any"))),
    "currentUser": (0, 0, lambda _: Piece(hosts.NAMES["authenticatedUserId"])),
    "S": (1, 1, _ITSELF),
    "JSON": (1, 1, _ITSELF),
    "fn:length": (1, 1, _called("juel size")),
    "string:trim": (1, 1, _called("juel trim")),
    "string:toUpperCase": (1, 1, _called("juel toUpperCase")),
    "string:toLowerCase": (1, 1, _called("juel toLowerCase")),
}
"""By name, with its prefix: the fewest and most arguments, and what it becomes."""
