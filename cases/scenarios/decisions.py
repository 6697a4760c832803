"""The public conformance kit of DMN: its test cases played against our decisions, and what came of each."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from cases import xmldoc
from cases.dmn import Definitions, read_leniently
from cases.errors import CaseError
from cases.feel import temporal
from cases.feel.budget import Budget
from cases.feel.values import Checked, decimal, equal, kind, write

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

_RESULTS = (PASSED, FAILED, SKIPPED)
_LEVEL = "compliance-level-"
_TESTS = "*-test-*.xml"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
_LIMITS = xmldoc.Limits(size=5_000_000)
_NEARLY = Decimal("1e-8")
"""How far numbers may differ: the kit computes some with doubles."""


@dataclass(frozen=True, slots=True)
class Node:
    """One result of a test case: which, and whether it is what the kit expects."""

    group: str
    level: str
    test_case: str
    node: str
    result: str
    expected_null: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class NotHeld:
    """A text of the kit that no value of ours can hold."""

    text: str


def groups(place: Path) -> list[Path]:
    """The groups below a folder, or this one: folders that hold test cases."""
    return sorted({test.parent for test in place.rglob(_TESTS)})


def play(group: Path) -> Iterator[Node]:
    """What comes of each result of a group. A file that cannot be read at all has failed."""
    for test in sorted(group.glob(_TESTS)):
        try:
            root = xmldoc.parse(test.read_bytes(), source=test.name, limits=_LIMITS)
            definitions = _load(test.parent / xmldoc.text(xmldoc.child(root, "modelName")))
        except (CaseError, OSError) as error:
            yield Node(
                group.name, level_of(group), test.name, "", FAILED, expected_null=False, message=str(error)
            )
            continue
        for case in xmldoc.children(root, "testCase"):
            yield from _played(group, case, definitions)


def level_of(group: Path) -> str:
    """The level of the standard that a group belongs to, as its folder says."""
    found = next((part for part in reversed(group.parts) if part.startswith(_LEVEL)), "")
    return found.removeprefix(_LEVEL)


def table(nodes: Sequence[Node]) -> str:
    """By level: how many results, how many are as expected, and the same without those that expect null."""
    lines = [f"{'level':<10}{'nodes':>8}{'passed':>8}{'share':>9}{'not null':>10}{'passed':>8}{'share':>9}"]
    for level in sorted({node.level for node in nodes}):
        all_of = [node for node in nodes if node.level == level and node.result != SKIPPED]
        lines.append(f"{level or '-':<10}" + _counted(all_of, 8) + _counted(_with_value(all_of), 10))
    return "\n".join(lines)


def total(nodes: Sequence[Node]) -> str:
    """The last line of a report."""
    counts = Counter(node.result for node in nodes)
    return ", ".join(f"{counts[result]} {result}" for result in _RESULTS)


def as_json(nodes: Sequence[Node]) -> dict[str, list[dict[str, object]]]:
    """The form that other programs read: one entry a result."""
    return {
        "nodes": [
            {
                "group": node.group,
                "level": node.level,
                "test_case": node.test_case,
                "node": node.node,
                "result": node.result,
                "expected_null": node.expected_null,
                "message": node.message,
            }
            for node in nodes
        ]
    }


def same(expected: Checked, found: Checked) -> bool:
    """Whether a value is the expected one: numbers nearly, lists and contexts by their parts."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, NotHeld) or kind(expected) != kind(found):
        return False
    match kind(expected):
        case "number":
            one, other = decimal(expected), decimal(found)
            return abs(one - other) <= _NEARLY * max(Decimal(1), abs(one), abs(other))
        case "list":
            return len(expected) == len(found) and all(map(same, expected, found))
        case "context":
            return expected.keys() == found.keys() and all(
                same(expected[key], found[key]) for key in expected
            )
    return equal(expected, found, Budget()) is True


def value_of(element: xmldoc.Element) -> object:
    """The value that an element of a test case holds."""
    if element.get(_NIL) == "true":
        return None
    components = list(xmldoc.children(element, "component"))
    if components:
        return {" ".join(str(one.get("name")).split()): value_of(one) for one in components}
    items = xmldoc.child(element, "list")
    if items is not None:
        return (
            None if items.get(_NIL) == "true" else [value_of(one) for one in xmldoc.children(items, "item")]
        )
    value = xmldoc.child(element, "value")
    return None if value is None or value.get(_NIL) == "true" else _simple(value)


def _played(group: Path, case: xmldoc.Element, definitions: Definitions) -> Iterator[Node]:
    inputs = {str(node.get("name")): value_of(node) for node in xmldoc.children(case, "inputNode")}
    for node in xmldoc.children(case, "resultNode"):
        element = xmldoc.child(node, "expected")
        expected = None if element is None else value_of(element)
        found, reason = _decided(definitions, case, node, inputs)
        passed = same(expected, found)
        yield Node(
            group=group.name,
            level=level_of(group),
            test_case=str(case.get("id")),
            node=str(node.get("name")),
            result=PASSED if passed else FAILED,
            expected_null=expected is None,
            message="" if passed else f"found {_shown(found)}, not {_shown(expected)}{reason}",
        )


def _decided(
    definitions: Definitions, case: xmldoc.Element, node: xmldoc.Element, inputs: dict[str, object]
) -> tuple[object, str]:
    """The value of a result, and why there is none. What is refused has no value, as the kit has it."""
    is_service = case.get("type") == "decisionService"
    name = str(case.get("invocableName") if is_service else node.get("name"))
    try:
        decided = definitions.evaluate(name, inputs, _NOW)
    except CaseError as error:
        return None, f": {error}"
    value = decided.value
    if is_service and isinstance(value, dict) and node.get("name") in value:
        value = value[node.get("name")]
    return value, "".join(f": {note}" for note in decided.notes[:1])


def _load(path: Path, seen: tuple[Path, ...] = ()) -> Definitions:
    """The decisions of a file, and of those beside it that it imports."""
    root = xmldoc.parse(path.read_bytes(), source=path.name, limits=_LIMITS)
    wanted = {element.get("namespace") for element in xmldoc.children(root, "import")}
    imported = []
    for other in sorted(path.parent.glob("*.dmn")) if wanted else ():
        root = xmldoc.parse(other.read_bytes(), source=other.name, limits=_LIMITS)
        if root.get("namespace") in wanted and other not in (*seen, path):
            imported.append(_load(other, (*seen, path)))
    return read_leniently(path.read_bytes(), path.name, imported)[0]


def _shown(value: object) -> str:
    return value.text if isinstance(value, NotHeld) else write(value, Budget(), quote='"')


def _simple(element: xmldoc.Element) -> object:
    text = "".join(map(str, element.itertext()))
    reader = _READERS.get(str(element.get(_TYPE) or "xsd:string").rpartition(":")[2])
    if reader is None:
        return text
    found = reader(text.strip())
    return NotHeld(text) if found is None else found


def _with_value(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if not node.expected_null]


def _counted(nodes: Sequence[Node], width: int) -> str:
    passed = sum(node.result == PASSED for node in nodes)
    share = f"{100 * passed / len(nodes):.2f} %" if nodes else "-"
    return f"{len(nodes):>{width}}{passed:>8}{share:>9}"


_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("decimal", "double", "integer", "int", "float"), Decimal),
    "boolean": lambda text: text == "true",
    "date": temporal.read_date,
    "time": temporal.read_time,
    "dateTime": temporal.read_datetime,
    "duration": temporal.read_duration,
}
