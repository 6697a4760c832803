"""The menu: what this person may open, with counts that equal the lists behind them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

import flask
from flask import Flask, request

from app import current
from app.auth import session as browser
from app.database import reading
from app.presentation import listing
from app.presentation.language import gettext as _
from cases.policy.access import Actor, Never, Permission, condition
from cases.policy.preferences import Preferences
from cases.queries import incidents, notifications, preferences, saved_views, worklist
from cases.queries.saved_views import ViewLine
from cases.queries.task_filters import Tab

_MOST_ROLES = 3
_TONES = {Tab.OVERDUE: "red", Tab.AT_RISK: "amber", Tab.TODAY: "amber", Tab.MINE: "green"}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the menu. `count` is a text such as `1,000+`, empty where there is none; `key` opens it.

    `tone` colours the dot of a saved view.
    """

    href: str
    icon: str
    words: str
    count: str = ""
    key: str = ""
    is_urgent: bool = False
    is_current: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """What stands at the side of every page, and below it on a phone; and how its reader wants it."""

    main: tuple[Link, ...]
    queues: tuple[Link, ...]
    views: tuple[Link, ...]
    operate: tuple[Link, ...]
    mobile: tuple[Link, ...]
    notices: Link
    roles: str
    subtitle: str
    preferences: Preferences


def init_app(app: Flask) -> None:
    """Give every page its menu, its reader and its theme. The menu is made only where a page draws it."""
    app.context_processor(_context)


def menu_of(actor: Actor) -> Menu:
    """The menu of one person, as of now."""
    with reading() as session:
        count = worklist.mine_count(session, actor)
        queues = worklist.queues(session, actor)
        kept = saved_views.of(session, actor, current.now())
        open_incidents = incidents.count(session, actor)
        unread = notifications.unread(session, actor)
        chosen = preferences.of(session, actor)
    mine = Link("/work/mine", icon="inbox", words=_("My inbox"), count=str(count) if count else "", key="g i")
    told = _notices(unread)
    teams = tuple(_team(queue, "g q" if place == 0 else "") for place, queue in enumerate(queues))
    cases = _if(_has(actor, Permission.VIEW_CASE), Link("/cases", icon="folder", words=_("Cases"), key="g c"))
    lead = _if(
        _has(actor, Permission.ASSIGN_TASK),
        Link("/workload", icon="activity", words=_("Workload"), key="g w"),
    )
    operate = _if(_has(actor, Permission.VIEW_INCIDENT), _incidents(str(open_incidents or "")))
    first_team = (replace(teams[0], words=_("Queue")),) if teams else ()
    me = Link("/settings", icon="user", words=_("Me"))
    return Menu(
        main=_here((mine, *cases, *lead, told)),
        queues=teams,
        views=tuple(_kept(view) for view in kept),
        operate=_here(operate),
        mobile=_here((replace(mine, words=_("Inbox")), *first_team, *cases, *(lead or operate), me)),
        notices=told,
        roles=_roles(actor, [queue.title for queue in queues if queue.is_own]),
        subtitle=queues[0].family_title if queues else _("Case management"),
        preferences=chosen,
    )


def _notices(unread: int) -> Link:
    number = f"{unread - 1}+" if unread >= notifications.COUNTED_TO else str(unread or "")
    return Link("/notices", icon="bell", words=_("Notices"), count=number, key="g n", is_urgent=unread > 0)


def _incidents(number: str) -> Link:
    return Link("/incidents", icon="alert-triangle", words=_("Incidents"), count=number, is_urgent=True)


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


def _team(queue: worklist.Queue, key: str) -> Link:
    """The entry of a queue, which is found by its role alone, too."""
    is_current = request.path in {f"/work/queue/{queue.key}", f"/work/queue/{queue.role}"}
    count = str(queue.open) if queue.open else ""
    href = f"/work/queue/{quote(queue.key, safe=':')}"
    return Link(href, icon="users", words=queue.title, count=count, key=key, is_current=is_current)


def _kept(view: ViewLine) -> Link:
    """The entry of a saved view."""
    path = listing.path_of(view.place)
    href = f"{path}?{view.query}" if view.query else path
    return Link(
        href,
        icon="bookmark",
        words=view.name,
        count=str(view.count) if view.count else "",
        is_urgent=view.tab is Tab.OVERDUE and bool(view.count),
        is_current=request.full_path.rstrip("?") == href,
        tone=_TONES.get(view.tab, "acc"),
    )


def _roles(actor: Actor, titles: list[str]) -> str:
    names = titles or sorted({grant.role.replace("_", " ").capitalize() for grant in actor.grants})
    return " · ".join(dict.fromkeys(names[:_MOST_ROLES])) or _("No role yet")
