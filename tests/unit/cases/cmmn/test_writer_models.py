"""I-35 over every model there is: cases, what is foreign and what was drawn come back as they were."""

from pathlib import Path

import pytest
from lxml import etree

from cases import xmldoc
from cases.cmmn import reader, writer
from cases.cmmn.reader import Model
from cases.cmmn.remarks import Kind
from cases.errors import Invalid
from cases.xmldoc import Element
from tests import shared
from tests.unit.cases.cmmn.compiled import plain

CONFORMANCE = shared.SHARED / "conformance"
FOLDERS = ("models", "spec/models", "differential/models")
OURS = [
    *sorted((shared.ROOT / "cases" / "library").rglob("*.cmmn")),
    *sorted((shared.ROOT / "bench").rglob("*.cmmn")),
]
MODELS = [
    path for folder in FOLDERS for path in sorted((CONFORMANCE / folder).rglob("*.cmmn*")) if path.is_file()
]
STEP = 20
"""One of so many is tried each time, the rest by `make test-deep`."""

STANDARD = "http://www.omg.org/spec/CMMN/20151109/"
NOT_FOREIGN = (f"{{{STANDARD}", "{http://www.w3.org/")
needs_shared = [pytest.mark.shared, pytest.mark.skipif(not MODELS, reason=shared.MISSING)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_own_models_come_back_as_they_were(path: Path) -> None:
    assert round_trip(path)


class TestModelsOfOthers:
    pytestmark = needs_shared

    @pytest.mark.parametrize("path", MODELS[::STEP], ids=lambda path: path.name)
    def test_a_model_comes_back_as_it_was(self, path: Path) -> None:
        round_trip(path)

    @pytest.mark.parametrize("path", MODELS[1::STEP], ids=lambda path: path.name)
    def test_the_standard_alone_is_valid_and_can_be_read(self, path: Path) -> None:
        standard_alone(path)

    @pytest.mark.deep
    @pytest.mark.parametrize("start", range(STEP))
    def test_every_model_comes_back_as_it_was(self, start: int) -> None:
        loaded = sum(round_trip(path) for path in MODELS[start::STEP])
        assert loaded > len(MODELS[start::STEP]) * 0.9

    @pytest.mark.deep
    @pytest.mark.parametrize("start", range(STEP))
    def test_the_standard_alone_of_every_model_is_valid_and_can_be_read(self, start: int) -> None:
        assert sum(standard_alone(path) for path in MODELS[start::STEP])


def round_trip(path: Path) -> bool:
    """Whether the model loads; if so it comes back alike from an export and an import."""
    model = loaded(path)
    if model is None:
        return False
    written = writer.write(model)
    again = reader.read(written, path.name)
    assert plain(again.cases) == plain(model.cases)
    assert foreign(written) == foreign(model.document)
    assert drawn(written) == drawn(model.document)
    assert documented(written) == documented(model.document)
    if not any(one.kind is Kind.UPGRADED for one in model.remarks):
        assert foreign(written) == foreign(path.read_bytes())
        assert drawn(written) == drawn(path.read_bytes())
    if path not in OURS:  # a large plan is not drawn twice for one test
        assert writer.write(again) == written
    return True


def standard_alone(path: Path) -> bool:
    """Whether the model loads; if so it can be said in the words of the standard, which the reader checks."""
    model = loaded(path)
    if model is None:
        return False
    found = writer.write_standard(model)
    again = reader.read(found.xml, path.name)
    assert foreign(found.xml) == []
    assert documented(found.xml) == documented(model.document)
    assert writer.write_standard(again).xml == found.xml
    return True


def loaded(path: Path) -> Model | None:
    try:
        return reader.read(path.read_bytes(), path.name)
    except Invalid:
        return None


def foreign(xml: bytes) -> list[tuple[str, str]]:
    """All that is not CMMN, in its order: foreign attributes, and extension elements in canonical form."""
    found = []
    for element in own(xmldoc.parse(xml)):
        for name, value in sorted(element.attrib.items()):
            if name.startswith("{") and not name.startswith(NOT_FOREIGN):
                found.append((name, value))
        others = [
            child for child in xmldoc.children(element) if not xmldoc.namespace(child).startswith(STANDARD)
        ]
        found += [(xmldoc.local_name(element), canonical(child)) for child in others]
    return found


def documented(xml: bytes) -> list[str]:
    """What authors have written for people."""
    elements = own(xmldoc.parse(xml))
    return [one.text or "" for one in elements if xmldoc.local_name(one) in ("documentation", "text")]


def drawn(xml: bytes) -> list[str]:
    """The diagrams of authors in canonical form, without the space between their elements."""
    diagrams = [one for one in own(xmldoc.parse(xml)) if xmldoc.local_name(one) == "CMMNDiagram"]
    for element in [one for diagram in diagrams for one in diagram.iter()]:
        if xmldoc.namespace(element).startswith(STANDARD) and not (element.text or "").strip():
            element.text = None
        element.tail = None
    return [canonical(one) for one in diagrams]


def own(element: Element) -> list[Element]:
    """The elements of the standard below this one, without what the product has drawn."""
    is_drawn = any(name.endswith("}drawn") for name in element.attrib)
    if is_drawn or not xmldoc.namespace(element).startswith(STANDARD):
        return []
    return [element, *(one for child in xmldoc.children(element) for one in own(child))]


def canonical(element: Element) -> str:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False).decode()
