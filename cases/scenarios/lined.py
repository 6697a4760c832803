"""YAML as plain values that know their lines; strict: no key twice, no word that two readers read apart."""

import re
from collections.abc import Hashable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

_TRUTH = {"true": True, "false": False}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?$")
_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset({f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null")})
MAX_LENGTH = 100_000
"""Characters of a file."""
MAX_VALUES = 50_000
"""Values of a file; what an alias repeats counts each time."""
MAX_FILLED = 500_000
"""Values of a file with those of its rows in their places, over all rows."""
MAX_DEPTH = 50
_DIGITS = 100


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
    if len(text) > MAX_LENGTH:
        raise Wrong(1, f"the file has {len(text)} characters; at most {MAX_LENGTH} are read")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise Wrong(line, f"this is no YAML: {getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise Wrong(1, f"lists and mappings are nested deeper than {MAX_DEPTH}") from None
    if node is None:
        raise Wrong(1, "the file is empty")
    return _Reader().value(node)


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


def size(value: object, most: int) -> int:
    """How many values it holds, itself too; counted no further than one more than `most`."""
    found, left = 0, [value]
    while left and found <= most:
        one = left.pop()
        found += 1
        if isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return found


class _Reader:
    """Makes values of the nodes of one document, and counts them: aliases may stand for more than a file."""

    def __init__(self) -> None:
        self._values = self._depth = 0

    def value(self, node: yaml.Node) -> object:
        """The value of a node. Raises Wrong."""
        line = node.start_mark.line + 1
        self._values += 1
        if self._values > MAX_VALUES:
            raise Wrong(line, f"the file holds more than {MAX_VALUES} values")
        if not isinstance(node, yaml.CollectionNode):
            return _scalar(node, line)
        if self._depth == MAX_DEPTH:
            raise Wrong(line, f"lists and mappings are nested deeper than {MAX_DEPTH}")
        self._depth += 1
        found = self._table(node, line) if isinstance(node, yaml.MappingNode) else self._rows(node, line)
        self._depth -= 1
        return found

    def _table(self, node: yaml.MappingNode, line: int) -> Table:
        table = Table(line)
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            key = self._key(key_node, key_line)
            if key in table:
                raise Wrong(key_line, f"the key {key} is given twice")
            table.put(key, self.value(value_node), key_line)
        return table

    def _rows(self, node: yaml.CollectionNode, line: int) -> Rows:
        rows = Rows(line)
        for inner in node.value:
            rows.put(self.value(inner), inner.start_mark.line + 1)
        return rows

    def _key(self, node: yaml.Node, line: int) -> str:
        key = self.value(node)
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
    if len(text) > _DIGITS:
        raise Wrong(line, f"{text[:_DIGITS]}... is no number that anybody writes: text is to be quoted")
    if _WHOLE.match(text):
        return int(text)
    if node.tag in (f"{_TAG}int", f"{_TAG}float") and _FRACTION.match(text):
        return _decimal(text, line)
    raise Wrong(line, f"{text} is to be quoted: not every reader takes it for the same")


def _decimal(text: str, line: int) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Wrong(line, f"{text} is no number that anybody writes: text is to be quoted") from None
