"""The number of a case, in the pattern of its app: `CLM-2026-000123`."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.caseapp.document import CaseApp

_PLACE = re.compile(r"\{(yyyy|seq)(?::([1-9]))?\}")


def counter_of(app: CaseApp, now: datetime) -> str:
    """The counter that numbers the cases opened now: one for each text that stands around the number.

    So two apps with one pattern share a counter, and never give two cases one key.
    """
    return _PLACE.sub(
        lambda place: place[0] if place[1] == "seq" else _written(place, 0, app, now), app.number
    )


def business_key(app: CaseApp, number: int, now: datetime) -> str:
    """The key of the case with this number."""
    return _PLACE.sub(lambda place: _written(place, number, app, now), app.number)


def _written(place: re.Match[str], number: int, app: CaseApp, now: datetime) -> str:
    if place[1] == "yyyy":
        return f"{now.astimezone(ZoneInfo(app.zone)):%Y}"
    return f"{number:0{place[2] or 1}}"
