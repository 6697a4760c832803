"""The menu: what this person may open, with counts that equal the lists behind them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

import flask
from flask import Flask, request

from app.auth import session as browser
from app.database import reading
from app.presentation.language import gettext as _
from cases.policy.access import Actor, Never, Permission, condition
from cases.queries import incidents, worklist

_MOST_ROLES = 3


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the menu. `count` is a text such as `99+`, empty where there is none; `key` opens it."""

    href: str
    icon: str
    words: str
    count: str = ""
    key: str = ""
    is_urgent: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """What stands at the side of every page, and below it on a phone."""

    main: tuple[Link, ...]
    queues: tuple[Link, ...]
    operate: tuple[Link, ...]
    mobile: tuple[Link, ...]
    roles: str
    subtitle: str


def init_app(app: Flask) -> None:
    """Give every page its menu, its reader and its theme. The menu is made only where a page draws it."""
    app.context_processor(_context)


def menu_of(actor: Actor) -> Menu:
    """The menu of one person, as of now."""
    with reading() as session:
        count = worklist.mine_count(session, actor)
        queues = worklist.queues(session, actor)
        open_incidents = incidents.count(session, actor)
    mine = Link("/work/mine", icon="inbox", words=_("My inbox"), count=str(count) if count else "", key="g i")
    cases = Link("/cases", icon="folder", words=_("Cases"), key="g c")
    teams = tuple(_team(queue) for queue in queues)
    lead: tuple[Link, ...] = ()
    if _has(actor, Permission.ASSIGN_TASK):
        lead = (Link("/workload", icon="activity", words=_("Workload")),)
    operate: tuple[Link, ...] = ()
    if _has(actor, Permission.VIEW_INCIDENT):
        number = str(open_incidents) if open_incidents else ""
        operate = (
            Link("/incidents", icon="alert-triangle", words=_("Incidents"), count=number, is_urgent=True),
        )
    first_team = (replace(teams[0], words=_("Queue")),) if teams else ()
    mobile = (replace(mine, words=_("Inbox")), *first_team, cases, *lead, *operate)
    return Menu(
        main=_here((mine, *_if(_has(actor, Permission.VIEW_CASE), cases), *lead)),
        queues=teams,
        operate=_here(operate),
        mobile=_here(mobile),
        roles=_roles(actor, [queue.title for queue in queues]),
        subtitle=queues[0].family_title if queues else _("Case management"),
    )


def _context() -> dict[str, object]:
    theme = request.cookies.get("theme") if flask.has_request_context() else None
    found: dict[str, object] = {"theme": theme if theme in {"light", "dark"} else None}
    if flask.has_request_context() and browser.is_signed_in():
        actor = browser.current_actor()
        found |= {"actor": actor, "menu": _Lazily(lambda: menu_of(actor))}
    return found


class _Lazily:
    """The menu, made at the first look: error pages draw none, and should not ask for its counts."""

    def __init__(self, make: Callable[[], Menu]) -> None:
        self._make = make
        self._made: Menu | None = None

    def __getattr__(self, name: str) -> object:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


def _has(actor: Actor, permission: Permission) -> bool:
    return not isinstance(condition(actor, permission), Never)


def _if(wanted: bool, link: Link) -> tuple[Link, ...]:  # noqa: FBT001 - reads as a sentence where it is called
    return (link,) if wanted else ()


def _here(links: tuple[Link, ...]) -> tuple[Link, ...]:
    here = quote(request.path, safe="/:")
    return tuple(
        replace(link, is_current=link.is_current or here == link.href or here.startswith(f"{link.href}/"))
        for link in links
    )


def _team(queue: worklist.Queue) -> Link:
    """The entry of a queue, which is found by its role alone, too."""
    is_current = request.path in {f"/work/queue/{queue.key}", f"/work/queue/{queue.role}"}
    count = str(queue.open) if queue.open else ""
    href = f"/work/queue/{quote(queue.key, safe=':')}"
    return Link(href, icon="users", words=queue.title, count=count, is_current=is_current)


def _roles(actor: Actor, titles: list[str]) -> str:
    names = titles or sorted({grant.role.replace("_", " ").capitalize() for grant in actor.grants})
    return " · ".join(dict.fromkeys(names[:_MOST_ROLES])) or _("No role yet")
