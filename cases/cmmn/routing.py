"""Lines with right angles around boxes: never through one, apart from one another, with few bends.

A line is the cheapest walk over the lanes beside the boxes (A*). What it costs: its length, each bend, each
line that it crosses, and far more to run along another one. Lines that come from one place may share the
way out, those that end at one diamond the way in. A walk that passes its work budget takes the
first good way instead, and if that is not found either the straight one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

Point = tuple[float, float]
Step = tuple[int, int]

RIGHT, DOWN, LEFT, UP = (1, 0), (0, 1), (-1, 0), (0, -1)
_SIDE_LANES = ((10.0, 16.0, 22.0), (6.0, 12.0, 18.0))
_ROW_LANES = (7.0, 13.0)
_BEND, _CROSSING, _ALONG, _NEAR = 14.0, 26.0, 900.0, 4.5
_BUDGET, _MORE, _BUDGET_OF_ALL, _HASTE = 3000, 12_000, 100_000, 4.0
_SAME = 3.0


@dataclass(frozen=True, slots=True)
class Rect:
    """A box that lines go around; `low` holds what hangs below it, such as a label."""

    left: float
    top: float
    right: float
    low: float


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that is wanted: from one of the ports to `end`, arriving in this direction.

    It stays within `frame`. `family` and `goal` name those that it may run along: lines from the same place,
    and to the same diamond.
    """

    ports: tuple[tuple[Point, Step], ...]
    end: Point
    into: Step
    around: tuple[Rect, ...]
    frame: Rect
    family: int
    goal: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A straight piece of a line: where it stands, from where to where."""

    at: float
    first: float
    last: float
    family: int
    goal: int


@dataclass(slots=True)
class Lines:
    """The lines drawn so far, for the next to keep away from, and the work that is left for all of them."""

    upright: list[_Piece] = field(default_factory=list)
    level: list[_Piece] = field(default_factory=list)
    steps_left: int = _BUDGET_OF_ALL

    def add(self, points: tuple[Point, ...], family: int, goal: int) -> None:
        """Keep a line."""
        for (x0, y0), (x1, y1) in pairwise(points):
            if x0 == x1:
                self.upright.append(_Piece(x0, min(y0, y1), max(y0, y1), family, goal))
            else:
                self.level.append(_Piece(y0, min(x0, x1), max(x0, x1), family, goal))


def route(wish: Wish, lines: Lines) -> tuple[Point, ...]:
    """The points of the line, and remembers it."""
    walk = _Walk(wish, lines)
    points = walk.best(1.0, _BUDGET) or walk.best(_HASTE, _MORE)
    if points is None:
        points = straight(wish.ports[0][0], wish.end, wish.into)
    lines.add(points, wish.family, wish.goal)
    return points


def straight(start: Point, end: Point, into: Step) -> tuple[Point, ...]:
    """A line with at most two bends, whatever stands there."""
    y = start[1]
    if y == end[1]:
        return start, end
    if into[1]:
        return _bends([start, (end[0], y), end])
    turn = end[0] - 13.0 * into[0]
    return _bends([start, (turn, y), (turn, end[1]), end])


def passes(points: Iterable[Point], box: Rect) -> bool:
    """Whether a line goes through a box."""
    for (x0, y0), (x1, y1) in pairwise(points):
        beside = max(x0, x1) <= box.left or min(x0, x1) >= box.right
        apart = max(y0, y1) <= box.top or min(y0, y1) >= box.low
        if not (beside or apart):
            return True
    return False


class _Costs:
    """What it costs to go along the lanes of one direction, from the lines that are drawn already."""

    def __init__(self, lanes: list[float], beside: list[_Piece], across: list[_Piece], wish: Wish) -> None:
        self.lanes, self.beside, self.wish = lanes, beside, wish
        self.across = [one for one in across if wish.family != one.family and wish.goal != one.goal]
        self._along: dict[int, list[tuple[float, float, float]]] = {}
        self._crossed: dict[int, list[_Piece]] = {}

    def along(self, lane: int, first: float, last: float) -> float:
        """The price of going along a lane from one place to another, of lines that run there."""
        if lane not in self._along:
            at = self.lanes[lane]
            self._along[lane] = [
                (one.first, one.last, self._price(one, at)) for one in self.beside if abs(one.at - at) < _NEAR
            ]
        return sum(price for begin, end, price in self._along[lane] if begin < last and end > first)

    def crossing(self, lane: int, at: float) -> float:
        """The price of going from a lane to the next, of lines that stand between or on it."""
        if lane not in self._crossed:
            low, high = self.lanes[lane], self.lanes[lane + 1]
            self._crossed[lane] = [one for one in self.across if low <= one.at < high]
        return _CROSSING * sum(one.first < at < one.last for one in self._crossed[lane])

    def _price(self, one: _Piece, at: float) -> float:
        if self.wish.family != one.family and self.wish.goal != one.goal:
            return _ALONG
        return 0.0 if one.at == at else _CROSSING


class _Walk:
    """One search. Places are numbers of lanes; the direction of arrival belongs to a place."""

    def __init__(self, wish: Wish, lines: Lines) -> None:
        ports = [port for port, _ in wish.ports]
        frame = wish.frame
        sides = [x for box in wish.around for x in _beside(box) if frame.left <= x <= frame.right]
        rows = [y for box in wish.around for y in _above(box) if frame.top <= y <= frame.low]
        self.wish, self.lines = wish, lines
        self.xs = _lanes([*(x for x, _ in ports), wish.end[0]], sides)
        self.ys = _lanes([*(y for _, y in ports), wish.end[1]], rows)
        self.columns = _Costs(self.xs, lines.upright, lines.upright, wish)
        self.rows = _Costs(self.ys, lines.level, lines.level, wish)
        self.prices: dict[tuple[int, int, int, int], float] = {}
        self.closed_rows: dict[int, list[tuple[float, float]]] = {}
        self.closed_columns: dict[int, list[tuple[float, float]]] = {}

    def best(self, haste: float, budget: int) -> tuple[Point, ...] | None:
        """The cheapest line, or with haste a good one; None where the budget does not find one."""
        goal = (self._column(self.wish.end[0]), self._row(self.wish.end[1]))
        cheapest: dict[tuple[int, int, Step], float] = {}
        came: dict[tuple[int, int, Step], tuple[int, int, Step] | None] = {}
        heap: list[tuple[float, int, float, tuple[int, int, Step]]] = []
        for order, ((x, y), way) in enumerate(self.wish.ports):
            place = (self._column(x), self._row(y), way)
            cheapest[place], came[place] = order * 6.0, None
            heappush(heap, (order * 6.0, len(heap), order * 6.0, place))
        work, tick = 0, len(heap)
        while heap and work < budget:
            _, _, cost, place = heappop(heap)
            if cost > cheapest[place]:
                continue
            if place[:2] == goal and place[2] == self.wish.into:
                return self._points(place, came)
            work += 1
            self.lines.steps_left -= 1
            for following, price in self._around(place, came[place]):
                whole = cost + price
                if whole < cheapest.get(following, 1e12):
                    cheapest[following], came[following] = whole, place
                    tick += 1
                    heappush(heap, (whole + haste * self._left(following, goal), tick, whole, following))
        return None

    def _around(
        self, place: tuple[int, int, Step], before: tuple[int, int, Step] | None
    ) -> Iterator[tuple[tuple[int, int, Step], float]]:
        column, row, way = place
        for step in (RIGHT, DOWN, LEFT, UP):
            turned = step != way
            if (before is None and turned) or (step[0] == -way[0] and step[1] == -way[1]):
                continue
            x, y = column + step[0], row + step[1]
            if not (0 <= x < len(self.xs) and 0 <= y < len(self.ys)) or self._is_closed(column, row, x, y):
                continue
            yield (x, y, step), self._price(column, row, x, y) + (_BEND if turned else 0.0)

    def _price(self, column: int, row: int, x: int, y: int) -> float:
        lower, left = min(row, y), min(column, x)
        key = (left, lower, max(column, x), max(row, y))
        if key not in self.prices:
            if row == y:
                first, last = self.xs[left], self.xs[left + 1]
                price = self.rows.along(row, first, last) + self.columns.crossing(left, self.ys[row])
            else:
                first, last = self.ys[lower], self.ys[lower + 1]
                price = self.columns.along(column, first, last) + self.rows.crossing(lower, self.xs[column])
            self.prices[key] = price + last - first
        return self.prices[key]

    def _is_closed(self, column: int, row: int, x: int, y: int) -> bool:
        if row == y:
            first, last = sorted((self.xs[column], self.xs[x]))
            return any(begin < last and end > first for begin, end in self._in_row(row))
        first, last = sorted((self.ys[row], self.ys[y]))
        return any(begin < last and end > first for begin, end in self._in_column(column))

    def _in_row(self, row: int) -> list[tuple[float, float]]:
        if row not in self.closed_rows:
            y = self.ys[row]
            self.closed_rows[row] = [
                (box.left, box.right) for box in self.wish.around if box.top < y < box.low
            ]
        return self.closed_rows[row]

    def _in_column(self, column: int) -> list[tuple[float, float]]:
        if column not in self.closed_columns:
            x = self.xs[column]
            self.closed_columns[column] = [
                (box.top, box.low) for box in self.wish.around if box.left < x < box.right
            ]
        return self.closed_columns[column]

    def _left(self, place: tuple[int, int, Step], goal: tuple[int, int]) -> float:
        across = abs(self.xs[place[0]] - self.xs[goal[0]]) + abs(self.ys[place[1]] - self.ys[goal[1]])
        return across + (0.0 if place[2] == self.wish.into else _BEND)

    def _points(
        self,
        place: tuple[int, int, Step],
        came: dict[tuple[int, int, Step], tuple[int, int, Step] | None],
    ) -> tuple[Point, ...]:
        found: list[Point] = []
        following: tuple[int, int, Step] | None = place
        while following is not None:
            found.append((self.xs[following[0]], self.ys[following[1]]))
            following = came[following]
        return _bends(found[::-1])

    def _column(self, x: float) -> int:
        return bisect_left(self.xs, x)

    def _row(self, y: float) -> int:
        return bisect_left(self.ys, y)


def _lanes(fixed: Iterable[float], more: Iterable[float]) -> list[float]:
    """All places in order; a lane that hardly differs from another is left out, a fixed one never."""
    kept = sorted(set(fixed))
    found = list(kept)
    for one in sorted(set(more)):
        if all(abs(one - other) > _SAME for other in (found[-1:] + kept)):
            found.append(one)
    return sorted(found)


def _beside(box: Rect) -> tuple[float, ...]:
    right, left = _SIDE_LANES
    return (*(box.right + one for one in right), *(box.left - one for one in left))


def _above(box: Rect) -> tuple[float, ...]:
    return (*(box.top - one for one in _ROW_LANES), *(box.low + one for one in _ROW_LANES))


def _bends(points: list[Point]) -> tuple[Point, ...]:
    """The ends and the corners."""
    kept = [points[0]]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        if not (before[0] == at[0] == after[0] or before[1] == at[1] == after[1]):
            kept.append(at)
    return (*kept, points[-1])
