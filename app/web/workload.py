"""What is late, and who has how much: for those who hand the work out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import reading
from app.presentation import live
from app.presentation.language import gettext as _
from cases.policy.access import Permission
from cases.queries import board
from cases.queries.board import Load, Number, Show
from cases.queries.board_lines import Line
from cases.queries.task_filters import Day, day_of

pages = Blueprint("workload", __name__, url_prefix="/workload")

_MOST_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a heading; `tone` is the colour of its dot, `number` how many it has on all pages."""

    words: str
    tone: str
    lines: tuple[Line, ...]
    number: Number | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One list of a page, by its address."""

    show: Show
    words: str
    href: str
    count: Number
    is_current: bool


@pages.get("")
@needs(Permission.ASSIGN_TASK)
def show() -> ResponseReturnValue:
    actor, after = current_actor(), request.args.get("after")
    asked, page_of_people = _asked(Show.LATE), _page_number()
    with reading() as session:
        g.zone = board.zone_of(session, actor)
        day = day_of(current.now(), g.zone)
        found = board.load(session, actor, day, page_of_people)
        page = board.late(session, actor, asked, day, after)
    total = _total(found.figures, asked)
    query = urlencode({"show": asked.value})
    seen = {
        "board": found,
        "page": page,
        "groups": _groups(page.lines, day, found.figures if asked is Show.LATE else {}),
        "asked": asked,
        "total": total,
        "after": after,
        "address": "/workload",
        "query": query,
        "picks": f"/workload/picks?{query}",
        "people_page": page_of_people,
    }
    return live.answer(render_template("workload/board.html", **seen))


@pages.get("/picks")
@needs(Permission.ASSIGN_TASK)
def picks() -> ResponseReturnValue:
    """Every task of a list of the board, for who selects all of them: `ID:ASSIGNEE`, one a line."""
    actor, asked = current_actor(), _asked(Show.LATE)
    with reading() as session:
        day = day_of(current.now(), board.zone_of(session, actor))
        found = board.all_late(session, actor, asked, day)
    return _lines(found)


@pages.get("/<serial:person>")
@needs(Permission.ASSIGN_TASK)
def of_person(person: int) -> ResponseReturnValue:
    actor, after, asked = current_actor(), request.args.get("after"), _asked(Show.OPEN)
    with reading() as session:
        g.zone = board.zone_of(session, actor)
        day = day_of(current.now(), g.zone)
        who = board.person_load(session, actor, person, day)
        page = board.of_person(session, actor, person, asked, day, after)
    address, query = f"/workload/{person}", urlencode({"state": asked.value})
    tabs = _tabs(who, asked, address)
    seen = {
        "who": who,
        "person": person,
        "page": page,
        "groups": _groups(page.lines, day, {}),
        "tabs": tabs,
        "total": next(tab.count for tab in tabs if tab.is_current),
        "after": after,
        "address": address,
        "query": query,
        "picks": f"{address}/picks?{query}",
    }
    return live.answer(render_template("workload/person.html", **seen))


@pages.get("/<serial:person>/picks")
@needs(Permission.ASSIGN_TASK)
def picks_of_person(person: int) -> ResponseReturnValue:
    """Every task of a person's list, for who selects all of them."""
    actor, asked = current_actor(), _asked(Show.OPEN)
    with reading() as session:
        day = day_of(current.now(), board.zone_of(session, actor))
        found = board.all_of_person(session, actor, person, asked, day)
    return _lines(found)


def _asked(usual: Show) -> Show:
    """Which list an address names."""
    name = request.args.get("show") or request.args.get("state") or ""
    return Show(name) if name in set(Show) else usual


def _page_number() -> int:
    text = request.args.get("people", "")
    return min(max(int(text), 1), _MOST_PAGES) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _total(figures: Mapping[Show, Number], asked: Show) -> Number:
    if asked in figures:
        return figures[asked]
    return Number(figures[Show.OVERDUE].count + figures[Show.AT_RISK].count)


def _groups(lines: Sequence[Line], day: Day, figures: Mapping[Show, Number]) -> list[Group]:
    """Overdue, at risk, due today, later; `figures` are those of a list that has these groups alone."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(_group_of(line, day), []).append(line)
    words = {
        "overdue": (_("Overdue"), "red"),
        "at_risk": (_("At risk"), "amber"),
        "today": (_("Due today"), "acc"),
        "later": (_("Later"), "green"),
        "never": (_("No due date"), ""),
    }
    numbers = {show.value: number for show, number in figures.items()}
    return [
        Group(*words[name], lines=tuple(found[name]), number=numbers.get(name))
        for name in words
        if name in found
    ]


def _group_of(line: Line, day: Day) -> str:
    if line.due_at is None:
        return "never"
    if line.due_at < day.now:
        return "overdue"
    if line.warn_at is not None and line.warn_at <= day.now:
        return "at_risk"
    return "today" if line.due_at < day.ends else "later"


def _tabs(who: Load, asked: Show, address: str) -> list[Tab]:
    parts = [
        (Show.OPEN, _("All open"), who.open),
        (Show.OVERDUE, _("Overdue"), who.overdue),
        (Show.AT_RISK, _("At risk"), who.at_risk),
        (Show.TODAY, _("Due today"), who.today),
    ]
    current_ = asked if asked in {part[0] for part in parts} else Show.OPEN
    return [
        Tab(part, words, f"{address}?state={part.value}", count, part is current_)
        for part, words, count in parts
    ]


def _lines(found: Sequence[tuple[int, int | None]]) -> ResponseReturnValue:
    text = "\n".join(f"{task}:{'' if person is None else person}" for task, person in found)
    return text, 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
