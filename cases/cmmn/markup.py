"""What only the text of a model shows, not what is made of it (cmmn-semantics 1.9): one function a code.

The reader asks `early` before the schema, so that a fault has its own code and not the schema's words;
`faults` and `warnings` afterwards.
"""

from collections.abc import Iterator

from cases import xmldoc
from cases.cmmn.filemodel import Multiplicity
from cases.errors import Problem
from cases.xmldoc import Element

_RULES = ("repetitionRule", "requiredRule", "manualActivationRule")
_NAMED = frozenset(
    {
        "stage", "planFragment", "milestone", "task", "humanTask", "processTask", "caseTask",
        "decisionTask", "eventListener", "timerEventListener", "userEventListener", "role", "caseFileItem",
    }
)  # fmt: skip
_WITH_SHAPE = frozenset({"casePlanModel", "planItem", "discretionaryItem", "entryCriterion", "exitCriterion"})


def early(root: Element) -> list[Problem]:
    """V-04, V-14, V-16 and V-55 of a document that gets its missing ids, and is asked of the schema, next."""
    return [*_ids_used_twice(root), *_nameless(root), *_entry_of_the_plan(root), *_multiplicities(root)]


def faults(root: Element) -> list[Problem]:
    """V-11, V-55 and V-57."""
    return [*_items_of_the_plan(root), *_file_definitions(root), *_file_circles(root)]


def warnings(root: Element) -> list[Problem]:
    """V-38 and V-62."""
    return [*_merged_controls(root), *_shapes_of_nothing(root), *_elements_without_shape(root)]


def _ids_used_twice(root: Element) -> Iterator[Problem]:
    """V-04: one id, two elements (SPEC 5.1.1: an id is unique in its document)."""
    seen: dict[str, Element] = {}
    for element in root.iter():
        id_ = str(element.get("id") or "")
        if not id_:
            continue
        first = seen.setdefault(id_, element)
        if first is not element:
            yield _problem(
                "V-04",
                f"id {id_} is used by more than one element: {xmldoc.local_name(first)}"
                f" in line {xmldoc.line(first)} and {xmldoc.local_name(element)}",
                element,
            )


def _entry_of_the_plan(root: Element) -> Iterator[Problem]:
    """V-16: nothing begins a plan model but the case (SPEC 5.3.2)."""
    for plan in xmldoc.within(root, "casePlanModel"):
        for criterion in xmldoc.children(plan, "entryCriterion"):
            yield _problem(
                "V-16", f"casePlanModel {plan.get('id')} must not have entry criteria", criterion, plan
            )


def _multiplicities(root: Element) -> Iterator[Problem]:
    """V-55: a multiplicity is one of SPEC Table 5.4."""
    for item in xmldoc.within(root, "caseFileItem"):
        text = item.get("multiplicity")
        if text is not None and text not in set(Multiplicity):
            yield _problem(
                "V-55",
                f"multiplicity {text!r} of case file item {item.get('id')} is none of"
                f" {', '.join(Multiplicity)}",
                item,
            )


def _items_of_the_plan(root: Element) -> Iterator[Problem]:
    """V-11: a plan item stands for something within the plan, never for the plan."""
    plans = {str(plan.get("id")) for plan in xmldoc.within(root, "casePlanModel")}
    for item in xmldoc.within(root, "planItem", "discretionaryItem"):
        if item.get("definitionRef") in plans:
            yield _problem(
                "V-11",
                f"plan item {item.get('id')} refers to the casePlanModel {item.get('definitionRef')}",
                item,
            )


def _nameless(root: Element) -> Iterator[Problem]:
    """V-14: people and expressions need a word for it; where there is no name, the id is that word."""
    for element in xmldoc.within(root, *_NAMED):
        if not str(element.get("name") or "").strip() and not element.get("id"):
            kind = xmldoc.local_name(element)
            holder = element.getparent()
            yield _problem("V-14", f"{kind} needs a name, or at least an id", element, holder)


def _file_definitions(root: Element) -> Iterator[Problem]:
    """V-55: the definition that a case file item names stands in this document, or is imported."""
    known = {str(one.get("id")) for one in xmldoc.children(root, "caseFileItemDefinition")}
    imported = {str(one.get("namespace") or "") for one in xmldoc.children(root, "import")}
    for item in xmldoc.within(root, "caseFileItem"):
        reference = str(item.get("definitionRef") or "")
        prefix, _, local = reference.rpartition(":")
        elsewhere = bool(imported) and item.nsmap.get(prefix or None, "") in imported
        if reference and local not in known and not elsewhere:
            yield _problem(
                "V-55",
                f"case file item {item.get('id')} is of the definition {reference}, which is unknown",
                item,
            )


