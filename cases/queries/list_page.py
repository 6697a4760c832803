"""A page of a list of tasks, one's own or a queue's, as an address says it; and where one goes on from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.policy.access import Actor, Permission, may
from cases.queries import task_filters, worklist
from cases.queries.queues import Place
from cases.queries.task_filters import Tab
from cases.queries.worklist import Counts, Page, View

MINE = "mine"
"""The place that is no queue: one's own desk."""

QUEUE_TABS: Sequence[Tab] = tuple(Tab)
DESK_TABS: Sequence[Tab] = (Tab.OPEN, Tab.OVERDUE, Tab.TODAY, Tab.AT_RISK)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: a place, with the query of its address."""

    actor: Actor
    place: str
    query: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Here:
    """Where that is: `team` is the queue, None at one's own desk; `zone` where its days begin and end."""

    team: Place | None
    view: View
    zone: str

    @property
    def place(self) -> str:
        """The place by its whole name."""
        return self.team.key if self.team else MINE


@dataclass(frozen=True, slots=True)
class ListPage:
    """The page. `assigns`: this person may hand out what it shows; `works`: may take it."""

    here: Here
    page: Page
    counts: Counts
    assigns: bool
    works: bool


@dataclass(frozen=True, slots=True)
class Onward:
    """Where one goes on: with a task, at its place in the order; None where nothing is left."""

    here: Here
    task: int | None
    key: str


def load(session: Session, asked: Asked, after: str | None) -> ListPage:
    """The page. Raises NotFound where this person may not look there."""
    here = _here(session, asked)
    return ListPage(
        here=here,
        page=worklist.look(session, here.view, after),
        counts=worklist.counts(session, here.view, QUEUE_TABS if here.team else DESK_TABS),
        assigns=_assigns(asked.actor, here.team),
        works=_works(asked.actor, here.team),
    )


def onward(session: Session, asked: Asked, came: int, past: str) -> Onward:
    """With the task that one comes from while one still has it, else with the next one. Raises NotFound."""
    here = _here(session, asked)
    if worklist.is_held(session, asked.actor, came):
        return Onward(here, came, past)
    line = worklist.following(session, here.view, past)
    return Onward(here, None, past) if line is None else Onward(here, line.id, line.key)


def rows(session: Session, asked: Asked) -> list[tuple[int, int | None]]:
    """Every task of the list with who has it, for who may hand it to somebody. Raises NotFound."""
    here = _here(session, asked)
    if not _assigns(asked.actor, here.team):
        raise NotFound("There is nothing to select.")
    return worklist.all_of(session, here.view)


def _here(session: Session, asked: Asked) -> Here:
    actor = asked.actor
    tab, wanted = task_filters.read(asked.query)
    if asked.place == MINE:
        team, reach = None, worklist.inbox(actor)
        tab = tab if tab in DESK_TABS else Tab.OPEN
    else:
        team, reach = worklist.queue(session, actor, asked.place)
    families = [team.family] if team else sorted(grant.family for grant in actor.grants)
    known = task_filters.known(session, families)
    day = task_filters.day_of(asked.now, known.zone)
    return Here(team, View(reach, day, tab, wanted, known.kinds, actor.user_id), known.zone)


def _assigns(actor: Actor, team: Place | None) -> bool:
    """Everything that the list shows is of families whose work this person hands out."""
    families = {team.family} if team else {grant.family for grant in actor.grants}
    return bool(families) and all(
        may(actor, Permission.ASSIGN_TASK, {"family": family}) for family in families
    )


def _works(actor: Actor, team: Place | None) -> bool:
    own = (grant for grant in actor.grants if not grant.external and not grant.read_only)
    return team is None or any((grant.family, grant.role) == (team.family, team.role) for grant in own)
