"""The public conformance kit of DMN, as far as it lies beside the project."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cases import xmldoc
from cases.dmn import Definitions, read_leniently
from cases.errors import CaseError
from cases.feel import temporal
from cases.feel.budget import Budget
from cases.feel.values import Checked, decimal, equal, kind
from tests.shared import MISSING, SHARED

KIT = SHARED / "conformance" / "dmn-tck"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
LARGE = xmldoc.Limits(size=5_000_000)

KNOWN_FAILURES = {
    # Times equal only to the second: we hold microseconds, and compare them.
    "0068-feel-equality": 2,
    # Back-references, blocks of Unicode, subtraction of classes: the price of patterns in linear time.
    "1111-feel-matches-function": 6,
    # Years outside 1 to 9999.
    "1115-feel-date-function": 8,
    # The same, and billionths of a second.
    "1117-feel-date-and-time-function": 11,
}
"""How many results of a group differ from the kit, and why. The numbers may only fall."""


def groups() -> list[str]:
    return sorted(group.name for level in KIT.glob("compliance-level-*") for group in level.iterdir())


pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason=MISSING)


@pytest.mark.parametrize("group", groups())
def test_a_group_of_the_conformance_kit_passes_but_for_what_is_known_to_fail(group: str) -> None:
    (folder,) = KIT.glob(f"compliance-level-*/{group}")
    found = [node for test in sorted(folder.glob("*-test-*.xml")) for node in nodes(test)]
    failures = [
        f"{name}: {value!r}, not {wanted!r}" for name, wanted, value in found if not same(wanted, value)
    ]
    assert found
    assert len(failures) == KNOWN_FAILURES.get(group, 0), "\n".join(failures)


def test_the_kit_is_there_in_both_levels() -> None:
    assert len(groups()) > 100


def nodes(test: Path) -> Iterator[tuple[str, object, object]]:
    root = xmldoc.parse(test.read_bytes(), limits=LARGE)
    definitions = load(test.parent / xmldoc.text(xmldoc.child(root, "modelName")))
    for case in xmldoc.children(root, "testCase"):
        inputs = {str(node.get("name")): value_of(node) for node in xmldoc.children(case, "inputNode")}
        for node in xmldoc.children(case, "resultNode"):
            expected = xmldoc.child(node, "expected")
            wanted = None if expected is None else value_of(expected)
            yield f"{case.get('id')} {node.get('name')}", wanted, decided(definitions, case, node, inputs)


def decided(
    definitions: Definitions, case: xmldoc.Element, node: xmldoc.Element, inputs: dict[str, object]
) -> object:
    service = case.get("type") == "decisionService"
    try:
        value = definitions.evaluate(
            str(case.get("invocableName") if service else node.get("name")), inputs, NOW
        ).value
    except CaseError:
        return None
    if service and isinstance(value, dict) and node.get("name") in value:
        return value[node.get("name")]
    return value


def load(path: Path, seen: tuple[Path, ...] = ()) -> Definitions:
    imported = []
    wanted = {
        element.get("namespace")
        for element in xmldoc.children(xmldoc.parse(path.read_bytes(), limits=LARGE), "import")
    }
    for other in sorted(path.parent.glob("*.dmn")):
        if other != path and other not in seen:
            root = xmldoc.parse(other.read_bytes(), limits=LARGE)
            if root.get("namespace") in wanted:
                imported.append(load(other, (*seen, path)))
    return read_leniently(path.read_bytes(), path.name, imported)[0]


def value_of(element: xmldoc.Element) -> object:
    if element.get(NIL) == "true":
        return None
    components = list(xmldoc.children(element, "component"))
    if components:
        return {" ".join(str(one.get("name")).split()): value_of(one) for one in components}
    items = xmldoc.child(element, "list")
    if items is not None:
        return None if items.get(NIL) == "true" else [value_of(one) for one in xmldoc.children(items, "item")]
    value = xmldoc.child(element, "value")
    return None if value is None or value.get(NIL) == "true" else simple(value)


def simple(element: xmldoc.Element) -> object:
    text = "".join(map(str, element.itertext()))
    readers: dict[str, Any] = {
        **dict.fromkeys(("decimal", "double", "integer", "int", "float"), Decimal),
        "boolean": lambda text: text == "true",
        "date": temporal.read_date,
        "time": temporal.read_time,
        "dateTime": temporal.read_datetime,
        "duration": temporal.read_duration,
    }
    reader = readers.get(str(element.get(TYPE) or "xsd:string").rpartition(":")[2])
    if reader is None:
        return text
    found = reader(text.strip())
    return ("not held", text) if found is None else found


def same(expected: Checked, found: Checked) -> bool:
    if expected is None or found is None:
        return expected is found
    if kind(expected) != kind(found):
        return False
    match kind(expected):
        case "number":
            one, other = decimal(expected), decimal(found)
            return abs(one - other) <= Decimal("1e-8") * max(1, abs(one), abs(other))
        case "list":
            return len(expected) == len(found) and all(map(same, expected, found))
        case "context":
            return expected.keys() == found.keys() and all(
                same(expected[key], found[key]) for key in expected
            )
        case _:
            return equal(expected, found, Budget()) is True
