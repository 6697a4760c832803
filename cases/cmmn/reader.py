"""CMMN 1.1 XML -> CaseDefinition, or Invalid with every problem; validated by the files in `schema/`.

A stage that is planned twice is expanded twice, so that each plan item of a CaseDefinition has one place.
References are resolved here; what a sound model must also hold is said by `cases.cmmn.validation`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

from cases import xmldoc
from cases.cmmn import definition_reader, extensions, markup, parameter_reader, sketch_reader
from cases.cmmn.controlmodel import Criterion, FileOnPart, IfPart, OnPart, PlanItemOnPart, Rule, Sentry
from cases.cmmn.definition_reader import DEFINITIONS, LISTENERS, MODEL, Reading, name_of
from cases.cmmn.filemodel import FileModel
from cases.cmmn.lifecycle import FileTransition, Transition
from cases.cmmn.metamodel import CaseDefinition, Discretionary, PlanItem, Role, Stage
from cases.errors import Invalid, Problem
from cases.xmldoc import Element

MODEL_10 = "http://www.omg.org/spec/CMMN/20131201/MODEL"
LARGEST = 1000
_SCHEMAS = ("CMMN11.xsd", "CMMN11CaseModel.xsd", "CMMNDI11.xsd", "DC.xsd", "DI.xsd")
_TRIGGER_MODES = ("latched", "onEvent", "latchedAll")


@dataclass(frozen=True, slots=True)
class Model:
    """One document: its cases, by id."""

    source: str
    cases: dict[str, CaseDefinition]


def read(xml: bytes, source: str = "", largest: int = LARGEST) -> Model:
    """The cases of a document; `source` names the file in messages, `largest` bounds the plan items.

    Raises Invalid with every problem found, each with its code (cmmn-semantics 1.9), element and line.
    """
    root = xmldoc.parse(xml, source=source)
    reading = Reading(source)
    _check_document(root, reading)
    _take(markup.faults(root), reading)
    cases: dict[str, CaseDefinition] = {}
    for element in xmldoc.children(root, "case"):
        walker = _Case(element, reading, largest)
        case = walker.read()
        if case is not None:
            cases[case.id] = case
    for task, path in parameter_reader.endless_calls(cases):
        message = f"case task {task} leads to endless recursion: {path}"
        reading.problems.append(Problem("V-48", message, task, reading.lines.get(task), source))
    if not cases and not reading.problems:
        reading.report("V-07", "the document holds no case", root)
    _raise(reading)
    return Model(source, cases)


def _take(problems: Iterable[Problem], reading: Reading) -> None:
    reading.problems += [replace(problem, file=reading.source) for problem in problems]


def _raise(reading: Reading) -> None:
    if reading.problems:
        raise Invalid(reading.problems)


def _check_document(root: Element, reading: Reading) -> None:
    if xmldoc.namespace(root) == MODEL_10:
        reading.report("V-02", "this is CMMN 1.0; this version reads CMMN 1.1", root)
    elif xmldoc.namespace(root) != MODEL or xmldoc.local_name(root) != "definitions":
        reading.report("V-01", "the root element is not `definitions` of CMMN 1.1", root)
    _raise(reading)
    _take(markup.early(root), reading)
    _raise(reading)
    for problem in _schema()(root):
        reading.problems.append(replace(problem, code="V-01", file=reading.source))
    _raise(reading)
    for element in root.iter():
        id_ = element.get("id")
        if id_ is not None and isinstance(element.tag, str):
            reading.lines.setdefault(str(id_), xmldoc.line(element) or 0)


@cache
def _schema() -> Callable[[Element], list[Problem]]:
    folder = resources.files("cases.cmmn") / "schema"
    return xmldoc.validator(_SCHEMAS[0], {name: (folder / name).read_bytes() for name in _SCHEMAS})


@dataclass(slots=True)
class _Node:
    """A plan item on its way: where it stands, and the elements it is made of."""

    number: int
    element: Element
    definition: Element
    chain: tuple[int, ...]
    container: Element | None
    children: list[int] = field(default_factory=list)
    is_discretionary: bool = False
    fragment: str = ""


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
        self.nodes: list[_Node] = []
        self.by_id: dict[str, list[int]] = {}
        self.criteria: list[Criterion] = []
        self.file = FileModel()
        self.roles: dict[str, Role] = {}
        self.placed: dict[tuple[int, Element], int] = {}
        self.discretionary: list[Discretionary] = []

    def read(self) -> CaseDefinition | None:
        """The case, or None after reporting why not."""
        plan = xmldoc.child(self.element, "casePlanModel")
        if plan is None:
            self.reading.report("V-07", f"case {self.element.get('id')} has no casePlanModel", self.element)
            return None
        extensions.check_attributes(self.element, self.reading.report)
        self.file = definition_reader.file_model(self.element, self.reading)
        self.roles = {role.id: role for role in definition_reader.roles(self.element, self.reading)}
        self._refuse_controls_of(plan)
        self._expand(plan, plan, _Place((), None, ()))
        if len(self.nodes) > self.largest:
            self.reading.report(
                "V-63", f"{len(self.nodes)} plan items; at most {self.largest} are read", plan
            )
            return None
        items = tuple(self._item(node) for node in self.nodes)
        first = {id_: numbers[0] for id_, numbers in self.by_id.items()}
        return CaseDefinition(
            id=str(self.element.get("id") or ""),
            name=name_of(self.element),
            items=items,
            criteria=tuple(self.criteria),
            roles=tuple(self.roles.values()),
            discretionary=tuple(self.discretionary),
            inputs=parameter_reader.parameters(self.element, "input", self.file, self.reading),
            outputs=parameter_reader.parameters(self.element, "output", self.file, self.reading),
            file=self.file,
            title=extensions.expression(self.element, "title", self.reading.report),
            documentation=" ".join(xmldoc.text(xmldoc.child(self.element, "documentation")).split()),
            sketch=sketch_reader.sketch(self.element),
            by_id=first,
            lines=dict(self.reading.lines),
        )

    def _refuse_controls_of(self, plan: Element) -> None:
        if xmldoc.child(plan, "defaultControl") is not None:
            self.reading.report(
                "V-15", f"casePlanModel {plan.get('id')} must not have a defaultControl", plan
            )

    def _expand(self, element: Element, definition: Element, place: _Place) -> int:
        """Numbers one plan item and all that it holds: the children of a stage, and what tables offer."""
        node = _Node(len(self.nodes), element, definition, place.chain, place.container)
        node.is_discretionary, node.fragment = place.is_discretionary, place.fragment
        self.nodes.append(node)
        self.by_id.setdefault(str(element.get("id") or ""), []).append(node.number)
        if place.chain:
            self.nodes[place.chain[-1]].children.append(node.number)
            self.placed[place.chain[-1], element] = node.number
        if len(self.nodes) <= self.largest:
            kind = xmldoc.local_name(definition)
            if kind in ("stage", "casePlanModel"):
                self._expand_stage(node, place)
            elif kind == "humanTask":
                self._tables(node, replace(place, is_discretionary=True, fragment=""))
        return node.number

    def _expand_stage(self, node: _Node, place: _Place) -> None:
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
        id_ = str(definition.get("id") or "")
        if definition in place.fragments:
            self.reading.report("V-12", f"plan fragment {id_} contains itself", item)
            return []
        for held in xmldoc.children(item, "itemControl", "entryCriterion", "exitCriterion"):
            self.reading.report(
                "V-23",
                f"{xmldoc.local_name(held)} is not allowed on planFragment {item.get('id')}:"
                " give it to the items of the fragment",
                item,
            )
        inside = replace(place, container=definition, fragment=id_, fragments=(*place.fragments, definition))
        return [
            number for one in xmldoc.children(definition, "planItem") for number in self._put(one, inside)
        ]

    def _tables(self, holder: _Node, place: _Place) -> None:
        """What the planning table of a stage or human task offers (SPEC 5.4.9)."""
        for table in xmldoc.children(holder.definition, "planningTable"):
            if holder.definition.get("isBlocking") in ("false", "0"):
                self.reading.report(
                    "V-22",
                    f"non-blocking human task {holder.definition.get('id')} must not have a planning table",
                    holder.definition,
                )
            self._table(table, holder, place, _Allowed())

    def _table(self, table: Element, holder: _Node, place: _Place, above: _Allowed) -> None:
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
        for scope in reversed(scopes):
            for candidate in xmldoc.children(scope, *DEFINITIONS):
                if candidate.get("id") == reference:
                    return candidate
        if any(problem.code == "V-11" and problem.where == id_ for problem in self.reading.problems):
            return None
        known = self.reading.lines.get(str(reference))
        detail = "is not defined in its own or an enclosing stage" if known else "does not exist"
        self.reading.report(
            "V-10" if known else "V-05", f"plan item {id_} refers to {reference}, which {detail}", item
        )
        return None

    def _item(self, node: _Node) -> PlanItem:
        kind = xmldoc.local_name(node.definition)
        definition = definition_reader.definition(
            node.definition, self.roles, lambda start: self._on_part(start, node), self.reading
        )
        if isinstance(definition, Stage):
            definition = replace(definition, items=tuple(node.children))
        else:
            definition = parameter_reader.with_parameters(
                definition, node.definition, self.file, self.reading
            )
        entry = tuple(self._criteria(node, "entryCriterion"))
        exits = tuple(self._criteria(node, "exitCriterion"))
        if kind in LISTENERS and (entry or exits):
            self.reading.report(
                "V-18", f"event listener item {node.element.get('id')} must not have criteria", node.element
            )
        controls = (
            definition_reader.Controls()
            if node.number == 0
            else definition_reader.controls(node.element, node.definition, self.file, self.reading)
        )
        return PlanItem(
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

    def _criteria(self, node: _Node, tag: str) -> Iterator[Criterion]:
        for element in xmldoc.children(node.element, tag):
            sentry = self._sentry_of(element, node)
            if sentry is None:
                continue
            number = len(self.criteria)
            id_ = str(element.get("id") or f"{node.element.get('id')}.{tag}.{number}")
            name = str(element.get("name") or "") or sentry.name
            criterion = Criterion(number, id_, name, tag == "entryCriterion", node.number, sentry)
            self.criteria.append(criterion)
            yield criterion

    def _sentry_of(self, criterion: Element, node: _Node) -> Sentry | None:
        reference = criterion.get("sentryRef")
        if not reference:
            self.reading.report("V-24", f"criterion {criterion.get('id')} has no sentryRef", criterion)
            return None
        container = node.definition if node.container is None else node.container
        for element in xmldoc.children(container, "sentry"):
            if element.get("id") == reference:
                return self._sentry(element, node)
        detail = "is not in the same stage" if str(reference) in self.reading.lines else "does not exist"
        self.reading.report(
            "V-25" if str(reference) in self.reading.lines else "V-05",
            f"criterion {criterion.get('id')} refers to sentry {reference}, which {detail}",
            criterion,
        )
        return None

    def _sentry(self, element: Element, node: _Node) -> Sentry:
        extensions.check_attributes(element, self.reading.report)
        parts = [
            self._on_part(part, node)
            for part in xmldoc.children(element, "planItemOnPart", "caseFileItemOnPart")
        ]
        held = xmldoc.child(element, "ifPart")
        condition = definition_reader.condition(held, self.reading)
        if held is not None and xmldoc.child(held, "condition") is None:
            self.reading.report("V-27", f"the if-part of sentry {element.get('id')} has no condition", held)
        if not parts and held is None:
            self.reading.report(
                "V-26", f"sentry {element.get('id')} has neither on-parts nor an if-part", element
            )
        mode = extensions.attribute(element, "triggerMode") or _TRIGGER_MODES[0]
        if mode not in _TRIGGER_MODES:
            self.reading.report("V-61", f"triggerMode {mode!r} is none of {_TRIGGER_MODES}", element)
        if_part = None
        if held is not None and condition is not None:
            if_part = IfPart(condition, definition_reader.context(held, self.file, self.reading))
        return Sentry(
            id=str(element.get("id") or ""),
            name=str(element.get("name") or ""),
            on_parts=tuple(part for part in parts if part is not None),
            if_part=if_part,
            trigger_mode=mode,
        )

    def _on_part(self, element: Element, node: _Node) -> OnPart | None:
        id_, reference = str(element.get("id") or ""), str(element.get("sourceRef") or "")
        event = xmldoc.text(xmldoc.child(element, "standardEvent"))
        if not reference or not event:
            self.reading.report("V-28", f"on-part {id_} has no sourceRef or no standardEvent", element)
            return None
        if xmldoc.local_name(element) in ("caseFileItemOnPart", "caseFileItemStartTrigger"):
            item = self.file.by_id.get(reference)
            if item is None:
                self._dangling(element, reference, "a case file item")
                return None
            return FileOnPart(id_, item.path, FileTransition(event))
        source = self._nearest(reference, node)
        if source is None:
            self._dangling(element, reference, "a plan item of this case")
            return None
        return PlanItemOnPart(id_, source, Transition(event), self._exit_criterion(element, source, event))

    def _exit_criterion(self, element: Element, source: int, event: str) -> str | None:
        reference = element.get("exitCriterionRef")
        if reference is None:
            return None
        if event != Transition.EXIT:
            self.reading.report(
                "V-30",
                f"exitCriterionRef on {element.get('id')} requires the standardEvent exit",
                element,
            )
        exits = xmldoc.children(self.nodes[source].element, "exitCriterion")
        if str(reference) not in {str(one.get("id")) for one in exits}:
            self.reading.report(
                "V-31",
                f"exitCriterionRef {reference} is not an exit criterion of {element.get('sourceRef')}",
                element,
            )
        return str(reference)

    def _nearest(self, id_: str, node: _Node) -> int | None:
        """Of the places where this plan item stands, the one that shares most containers with `node`."""
        own = (*node.chain, node.number)
        return max(
            self.by_id.get(id_, ()),
            key=lambda number: sum(1 for step in self.nodes[number].chain if step in own),
            default=None,
        )

    def _dangling(self, element: Element, reference: str, expected: str) -> None:
        known = reference in self.reading.lines
        detail = f"is not {expected}" if known else "does not exist"
        self.reading.report(
            "V-06" if known else "V-05",
            f"sourceRef {reference} of on-part {element.get('id')} {detail}",
            element,
        )
