"""What a list of tasks can be narrowed to: tabs, urgency, and what somebody looks for, as conditions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.workmodel import HumanTask
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow

_WEEK = timedelta(days=7)
_MOST_WORDS = 6
_MOST_FIELDS = 60
_LONGEST = 200


class Tab(StrEnum):
    """The tabs over a list, as addresses name them."""

    OPEN = "open"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    TODAY = "today"
    AT_RISK = "at_risk"


class Urgency(StrEnum):
    """The groups of a list, in their order."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"
    NEVER = "never"


class Level(StrEnum):
    """Priorities as people name them; of the numbers the smaller is more urgent."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Day:
    """What time it is, and when the day of the reader ends."""

    now: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody looks for. `types` are plan items by their ids, `stages` stages by their names."""

    text: str = ""
    types: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.types or self.stages or self.levels)


ANYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Known:
    """What some families know: their kinds of tasks, and the zone that the first lives in."""

    kinds: tuple["Kind", ...]
    zone: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task that a model has: its plan item's id, its name, and the stage it stands in."""

    id: str
    name: str
    stage: str


def known(session: Session, families: Iterable[str]) -> Known:
    """What these families know."""
    wanted = frozenset(families)
    apps = [one.app for one in catalogue.active(session) if one.app.family in wanted]
    found: dict[str, Kind] = {}
    for app in apps:
        for definition in app.cases.values():
            for item in definition.items:
                if isinstance(item.definition, HumanTask):
                    found.setdefault(item.id, Kind(item.id, item.name, stage_of(definition, item.id)))
    return Known(tuple(found.values()), next((app.zone for app in apps), "UTC"))


def stage_of(definition: CaseDefinition, item: str) -> str:
    """The name of the stage in which a plan item stands; empty in the case itself."""
    number = definition.by_id.get(item)
    stage = -1 if number is None else definition.items[number].stage
    return definition.items[stage].name if stage > 0 else ""


def read(query: str) -> tuple[Tab, Filter]:
    """The tab and filter of an address; what is none of ours is left out.

    Of more fields than anybody chooses, nothing is read. A NUL is no text, and PostgreSQL keeps none.
    """
    try:
        fields = parse_qsl(query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return Tab.OPEN, ANYTHING
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value.replace("\0", "")[:_LONGEST])
    tabs = [name for name in found.get("tab", ()) if name in set(Tab)]
    levels = set(found.get("priority", ()))
    return Tab(tabs[0]) if tabs else Tab.OPEN, Filter(
        text=" ".join(found.get("q", ())).strip(),
        types=tuple(sorted(set(found.get("type", ())))),
        stages=tuple(sorted(set(found.get("stage", ())))),
        levels=tuple(level for level in Level if level.value in levels),
    )


def write(tab: Tab, wanted: Filter) -> str:
    """The query of an address that `read` reads; empty for everything that is open."""
    fields = [] if tab is Tab.OPEN else [("tab", tab.value)]
    fields += [("q", wanted.text)] if wanted.text else []
    fields += [("type", one) for one in wanted.types] + [("stage", one) for one in wanted.stages]
    return urlencode([*fields, *(("priority", level.value) for level in wanted.levels)])


def in_tab(tab: Tab, day: Day) -> list[ColumnElement[bool]]:
    """Of which due dates a tab is: a range of each index."""
    match tab:
        case Tab.OVERDUE:
            return in_group(Urgency.OVERDUE, day)
        case Tab.TODAY:
            return in_group(Urgency.TODAY, day)
        case Tab.AT_RISK:
            return [HumanTaskRow.due_at >= day.now]
        case _:
            return []


def in_group(group: Urgency, day: Day) -> list[ColumnElement[bool]]:
    """Of which due dates a group is."""
    begins, ends = _spans(day)[group]
    due = HumanTaskRow.due_at
    return [*([] if begins is None else [due >= begins]), *([] if ends is None else [due < ends])]


def group_of(due: datetime | None, day: Day) -> Urgency:
    """The group that a due date belongs to."""
    if due is None or due >= NO_DUE_DATE:
        return Urgency.NEVER
    return next(group for group, (_, ends) in _spans(day).items() if ends is None or due < ends)


def narrowing(tab: Tab, wanted: Filter, kinds: Iterable[Kind], day: Day) -> list[ColumnElement[bool]]:
    """What no index knows: asked of each task, beside the row of its case."""
    conditions: list[ColumnElement[bool]] = []
    if tab is Tab.AT_RISK:
        conditions.append(HumanTaskRow.warn_at <= day.now)
    if wanted.types:
        conditions.append(HumanTaskRow.definition.in_(sorted(wanted.types)))
    if wanted.stages:
        inside = sorted(kind.id for kind in kinds if kind.stage in wanted.stages)
        conditions.append(HumanTaskRow.definition.in_(inside))
    if wanted.levels:
        conditions.append(or_(*(_LEVELS[level] for level in sorted(wanted.levels))))
    said = func.lower(HumanTaskRow.name + " " + CaseInstanceRow.business_key + " " + CaseInstanceRow.title)
    words = wanted.text.lower().split()[:_MOST_WORDS]
    return [*conditions, *(said.contains(word, autoescape=True) for word in words)]


def day_of(now: datetime, zone: str) -> Day:
    """The day that it is in a zone."""
    there = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(there.date() + timedelta(days=1), time(), there.tzinfo)
    return Day(now, midnight.astimezone(UTC))


_LEVELS: Mapping[Level, ColumnElement[bool]] = {
    Level.HIGH: HumanTaskRow.priority <= 2,
    Level.NORMAL: HumanTaskRow.priority == 3,
    Level.LOW: HumanTaskRow.priority >= 4,
}


def _spans(day: Day) -> Mapping[Urgency, tuple[datetime | None, datetime | None]]:
    week = day.now + _WEEK
    return {
        Urgency.OVERDUE: (None, day.now),
        Urgency.TODAY: (day.now, day.ends),
        Urgency.WEEK: (day.ends, week),
        Urgency.LATER: (week, NO_DUE_DATE),
        Urgency.NEVER: (NO_DUE_DATE, None),
    }
