"""What an expression of a form sees: the case file, over it the answers above, and what time it is where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from forms.definition import Condition


@dataclass(slots=True)
class Scope:
    """Names with their values; the moment and zone of `now()` and `today()`, null without a moment.

    `zone` is also where a time is meant that comes without an offset. `roles` are those of whoever answers:
    no expression sees them, but some choices are not offered to all.
    """

    names: dict[str, object] = field(default_factory=dict)
    zone: tzinfo = UTC
    now: datetime | None = None
    roles: frozenset[str] = frozenset()

    def value(self, condition: Condition) -> object:
        """What an expression gives here."""
        return condition.evaluate(self.names, self.now, str(self.zone))

    def holds(self, condition: Condition) -> bool:
        """Whether a condition is true here; null is not."""
        return self.value(condition) is True

    def below(self, names: Mapping[str, object]) -> "Scope":
        """The same, with more names over it."""
        return Scope({**self.names, **names}, self.zone, self.now, self.roles)