def _file_circles(root: Element) -> Iterator[Problem]:
    """V-57: no item holds itself, by `children` or by `sourceRef`, which names the parent (SPEC 5.3.2)."""
    items = {str(one.get("id")): one for one in xmldoc.within(root, "caseFileItem") if one.get("id")}
    above: dict[str, set[str]] = {id_: set() for id_ in items}
    for id_, item in items.items():
        holder = item.getparent()
        around = None if holder is None else holder.getparent()
        if around is not None and str(around.get("id")) in items:
            above[id_].add(str(around.get("id")))
        if str(item.get("sourceRef") or "") in items:
            above[id_].add(str(item.get("sourceRef")))
    for id_ in _in_circles(above):
        yield _problem("V-57", f"case file item {id_} contains itself by its sourceRef", items[id_])


def _in_circles(above: dict[str, set[str]]) -> list[str]:
    """What is left when all is peeled off that nothing is above, and then all that is above nothing."""
    left = dict(above)
    for edges in (above, _turned(above)):
        waiting = {id_: len(edges[id_] & left.keys()) for id_ in left}
        against = _turned({id_: edges[id_] & left.keys() for id_ in left})
        free = [id_ for id_, count in waiting.items() if count == 0]
        while free:
            id_ = free.pop()
            del left[id_]
            for other in against[id_]:
                waiting[other] -= 1
                if waiting[other] == 0:
                    free.append(other)
    return list(left)


def _turned(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {id_: set() for id_ in edges}
    for id_, others in edges.items():
        for other in others:
            found[other].add(id_)
    return found


def _merged_controls(root: Element) -> Iterator[Problem]:
    """V-38: rules of the item and of its definition are merged one by one (cmmn-semantics 1.4)."""
    standing = set()
    for holder in xmldoc.within(root, "defaultControl"):
        definition = holder.getparent()
        if definition is not None and any(True for _ in xmldoc.children(holder, *_RULES)):
            standing.add(str(definition.get("id")))
    for item in xmldoc.within(root, "planItem", "discretionaryItem"):
        own = xmldoc.child(item, "itemControl")
        has_own = own is not None and any(True for _ in xmldoc.children(own, *_RULES))
        if has_own and str(item.get("definitionRef") or "") in standing:
            yield _problem(
                "V-38",
                f"both itemControl of {item.get('id')} and defaultControl of {item.get('definitionRef')}"
                " define rules; they are merged rule by rule",
                item,
            )


def _shapes_of_nothing(root: Element) -> Iterator[Problem]:
    """V-62, first half: what is drawn is there."""
    known = {str(element.get("id")) for element in root.iter() if element.get("id")}
    for drawn in xmldoc.within(root, "CMMNShape", "CMMNEdge"):
        for name in ("cmmnElementRef", "sourceCMMNElementRef", "targetCMMNElementRef"):
            reference = str(drawn.get(name) or "").rpartition(":")[2]
            if reference and reference not in known:
                yield _problem(
                    "V-62",
                    f"diagram element {drawn.get('id')} refers to {reference}, which does not exist",
                    drawn,
                )


def _elements_without_shape(root: Element) -> Iterator[Problem]:
    """V-62, second half: where anything of a case is drawn, all of it is."""
    shaped = {
        str(shape.get("cmmnElementRef") or "").rpartition(":")[2]
        for shape in xmldoc.within(root, "CMMNShape")
    }
    for case in xmldoc.children(root, "case"):
        elements = [one for one in xmldoc.within(case, *_WITH_SHAPE) if one.get("id")]
        if any(str(one.get("id")) in shaped for one in elements):
            for element in elements:
                if str(element.get("id")) not in shaped:
                    kind = xmldoc.local_name(element)
                    yield _problem("V-62", f"{kind} {element.get('id')} has no shape", element)


def _problem(code: str, message: str, element: Element, named: Element | None = None) -> Problem:
    """A problem in the line of `element`, at its id or else at that of `named`."""
    where = str(element.get("id") or (named.get("id") if named is not None else "") or "")
    return Problem(code, message, where, xmldoc.line(element))
