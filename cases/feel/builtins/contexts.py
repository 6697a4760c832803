"""Functions of contexts (DMN 1.5, 10.3.4.10), and the few that work on any value."""

from collections.abc import Mapping
from datetime import datetime, time

from cases.feel import temporal
from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import Checked, equal, kind, opposite

LIBRARY = Library()

_ENTRIES_A_TICK = 10

Context = Mapping[str, object]


@LIBRARY.function("get value", "m: context", "key: string")
def _get_value(context: Context, key: str) -> object:
    return context.get(key)


@LIBRARY.function("get value", "context: context", "keys: list")
def _get_deep_value(context: Context, keys: list[object]) -> object:
    value: object = context if keys else None
    for key in keys:
        if not isinstance(value, Mapping) or not isinstance(key, str):
            return None
        value = value.get(key)
    return value


@LIBRARY.function("get entries", "m: context")
def _get_entries(context: Context) -> object:
    return [{"key": key, "value": value} for key, value in context.items()]


@LIBRARY.function("context", "entries: list")
def _context(entries: list[object]) -> object:
    made: dict[str, object] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or "key" not in entry or "value" not in entry:
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = entry["value"]
    return made


@LIBRARY.measured("context put", "context: context", "key: string", "value: any")
def _put(run: Run, context: Context, key: str, value: object) -> object:
    run.spend(len(context) // _ENTRIES_A_TICK)
    return {**context, key: value}


@LIBRARY.measured("context put", "context: context", "keys: list", "value: any")
def _put_deep(run: Run, context: Context, keys: list[object], value: object) -> object:
    if not keys or not all(isinstance(key, str) for key in keys):
        return None
    key, *deeper = (str(key) for key in keys)
    run.spend(len(context) // _ENTRIES_A_TICK)
    if not deeper:
        return {**context, key: value}
    inner = context.get(key)
    if inner is not None and not isinstance(inner, Mapping):
        return None
    changed = _put_deep(run, inner or {}, list(deeper), value)
    return None if changed is None else {**context, key: changed}


@LIBRARY.measured("context merge", "contexts: list")
def _merge(run: Run, contexts: list[object]) -> object:
    merged: dict[str, object] = {}
    for context in contexts:
        if not isinstance(context, Mapping):
            return None
        run.spend(len(context) // _ENTRIES_A_TICK)
        merged.update(context)
    return merged


@LIBRARY.function("not", "negand: any")
def _not(value: object) -> object:
    return opposite(value)


@LIBRARY.function("get or else", "value: any", "default: any")
def _get_or_else(value: object, default: object) -> object:
    return default if value is None else value


@LIBRARY.measured("is", "value1?: any", "value2?: any")
def _is(run: Run, one: object = None, other: object = None) -> object:
    """Whether two values are the same in every respect: of times, the zone as well."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, datetime | time):
        return _same_moment(one, other)
    return equal(one, other, run) is True


def _same_moment(one: Checked, other: Checked) -> bool:
    if one.replace(tzinfo=None) != other.replace(tzinfo=None):
        return False
    keys = temporal.zone_key(one.tzinfo), temporal.zone_key(other.tzinfo)
    return keys[0] == keys[1] and one.utcoffset() == other.utcoffset()
