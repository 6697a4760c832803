"""YAML as plain values that know their lines; strict: no key twice, no word that two readers read apart."""

import re
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

import yaml

_TRUTH = {"true": True, "false": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?$")
_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset({f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null")})


class Wrong(Exception):
    """A file does not say what its format allows; `line` is where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Table(dict[str, Any]):
    """A mapping that knows its line, and that of each of its keys. `Any`: it is a YAML border."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: object, line: int) -> None:
        """One more key, and the line that it stands in."""
        self[key] = value
        self.lines[key] = line


class Rows(list[Any]):
    """A list that knows its line, and that of each element. `Any`: it is a YAML border."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def put(self, value: object, line: int) -> None:
        """One more element, and the line that it stands in."""
        self.append(value)
        self.lines.append(line)


def read(text: str) -> object:
    """The one document of a text. Raises Wrong."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise Wrong(line, f"this is no YAML: {getattr(error, 'problem', None) or error}") from None
    if node is None:
        raise Wrong(1, "the file is empty")
    return _value(node)


def filled(value: object, row: Mapping[str, object]) -> object:
    """The value with every text that is exactly `$key` in place of what the row has for it."""
    if isinstance(value, str):
        return row[value[1:]] if value.startswith("$") and value[1:] in row else value
    if isinstance(value, Table):
        table = Table(value.line)
        for key, inner in value.items():
            table.put(str(filled(key, row)), filled(inner, row), value.lines[key])
        return table
    if isinstance(value, Rows):
        rows = Rows(value.line)
        for inner, line in zip(value, value.lines, strict=True):
            rows.put(filled(inner, row), line)
        return rows
    return value


def _value(node: yaml.Node) -> object:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        table = Table(line)
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            key = _key(key_node, key_line)
            if key in table:
                raise Wrong(key_line, f"the key {key} is given twice")
            table.put(key, _value(value_node), key_line)
        return table
    if isinstance(node, yaml.SequenceNode):
        rows = Rows(line)
        for inner in node.value:
            rows.put(_value(inner), inner.start_mark.line + 1)
        return rows
    return _scalar(node, line)


def _key(node: yaml.Node, line: int) -> str:
    key = _value(node)
    if isinstance(key, Table | Rows) or not isinstance(key, Hashable):
        raise Wrong(line, "a key is a word, not a list or a mapping")
    return str(node.value)


def _scalar(node: yaml.Node, line: int) -> object:
    text = str(node.value)
    if getattr(node, "style", None) is not None or node.tag == f"{_TAG}str":
        return text
    if node.tag not in _PLAIN:
        raise Wrong(line, f"{text} is to be quoted: not every reader takes it for the same")
    if node.tag == f"{_TAG}null" and text in _NULL:
        return None
    if node.tag == f"{_TAG}bool" and text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.match(text):
        return int(text)
    if node.tag in (f"{_TAG}int", f"{_TAG}float") and _FRACTION.match(text):
        return Decimal(text)
    raise Wrong(line, f"{text} is to be quoted: not every reader takes it for the same")
