"""A small double of the language: an expression of Python's own grammar over names and paths."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Expression:
    """What `parse` gives. It satisfies `forms.definition.Condition`."""

    body: ast.expr
    names: frozenset[tuple[str, ...]]

    def evaluate(self, scope: Mapping[str, object], now: datetime | None = None, zone: str = "UTC") -> object:
        del now, zone  # this language has no clock
        return _value(self.body, scope)


def parse(text: str) -> Expression:
    """Names, paths, constants, comparisons, `and`, `or`, `+`, `-`, `max`, `sum`, lists. Raises ValueError."""
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not an expression: {error.msg}") from None
    functions = {node.func.id for node in ast.walk(body) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    return Expression(body, frozenset((name,) for name in names - functions))


def _value(node: ast.expr, scope: Mapping[str, object]) -> object:
    match node:
        case ast.Constant(value):
            return Decimal(str(value)) if isinstance(value, float) else value
        case ast.Name(name):
            return scope.get(name)
        case ast.Attribute(inner, name):
            return _step(_value(inner, scope), name)
        case ast.List(parts):
            return [_value(part, scope) for part in parts]
    return _operation(node, scope)


def _operation(node: ast.expr, scope: Mapping[str, object]) -> object:
    match node:
        case ast.BoolOp(operator, parts):
            found = [_value(part, scope) is True for part in parts]
            return all(found) if isinstance(operator, ast.And) else any(found)
        case ast.IfExp(test, body, otherwise):
            return _value(body if _value(test, scope) is True else otherwise, scope)
        case ast.Call(ast.Name(name), parts):
            return _call(name, [_value(part, scope) for part in parts])
        case ast.BinOp(left, operator, right):
            one, two = _value(left, scope), _value(right, scope)
            if one is None or two is None:
                return None
            return one + two if isinstance(operator, ast.Add) else one - two
        case ast.Compare(left, [operator], [right]):
            return _compare(operator, _value(left, scope), _value(right, scope))
    raise AssertionError(ast.dump(node))


def _step(value: object, name: str) -> object:
    if isinstance(value, list):
        return [_step(part, name) for part in value]
    return value.get(name) if isinstance(value, Mapping) else None


def _call(name: str, arguments: list) -> object:
    values = arguments[0] if len(arguments) == 1 else arguments
    if values is None or None in values:
        return None
    return {"max": max, "sum": sum}[name](values)


def _compare(operator: ast.cmpop, one: object, two: object) -> bool | None:
    match operator:
        case ast.Eq():
            return one == two
        case ast.NotEq():
            return one != two
        case ast.In():
            return one in two
        case ast.Lt():
            return None if one is None or two is None else one < two
    raise AssertionError(operator)
