"""Jump anywhere: the pages, cases and open tasks that a few letters find, for who asks."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import reading
from app.presentation import navigation
from app.presentation.language import gettext as _
from app.presentation.navigation import Link, Menu
from cases.policy.access import Actor, Never, Permission, condition
from cases.queries import case_list, queues, task_filters, worklist
from cases.queries.queues import Reach
from cases.queries.task_filters import Filter
from cases.queries.worklist import View

pages = Blueprint("palette", __name__, url_prefix="/palette")

_MOST = 6
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Jump:
    """One place to go: its words, and what tells it from others that are called the same."""

    href: str
    icon: str
    words: str
    hint: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Places of one kind."""

    name: str
    words: str
    jumps: tuple[Jump, ...]


@pages.get("")
@signed_in
def find() -> ResponseReturnValue:
    """Everything that the text finds, as a part of the page that asks."""
    actor, text = current_actor(), request.args.get("q", "").strip()[:_LONGEST]
    found = [Group("pages", _("Go to"), _pages(navigation.menu_of(actor), text))]
    if text:
        found += [
            Group("tasks", _("Open tasks"), _tasks(actor, text)),
            Group("cases", _("Cases"), _cases(actor, text)),
        ]
    groups = [group for group in found if group.jumps]
    return render_template("palette/found.html", groups=groups, text=text)


def _pages(menu: Menu, text: str) -> tuple[Jump, ...]:
    wanted = text.casefold().split()
    named = [*_named(menu.main), *_named(menu.queues, _("Team queue")), *_named(menu.views, _("Saved view"))]
    named += [*_named(menu.operate), Jump(url_for("settings.show"), icon="settings", words=_("Settings"))]
    return tuple(one for one in named if all(word in f"{one.words} {one.hint}".casefold() for word in wanted))


def _named(links: Iterable[Link], hint: str = "") -> list[Jump]:
    return [Jump(link.href, link.icon, link.words, hint, link.key) for link in links]


def _tasks(actor: Actor, text: str) -> tuple[Jump, ...]:
    """Those of this person first, then what waits in their queues."""
    with reading() as session:
        known = task_filters.known(session, (grant.family for grant in actor.grants))
        day = task_filters.day_of(current.now(), known.zone)
        numbers = {number for place in queues.of_actor(session, actor) for number in place.numbers}
        waiting = Reach(tuple(sorted(numbers)), ())
        lines = [
            line
            for reach in (worklist.inbox(actor), waiting)
            for line in worklist.look(session, View(reach, day, wanted=Filter(text=text))).lines[:_MOST]
        ]
    return tuple(
        Jump(
            url_for("tasks.show", task_id=line.id),
            icon="user",
            words=line.name,
            hint=f"{line.case_key} \N{MIDDLE DOT} {line.case_title}",
        )
        for line in lines[:_MOST]
    )


def _cases(actor: Actor, text: str) -> tuple[Jump, ...]:
    if isinstance(condition(actor, Permission.VIEW_CASE), Never):
        return ()
    with reading() as session:
        lines = case_list.find(session, actor, text).lines[:_MOST]
    return tuple(
        Jump(url_for("case.show", key=line.key), icon="folder", words=line.title, hint=line.key)
        for line in lines
    )
