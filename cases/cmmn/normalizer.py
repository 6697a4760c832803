"""What other tools write loosely -> what the schema of CMMN 1.1 asks for, on the tree, each with a remark.

Nothing is thrown away: foreign attributes and elements stay, where the schema has a place for them.
"""

from collections import Counter
from collections.abc import Mapping

from cases import xmldoc
from cases.cmmn import vendor, vendor_table
from cases.cmmn.cmmn10 import MODEL_11 as MODEL
from cases.cmmn.reading import Reading
from cases.xmldoc import Element

UNQUALIFIED = "urn:x-case:unqualified"
"""The namespace of extension elements that had none; the schema asks for one."""
_CMMN = "http://www.omg.org/spec/CMMN/"
_OWN = f"{{{MODEL}}}"
_DEFINITIONS = (
    "stage", "milestone", "task", "humanTask", "processTask", "caseTask", "decisionTask", "eventListener",
    "timerEventListener", "userEventListener", "planFragment",
)  # fmt: skip
_COMMON = ("documentation", "extensionElements")
_STAGE = ("defaultControl", "planItem", "sentry", "planningTable", _DEFINITIONS, "exitCriterion")
_TASK = ("defaultControl", "input", "output")
_ITEM = ("itemControl", "entryCriterion", "exitCriterion")
_CONTROL = ("repetitionRule", "requiredRule", "manualActivationRule")
_TRIGGERS = ("planItemStartTrigger", "caseFileItemStartTrigger")
_ORDER: Mapping[str, tuple[str | tuple[str, ...], ...]] = {
    "definitions": (
        "import", "caseFileItemDefinition", "case", "process", "decision", "extensionElements",
        "relationship", ("textAnnotation", "association"), "CMMNDI",
    ),
    "case": (*_COMMON, "caseFileModel", "casePlanModel", "caseRoles", "input", "output"),
    "caseFileModel": (*_COMMON, "caseFileItem"),
    "caseFileItem": (*_COMMON, "children"),
    "caseFileItemDefinition": (*_COMMON, "property"),
    "caseRoles": (*_COMMON, "role"),
    "casePlanModel": (*_COMMON, *_STAGE),
    "stage": (*_COMMON, *_STAGE),
    "planFragment": (*_COMMON, "defaultControl", "planItem", "sentry"),
    "planItem": (*_COMMON, *_ITEM),
    "discretionaryItem": (*_COMMON, *_ITEM),
    "planningTable": (*_COMMON, ("discretionaryItem", "planningTable"), "applicabilityRule"),
    "sentry": (*_COMMON, ("planItemOnPart", "caseFileItemOnPart"), "ifPart"),
    "itemControl": (*_COMMON, *_CONTROL),
    "defaultControl": (*_COMMON, *_CONTROL),
    "task": (*_COMMON, *_TASK),
    "humanTask": (*_COMMON, *_TASK, "planningTable"),
    "caseTask": (*_COMMON, *_TASK, "parameterMapping", "caseRefExpression"),
    "processTask": (*_COMMON, *_TASK, "parameterMapping", "processRefExpression"),
    "decisionTask": (*_COMMON, *_TASK, "parameterMapping", "decisionRefExpression"),
    "milestone": (*_COMMON, "defaultControl"),
    "eventListener": (*_COMMON, "defaultControl"),
    "userEventListener": (*_COMMON, "defaultControl"),
    "timerEventListener": (*_COMMON, "defaultControl", "timerExpression", _TRIGGERS),
    "process": (*_COMMON, "input", "output"),
    "decision": (*_COMMON, "input", "output"),
    "repetitionRule": (*_COMMON, "condition"),
    "requiredRule": (*_COMMON, "condition"),
    "manualActivationRule": (*_COMMON, "condition"),
    "applicabilityRule": (*_COMMON, "condition"),
    "ifPart": (*_COMMON, "condition"),
    "planItemOnPart": (*_COMMON, "standardEvent"),
    "caseFileItemOnPart": (*_COMMON, "standardEvent"),
    "planItemStartTrigger": (*_COMMON, "standardEvent"),
    "caseFileItemStartTrigger": (*_COMMON, "standardEvent"),
    "input": (*_COMMON, "bindingRefinement"),
    "output": (*_COMMON, "bindingRefinement"),
    "parameterMapping": (*_COMMON, "transformation"),
    "relationship": (*_COMMON, "source", "target"),
    "textAnnotation": (*_COMMON, "text"),
    "association": _COMMON,
    "role": _COMMON,
    "property": _COMMON,
    "entryCriterion": _COMMON,
    "exitCriterion": _COMMON,
    "children": (*_COMMON, "caseFileItem"),
}  # fmt: skip
"""The children of each element in schema order; names side by side in brackets may be mixed."""

