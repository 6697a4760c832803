"""Jinja filters: dates, durations, states in words, deadlines as a badge, values as people write them."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Flask

from app import current
from app.presentation.language import gettext as _
from app.presentation.language import locale, zone
from forms.builder import DrawnForm

_AVATARS = 8
_AT_RISK = 0.2
_FAR = 9000
"""A task without a due date is due in a year beyond this one, so that lists can be ordered by one column."""
_LONG_TEXT = 64
_CURRENCY = re.compile(r"(?P<words>.*\S) \((?P<currency>[A-Z]{3})\)")
_CELL = re.compile(r"(?P<field>.+)-(?P<row>[0-9]{1,9})(?:-(?P<column>.+))?")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due date as a badge; `used` is how much of the time is gone, in %."""

    tone: str
    icon: str
    words: str
    used: int


@dataclass(frozen=True, slots=True)
class Amount:
    """The words of a label without the currency at its end, and the currency."""

    words: str
    currency: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn."""

    icon: str
    tone: str = ""


_PLAIN = Look(icon="circle-dashed")
_LOOKS = {
    "active": Look(icon="loader", tone="acc"),
    "enabled": Look(icon="player-play", tone="acc"),
    "completed": Look(icon="circle-check", tone="green"),
    "failed": Look(icon="alert-triangle", tone="red"),
    "suspended": Look(icon="player-pause", tone="amber"),
    "terminated": Look(icon="x"),
    "closed": Look(icon="lock"),
}


def init_app(app: Flask) -> None:
    """Put the filters into the templates."""
    app.jinja_env.filters.update(
        avatar=avatar,
        currency_of=currency_of,
        day=day,
        document=document,
        field_name=field_name,
        initials=initials,
        instant=instant,
        instant_there=instant_there,
        iso=iso,
        lasting=lasting,
        label=label,
        plain=plain,
        since=since,
        state=state,
        tone=tone,
        state_icon=state_icon,
    )
    app.jinja_env.globals.update(deadline=deadline)


def state(name: str) -> str:
    """The word that a reader sees for a state of the standard."""
    words = {
        "unavailable": _("Later"),
        "available": _("Waiting"),
        "enabled": _("Can start"),
        "disabled": _("Switched off"),
        "active": _("Active"),
        "suspended": _("Paused"),
        "failed": _("Failed"),
        "completed": _("Done"),
        "terminated": _("Stopped"),
        "skipped": _("Not needed"),
        "closed": _("Closed"),
        "optional": _("Optional"),
    }
    return words.get(name, name)


def tone(name: str) -> str:
    """The colour class of a state; the word stands beside it always."""
    return _LOOKS.get(name, _PLAIN).tone


def state_icon(name: str) -> str:
    """The icon of a state."""
    return _LOOKS.get(name, _PLAIN).icon


def deadline(
    due: datetime | None, began: datetime, now: datetime | None = None, warn_at: datetime | None = None
) -> Deadline | None:
    """How much time is left, as a badge; None where nothing is due.

    At risk is what has passed `warn_at`; without one, what has less than a fifth of its time left.
    """
    if due is None or due.year > _FAR:
        return None
    at = now or current.now()
    left = due - at
    if left < timedelta():
        return Deadline("red", icon="flame", words=_("%(time)s over") % {"time": lasting(-left)}, used=100)
    share = left.total_seconds() / max((due - began).total_seconds(), 1.0)
    words = _("%(time)s left") % {"time": lasting(left)}
    used = max(3, min(100, round((1 - share) * 100)))
    if at >= warn_at if warn_at else share < _AT_RISK:
        return Deadline("amber", icon="hourglass-high", words=words, used=used)
    return Deadline("green", icon="clock", words=words, used=used)


def lasting(length: timedelta) -> str:
    """A length of time in its two largest units."""
    minutes = int(length.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return (
            _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}
            if hours
            else _("%(days)s d") % {"days": days}
        )
    if hours:
        return _("%(hours)s h %(minutes)s m") % {"hours": hours, "minutes": f"{minutes:02}"}
    return _("%(minutes)s m") % {"minutes": minutes}


def since(moment: datetime) -> str:
    """How long ago that was."""
    return _("%(time)s ago") % {"time": lasting(max(current.now() - moment, timedelta()))}


def instant(moment: datetime | None, place: str = "") -> str:
    """A moment in the zone of the page, or of the place named: the hour alone where it is today."""
    if moment is None:
        return "\N{EN DASH}"
    there = ZoneInfo(place) if place else zone()
    here, today = moment.astimezone(there), current.now().astimezone(there)
    if here.date() == today.date():
        return format_datetime(here, "HH:mm", locale=locale())
    pattern = "d MMM, HH:mm" if here.year == today.year else "d MMM y, HH:mm"
    return format_datetime(here, pattern, locale=locale())


def instant_there(moment: datetime | None, place: str = "") -> str:
    """A moment with the name of the zone that it is told in, such as `17:00 EST`."""
    if moment is None:
        return instant(None)
    there = ZoneInfo(place) if place else zone()
    return f"{instant(moment, place)} {moment.astimezone(there).tzname()}"


def day(moment: date | datetime) -> str:
    """A day."""
    return format_date(moment, "d MMM y", locale=locale())


def iso(moment: datetime) -> str:
    """A moment as the `datetime` attribute wants it."""
    return moment.isoformat(timespec="seconds")


def initials(name: str) -> str:
    """Two letters for an avatar."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def avatar(user_id: int | None) -> str:
    """The colour class of a person's avatar: one of a fixed list, each readable under white letters."""
    return f"av-{(user_id or 0) % _AVATARS}"


