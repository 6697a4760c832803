"""Model -> CMMN 1.1 XML: from the document that was read, or made anew from what is compiled.

What is written and read again is the same model, and the bytes of one model are always the same.
"""

from dataclasses import dataclass, replace

from cases import xmldoc
from cases.cmmn import case_writer, diagram_writer, reader, standard_writer
from cases.cmmn.diff import diff
from cases.cmmn.extensions import HOUSE
from cases.cmmn.reader import Model
from cases.cmmn.remarks import Remark
from cases.errors import Invalid, Problem
from cases.xmldoc import Element, Limits

EXPORTER, VERSION = "Casewright", "0.1.0"
_STANDARD = "http://www.omg.org/spec/CMMN/20151109/"
_TEXTS = frozenset(
    {
        "documentation", "condition", "expression", "timerExpression", "bindingRefinement", "transformation",
        "caseRefExpression", "processRefExpression", "decisionRefExpression", "standardEvent", "text",
        "source", "target",
    }
)  # fmt: skip
"""Elements of the standard whose content is text."""
_OWN = Limits(
    size=16_000_000, depth=200, elements=500_000, attributes=2_500_000, attributes_each=200, text=400_000
)
"""What was read once is read again, though its missing ids made it longer."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A document without extensions, and what was lost or put in other words."""

    xml: bytes
    remarks: tuple[Remark, ...]


def write(model: Model) -> bytes:
    """The document of a model, with all that it held: extensions, documentation, the author's drawings.

    A model without a document (one that a program made) gets one from its cases. Raises Invalid, with X-01
    for each thing in them that a document cannot say: nothing is left out silently.
    """
    return _finished(_drawn(documented(model), HOUSE))


def write_standard(model: Model) -> Standard:
    """The document in the words of CMMN 1.1 alone, and what became of others. Raises Invalid as `write`."""
    held = documented(model)
    root = _drawn(held, "")
    remarks = standard_writer.reduce(root, held.cases)
    return Standard(_finished(root), remarks)


def documented(model: Model) -> Model:
    """The model with a document and with the cases as they stand there. Raises Invalid, as `write` does."""
    if model.document:
        return model
    cases = {id_: case_writer.declared(case) for id_, case in model.cases.items()}
    made = xmldoc.unchanged(case_writer.document(cases.values(), model.attributes))
    items = sum(len(case.items) for case in cases.values())
    profile = next((case.profile for case in cases.values()), None)
    again = reader.read(made, model.source, max(items, reader.LARGEST), profile)
    problems = [
        Problem("X-01", f"{change.words}: a document cannot say this", change.id, file=model.source)
        for id_, case in cases.items()
        for change in diff(case, replace(again.cases[id_], profile=case.profile))
    ]
    if problems:
        raise Invalid(problems)
    return again


def _drawn(model: Model, mark: str) -> Element:
    root = xmldoc.parse(model.document, source=model.source, limits=_OWN)
    diagram_writer.complete(root, model.cases.values(), mark=mark)
    return root


def _finished(root: Element) -> bytes:
    root.set("exporter", EXPORTER)
    root.set("exporterVersion", VERSION)
    return xmldoc.arranged(root, _is_kept)


def _is_kept(element: Element) -> bool:
    """Whether white space may mean something within an element: text, and all that is foreign."""
    return not xmldoc.namespace(element).startswith(_STANDARD) or xmldoc.local_name(element) in _TEXTS