_RANKS: Mapping[str, Mapping[str, int]] = {
    name: {
        one: rank
        for rank, group in enumerate(order)
        for one in ((group,) if isinstance(group, str) else group)
    }
    for name, order in _ORDER.items()
}
_NAMES = frozenset(name for ranks in _RANKS.values() for name in ranks) | {"definitions", "body"}
_KNOWN_BY_ID = frozenset({"case", "planItem", "discretionaryItem", "entryCriterion", "exitCriterion"})
_WITHOUT_ID = frozenset({"definitions", "children"})
_REFERENCES: Mapping[str, frozenset[str]] = {
    "entryCriterion": frozenset({"sentryRef", "name"}),
    "exitCriterion": frozenset({"sentryRef", "name"}),
    "planItem": frozenset({"definitionRef", "name"}),
    "discretionaryItem": frozenset({"definitionRef", "name"}),
    "planItemOnPart": frozenset({"sourceRef", "exitCriterionRef", "name"}),
    "caseFileItemOnPart": frozenset({"sourceRef", "name"}),
    "planItemStartTrigger": frozenset({"sourceRef"}),
    "caseFileItemStartTrigger": frozenset({"sourceRef"}),
    "casePlanModel": frozenset({"autoComplete", "name"}),
    "stage": frozenset({"autoComplete", "name"}),
    "task": frozenset({"isBlocking", "name"}),
    "humanTask": frozenset({"isBlocking", "performerRef", "name"}),
    "caseTask": frozenset({"isBlocking", "caseRef", "name"}),
    "processTask": frozenset({"isBlocking", "processRef", "name"}),
    "decisionTask": frozenset({"isBlocking", "decisionRef", "name"}),
    "userEventListener": frozenset({"authorizedRoleRefs", "name"}),
    "repetitionRule": frozenset({"contextRef"}),
    "ifPart": frozenset({"contextRef"}),
}
"""Attributes of the standard that are understood in another engine's namespace, too."""
_QNAMES = ("definitionRef", "structureRef", "importRef", "externalRef")


def qualify(root: Element, reading: Reading) -> None:
    """Gives elements and attributes of CMMN their namespace, and foreign ones a place. Remarks I-05."""
    if xmldoc.namespace(root) in ("", *vendor.NAMESPACES) and xmldoc.local_name(root) == "definitions":
        _rename(root, MODEL, reading)
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or xmldoc.namespace(element) != MODEL:
            continue
        if xmldoc.local_name(element) == "extensionElements":
            _qualify_extensions(element, reading)
        elif xmldoc.local_name(element) in _RANKS:
            _qualify_children(element, reading)
        _qualify_attributes(element, reading)


def arrange(root: Element, reading: Reading) -> None:
    """Children in schema order (V-03), one `extensionElements` each, an id for everything (I-06)."""
    given = 0
    taken = {str(one.get("id")) for one in root.iter() if one.get("id")}
    for element in list(root.iter()):  # sorting would lead the iteration astray
        name = xmldoc.local_name(element)
        if not isinstance(element.tag, str) or xmldoc.namespace(element) != MODEL or name not in _RANKS:
            continue
        _merge_extensions(element)
        _sort(element, _RANKS[name], reading)
        _resolve_prefixes(element, reading)
        given += _give_ids(element, taken)
    if given:
        told = f"{given} plan items or criteria without an id are known by where they stand"
        reading.upgrade("I-06", told, root)


def _qualify_children(element: Element, reading: Reading) -> None:
    """Children of CMMN in another namespace or none get theirs; what is foreign becomes an extension."""
    name = xmldoc.local_name(element)
    foreign = [one for one in xmldoc.children(element) if not str(one.tag).startswith(_OWN)]
    for child in foreign:
        uri, own = xmldoc.namespace(child), xmldoc.local_name(child)
        if uri.startswith(_CMMN) and own == "CMMNDI":
            continue
        if uri in ("", *vendor.NAMESPACES) and own in _RANKS[name]:
            _rename(child, MODEL, reading)
            _qualify_below(child, reading)
        elif not uri.startswith(_CMMN):
            _extensions(element).append(child)
            if not uri:
                _rename(child, UNQUALIFIED, reading)
            reading.upgrade("I-05", f"<{own}> is moved into the extensionElements of {name}", element)


