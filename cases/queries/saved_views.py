"""The views that somebody keeps: any list with its tab and filter, by name, with how much is in it now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence.people import UserRow
from cases.policy import kept_views
from cases.policy.access import Actor
from cases.policy.kept_views import SavedView
from cases.queries import queues, task_filters, worklist
from cases.queries.list_page import MINE
from cases.queries.queues import Reach
from cases.queries.task_filters import Known, Tab
from cases.queries.worklist import Count, View


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A view, and how many tasks it shows; `tab` is the one that it opens."""

    name: str
    place: str
    query: str
    tab: Tab
    count: Count


def of(session: Session, actor: Actor, now: datetime) -> tuple[ViewLine, ...]:
    """This person's views, of the places that they may still look at, as they are now."""
    kept = session.execute(select(UserRow.preferences).where(UserRow.id == actor.user_id)).scalar()
    wanted = kept_views.of(kept)
    if not wanted:
        return ()
    reaches = _reaches(session, actor, wanted)
    known = task_filters.known(session, (grant.family for grant in actor.grants))
    there = [one for one in wanted if one.place in reaches]
    views = [_view(one, reaches[one.place], known, actor, now) for one in there]
    return tuple(
        ViewLine(one.name, one.place, one.query, view.tab, count)
        for one, view, count in zip(there, views, worklist.sizes(session, views), strict=True)
    )


def _view(kept: SavedView, reach: Reach, known: Known, actor: Actor, now: datetime) -> View:
    tab, wanted = task_filters.read(kept.query)
    day = task_filters.day_of(now, known.zone)
    return View(reach, day, tab, wanted, known.kinds, actor.user_id)


def _reaches(session: Session, actor: Actor, wanted: Iterable[SavedView]) -> dict[str, Reach]:
    """Whose tasks each place shows, in as many statements for many places as for one."""
    keys = {one.place for one in wanted} - {MINE}
    grants = {key: grant for key in sorted(keys) if (grant := queues.seen_by(actor, key)) is not None}
    places = queues.of_grants(session, grants.values())
    by_key = dict(zip((place.key for place in places), queues.reach(session, places), strict=True))
    named = {key: by_key.get(f"{grant.family}:{grant.role}") for key, grant in grants.items()}
    return {MINE: worklist.inbox(actor), **{key: reach for key, reach in named.items() if reach is not None}}
