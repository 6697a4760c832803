"""Criteria, sentries and on-parts of plan items -> the metamodel: what refers to another finds it here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cases import xmldoc
from cases.cmmn import expression_reader, extensions, file_reader, vendor, vendor_controls
from cases.cmmn.controlmodel import Criterion, FileOnPart, IfPart, OnPart, PlanItemOnPart, Sentry
from cases.cmmn.filemodel import FileModel
from cases.cmmn.lifecycle import FileTransition, Transition
from cases.cmmn.reading import Reading
from cases.feel import parse
from cases.xmldoc import Element

_TRIGGER_MODES = ("latched", "onEvent", "latchedAll")


@dataclass(slots=True)
class Node:
    """A plan item on its way: where it stands, and the elements it is made of.

    `chain` are the stages above it, `container` holds its sentries.
    """

    number: int
    element: Element
    definition: Element
    chain: tuple[int, ...]
    container: Element | None
    children: list[int] = field(default_factory=list)
    is_discretionary: bool = False
    fragment: str = ""


class Sentries:
    """Reads the criteria of one case; all its plan items have been found by then."""

    def __init__(
        self, nodes: Sequence[Node], by_id: Mapping[str, Sequence[int]], file: FileModel, reading: Reading
    ) -> None:
        self.criteria: list[Criterion] = []
        self._nodes = nodes
        self._by_id = by_id
        self._file = file
        self._reading = reading

    def criteria_of(self, node: Node, tag: str) -> Iterator[Criterion]:
        """The entry or exit criteria of a plan item. Reports V-05, V-24 to V-31."""
        for element in xmldoc.children(node.element, tag):
            sentry = self._sentry_of(element, node)
            if sentry is None:
                continue
            number = len(self.criteria)
            id_ = str(element.get("id") or f"{node.element.get('id')}.{tag}.{number}")
            name = str(element.get("name") or "") or sentry.name
            is_entry = tag == "entryCriterion"
            criterion = Criterion(
                number=number,
                id=id_,
                name=name,
                is_entry=is_entry,
                owner=node.number,
                sentry=sentry,
                exit_type=vendor_controls.exit_type(element, self._reading),
                exit_event=vendor_controls.exit_event(element, self._reading),
            )
            self.criteria.append(criterion)
            yield criterion

    def on_part(self, element: Element, node: Node) -> OnPart | None:
        """An on-part, or the start trigger of a timer. Reports V-05, V-06, V-28, V-30, V-31."""
        id_, reference = str(element.get("id") or ""), str(element.get("sourceRef") or "")
        event = xmldoc.text(xmldoc.child(element, "standardEvent"))
        if not reference or not event:
            self._reading.report("V-28", f"on-part {id_} has no sourceRef or no standardEvent", element)
            return None
        if xmldoc.local_name(element) in ("caseFileItemOnPart", "caseFileItemStartTrigger"):
            item = self._file.by_id.get(reference)
            if item is None:
                self._dangling(element, reference, "a case file item")
                return None
            return FileOnPart(id_, item.path, FileTransition(event))
        source = self._nearest(reference, node)
        if source is None:
            self._dangling(element, reference, "a plan item of this case")
            return None
        return PlanItemOnPart(id_, source, Transition(event), self._exit_criterion(element, source, event))

    def _sentry_of(self, criterion: Element, node: Node) -> Sentry | None:
        reference = str(criterion.get("sentryRef") or "")
        if not reference:
            self._reading.report("V-24", f"criterion {criterion.get('id')} has no sentryRef", criterion)
            return None
        element = self._reading.elements.get(reference)
        if element is None or xmldoc.local_name(element) != "sentry":
            known = element is not None
            self._reading.report(
                "V-25" if known else "V-05",
                f"criterion {criterion.get('id')} refers to sentry {reference},"
                f" which {'is none' if known else 'does not exist'}",
                criterion,
            )
            return None
        container = node.definition if node.container is None else node.container
        if element.getparent() is not container and not self._is_near(element, criterion, node):
            return None
        return self._sentry(element, node)

    def _is_near(self, sentry: Element, criterion: Element, node: Node) -> bool:
        """Whether a sentry of another container may be used. Reports V-25.

        Other engines look for it in the containers around, too.
        """
        message = (
            f"criterion {criterion.get('id')} refers to sentry {sentry.get('id')}, which is not in the same"
        )
        containers = [self._nodes[number].definition for number in node.chain]
        around = [one for container in containers for one in (container, *container.iterancestors())]
        if self._reading.is_vendor and any(sentry.getparent() is one for one in around):
            self._reading.upgrade("V-25", f"{message} stage: that of a stage around it is taken", criterion)
            return True
        self._reading.report("V-25", f"{message} stage", criterion)
        return False

    def _sentry(self, element: Element, node: Node) -> Sentry:
        reading = self._reading
        extensions.check_attributes(element, reading.report)
        found = [
            self.on_part(part, node)
            for part in xmldoc.children(element, "planItemOnPart", "caseFileItemOnPart")
        ]
        on_parts = [part for part in found if part is not None]
        on_parts += self._variables(element)
        mode = extensions.attribute(element, "triggerMode")
        if mode is not None and mode not in _TRIGGER_MODES:
            reading.report("V-61", f"triggerMode {mode!r} is none of {_TRIGGER_MODES}", element)
        return Sentry(
            id=str(element.get("id") or ""),
            name=str(element.get("name") or ""),
            on_parts=tuple(on_parts),
            if_part=self._if_part(element, (*found, *on_parts)),
            trigger_mode=mode or vendor_controls.trigger_mode(element, reading) or _TRIGGER_MODES[0],
        )

    def _if_part(self, element: Element, heard: Sequence[OnPart | None]) -> IfPart | None:
        reading, held = self._reading, xmldoc.child(element, "ifPart")
        if held is None:
            if heard:
                return None
            message = f"sentry {element.get('id')} has neither on-parts nor an if-part"
            if not reading.is_flowable:
                reading.report("V-26", message, element)
                return None
            reading.upgrade("V-26", f"{message}: it is always satisfied", element)
            return IfPart(parse("true"))
        condition = expression_reader.condition(held, reading)
        if xmldoc.text(xmldoc.child(held, "condition")) == "":
            reading.report("V-27", f"the if-part of sentry {element.get('id')} has no condition", held)
        if condition is None:
            return None
        return IfPart(condition, file_reader.context(held, self._file, reading))

    def _variables(self, element: Element) -> Iterator[FileOnPart]:
        """On-parts on variables: a variable is a root item of the case file (cmmn-semantics D11)."""
        for number, part in enumerate(vendor.elements(element, "variableOnPart"), 1):
            name = vendor.own(part, "variableName")
            event = xmldoc.text(xmldoc.child(part, "variableEvent"))
            if name is None or event not in set(FileTransition):
                self._reading.report(
                    "V-28", "a variableOnPart has no variableName or no variableEvent", element
                )
                continue
            id_ = str(part.get("id") or f"{element.get('id')}.variableOnPart.{number}")
            yield FileOnPart(id_, (name,), FileTransition(event))

    def _exit_criterion(self, element: Element, source: int, event: str) -> str | None:
        reference = element.get("exitCriterionRef")
        if reference is None:
            return None
        if event != Transition.EXIT:
            self._reading.report(
                "V-30",
                f"exitCriterionRef on {element.get('id')} requires the standardEvent exit",
                element,
            )
        exits = xmldoc.children(self._nodes[source].element, "exitCriterion")
        if str(reference) not in {str(one.get("id")) for one in exits}:
            self._reading.report(
                "V-31",
                f"exitCriterionRef {reference} is not an exit criterion of {element.get('sourceRef')}",
                element,
            )
        return str(reference)

    def _nearest(self, id_: str, node: Node) -> int | None:
        """Of the places where this plan item stands, the one that shares most containers with `node`."""
        own = (*node.chain, node.number)
        return max(
            self._by_id.get(id_, ()),
            key=lambda number: sum(1 for step in self._nodes[number].chain if step in own),
            default=None,
        )

    def _dangling(self, element: Element, reference: str, expected: str) -> None:
        known = reference in self._reading.lines
        detail = f"is not {expected}" if known else "does not exist"
        self._reading.report(
            "V-06" if known else "V-05",
            f"sourceRef {reference} of on-part {element.get('id')} {detail}",
            element,
        )
