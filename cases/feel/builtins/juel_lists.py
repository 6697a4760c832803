"""Methods of Java's lists and maps, and of the nodes of JSON documents."""

from collections.abc import Mapping

from cases.feel.builtins.juel_methods import Methods
from cases.feel.builtins.juel_values import contains, refused, text_of, whole_of
from cases.feel.scope import Run
from cases.feel.values import kind

LIBRARY = Methods()


@LIBRARY.method("size")
def _size(_run: Run, value: object) -> object:
    return len(value) if isinstance(value, list | tuple | Mapping) else _wrong("size", value)


@LIBRARY.method("get path prop", 1)
def _get(run: Run, value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(text_of(run, key))
    if not isinstance(value, list | tuple):
        return _wrong("get", value)
    place = whole_of(key)
    return value[place] if 0 <= place < len(value) else None


@LIBRARY.method("getOrDefault", 2)
def _get_or_default(run: Run, value: object, key: object, otherwise: object) -> object:
    return (
        value.get(text_of(run, key), otherwise)
        if isinstance(value, Mapping)
        else _wrong("getOrDefault", value)
    )


@LIBRARY.method("getFirst", 0)
def _first(_run: Run, value: object) -> object:
    return _end(value, 0)


@LIBRARY.method("getLast", 0)
def _last(_run: Run, value: object) -> object:
    return _end(value, -1)


@LIBRARY.method("containsKey has hasProp", 1)
def _contains_key(run: Run, value: object, key: object) -> object:
    return isinstance(value, Mapping) and text_of(run, key) in value


@LIBRARY.method("containsValue", 1)
def _contains_value(run: Run, value: object, wanted: object) -> object:
    return isinstance(value, Mapping) and contains(run, list(value.values()), wanted)


@LIBRARY.method("containsAll", 1)
def _contains_all(run: Run, value: object, wanted: object) -> object:
    return isinstance(wanted, list | tuple) and all(contains(run, value, one) for one in wanted)


@LIBRARY.method("keySet")
def _keys(_run: Run, value: object) -> object:
    return list(value) if isinstance(value, Mapping) else _wrong("keySet", value)


@LIBRARY.method("values elements")
def _values(_run: Run, value: object) -> object:
    return list(value.values()) if isinstance(value, Mapping) else value


@LIBRARY.method("subList", 2)
def _sub_list(_run: Run, value: object, start: object, end: object) -> object:
    if not isinstance(value, list | tuple):
        return _wrong("subList", value)
    first, last = whole_of(start), whole_of(end)
    if not 0 <= first <= last <= len(value):
        raise refused(f"a list of {len(value)} items has no part from {first} to {last}")
    return list(value[first:last])


@LIBRARY.method("isNull isMissingNode")
def _is_null(_run: Run, _value: object) -> object:
    return False


@LIBRARY.method("isTextual isString")
def _is_text(_run: Run, value: object) -> object:
    return isinstance(value, str)


@LIBRARY.method("isNumber")
def _is_number(_run: Run, value: object) -> object:
    return kind(value) == "number"


@LIBRARY.method("isArray")
def _is_list(_run: Run, value: object) -> object:
    return isinstance(value, list | tuple)


@LIBRARY.method("isObject")
def _is_context(_run: Run, value: object) -> object:
    return isinstance(value, Mapping)


def _end(value: object, place: int) -> object:
    if not isinstance(value, list | tuple):
        return _wrong("first item", value)
    return value[place] if value else None


def _wrong(method_name: str, value: object) -> object:
    raise refused(f"a {kind(value)} has no {method_name}")
