"""What an expression sees: layers of names, looked up lazily, and what was missing, noted for the author."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from cases.feel import temporal
from cases.feel.budget import MAX_TICKS, Budget
from cases.feel.values import Range, kind

_MAX_NOTES = 50
_NOWHERE: Mapping[str, object] = {}


class Scope:
    """Layers of names, the first that has a name wins; and the time, which the core does not know by itself.

    `notes` gathers why values are null: names that nothing has, members that are missing, kinds that do
    not fit.
    """

    __slots__ = ("layers", "notes", "now", "zone")

    def __init__(self, *layers: Mapping[str, object], now: datetime | None = None, zone: str = "UTC") -> None:
        self.layers = layers
        self.now = now
        self.zone = zone
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Remember why something is null; each reason once, and not more than a page can show."""
        if len(self.notes) < _MAX_NOTES and text not in self.notes:
            self.notes.append(text)

    def local_now(self) -> datetime | None:
        """The time in the zone of the scope. Raises `ValueError` when there is no such zone."""
        return None if self.now is None else self.now.astimezone(self._zone())

    def _zone(self) -> tzinfo:
        return UTC if self.zone == "UTC" else temporal.zone_named(self.zone)


class Run(Budget):
    """One evaluation: its scope, and what it may still spend."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope, ticks: int = MAX_TICKS) -> None:
        super().__init__(ticks)
        self.scope = scope

    def note(self, text: str) -> None:
        """Remember why something is null."""
        self.scope.note(text)

    def frame(self) -> "Frame":
        """The outermost frame."""
        return Frame(self, _NOWHERE, None, self.scope.layers)


class Frame:
    """Names that the expression itself brings (parameters, items), within those around it, within the layers.

    A function keeps the frame it was made in, and runs on the budget of whoever calls it.
    """

    __slots__ = ("layers", "names", "outer", "run")

    def __init__(
        self,
        run: Run,
        names: Mapping[str, object],
        outer: "Frame | None",
        layers: tuple[Mapping[str, object], ...],
    ) -> None:
        self.run = run
        self.names = names
        self.outer = outer
        self.layers = layers

    def within(self, names: Mapping[str, object]) -> "Frame":
        """A frame inside this one."""
        return Frame(self.run, names, self, self.layers)

    def called(self, names: Mapping[str, object], run: Run) -> "Frame":
        """A frame inside this one, for a call made in another evaluation."""
        return Frame(run, names, self, self.layers)

    def has(self, name: str) -> bool:
        """Whether anything has this name."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return True
            frame = frame.outer
        return any(name in layer for layer in self.layers)

    def read(self, name: str, otherwise: object = None) -> object:
        """The value of a name: of the innermost frame that has it, of the layers, or `otherwise`."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.outer
        for layer in self.layers:
            if name in layer:
                return layer[name]
        if otherwise is None:
            self.run.note(f"nothing here is called {name}")
        return otherwise


def member(value: object, name: str, run: Run) -> object:
    """`value.name`: the entry of a context, a part of a date or range; of a list, that of every item."""
    if value is None:
        return None
    match kind(value):
        case "context":
            return _entry(value, name, run)  # type: ignore[arg-type]  # a context by its kind
        case "list":
            run.spend(len(value))  # type: ignore[arg-type]  # a list by its kind
            return [member(item, name, run) for item in value]  # type: ignore[attr-defined]  # a list by its kind
        case "range":
            return _end(value, name, run)  # type: ignore[arg-type]  # a range by its kind
        case _ if temporal.has_component(value, name):
            return temporal.component(value, name)
    run.note(f"a {kind(value)} has no {name}")
    return None


def _entry(context: Mapping[str, object], name: str, run: Run) -> object:
    if name in context:
        return context[name]
    run.note(f"the context has no {name}")
    return None


def _end(span: Range, name: str, run: Run) -> object:
    match name:
        case "start":
            return span.low
        case "end":
            return span.high
        case "start included":
            return span.low_included and span.low is not None
        case "end included":
            return span.high_included and span.high is not None
    run.note(f"a range has no {name}")
    return None
