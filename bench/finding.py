"""What came of one goal, as the table of `make bench` shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one goal; `note` is what lies behind the figure."""

    goal: str
    what: str
    bar: str
    measured: str
    is_met: bool
    note: str = ""
