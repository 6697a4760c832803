"""Methods of any value, of numbers and of truth values, as expressions of models call them.

The function of a method is `juel NAME`. Null has no methods, and they give null.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases.feel.builtins.juel_values import (
    contains,
    holds,
    number_of,
    searched,
    string_of,
    text_of,
    truth_of,
    whole_of,
)
from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import DECIMAL, Checked, equal, finite


@dataclass(frozen=True, slots=True)
class Method:
    """A method: the fewest and most arguments that it takes."""

    least: int
    most: int

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.least <= count <= self.most


Body = Callable[..., object]


class Methods(Library):
    """The methods of one file: `known` by their names, as functions `juel NAME`."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Method] = {}

    def method(self, names: str, least: int = 0, most: int | None = None) -> Callable[[Body], Body]:
        """Declares a method of a value that is not null, under each of the names."""
        limit = least if most is None else most

        def declare(body: Body) -> Body:
            def invoke(run: Run, value: object, *arguments: object) -> object:
                return None if value is None else body(run, value, *arguments)

            parameters = ["value: any"]
            parameters += [
                f"argument{number}{'' if number <= least else '?'}: any" for number in range(1, limit + 1)
            ]
            for name in names.split():
                self.known[name] = Method(least, limit)
                self.measured(f"juel {name}", *parameters)(invoke)
            return body

        return declare


LIBRARY = Methods()


@LIBRARY.method("toString asText textValue stringValue asString")
def _to_string(run: Run, value: object) -> object:
    return text_of(run, value)


@LIBRARY.method("value")
def _itself(_run: Run, value: object) -> object:
    return value


@LIBRARY.method("equals", 1)
def _equals(run: Run, value: object, other: object) -> object:
    return equal(value, other, run) is True


@LIBRARY.method("isEmpty")
def _is_empty(_run: Run, value: Checked) -> object:
    return not value if isinstance(value, str | list | tuple | Mapping) else False


@LIBRARY.method("contains", 1)
def _contains(run: Run, value: object, wanted: object) -> object:
    return contains(run, value, wanted)


@LIBRARY.method("indexOf", 1, 2)
def _index_of(run: Run, value: Checked, wanted: object, start: object = None) -> object:
    if isinstance(value, list | tuple):
        run.spend(len(value))
        places = (place for place, item in enumerate(value) if equal(item, wanted, run) is True)
        return next(places, -1)
    return string_of(value).find(searched(run, value, wanted), max(0, whole_of(start)))


@LIBRARY.method("lastIndexOf", 1)
def _last_index_of(run: Run, value: Checked, wanted: object) -> object:
    if isinstance(value, list | tuple):
        run.spend(len(value))
        places = [place for place, item in enumerate(value) if equal(item, wanted, run) is True]
        return places[-1] if places else -1
    return string_of(value).rfind(searched(run, value, wanted))


@LIBRARY.method("compareTo", 1)
def _compare_to(run: Run, value: object, other: object) -> object:
    return sign_of(run, value, other)


@LIBRARY.method("intValue longValue asInt asLong shortValue")
def _int_value(_run: Run, value: object) -> object:
    return whole_of(value)


@LIBRARY.method("doubleValue floatValue asDouble numberValue decimalValue")
def _number_value(_run: Run, value: object) -> object:
    return number_of(value)


@LIBRARY.method("booleanValue asBoolean boolValue")
def _boolean_value(_run: Run, value: object) -> object:
    return truth_of(value)


@LIBRARY.method("add", 1)
def _plus(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.add(number_of(value), number_of(other)))


@LIBRARY.method("subtract", 1)
def _minus(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.subtract(number_of(value), number_of(other)))


@LIBRARY.method("multiply", 1)
def _times(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.multiply(number_of(value), number_of(other)))


@LIBRARY.method("negate")
def _negated(_run: Run, value: object) -> object:
    return finite(DECIMAL.minus(number_of(value)))


@LIBRARY.method("abs")
def _absolute(_run: Run, value: object) -> object:
    return abs(number_of(value))


def sign_of(run: Run, one: object, other: object) -> int:
    """How two values stand to each other: -1, 0 or 1. Raises `FeelError` where they have no order."""
    if holds(run, one, other, operator.lt):
        return -1
    return 1 if holds(run, other, one, operator.lt) else 0