def _extensions(element: Element) -> Element:
    """The `extensionElements` of an element, made where there are none."""
    tag = f"{{{MODEL}}}extensionElements"
    held = next((one for one in element if one.tag == tag), None)
    return xmldoc.add(element, tag) if held is None else held


def _qualify_below(element: Element, reading: Reading) -> None:
    if xmldoc.local_name(element) == "extensionElements":
        _qualify_extensions(element, reading)
    elif xmldoc.local_name(element) in _RANKS:
        _qualify_children(element, reading)
    _qualify_attributes(element, reading)


def _qualify_extensions(holder: Element, reading: Reading) -> None:
    """Extension elements of CMMN's namespace or of none get one: that of the engine that knows the name."""
    for child in xmldoc.children(holder):
        if xmldoc.namespace(child) in ("", MODEL):
            known = xmldoc.local_name(child) in vendor_table.ELEMENTS
            _rename(child, _vendor(reading) if known and reading.is_vendor else UNQUALIFIED, reading)


def _qualify_attributes(element: Element, reading: Reading) -> None:
    name = xmldoc.local_name(element)
    for full in list(map(str, element.attrib)):
        uri, _, own = full[1:].partition("}") if full.startswith("{") else ("", "", full)
        if uri in vendor.NAMESPACES and own in _REFERENCES.get(name, ()) and element.get(own) is None:
            element.set(own, str(element.attrib.pop(full)))
            reading.upgrade(
                "I-05", f"{own} of {name} is an attribute of CMMN: its namespace is left out", element
            )
        elif not uri and reading.is_vendor and own in vendor_table.ATTRIBUTES.get(name, ()):
            element.set(f"{{{_vendor(reading)}}}{own}", str(element.attrib.pop(full)))
            reading.upgrade("I-05", f"{own} of {name} is an addition: its namespace is put in", element)


def _vendor(reading: Reading) -> str:
    return vendor.FLOWABLE if reading.is_flowable else vendor.CAMUNDA


def _rename(element: Element, uri: str, reading: Reading) -> None:
    own, before = xmldoc.local_name(element), xmldoc.namespace(element)
    element.tag = f"{{{uri}}}{own}"
    reading.upgrade("I-05", f"<{own}> stood in {before or 'no namespace'}, and is read in {uri}", element)


def _merge_extensions(element: Element) -> None:
    holders = list(xmldoc.children(element, "extensionElements"))
    for other in holders[1:]:
        holders[0].extend(list(other))
        element.remove(other)


def _sort(element: Element, ranks: Mapping[str, int], reading: Reading) -> None:
    children = list(element)
    order = [ranks.get(xmldoc.local_name(child), len(ranks)) for child in children]
    if order != sorted(order):
        element[:] = [child for _, child in sorted(zip(order, children, strict=True), key=lambda one: one[0])]
        name = xmldoc.local_name(element)
        reading.upgrade("V-03", f"children of {name} {element.get('id') or ''} are put in order", element)


def _resolve_prefixes(element: Element, reading: Reading) -> None:
    """A prefix that the document does not declare is left out: the reference means this document."""
    for attribute in _QNAMES:
        prefix, colon, local = str(element.get(attribute) or "").partition(":")
        if colon and prefix not in element.nsmap:
            element.set(attribute, local)
            reading.upgrade("I-05", f"{attribute} {prefix}:{local}: the prefix means nothing here", element)


def _give_ids(element: Element, taken: set[str]) -> int:
    """Names the children that have no id after this element and their place in it.

    Counts those by which a running case knows them: moved within the model, they are others.
    """
    above = str(element.get("id") or "")
    places: Counter[str] = Counter()
    given = 0
    for child in xmldoc.children(element):
        name = xmldoc.local_name(child)
        places[name] += 1
        if child.get("id") or name not in _RANKS or name in _WITHOUT_ID or xmldoc.namespace(child) != MODEL:
            continue
        id_ = f"{above}.{name}.{places[name]}" if above else f"{name}.{places[name]}"
        while id_ in taken:
            id_ += "_"
        taken.add(id_)
        child.set("id", id_)
        given += name in _KNOWN_BY_ID
    return given
