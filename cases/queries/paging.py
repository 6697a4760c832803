"""Where a page of a list begins: the key of the last line of the page before, as it stands in an address."""

from datetime import UTC, datetime

LARGEST = 2**63 - 1
"""No key of a row is larger, and no store compares one with a larger number."""


def write(moment: datetime, *numbers: int) -> str:
    """The key of a line: what the list is ordered by."""
    return "_".join((moment.astimezone(UTC).isoformat(), *map(str, numbers)))


def read(text: str | None, numbers: int) -> tuple[datetime, *tuple[int, ...]] | None:
    """The key again, with so many numbers; a text that is none begins at the first page."""
    if not text:
        return None
    stamp, *rest = text.rsplit("_", numbers)
    try:
        moment = datetime.fromisoformat(stamp)
        keys = tuple(map(int, rest))
        if moment.tzinfo is None or len(keys) != numbers or any(abs(key) > LARGEST for key in keys):
            return None
        return (moment.astimezone(UTC), *keys)
    except (ValueError, OverflowError):
        return None
