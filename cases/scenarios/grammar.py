"""Whether what a scenario file says is said in its language (`vocabulary`); each fault with its line."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from cases.scenarios.lined import Rows, Table, Wrong
from cases.scenarios.vocabulary import (
    AT_MOST_ONE,
    CASE_STATES,
    EXPECTATIONS,
    FILE_OPERATIONS,
    INCLUDED,
    LISTS,
    NEVER_EMPTY,
    ONE_OF,
    SIMPLE,
    STATES,
    TYPES,
    VERBS,
    WORK_STATES,
)

Check = Callable[[object, int], None]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_DURATION = re.compile(r"P(?=.)([0-9.]+[YMWD])*(T([0-9.]+[HMS])+)?$")


def check_verb(verb: str, arguments: object, line: int) -> None:
    """Whether these are arguments of this verb. Raises Wrong."""
    spec = VERBS.get(verb)
    if spec is None:
        raise Wrong(line, f"there is no verb {verb}")
    table = check_table(arguments, spec, line, verb)
    given = [key for key in ONE_OF.get(verb, ()) if key in table]
    if verb in ONE_OF and len(given) != 1:
        raise Wrong(line, f"{verb} takes exactly one of {', '.join(ONE_OF[verb])}")
    if len([key for key in AT_MOST_ONE.get(verb, ()) if key in table]) > 1:
        raise Wrong(line, f"{verb} takes {' or '.join(AT_MOST_ONE[verb])}, not both")
    if verb == "set" and not ("vars" in table or ("local" in table and "scope" in table)):
        raise Wrong(line, "set takes vars, or local with a scope")
    if verb == "file":
        _check_operation(table, line)


def check_expect(arguments: object, line: int) -> None:
    """Whether this is an expectation. Raises Wrong."""
    if not isinstance(arguments, Table) or not arguments:
        raise Wrong(line, "expect takes a mapping of what must hold")
    for key, value in arguments.items():
        at = arguments.lines[key]
        if key in NEVER_EMPTY and value in ({}, []):
            raise Wrong(at, f"{key} says nothing: it takes what must hold")
        if key in EXPECTATIONS:
            check_table(value, EXPECTATIONS[key], at, key)
        elif key in LISTS:
            entries = [value] if key == "item_count" and isinstance(value, Table) else value
            if not isinstance(entries, list):
                raise Wrong(at, f"{key} takes a list")
            for entry in entries:
                _check_entry(entry, at, key)
        elif key in SIMPLE:
            check_kind(value, SIMPLE[key], at, key)
        else:
            raise Wrong(at, f"there is no expectation {key}")


def check_table(value: object, spec: str, line: int, of: str) -> Table:
    """The value as a mapping of the keys that `spec` names. Raises Wrong."""
    if not isinstance(value, Table):
        raise Wrong(line, f"{of} takes a mapping, not {said(value)}")
    keys = _keys(spec)
    for key, inner in value.items():
        if key not in keys:
            known = ", ".join(keys) or "nothing"
            raise Wrong(value.lines[key], f"{of} has no key {key}; it takes {known}")
        check_kind(inner, keys[key][0], value.lines[key], f"{of}.{key}")
    for key, (_, is_needed) in keys.items():
        if is_needed and key not in value:
            raise Wrong(value.line, f"{of} needs {key}")
    return value


def check_kind(value: object, kind: str, line: int, of: str) -> None:
    """Whether the value is of this kind. Raises Wrong."""
    if kind.endswith("?"):
        if value is not None:
            check_kind(value, kind[:-1], line, of)
        return
    words = _WORDS.get(kind)
    if words is not None:
        if not is_text(value) or value not in words:
            raise Wrong(line, f"{of} is one of {', '.join(sorted(words))}, not {said(value)}")
        return
    if _CHECKS[kind](value):
        return
    if kind not in _SHAPES:
        raise Wrong(line, f"{of} takes {_MEANINGS.get(kind, kind)}, not {said(value)}")
    _SHAPES[kind](value, line, of)


def said(value: object) -> str:
    """A value in an error, not longer than a line."""
    text = "null" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_text(value: object) -> bool:
    """Whether the value is a text; a number may stand where a name is wanted."""
    return isinstance(value, str)


def _keys(spec: str) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for word in spec.split():
        if word in INCLUDED:
            found.update(_keys(INCLUDED[word]))
            continue
        key, _, kind = word.partition(":")
        found[key.rstrip("!")] = (kind, key.endswith("!"))
    return found


def _check_entry(entry: object, line: int, key: str) -> None:
    table = check_table(entry, LISTS[key], line, key)
    if key == "live_items" and not table:
        raise Wrong(line, "a row of live_items says nothing: it takes what must hold")


def _check_operation(table: Table, line: int) -> None:
    operation = table["op"]
    needed = {"add_child": ("name", "value"), "add_reference": ("to",), "remove_reference": ("to",)}
    wanted = needed.get(operation, ("value",) if operation in ("create", "replace", "update") else ())
    for key in wanted:
        if key not in table:
            raise Wrong(line, f"file with op {operation} needs {key}")


def _is_instant(value: object) -> bool:
    """Whether a text has the form of an instant, and there is such a day and hour."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_duration(value: object) -> bool:
    return isinstance(value, str) and bool(_DURATION.fullmatch(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def _is_case(value: object) -> bool:
    if isinstance(value, Table):
        return set(value) == {"id"} and (value["id"] is None or is_text(value["id"]))
    return is_text(value)


def _is_pairs(value: object) -> bool:
    return isinstance(value, list) and all(
        _is_texts(pair) and len(pair) == len(("name", "word")) for pair in value
    )


def _is_states(value: object) -> bool:
    if not isinstance(value, Table):
        return False
    lists = (states if isinstance(states, list) else [states] for states in value.values())
    return all(is_text(state) and state in STATES for states in lists for state in states)


def _check_selector(value: object, line: int, of: str) -> None:
    if not isinstance(value, Table) or not value:
        raise Wrong(line, f"{of} takes a name or a mapping that selects, not {said(value)}")
    check_table(value, "+selector", line, of)


def _check_task(value: object, line: int, of: str) -> None:
    if not (isinstance(value, Table) and set(value) == {"any"} and value["any"] is True):
        _check_selector(value, line, of)


def _check_scope(value: object, line: int, of: str) -> None:
    table = check_table(value, "item:selector task:task", line, of)
    if len(table) != 1:
        raise Wrong(line, f"{of} takes an item or a task")


def _check_history_tasks(value: object, line: int, of: str) -> None:
    if not isinstance(value, Rows):
        raise Wrong(line, f"{of} takes a list")
    for row, at in zip(value, value.lines, strict=True):
        check_table(
            row, "name!:text description:text? state:work-state completed_by:text? locals:values", at, of
        )


_WORDS = {
    "state": STATES,
    "type": TYPES,
    "operation": FILE_OPERATIONS,
    "case-state": CASE_STATES,
    "work-state": WORK_STATES,
    "subscription": frozenset({"signal", "variable"}),
    "http": frozenset({"http"}),
}
_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "any": lambda _: True,
    "text": is_text,
    "texts": _is_texts,
    "values": lambda value: isinstance(value, Table),
    "value-rows": lambda value: isinstance(value, Rows) and all(isinstance(row, Table) for row in value),
    "team": lambda value: isinstance(value, Table) and all(map(_is_texts, value.values())),
    "flag": lambda value: isinstance(value, bool),
    "number": _is_number,
    "case": _is_case,
    "cases": lambda value: isinstance(value, Rows) and bool(value) and all(map(_is_case, value)),
    "instant": _is_instant,
    "duration": _is_duration,
    "moment": lambda value: _is_instant(value) or _is_duration(value),
    "path": lambda value: is_text(value) and str(value).startswith("/"),
    "paths": lambda value: isinstance(value, Table) and all(key.startswith("/") for key in value),
    "file-states": lambda value: (
        isinstance(value, Table)
        and all(state in ("absent", "available", "discarded") for state in value.values())
    ),
    "text-lists": lambda value: isinstance(value, Table) and all(map(_is_texts, value.values())),
    "pairs": _is_pairs,
    "states": _is_states,
    "job": lambda value: isinstance(value, Table) and _is_case(value),
    "selector": is_text,
    "task": is_text,
    "scope": lambda _: False,
    "history-tasks": lambda _: False,
}
_SHAPES: Mapping[str, Callable[[object, int, str], None]] = {
    "selector": _check_selector,
    "task": _check_task,
    "scope": _check_scope,
    "history-tasks": _check_history_tasks,
}
_MEANINGS = {
    "texts": "a list of texts",
    "values": "a mapping of values",
    "flag": "true or false",
    "number": "a whole number from 0",
    "case": "the alias of a case, or {id: ...}",
    "instant": "an instant such as '2024-03-04T08:00:00Z'",
    "duration": "a duration such as PT1H",
    "moment": "an instant or a duration",
    "path": "a path such as /claim/document[1]",
    "team": "users with lists of role names",
    "states": "names with a state or a list of states",
    "pairs": "a list of [name, transition]",
    "job": "{id: text}",
}
