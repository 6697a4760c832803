"""Methods of Java's texts, numbers, lists, maps, JSON nodes and dates, as expressions of models call them.

The function of a method is `juel NAME`. Null has no methods, and they give null.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import re2

from cases.feel import temporal
from cases.feel.builtins.juel_values import (
    Compare,
    contains,
    holds,
    moment_of,
    number_of,
    refused,
    text_of,
    truth_of,
    whole_of,
)
from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import DECIMAL, Checked, equal, finite, kind

LIBRARY = Library()


@dataclass(frozen=True, slots=True)
class Method:
    """A method: the fewest and most arguments that it takes, and whether it gives true or false."""

    least: int
    most: int
    is_truth: bool

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.least <= count <= self.most


METHODS: dict[str, Method] = {}
"""The methods that translated text may call, by name."""

Body = Callable[..., object]


def _method(
    names: str, least: int = 0, most: int | None = None, *, is_truth: bool = False
) -> Callable[[Body], Body]:
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
            METHODS[name] = Method(least, limit, is_truth)
            LIBRARY.measured(f"juel {name}", *parameters)(invoke)
        return body

    return declare


# Of any value.


@_method("toString asText textValue stringValue asString")
def _to_string(run: Run, value: object) -> object:
    return text_of(run, value)


@_method("value")
def _itself(_run: Run, value: object) -> object:
    return value


@_method("equals", 1, is_truth=True)
def _equals(run: Run, value: object, other: object) -> object:
    return equal(value, other, run) is True


@_method("isEmpty", is_truth=True)
def _is_empty(_run: Run, value: Checked) -> object:
    return not value if isinstance(value, str | list | tuple | Mapping) else False


@_method("contains", 1, is_truth=True)
def _contains(run: Run, value: object, wanted: object) -> object:
    return contains(run, value, wanted)


@_method("indexOf", 1, 2)
def _index_of(run: Run, value: Checked, wanted: object, start: object = None) -> object:
    if isinstance(value, list | tuple):
        run.spend(len(value))
        places = (place for place, item in enumerate(value) if equal(item, wanted, run) is True)
        return next(places, -1)
    return _string(value).find(_searched(run, value, wanted), max(0, whole_of(start)))


@_method("lastIndexOf", 1)
def _last_index_of(run: Run, value: Checked, wanted: object) -> object:
    if isinstance(value, list | tuple):
        run.spend(len(value))
        places = [place for place, item in enumerate(value) if equal(item, wanted, run) is True]
        return places[-1] if places else -1
    return _string(value).rfind(_searched(run, value, wanted))


@_method("compareTo", 1)
def _compare_to(run: Run, value: object, other: object) -> object:
    return _sign(run, value, other)


# Of texts (java.lang.String).


@_method("length")
def _length(_run: Run, value: object) -> object:
    return len(_string(value))


@_method("substring subSequence", 1, 2)
def _substring(_run: Run, value: object, start: object, end: object = None) -> object:
    text = _string(value)
    first, last = whole_of(start), len(text) if end is None else whole_of(end)
    if not 0 <= first <= last <= len(text):
        raise refused(f"a text of {len(text)} characters has no part from {first} to {last}")
    return text[first:last]


@_method("charAt", 1)
def _char_at(_run: Run, value: object, index: object) -> object:
    text, place = _string(value), whole_of(index)
    if not 0 <= place < len(text):
        raise refused(f"a text of {len(text)} characters has none at {place}")
    return text[place]


@_method("startsWith", 1, is_truth=True)
def _starts_with(run: Run, value: object, start: object) -> object:
    return _string(value).startswith(text_of(run, start))


@_method("endsWith", 1, is_truth=True)
def _ends_with(run: Run, value: object, end: object) -> object:
    return _string(value).endswith(text_of(run, end))


@_method("equalsIgnoreCase", 1, is_truth=True)
def _equals_in_any_case(_run: Run, value: object, other: object) -> object:
    return isinstance(other, str) and _string(value).lower() == other.lower()


@_method("compareToIgnoreCase", 1)
def _compare_in_any_case(run: Run, value: object, other: object) -> object:
    return _sign(run, _string(value).lower(), text_of(run, other).lower())


@_method("toUpperCase")
def _upper(_run: Run, value: object) -> object:
    return _string(value).upper()


@_method("toLowerCase")
def _lower(_run: Run, value: object) -> object:
    return _string(value).lower()


@_method("trim strip")
def _trim(_run: Run, value: object) -> object:
    return _string(value).strip()


@_method("isBlank", is_truth=True)
def _is_blank(_run: Run, value: object) -> object:
    return not _string(value).strip()


@_method("concat", 1)
def _concat(run: Run, value: object, other: object) -> object:
    return _string(value) + text_of(run, other)


@_method("repeat", 1)
def _repeat(run: Run, value: object, times: object) -> object:
    text, count = _string(value), whole_of(times)
    if count < 0:
        raise refused("a text cannot be repeated less than no times")
    run.spend_text(len(text) * count)
    return text * count


@_method("replace", 2)
def _replace(run: Run, value: object, old: object, new: object) -> object:
    text, old_text, new_text = _string(value), _searched(run, value, old), text_of(run, new)
    run.spend_text(len(text) + (text.count(old_text) if old_text else len(text) + 1) * len(new_text))
    return text.replace(old_text, new_text)


@_method("replaceAll", 2)
def _replace_all(run: Run, value: object, pattern: object, new: object) -> object:
    text, template = _string(value), _TEMPLATE.sub(r"\\\1", text_of(run, new).replace("\\", "\\\\"))
    run.spend_text((len(text) + 1) * (len(template) + 1) // 10)
    changed: str = _compiled(pattern).sub(template, text)
    return changed


@_method("matches", 1, is_truth=True)
def _matches(_run: Run, value: object, pattern: object) -> object:
    return _compiled(pattern).fullmatch(_string(value)) is not None


@_method("split", 1)
def _split(run: Run, value: object, pattern: object) -> object:
    """The parts of a text; empty ones at the end are left out, as Java does."""
    text = _string(value)
    parts: list[str] = _compiled(pattern).split(text)
    run.spend(len(parts))
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


# Of lists, maps and JSON nodes.


@_method("size")
def _size(_run: Run, value: object) -> object:
    return len(value) if isinstance(value, list | tuple | Mapping) else _wrong("size", value)


@_method("get path prop", 1)
def _get(run: Run, value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(text_of(run, key))
    if not isinstance(value, list | tuple):
        return _wrong("get", value)
    place = whole_of(key)
    return value[place] if 0 <= place < len(value) else None


@_method("getOrDefault", 2)
def _get_or_default(run: Run, value: object, key: object, otherwise: object) -> object:
    return (
        value.get(text_of(run, key), otherwise)
        if isinstance(value, Mapping)
        else _wrong("getOrDefault", value)
    )


@_method("getFirst", 0)
def _first(_run: Run, value: object) -> object:
    return _end(value, 0)


@_method("getLast", 0)
def _last(_run: Run, value: object) -> object:
    return _end(value, -1)


@_method("containsKey has hasProp", 1, is_truth=True)
def _contains_key(run: Run, value: object, key: object) -> object:
    return isinstance(value, Mapping) and text_of(run, key) in value


@_method("containsValue", 1, is_truth=True)
def _contains_value(run: Run, value: object, wanted: object) -> object:
    return isinstance(value, Mapping) and contains(run, list(value.values()), wanted)


@_method("containsAll", 1, is_truth=True)
def _contains_all(run: Run, value: object, wanted: object) -> object:
    return isinstance(wanted, list | tuple) and all(contains(run, value, one) for one in wanted)


@_method("keySet")
def _keys(_run: Run, value: object) -> object:
    return list(value) if isinstance(value, Mapping) else _wrong("keySet", value)


@_method("values elements")
def _values(_run: Run, value: object) -> object:
    return list(value.values()) if isinstance(value, Mapping) else value


@_method("subList", 2)
def _sub_list(_run: Run, value: object, start: object, end: object) -> object:
    if not isinstance(value, list | tuple):
        return _wrong("subList", value)
    first, last = whole_of(start), whole_of(end)
    if not 0 <= first <= last <= len(value):
        raise refused(f"a list of {len(value)} items has no part from {first} to {last}")
    return list(value[first:last])


@_method("isNull isMissingNode", is_truth=True)
def _is_null(_run: Run, _value: object) -> object:
    return False


@_method("isTextual isString", is_truth=True)
def _is_text(_run: Run, value: object) -> object:
    return isinstance(value, str)


@_method("isNumber", is_truth=True)
def _is_number(_run: Run, value: object) -> object:
    return kind(value) == "number"


@_method("isArray", is_truth=True)
def _is_list(_run: Run, value: object) -> object:
    return isinstance(value, list | tuple)


@_method("isObject", is_truth=True)
def _is_context(_run: Run, value: object) -> object:
    return isinstance(value, Mapping)


# Of numbers and truth values.


@_method("intValue longValue asInt asLong shortValue")
def _int_value(_run: Run, value: object) -> object:
    return whole_of(value)


@_method("doubleValue floatValue asDouble numberValue decimalValue")
def _number_value(_run: Run, value: object) -> object:
    return number_of(value)


@_method("booleanValue asBoolean boolValue", is_truth=True)
def _boolean_value(_run: Run, value: object) -> object:
    return truth_of(value)


@_method("add", 1)
def _plus(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.add(number_of(value), number_of(other)))


@_method("subtract", 1)
def _minus(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.subtract(number_of(value), number_of(other)))


@_method("multiply", 1)
def _times(_run: Run, value: object, other: object) -> object:
    return finite(DECIMAL.multiply(number_of(value), number_of(other)))


@_method("negate")
def _negated(_run: Run, value: object) -> object:
    return finite(DECIMAL.minus(number_of(value)))


@_method("abs")
def _absolute(_run: Run, value: object) -> object:
    return abs(number_of(value))


# Of dates and date-times, also as ISO texts.


@_method("before isBefore", 1, is_truth=True)
def _before(_run: Run, value: object, other: object) -> object:
    return _moment(value) < _moment(other)


@_method("after isAfter", 1, is_truth=True)
def _after(_run: Run, value: object, other: object) -> object:
    return _moment(value) > _moment(other)


@_method("isEqual", 1, is_truth=True)
def _is_equal(_run: Run, value: object, other: object) -> object:
    return _moment(value) == _moment(other)


@_method("getTime toEpochMilli getMillis")
def _milliseconds(_run: Run, value: object) -> object:
    return DECIMAL.divide_int(Decimal(temporal.microseconds(_moment(value) - _EPOCH)), Decimal(1000))


def _shifts() -> None:
    """`plusDays(n)`, `minusMonths(n)` and the like."""
    for sign, word in ((1, "plus"), (-1, "minus")):
        for unit, length in _UNITS.items():
            _method(f"{word}{unit}", 1)(_shift(length, sign))


def _shift(length: timedelta | int, sign: int) -> Body:
    def shift(_run: Run, value: object, count: object) -> object:
        day = value if isinstance(value, date) else _moment(value)
        number = sign * whole_of(count)
        if isinstance(length, int):
            return temporal.add_months(day, number * length)
        if not isinstance(day, datetime) and length < _DAY:
            raise refused("a date has no hours")
        return day + length * number

    return shift


@LIBRARY.function("juel moment", "text: any")
def _as_moment(value: object) -> object:
    """`date:toDate`."""
    return None if value is None else _moment(value)


def _calendar(name: str, sign: int) -> None:
    @LIBRARY.function(name, "day: any", "years: any", "months: any", "days: any")
    def _moved(day: object, years: object, months: object, days: object) -> object:
        """`date:addDate` and `date:subtractDate`."""
        if day is None:
            return None
        count = whole_of(years) * 12 + whole_of(months)
        return temporal.add_months(_moment(day), sign * count) + timedelta(days=sign * whole_of(days))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise refused(f"a {kind(value)} is no text")
    return value


def _searched(run: Run, value: object, wanted: object) -> str:
    """What is looked for in a text, and paid for."""
    text = text_of(run, wanted)
    run.spend(len(_string(value)) * min(len(text), 100) // 20_000)
    return text


def _moment(value: object) -> datetime:
    moment = moment_of(value)
    if moment is None:
        raise refused(f"a {kind(value)} is no date")
    return moment


def _sign(run: Run, one: object, other: object) -> int:
    less: Compare = _lt
    if holds(run, one, other, less):
        return -1
    return 1 if holds(run, other, one, less) else 0


def _lt(one: Checked, other: Checked) -> bool:
    return bool(one < other)


def _end(value: object, place: int) -> object:
    if not isinstance(value, list | tuple):
        return _wrong("getFirst", value)
    return value[place] if value else None


def _wrong(method: str, value: object) -> object:
    raise refused(f"a {kind(value)} has no {method}")


def _compiled(pattern: object) -> Checked:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 2 << 20
    try:
        return re2.compile(_string(pattern), options)
    except re2.error:
        raise refused("the regular expression is wrong, or too hard") from None


_EPOCH = datetime(1970, 1, 1, tzinfo=moment_of("1970-01-01").tzinfo)  # type: ignore[union-attr]
_DAY = timedelta(days=1)
_UNITS: dict[str, timedelta | int] = {
    "Years": 12,
    "Months": 1,
    "Weeks": timedelta(weeks=1),
    "Days": _DAY,
    "Hours": timedelta(hours=1),
    "Minutes": timedelta(minutes=1),
    "Seconds": timedelta(seconds=1),
}
_TEMPLATE = re.compile(r"\$(\d)")
_shifts()
_calendar("juel later", 1)
_calendar("juel earlier", -1)
