"""Which names and paths an expression reads, as far as the text tells."""

from collections.abc import Iterable

from cases.feel.syntax import (
    Call,
    ContextOf,
    Every,
    Filter,
    For,
    FunctionOf,
    Name,
    Node,
    Path,
    Some,
    Tests,
    children,
    test_operand,
    walk,
)

StaticPath = tuple[str, ...]

_CLOCK = ("now", "today")
_OF_A_LOOP = frozenset(("partial",))
_OF_A_FILTER = frozenset(("item",))
_VALUE = "?"


def paths_read(node: Node, functions: Iterable[str] = ()) -> frozenset[StaticPath]:
    """The static paths that an expression reads: `D2.track` gives `("D2", "track")`.

    `items[price > 3].name` gives `("items",)` and `("price",)`, which may be a name of the item or one
    from outside. What the expression declares itself is left out, and so is a call of one of these
    `functions`. Places in a list are no part of a path.
    """
    found: set[StaticPath] = set()
    _collect(node, frozenset(), frozenset(functions), found)
    return frozenset(found)


def paths_of_tests(tests: Tests, functions: Iterable[str] = ()) -> frozenset[StaticPath]:
    """The static paths that the tests of a cell read; `?`, the value under test, is none."""
    found: set[StaticPath] = set()
    for test in tests.tests:
        _collect(test_operand(test), frozenset((_VALUE,)), frozenset(functions), found)
    return frozenset(found)


def uses_value(node: Node) -> bool:
    """Whether an expression in a cell speaks of `?`, and so is a condition rather than a value to equal."""
    return any(isinstance(part, Name) and part.name == _VALUE for part in walk(node))


def reads_clock(node: Node) -> bool:
    """Whether the value changes with time alone: `now()` or `today()` is called."""
    return any(
        isinstance(part, Call) and isinstance(part.function, Name) and part.function.name in _CLOCK
        for part in walk(node)
    )


def _collect(node: Node, own: frozenset[str], functions: frozenset[str], found: set[StaticPath]) -> None:
    match node:
        case Name(name=name):
            _add((name,), own, found)
        case Path(base=Name(name=name), names=names):
            _add((name, *names), own, found)
        case Call(function=Name(name=name)) if name in functions:
            for argument in children(node)[1:]:
                _collect(argument, own, functions, found)
        case For() | Some() | Every():
            _collect_loop(node, own, functions, found)
        case Filter() | ContextOf() | FunctionOf():
            _collect_binding(node, own, functions, found)
        case _:
            for child in children(node):
                _collect(child, own, functions, found)


def _collect_binding(
    node: Filter | ContextOf | FunctionOf,
    own: frozenset[str],
    functions: frozenset[str],
    found: set[StaticPath],
) -> None:
    match node:
        case Filter(base=base, condition=condition):
            _collect(base, own, functions, found)
            _collect(condition, own | _OF_A_FILTER, functions, found)
        case ContextOf(entries=entries):
            for key, value in entries:
                itself = {key} if isinstance(value, FunctionOf) else set()
                _collect(value, own | itself, functions, found)
                own = own | {key}
        case FunctionOf(parameters=parameters, body=body):
            if body is not None:
                _collect(body, own | {name for name, _ in parameters}, functions, found)


def _collect_loop(
    node: For | Some | Every, own: frozenset[str], functions: frozenset[str], found: set[StaticPath]
) -> None:
    for iteration in node.iterations:
        _collect(iteration.source, own, functions, found)
        if iteration.end is not None:
            _collect(iteration.end, own, functions, found)
        own = own | {iteration.name}
    _collect(node.body, own | _OF_A_LOOP, functions, found)


def _add(path: StaticPath, own: frozenset[str], found: set[StaticPath]) -> None:
    if path[0] not in own:
        found.add(path)
