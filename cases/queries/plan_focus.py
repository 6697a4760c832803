"""What of a plan somebody wants to see first: what lives, what came before it, and what comes next.

Finished stages and those that wait are one box; what a machine did is a count; of the lines only those that
lead to something live or next. The list beside the picture always says everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cases.cmmn import lettering
from cases.cmmn.controlmodel import Criterion, PlanItemOnPart
from cases.cmmn.drawing import Link, View
from cases.cmmn.lifecycle import Transition
from cases.cmmn.placing import CAPTION_SIZE
from cases.feel import Expression
from cases.feel.errors import FeelError
from cases.queries import conditions
from cases.queries.plan_nodes import LISTENERS, Node, walk
from cases.queries.sight import Sight
from cases.queries.why import Cause, cause

LIVE = frozenset({"active", "enabled", "failed", "suspended"})
ENDED = frozenset({"completed", "terminated", "skipped", "closed", "disabled"})
_TROUBLE = frozenset(
    {Transition.FAULT, Transition.REACTIVATE, Transition.TERMINATE, Transition.PARENT_TERMINATE}
)
_KEPT_WHEN_DONE = frozenset({"human_task", "milestone", "case_task"})
_RINGS = 2
_WIDEST = 204.0
"""A caption that is longer is cut; the name of an item is not."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a container is only counted: items that are done, and those that are not needed so far."""

    done: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Something that waits, and what may still begin it."""

    node: Node
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Focus:
    """The view, what it leaves out by container, and by item the names of what it waits for."""

    view: View
    rests: Mapping[int, Rest]
    waits: Mapping[int, tuple[str, ...]]
    upcoming: tuple[Upcoming, ...] = ()
    shown: frozenset[int] = frozenset()


def focus(sight: Sight, nodes: tuple[Node, ...]) -> Focus:
    """The view of a plan that shows what lives at its full size."""
    return _Focus(sight, nodes).made()


class _Focus:
    def __init__(self, sight: Sight, nodes: tuple[Node, ...]) -> None:
        self.sight, self.top = sight, nodes
        self.items = sight.case.program.definition.items
        self.nodes = {node.number: node for node in walk(nodes)}
        self.scope = sight.case.file()
        self.live = {number for number, node in self.nodes.items() if self._is_live(node)}
        self.shown: set[int] = set()
        self.folded: set[int] = set()
        self.rests: dict[int, Rest] = {}
        self.rings: Mapping[int, int] = {}

    def made(self) -> Focus:
        self.rings = self._rings()
        self._choose(0, self.top)
        links = self._links()
        waits = {number: self._waits(number) for number in self.shown}
        hidden = frozenset(self.nodes) - self.shown
        unseen = frozenset(item.number for item in self.items if item.number) - frozenset(self.nodes)
        view = View(
            folded=frozenset(self.folded),
            hidden=hidden | unseen,
            links=tuple(links),
            widths={number: _room(names) for number, names in waits.items() if names},
            notes=frozenset(self.rests),
        )
        return Focus(view, self.rests, waits, tuple(self._upcoming()), frozenset(self.shown))

    # What lives, what is over, what may still come.

    def _is_live(self, node: Node) -> bool:
        if node.items:
            inside = any(self._is_live(kid) for kid in node.items)
            return node.state in ("failed", "suspended", "enabled") or (node.state == "active" and inside)
        if node.kind == "timer":
            return node.state == "available"
        return node.kind not in LISTENERS and node.state in LIVE

    def _is_over(self, number: int) -> bool:
        """Whether nothing more can be heard from an item."""
        node = self.nodes.get(number)
        if node is None or node.state not in ENDED:
            return node is not None and any(self._has_ended(one) for one in self._holders(number))
        return not node.repeats or any(self._has_ended(one) for one in self._holders(number))

    def _has_ended(self, number: int) -> bool:
        return number in self.nodes and self.nodes[number].state in ENDED

    def _holders(self, number: int) -> Iterator[int]:
        while (number := self.items[number].stage) > 0:
            yield number

    def _likely(self, criterion: Criterion) -> bool:
        """Whether a criterion may still be met, from what is settled: a guess for the eye alone."""
        for part in criterion.sentry.on_parts:
            if not isinstance(part, PlanItemOnPart):
                continue
            node = self.nodes.get(part.source)
            if node is None or (self._is_over(part.source) and node.state != "completed"):
                return False
            if part.event in _TROUBLE and node.state != "failed":
                return False
        condition = criterion.sentry.if_part.condition if criterion.sentry.if_part else None
        if condition is None or not self.sight.sees_expression(condition):
            return condition is None
        return not any(self._is_settled_false(part) for part in conditions.conjuncts(condition))

    def _is_settled_false(self, condition: Expression) -> bool:
        writers = [
            item.number
            for item in self.items
            if item.number and item.answer_to in {path[0] for path in condition.names}
        ]
        if not all(self._is_over(number) for number in writers):
            return False
        try:
            return condition.evaluate(self.scope) is not True
        except FeelError:
            return False

    def _rings(self) -> dict[int, int]:
        """How many steps from what lives an item stands that waits."""
        rings = dict.fromkeys(self.live, 0)
        for ring in range(1, _RINGS + 1):
            found = [
                number
                for number, node in self.nodes.items()
                if number not in rings
                and node.state in ("available", "unavailable", "completed")
                and not (node.state == "completed" and self._is_over(number))
                and self._follows(number, rings)
            ]
            rings |= dict.fromkeys(found, ring)
        return rings

    def _follows(self, number: int, rings: Mapping[int, int]) -> bool:
        return any(
            isinstance(part, PlanItemOnPart) and part.source in rings and part.source != number
            for criterion in self.items[number].entry
            if self._likely(criterion)
            for part in criterion.sentry.on_parts
        )

    # What is shown.

    def _choose(self, container: int, nodes: Iterable[Node]) -> None:
        done = other = 0
        for node in nodes:
            if not self._is_shown(node):
                done += node.state == "completed"
                other += node.state != "completed"
                continue
            self.shown.add(node.number)
            if node.kind == "stage" and node.number in self.live and node.items:
                self._choose(node.number, node.items)
            elif node.kind == "stage":
                self.folded.add(node.number)
        if done or other:
            self.rests[container] = Rest(done, other)

    def _is_shown(self, node: Node) -> bool:
        if node.number in self.live:
            return True
        if node.state == "optional":
            return False
        if node.state == "completed":
            return node.kind == "stage" or node.kind in _KEPT_WHEN_DONE
        if node.state in ENDED:
            return node.kind == "stage" and node.state == "terminated" and node.has_begun
        if node.kind in LISTENERS:
            return node.kind == "user_event" and node.state == "available"
        if node.state == "active":
            return True
        entries = self.items[node.number].entry
        may_come = not entries or any(self._likely(one) for one in entries)
        if node.kind == "stage":
            return may_come
        return may_come and (self._ring(node.number) <= _RINGS or node.is_goal)

    # Which lines.

    def _links(self) -> list[Link]:
        found: dict[tuple[int, int], Link] = {}
        for number in sorted(self.shown):
            node, chosen = self.nodes[number], -1
            for criterion in self._telling(node):
                for part in criterion.sentry.on_parts:
                    if not isinstance(part, PlanItemOnPart):
                        continue
                    for source in self._resolved(part.source, 0):
                        is_new = (source, number) not in found and self._leads(source, node)
                        if is_new and self._are_apart(source, number):
                            chosen = criterion.number if chosen < 0 else chosen
                            found[(source, number)] = Link(source, number, chosen, part.id)
        return [link for link in found.values() if not self._is_implied(link, found)]

    def _leads(self, source: int, node: Node) -> bool:
        """Whether a line says something: towards what waits only from what is done, or one step nearer."""
        if node.state not in ("available", "unavailable") or source not in self.nodes:
            return True
        is_waiting = self.nodes[source].state in ("available", "unavailable")
        return not is_waiting or self._ring(source) < self._ring(node.number)

    def _ring(self, number: int) -> int:
        return self.rings.get(number, _RINGS + 1)

    def _telling(self, node: Node) -> list[Criterion]:
        """The criterion that brought an item about; of one that waits those that may."""
        entries = self.items[node.number].entry
        if node.caused_by is not None:
            return [one for one in entries if one.id == node.caused_by.criterion]
        if node.state in ENDED or node.number in self.live:
            return []
        return [one for one in entries if self._likely(one)]

    def _resolved(self, number: int, depth: int) -> list[int]:
        """The items that are seen and stand for this one: itself, its folded stage, or what led to it."""
        if number in self.shown:
            return [number]
        for holder in self._holders(number):
            if holder in self.folded and holder in self.shown:
                return [holder]
        node = self.nodes.get(number)
        if node is None or node.caused_by is None or depth > len(self.nodes):
            return []
        return [
            source
            for criterion in self.items[number].entry
            if criterion.id == node.caused_by.criterion
            for part in criterion.sentry.on_parts
            if isinstance(part, PlanItemOnPart) and part.source != number
            for source in self._resolved(part.source, depth + 1)
        ]

    def _are_apart(self, one: int, other: int) -> bool:
        return one != other and one not in self._holders(other) and other not in self._holders(one)

    def _is_implied(self, link: Link, links: Mapping[tuple[int, int], Link]) -> bool:
        """Whether other lines lead from the same place to the same end."""
        seen, waiting = set(), [target for source, target in links if source == link.source]
        waiting.remove(link.target)
        while waiting:
            number = waiting.pop()
            if number == link.target:
                return True
            if number in seen or number == link.source:
                continue
            seen.add(number)
            waiting += [target for source, target in links if source == number]
            waiting += [kid.number for kid in self.nodes[number].items if kid.number in self.shown]
        return False

    def _waits(self, number: int) -> tuple[str, ...]:
        """The names of what an item waits for: what lives first."""
        node = self.nodes[number]
        if node.state not in ("available", "unavailable"):
            return ()
        sources = {
            part.source
            for criterion in self.items[number].entry
            if self._likely(criterion)
            for part in criterion.sentry.on_parts
            if isinstance(part, PlanItemOnPart) and not self._is_over(part.source)
        }
        nearest = sorted(sources, key=lambda source: (self._ring(source), source))
        return tuple(dict.fromkeys(self.nodes[source].name for source in nearest))

    def _upcoming(self) -> Iterator[Upcoming]:
        """What waits, the nearest first, with the criteria that may still be met."""
        waiting = [
            number for number in self.rings if self.nodes[number].state in ("available", "unavailable")
        ]
        for number in sorted(waiting, key=lambda number: (self._ring(number), number)):
            likely = [one for one in self.items[number].entry if self._likely(one)]
            near = [one for one in likely if self._is_near(one, self._ring(number))]
            yield Upcoming(self.nodes[number], tuple(cause(self.sight, one) for one in near or likely))

    def _is_near(self, criterion: Criterion, ring: int) -> bool:
        return any(
            isinstance(part, PlanItemOnPart) and self._ring(part.source) < ring
            for part in criterion.sentry.on_parts
        )


def _room(names: tuple[str, ...]) -> float:
    return min(_WIDEST, lettering.width(f"waits for {names[0]}", CAPTION_SIZE) + 52.0)
