"""What a notice says: what happened, why this person was told, and where it leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from markupsafe import Markup, escape

from app.presentation import filters
from app.presentation.language import gettext as _
from app.presentation.language import ngettext
from cases.queries.deadline import RungLine
from cases.queries.notifications import NoticeLine


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in words. `note` is what the person who did it wrote."""

    icon: str
    words: Markup
    why: str
    tone: str = ""
    note: str = ""
    href: str = ""


def init_app(app: Flask) -> None:
    """Put the words into the templates."""
    app.jinja_env.filters.update(notice=notice, rung_words=rung_words)


def notice(line: NoticeLine) -> Told:
    """The notice in words."""
    kind = _KINDS.get(line.kind, _OTHER)
    text = kind.many(line) if "count" in line.details else kind.words(line)
    names = {
        "task": Markup("<b>%s</b>") % (line.task_name or _("A task")),
        "by": Markup("<b>%s</b>") % (line.by or _("A rule")),
        "due": _moment(line.details.get("due_at"), line.zone),
        "rung": line.details.get("rung", ""),
        "to": Markup("<b>%s</b>") % line.details.get("to", _("somebody else")),
    }
    return Told(
        icon=kind.icon,
        words=escape(text) % names,
        why=kind.why(),
        tone=kind.tone,
        note=str(line.details.get("note") or ""),
        href=_place(line),
    )


def rung_words(rung: RungLine) -> Markup:
    """What happens at a rung of a ladder, and whom it concerns."""
    who = [_("whoever has it") if one == _ASSIGNEE else one for one in rung.who]
    return escape(_RUNGS.get(rung.does, _RUNGS[""])()) % {
        "at": Markup('<b class="num">%s</b>') % rung.text,
        "who": ", ".join(who) or _("nobody"),
    }


def _place(line: NoticeLine) -> str:
    if line.task_id is not None and line.kind != "taken_away":
        return f"/tasks/{line.task_id}"
    return f"/cases/{line.case_key}" if line.case_key else ""


def _moment(text: object, zone: str) -> str:
    if not isinstance(text, str):
        return filters.instant(None)
    try:
        return filters.instant_there(datetime.fromisoformat(text), zone)
    except ValueError:
        return text


_ASSIGNEE = "assignee"

_RUNGS: Mapping[str, Callable[[], str]] = {
    "remind": lambda: _("%(at)s: %(who)s is reminded"),
    "warn": lambda: _("%(at)s: at risk, %(who)s is told"),
    "overdue": lambda: _("%(at)s: overdue, %(who)s is told"),
    "release": lambda: _("%(at)s: back to the queue, %(who)s is told"),
    "": lambda: _("%(at)s: %(who)s is told"),
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """How notices of one kind are told; `many` tells one that speaks of many tasks."""

    icon: str
    tone: str
    words: Callable[[NoticeLine], str]
    why: Callable[[], str]
    many: Callable[[NoticeLine], str]


def _counted(one: str, more: str) -> Callable[[NoticeLine], str]:
    def told(line: NoticeLine) -> str:
        count = line.details.get("count")
        number = count if isinstance(count, int) else 0
        return ngettext(one, more, number).replace("%(num)s", str(number))

    return told


_SAME = _counted("%(task)s", "%(num)s tasks: %(task)s")

_KINDS: Mapping[str, _Kind] = {
    "remind": _Kind(
        icon="bell",
        tone="acc",
        words=lambda _line: _("%(task)s is to be done by %(due)s."),
        why=lambda: _("You are told because you have this task, or it waits for your role."),
        many=_SAME,
    ),
    "warn": _Kind(
        icon="hourglass-high",
        tone="amber",
        words=lambda _line: _("%(task)s is at risk: it is due %(due)s."),
        why=lambda: _("You are told because the ladder of this deadline names you."),
        many=_SAME,
    ),
    "overdue": _Kind(
        icon="flame",
        tone="red",
        words=lambda _line: _("%(task)s is overdue since %(due)s."),
        why=lambda: _("You are told because the ladder of this deadline names you."),
        many=_SAME,
    ),
    "escalated": _Kind(
        icon="arrow-up",
        tone="red",
        words=lambda _line: _("%(task)s was escalated to you: it was due %(due)s."),
        why=lambda: _("You are told because the ladder of this deadline names your role at this point."),
        many=_SAME,
    ),
    "assigned": _Kind(
        icon="user-check",
        tone="green",
        words=lambda _line: _("%(by)s gave you %(task)s."),
        why=lambda: _("You are told because the task is yours now."),
        many=_counted("%(by)s gave you %(num)s task.", "%(by)s gave you %(num)s tasks."),
    ),
    "taken_away": _Kind(
        icon="arrow-back-up",
        tone="",
        words=lambda line: (
            _("%(by)s took %(task)s off your desk; %(to)s has it now.")
            if line.details.get("to")
            else _("%(by)s took %(task)s off your desk; it waits for somebody now.")
        ),
        why=lambda: _("You are told because the task was yours."),
        many=_counted("%(by)s took %(num)s task off your desk.", "%(by)s took %(num)s tasks off your desk."),
    ),
}

_OTHER = _Kind(
    icon="bell",
    tone="",
    words=lambda _line: "%(task)s",
    why=lambda: _("You are told because it concerns your work."),
    many=_SAME,
)
