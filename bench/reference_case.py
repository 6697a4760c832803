"""The reference case: its app in any size, who works on it, and its operations by the product's doors."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database import Database
from cases import catalogue
from cases.errors import NotFound
from cases.persistence import codec
from cases.persistence.base import take_number
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor
from cases.services import deployments, identity, instances, people, tasks
from cases.services.execution import Turn

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ITEMS = 12
"""Plan items of the model as its file has it."""

ANSWERS: Mapping[str, object] = {
    "outcome": "grant",
    "amount": "750.00",
    "from": "2026-04-01",
    "insured": True,
    "note": "papers seen",
}

_FOLDER = Path(__file__).parent / "reference"
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Site:
    """A database with the app of one size deployed, and the clerk who works there."""

    database: Database
    app_key: str
    clerk: Actor


def app_files(items: int = ITEMS) -> dict[str, bytes]:
    """The files of the app; what it has more than twelve plan items are tasks that nobody starts."""
    files = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in _FOLDER.rglob("*.*")}
    idle = items - ITEMS
    if not idle:
        return files
    plan = "\n".join(
        f'<planItem id="X{n}" definitionRef="d.X"><itemControl><manualActivationRule id="manual.X{n}"/>'
        "</itemControl></planItem>"
        for n in range(idle)
    )
    model = files["reference.cmmn"].decode()
    model = model.replace("<!-- idle plan items -->", plan)
    model = model.replace(
        "<!-- idle definitions -->", '<humanTask id="d.X" name="Idle" cw:role="clerk" cw:form="T1"/>'
    )
    manifest = files["app.toml"].decode().replace('"REF-', f'"REF{items}-')
    manifest = manifest.replace('key = "reference"', f'key = "reference{items}"\nfamily = "reference"')
    return {**files, "reference.cmmn": model.encode(), "app.toml": manifest.encode()}


def settle(database: Database, items: int = ITEMS) -> Site:
    """Deploy the app in this size; the clerk is made with the first."""
    with database.transaction() as session:
        number = deployments.deploy(session, app_files(items), SYSTEM, NOW)
        app = catalogue.case_app(session, number)
        clerk = _clerk(session)
    return Site(database, app.key, clerk)


def open_case(site: Site, person: str = "p-1") -> Turn:
    """Open a case, as whoever has its inputs in hand does it: its number first, then one transaction."""
    new = _new_case(site, person)
    with site.database.transaction() as session:
        return instances.start(session, new, site.clerk, "bench", NOW)


def complete(site: Site, task_id: int) -> Turn:
    """Complete the decision of a case."""
    with site.database.transaction() as session:
        return tasks.complete(session, task_id, ANSWERS, site.clerk, NOW)


def fill(site: Site, cases: int) -> list[int]:
    """Open so many cases, whose decision the clerk has begun; the numbers of these tasks.

    They are opened by the product's own corridor, many in one transaction. Holder and draft are written for
    all of them at once: of a task that was claimed, completing it sees no more.
    """
    decisions: list[int] = []
    draft = codec.pack({**ANSWERS, "outcome": None})
    for first in range(0, cases, _AT_ONCE):
        news = [_new_case(site, f"p-{n}") for n in range(first, min(first + _AT_ONCE, cases))]
        with site.database.transaction() as session:
            opened = [instances.start(session, new, SYSTEM, "bench", NOW).case_id for new in news]
            begun = (HumanTaskRow.case_id.in_(opened), HumanTaskRow.definition == "T1")
            held = {"assignee_id": site.clerk.user_id, "claimed_at": NOW, "draft": draft}
            session.execute(update(HumanTaskRow).where(*begun).values(held))
            decisions += session.scalars(select(HumanTaskRow.id).where(*begun).order_by(HumanTaskRow.id))
    return decisions


def _clerk(session: Session) -> Actor:
    name = "clara"
    with contextlib.suppress(NotFound):
        return identity.actor_named(session, name, NOW)
    number = people.create_user(session, name, "Clara", None, NOW)
    people.grant(session, number, "reference", "clerk", NOW)
    return identity.actor_named(session, name, NOW)


def _new_case(site: Site, person: str) -> instances.NewCase:
    number = take_number(site.database.transaction, f"{site.app_key}-2026")
    return instances.NewCase(app_key=site.app_key, inputs=_inputs(person), number=number)


def _inputs(person: str) -> dict[str, object]:
    return {
        "applicant": {"id": person, "name": "Ada Archer", "born": "1984-05-06", "since": 2011},
        "request": {"amount": Decimal("7500.00"), "months": 36, "purpose": "roof"},
        "account": {"iban": "DE02120300000000202051", "balance": Decimal("1250.75")},
        "branch": "Canal Street",
        "product": {"key": "home", "rate": Decimal("4.25")},
        "terms": {"accepted": True, "at": "2026-02-27T10:11:12Z"},
        "contact": {"mail": "ada@example.org", "phone": "+1 212 555 0100"},
        "channel": "branch",
    }