def document(value: object) -> str:
    """A value as an indented JSON document, in the letters that it has."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def field_name(key: str, form: DrawnForm | None) -> str:
    """What a reader calls the field that an error names: in rows `injuries-0-party` is a cell."""
    if form is not None and key in form:
        return str(form[key].label.text)
    cell = _CELL.fullmatch(key)
    if form is None or cell is None or cell["field"] not in form:
        return label(key)
    field = form[cell["field"]]
    names = {column.key: column.label for column in field.drawing.field.columns}
    column = names.get(cell["column"] or "", "")
    told = _("%(field)s, row %(row)s, %(column)s") if column else _("%(field)s, row %(row)s")
    return told % {"field": field.label.text, "row": int(cell["row"]) + 1, "column": column}


def currency_of(label: str) -> Amount | None:
    """The currency that a label such as `Gross amount (USD)` ends with."""
    found = _CURRENCY.fullmatch(label)
    return None if found is None else Amount(found["words"], found["currency"])


def label(name: str) -> str:
    """A name of the case file as a person would write it: `lossAt` -> `Loss at`."""
    words: list[str] = []
    for character in name.replace("_", " "):
        if character.isupper() and words and words[-1][-1].islower():
            words.append(" ")
        words.append(character.lower() if words and words[-1] == " " else character)
    text = "".join(words)
    return text[:1].upper() + text[1:]


def plain(value: object) -> str:
    """A value of the case file in one line."""
    match value:
        case _ if value is None or value in ("", [], {}):
            return "\N{EN DASH}"
        case bool():
            return _("Yes") if value else _("No")
        case int() | Decimal():
            return str(format_decimal(value, locale=locale()))
        case str():
            return _instant_or_text(value)
        case list():
            return ", ".join(plain(part) for part in value)
        case dict():
            return ", ".join(f"{label(key)}: {plain(part)}" for key, part in value.items())
        case _:
            return str(value)


def _instant_or_text(text: str) -> str:
    """Instants lie in the case file as ISO 8601 text."""
    if len(text) > _LONG_TEXT or text[4:5] != "-" or not text[:4].isdigit():
        return text
    try:
        return (
            instant(datetime.fromisoformat(text))
            if "T" in text and _is_aware(text)
            else day(date.fromisoformat(text))
        )
    except ValueError:
        return text


def _is_aware(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None
