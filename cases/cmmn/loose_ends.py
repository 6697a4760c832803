"""What exporters leave out or write their own way, and can mean one thing only: mended on the tree (I-05)."""

import math

from cases import xmldoc
from cases.cmmn.cmmn10 import MODEL_11 as MODEL
from cases.cmmn.reading import Reading
from cases.xmldoc import Element

_NOWHERE = "urn:x-case:untitled"
"""The target namespace of a model that names none."""
_EXPRESSIONS = (
    "condition", "timerExpression", "caseRefExpression", "processRefExpression", "decisionRefExpression",
    "transformation", "bindingRefinement",
)  # fmt: skip
_SHAPES = ("CMMNShape", "CMMNEdge")
_SIZES = ("width", "height")
_BOUNDS = ("x", "y", *_SIZES)


def tie(root: Element, reading: Reading) -> None:
    """Puts in what is missing without doubt, and takes out shapes that cannot be drawn. Remarks I-05."""
    if next(xmldoc.children(root, "case"), None) is None:
        return
    if not root.get("targetNamespace"):
        root.set("targetNamespace", _NOWHERE)
        reading.upgrade("I-05", "definitions names no targetNamespace: it is given one", root)
    for expression in _every(root, _EXPRESSIONS):
        if xmldoc.namespace(expression) == MODEL:
            _unwrap(expression, reading)
    for item in _every(root, ("planItem", "discretionaryItem")):
        _shorten(item, root, reading)
    for shape in _every(root, _SHAPES):
        _label(shape, reading)


def _every(root: Element, names: tuple[str, ...]) -> list[Element]:
    return [one for one in root.iter() if isinstance(one.tag, str) and xmldoc.local_name(one) in names]


def _unwrap(expression: Element, reading: Reading) -> None:
    """`<condition><text>a</text></condition>`, or `body` as in CMMN 1.0, says `<condition>a</condition>`."""
    held = next(xmldoc.children(expression, "body", "text"), None)
    if held is None or xmldoc.namespace(held) not in ("", MODEL):
        return
    language, name = held.get("language"), xmldoc.local_name(expression)
    said = xmldoc.text(held)
    expression.remove(held)
    expression.text = said
    if language and expression.get("language") is None:
        expression.set("language", language)
    reading.upgrade("I-05", f"the text of {name} is taken out of <{xmldoc.local_name(held)}>", expression)


def _shorten(item: Element, root: Element, reading: Reading) -> None:
    """What an item is defined by is an id of this document: a prefix that means its namespace is left out."""
    prefix, colon, local = str(item.get("definitionRef") or "").partition(":")
    if colon and item.nsmap.get(prefix) == root.get("targetNamespace"):
        item.set("definitionRef", local)
        reading.upgrade("I-05", f"definitionRef {prefix}:{local}: the prefix is left out", item)


def _label(shape: Element, reading: Reading) -> None:
    """A shape needs a label, be it empty, and bounds that are numbers; one without is placed anew."""
    bounds = next(xmldoc.children(shape, "Bounds"), None)
    holder = shape.getparent()
    if bounds is not None and not _is_drawable(bounds) and holder is not None:
        holder.remove(shape)
        reading.upgrade("I-05", f"the shape {shape.get('id') or ''} has no size: it is placed anew", shape)
        return
    if next(xmldoc.children(shape, "CMMNLabel"), None) is not None:
        return
    label = shape.makeelement(f"{{{xmldoc.namespace(shape)}}}CMMNLabel")
    after = ("Bounds", "waypoint", "extension")
    before = sum(1 for one in shape if isinstance(one.tag, str) and xmldoc.local_name(one) in after)
    shape.insert(before, label)
    reading.upgrade("I-05", f"the shape {shape.get('id') or ''} is given an empty label", shape)


def _is_drawable(bounds: Element) -> bool:
    try:
        numbers = {name: float(bounds.get(name) or "nan") for name in _BOUNDS}
    except ValueError:
        return False
    return all(map(math.isfinite, numbers.values())) and all(numbers[name] >= 0 for name in _SIZES)
