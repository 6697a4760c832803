"""A drawing of a plan, and what of the plan it is to show: values in pixels, from the left upper corner."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.cmmn.routing import Point


@dataclass(frozen=True, slots=True)
class Link:
    """A line that is to be drawn: what happens at `source` leads to the criterion of `target`."""

    source: int
    target: int
    criterion: int
    on_part: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What of a plan is drawn. `links` is None where each on-part has its line.

    `widths` are the least widths of items whose captions need them, `notes` the containers that carry a
    line of text at their foot.
    """

    folded: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    links: tuple[Link, ...] | None = None
    widths: Mapping[int, float] = field(default_factory=dict)
    notes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Box:
    """Where one plan item stands; `is_folded` for a stage drawn without what it holds."""

    number: int
    x: float
    y: float
    width: float
    height: float
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The diamond of a criterion: its number and centre."""

    criterion: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Route:
    """The line of one on-part, from its source to the criterion's diamond."""

    on_part: str
    source: int
    criterion: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """The line from a human task to an item that may be planned from it (SPEC 5.4.9, 6.10)."""

    holder: int
    item: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole plan, its left upper corner at 0, 0.

    Boxes stand in model order, containers before what they hold.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    routes: tuple[Route, ...]
    ties: tuple[Tie, ...] = ()
