"""One `<case>` -> CaseDefinition: every plan item gets its number, then what refers to each other is found.

A stage that is planned twice is expanded twice, so that each plan item of a CaseDefinition has one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cases import xmldoc
from cases.cmmn import (
    definition_reader,
    extensions,
    file_reader,
    parameter_reader,
    sketch_reader,
    vendor,
    vendor_controls,
    vendor_listeners,
)
from cases.cmmn.controlmodel import Rule
from cases.cmmn.definition_reader import DEFINITIONS, LISTENERS
from cases.cmmn.file_reader import name_of
from cases.cmmn.filemodel import FileModel
from cases.cmmn.metamodel import CaseDefinition, Discretionary, PlanItem, Role, Stage
from cases.cmmn.reading import Reading
from cases.cmmn.sentry_reader import Node, Sentries
from cases.xmldoc import Element

DEEPEST = 80
"""How deeply plan items may hold each other: what nobody could look at is refused, not tried."""
_CRITERIA = ("entryCriterion", "exitCriterion")
MOST_WORK = 200_000
"""How many elements are looked at for one document: what is planned twice is read twice."""


def read(element: Element, reading: Reading, largest: int) -> CaseDefinition | None:
    """The case, or None after reporting why not; a document has at most `largest` plan items."""
    return _Case(element, reading, largest).read()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a plan item comes to stand.

    `chain` are the stages above it, `container` holds its sentries, `scopes` the definitions it may use.
    """

    chain: tuple[int, ...]
    container: Element | None
    scopes: tuple[Element, ...]
    is_discretionary: bool = False
    fragment: str = ""
    fragments: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What the planning tables around an item ask for, and the rules that it may name."""

    roles: tuple[frozenset[str], ...] = ()
    rules: tuple[Rule, ...] = ()
    known: Mapping[str, Rule] = field(default_factory=dict)


class _Case:
    """Walks one `<case>`: first every plan item gets its number, then criteria find each other."""

    def __init__(self, element: Element, reading: Reading, largest: int) -> None:
        self.element = element
        self.reading = reading
        self.largest = largest
        self.nodes: list[Node] = []
        self.by_id: dict[str, list[int]] = {}
        self.sentries = Sentries((), {}, FileModel(), reading)
        self.file = FileModel()
        self.roles: dict[str, Role] = {}
        self.placed: dict[tuple[int, Element], int] = {}
        self.discretionary: list[Discretionary] = []
        self.weights: dict[Element, int] = {}
        self.depth = 0

    def read(self) -> CaseDefinition | None:
        """The case, or None after reporting why not."""
        plan = xmldoc.child(self.element, "casePlanModel")
        if plan is None:
            self.reading.report("V-07", f"case {self.element.get('id')} has no casePlanModel", self.element)
            return None
        extensions.check_attributes(self.element, self.reading.report)
        self.file = file_reader.file_model(self.element, self.reading)
        self.roles = {role.id: role for role in definition_reader.roles(self.element, self.reading)}
        self._refuse_controls_of(plan)
        self._expand(plan, plan, _Place((), None, ()))
        if self._is_too_large(plan):
            return None
        self.sentries = Sentries(self.nodes, self.by_id, self.file, self.reading)
        items = tuple(self._item(node) for node in self.nodes)
        first = {id_: numbers[0] for id_, numbers in self.by_id.items()}
        return CaseDefinition(
            id=str(self.element.get("id") or ""),
            name=name_of(self.element),
            items=items,
            criteria=tuple(self.sentries.criteria),
            roles=tuple(self.roles.values()),
            discretionary=tuple(self.discretionary),
            inputs=parameter_reader.parameters(self.element, "input", self.file, self.reading),
            outputs=parameter_reader.parameters(self.element, "output", self.file, self.reading),
            file=self.file,
            title=extensions.expression(self.element, "title", self.reading.report),
            documentation=" ".join(xmldoc.text(xmldoc.child(self.element, "documentation")).split()),
            sketch=sketch_reader.sketch(self.element),
            profile=self.reading.profile,
            listeners=vendor_listeners.listeners(self.element, self.reading),
            initiator=vendor.attribute(self.element, "initiatorVariableName") or "",
            by_id=first,
            lines=dict(self.reading.lines),
        )

    def _is_too_large(self, plan: Element) -> bool:
        """Whether there are more plan items, or more work for them, than are read. Reports V-63."""
        if self.reading.items > self.largest:
            message = f"the document has more plan items; at most {self.largest} are read"
            self.reading.report("V-63", message, plan)
        elif self.reading.work > MOST_WORK:
            self.reading.report("V-63", "what is planned more than once is more than is read", plan)
        return self._is_full()

    def _is_full(self) -> bool:
        return self.reading.items > self.largest or self.reading.work > MOST_WORK

    def _refuse_controls_of(self, plan: Element) -> None:
        if xmldoc.child(plan, "defaultControl") is not None:
            self.reading.report(
                "V-15", f"casePlanModel {plan.get('id')} must not have a defaultControl", plan
            )

    def _expand(self, element: Element, definition: Element, place: _Place) -> int:
        """Numbers one plan item and all that it holds: the children of a stage, and what tables offer.

        Reports V-63 for what is nested too deeply.
        """
        node = Node(len(self.nodes), element, definition, place.chain, place.container)
        node.is_discretionary, node.fragment = place.is_discretionary, place.fragment
        self.nodes.append(node)
        self.reading.items += 1
        self.by_id.setdefault(str(element.get("id") or ""), []).append(node.number)
        if place.chain:
            self.nodes[place.chain[-1]].children.append(node.number)
            self.placed[place.chain[-1], element] = node.number
        self.reading.work += (
            self._weight(element) + self._weight(definition) + self._weight_of_sentries(element)
        )
        if self.depth >= DEEPEST:
            self.reading.report("V-63", f"plan items are nested deeper than {DEEPEST}", element)
        elif not self._is_full():
            self.depth += 1
            kind = xmldoc.local_name(definition)
            if kind in ("stage", "casePlanModel"):
                self._expand_stage(node, place)
            elif kind == "humanTask":
                self._tables(node, replace(place, is_discretionary=True, fragment=""))
            self.depth -= 1
        return node.number

    def _weight_of_sentries(self, item: Element) -> int:
        """How much there is to be read of the sentries that an item names, once for each item."""
        references = [str(one.get("sentryRef") or "") for one in xmldoc.children(item, *_CRITERIA)]
        sentries = [self.reading.elements.get(one) for one in references]
        return sum(self._weight(one) for one in sentries if one is not None)

    def _weight(self, element: Element) -> int:
        """How much there is to be read of an element itself: of a stage its children, else all below it."""
        if xmldoc.local_name(element) in ("stage", "casePlanModel"):
            return len(element)
        found = self.weights.get(element)
        if found is None:
            found = self.weights[element] = sum(1 for _ in element.iter())
        return found

    def _expand_stage(self, node: Node, place: _Place) -> None:
        definition = node.definition
        if any(definition is scope for scope in place.scopes):
            self.reading.report("V-12", f"stage {definition.get('id')} contains itself", node.element)
            return
        inner = _Place((*place.chain, node.number), definition, (*place.scopes, definition))
        for item in xmldoc.children(definition, "planItem"):
            self._put(item, inner)
        self._tables(node, replace(inner, is_discretionary=True))
        if xmldoc.local_name(definition) == "stage":
            for criterion in xmldoc.children(definition, "exitCriterion"):
                self.reading.report(
                    "V-17",
                    f"exit criterion {criterion.get('id')} stands inside stage {definition.get('id')}:"
                    " put it on the plan item",
                    criterion,
                )

    def _put(self, item: Element, place: _Place) -> list[int]:
        """The numbers of what stands here: one plan item, or those of a plan fragment, each placed once."""
        if self._is_full():
            return []
        definition = self._definition_of(item, place.scopes)
        if definition is None:
            return []
        if xmldoc.local_name(definition) != "planFragment":
            known = self.placed.get((place.chain[-1], item))
            if known is None:
                return [self._expand(item, definition, place)]
            node = self.nodes[known]
            node.is_discretionary = node.is_discretionary and place.is_discretionary
            return [known]
        return self._put_fragment(item, definition, place)

    def _put_fragment(self, item: Element, definition: Element, place: _Place) -> list[int]:
        id_ = str(definition.get("id") or "")
        if definition in place.fragments or len(place.fragments) >= DEEPEST:
            self.reading.report("V-12", f"plan fragment {id_} contains itself", item)
            return []
        for held in xmldoc.children(item, "itemControl", "entryCriterion", "exitCriterion"):
            message = f"{xmldoc.local_name(held)} is not allowed on planFragment {item.get('id')}"
            if self.reading.is_vendor:
                self.reading.ignore("V-23", f"{message}: it is ignored", held)
            else:
                self.reading.report("V-23", f"{message}: give it to the items of the fragment", item)
        inside = replace(place, container=definition, fragment=id_, fragments=(*place.fragments, definition))
        return [
            number for one in xmldoc.children(definition, "planItem") for number in self._put(one, inside)
        ]

    def _tables(self, holder: Node, place: _Place) -> None:
        """What the planning table of a stage or human task offers (SPEC 5.4.9)."""
        for table in xmldoc.children(holder.definition, "planningTable"):
            if holder.definition.get("isBlocking") in ("false", "0"):
                self.reading.report(
                    "V-22",
                    f"non-blocking human task {holder.definition.get('id')} must not have a planning table",
                    holder.definition,
                )
            self._table(table, holder, place, _Allowed())

    def _table(self, table: Element, holder: Node, place: _Place, above: _Allowed) -> None:
        declared = {
            str(rule.get("id")): definition_reader.applicability(rule, self.file, self.reading)
            for rule in xmldoc.children(table, "applicabilityRule")
        }
        around = self._allowed(table, replace(above, known={**above.known, **declared}))
        for item in xmldoc.children(table, "discretionaryItem", "planningTable"):
            if xmldoc.local_name(item) == "planningTable":
                self._table(item, holder, place, around)
                continue
            definition = self._definition_of(item, place.scopes)
            if definition is holder.definition:
                id_ = definition.get("id")
                self.reading.report("V-54", f"human task {id_} is discretionary to itself", item)
                continue
            numbers = self._put(item, place)
            allowed = self._allowed(item, around)
            if definition is not None and numbers:
                self.discretionary.append(
                    Discretionary(
                        id=str(item.get("id") or ""),
                        name=str(item.get("name") or "").strip() or name_of(definition),
                        holder=holder.number,
                        items=tuple(numbers),
                        roles=allowed.roles,
                        rules=allowed.rules,
                    )
                )

    def _allowed(self, element: Element, above: _Allowed) -> _Allowed:
        """What a table or an item in it asks for, after what the tables around it ask."""
        roles = definition_reader.role_names(element, self.roles, self.reading)
        rules = []
        for reference in str(element.get("applicabilityRuleRefs") or "").split():
            rule = above.known.get(reference)
            if rule is None:
                self.reading.report(
                    "V-53",
                    f"applicability rule {reference} is not in this planning table or an enclosing one",
                    element,
                )
            else:
                rules.append(rule)
        return _Allowed((*above.roles, *([roles] if roles else [])), (*above.rules, *rules), above.known)

    def _definition_of(self, item: Element, scopes: tuple[Element, ...]) -> Element | None:
        reference, id_ = item.get("definitionRef"), item.get("id")
        if not reference:
            self.reading.report("V-09", f"plan item {id_} has no definitionRef", item)
            return None
        found = self.reading.elements.get(str(reference))
        if found is not None and xmldoc.local_name(found) in DEFINITIONS:
            if any(found.getparent() is scope for scope in scopes):
                return found
            if self.reading.is_vendor and any(one is self.element for one in found.iterancestors()):
                message = f"plan item {id_} refers to {reference} of another stage: it is taken from there"
                self.reading.upgrade("V-10", message, item)
                return found
        if any(problem.code == "V-11" and problem.where == id_ for problem in self.reading.problems):
            return None
        known = self.reading.lines.get(str(reference))
        detail = "is not defined in its own or an enclosing stage" if known else "does not exist"
        self.reading.report(
            "V-10" if known else "V-05", f"plan item {id_} refers to {reference}, which {detail}", item
        )
        return None

    def _item(self, node: Node) -> PlanItem:
        kind = xmldoc.local_name(node.definition)
        definition = definition_reader.definition(
            node.definition, self.roles, lambda start: self.sentries.on_part(start, node), self.reading
        )
        if isinstance(definition, Stage):
            definition = replace(definition, items=tuple(node.children))
        else:
            definition = parameter_reader.with_parameters(
                definition, node.definition, self.file, self.reading
            )
        entry = tuple(self.sentries.criteria_of(node, "entryCriterion"))
        exits = tuple(self.sentries.criteria_of(node, "exitCriterion"))
        if kind in LISTENERS and (entry or exits):
            self.reading.report(
                "V-18", f"event listener item {node.element.get('id')} must not have criteria", node.element
            )
        controls = (
            definition_reader.Controls()
            if node.number == 0
            else definition_reader.controls(node.element, node.definition, self.file, self.reading)
        )
        item = PlanItem(
            number=node.number,
            id=str(node.element.get("id") or ""),
            name=str(node.element.get("name") or "").strip() or name_of(node.definition),
            definition=definition,
            stage=node.chain[-1] if node.chain else -1,
            depth=len(node.chain),
            entry=entry,
            exit=exits,
            required=controls.required,
            repetition=controls.repetition,
            manual=controls.manual,
            line=xmldoc.line(node.element) or 0,
            is_discretionary=node.is_discretionary,
            fragment=node.fragment,
            reactivation=definition_reader.reactivation(node.element, self.reading),
        )
        if node.number == 0 or not self.reading.is_vendor:
            return item
        return vendor_controls.item(node.element, node.definition, item, self.reading)
