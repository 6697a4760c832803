"""CMMN XML -> Model, or Invalid with every problem; validated by the files in `schema/`.

What people have is put right first (CMMN 1.0, the order of children, loose namespaces), then the schema is
asked, then references are resolved. What a sound model must also hold is said by `cases.cmmn.validation`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

from cases import xmldoc
from cases.cmmn import (
    case_reader,
    cmmn10,
    loose_ends,
    markup,
    normalizer,
    parameter_reader,
    vendor,
    vendor_controls,
    vendor_table,
)
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT, Profile
from cases.cmmn.reading import Reading
from cases.cmmn.remarks import Kind, Remark
from cases.errors import Invalid, Problem
from cases.xmldoc import Element

LARGEST = 1000
_ITEMS = frozenset({"planItem", "discretionaryItem"})
_SCHEMAS = ("CMMN11.xsd", "CMMN11CaseModel.xsd", "CMMNDI11.xsd", "DC.xsd", "DI.xsd")


@dataclass(frozen=True, slots=True)
class Model:
    """One document: its cases by id, and what became of the document when it was read.

    `remarks` is the import report. `document` is the document as it was read: CMMN 1.1, in schema order,
    every element with an id, with all foreign attributes and elements and with its diagrams. Who writes a
    model finds there, by the ids of the compiled elements, what the compiled form does not hold; reading it
    again gives the same cases and has nothing to put right.
    """

    source: str
    cases: dict[str, CaseDefinition]
    remarks: tuple[Remark, ...] = ()
    warnings: tuple[Problem, ...] = ()
    document: bytes = b""
    attributes: Mapping[str, str] = field(default_factory=dict)


def read(xml: bytes, source: str = "", largest: int = LARGEST, profile: Profile | None = None) -> Model:
    """The cases of a document; `source` names the file in messages, `largest` bounds the plan items.

    `profile` says how the engine behaves where engines differ; without it the namespace of the model does.
    Raises Invalid with every problem found, each with its code (cmmn-semantics 1.9), element and line.
    """
    reading = Reading(source)
    model = _read(xml, reading, largest, profile)
    _raise(reading)
    return model


def report(xml: bytes, source: str = "", largest: int = LARGEST) -> tuple[Remark, ...]:
    """The import report of a document, also of one that is refused: then with the reasons."""
    reading = Reading(source)
    try:
        _read(xml, reading, largest, None)
        problems = reading.problems
    except Invalid as error:
        problems = list(error.problems)
    refused = [Remark(Kind.REFUSED, one.code, one.message, one.where, one.line) for one in problems]
    return (*refused, *reading.remarks)


def _read(xml: bytes, reading: Reading, largest: int, profile: Profile | None) -> Model:
    root = xmldoc.parse(xml, source=reading.source)
    _refuse_too_many(root, reading, largest)
    _put_right(root, reading)
    _ask_schema(root, reading)
    reading.index(root)
    reading.language = str(root.get("expressionLanguage") or "")
    reading.profile = _profile(reading) if profile is None else profile
    _take(markup.faults(root), reading)
    if reading.is_vendor:
        vendor_table.survey(root, reading)
    cases = _cases(root, reading, largest)
    warnings = tuple(replace(one, file=reading.source) for one in markup.warnings(root))
    return Model(
        source=reading.source,
        cases=cases,
        remarks=tuple(reading.remarks),
        warnings=warnings,
        document=xmldoc.unchanged(root),
        attributes={str(name): str(value) for name, value in root.attrib.items()},
    )


def _refuse_too_many(root: Element, reading: Reading, largest: int) -> None:
    """Raises Invalid, with V-63, for more plan items than are read: before anything else is done for them."""
    items = sum(1 for _ in xmldoc.within(root, *_ITEMS))
    if items > largest:
        reading.report("V-63", f"the document has {items} plan items; at most {largest} are read", root)
    _raise(reading)


def _put_right(root: Element, reading: Reading) -> None:
    """Upgrades CMMN 1.0, and what other tools write loosely; then what the schema cannot say well."""
    reading.is_flowable, reading.is_camunda = vendor.is_flowable(root), vendor.is_camunda(root)
    if reading.is_flowable:
        reading.counter = vendor_controls.COUNTER
    if xmldoc.local_name(root) == "definitions" and xmldoc.namespace(root) == cmmn10.MODEL:
        cmmn10.upgrade(root, reading)
    normalizer.qualify(root, reading)
    loose_ends.tie(root, reading)
    if xmldoc.namespace(root) != cmmn10.MODEL_11 or xmldoc.local_name(root) != "definitions":
        reading.report("V-01", "the root element is not `definitions` of CMMN 1.1", root)
    _raise(reading)
    _take(markup.early(root), reading)
    _raise(reading)
    normalizer.arrange(root, reading)


def _ask_schema(root: Element, reading: Reading) -> None:
    _take((replace(problem, code="V-01") for problem in _schema()(root)), reading)
    _raise(reading)


def _cases(root: Element, reading: Reading, largest: int) -> dict[str, CaseDefinition]:
    cases: dict[str, CaseDefinition] = {}
    for element in xmldoc.children(root, "case"):
        case = case_reader.read(element, reading, largest)
        if case is not None:
            cases[case.id] = case
        elif reading.items > largest:
            break
    for task, path in parameter_reader.endless_calls(cases):
        message = f"case task {task} leads to endless recursion: {path}"
        reading.add(Problem("V-48", message, task, reading.lines.get(task)))
    if not cases and not reading.problems:
        reading.report("V-07", "the document holds no case", root)
    return cases


def _profile(reading: Reading) -> Profile:
    if reading.is_flowable:
        return FLOWABLE
    return CAMUNDA if reading.is_camunda else STRICT


def _take(problems: Iterable[Problem], reading: Reading) -> None:
    for problem in problems:
        reading.add(problem)


def _raise(reading: Reading) -> None:
    if reading.problems:
        raise Invalid(reading.problems)


@cache
def _schema() -> Callable[[Element], list[Problem]]:
    folder = resources.files("cases.cmmn") / "schema"
    return xmldoc.validator(_SCHEMAS[0], {name: (folder / name).read_bytes() for name in _SCHEMAS})
