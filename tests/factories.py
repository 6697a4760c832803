"""Rows for tests, made through the services: the shipped claims app, the people of its roles, a claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from cases.caseapp import archive
from cases.cmmn.commands import Complete, Fail
from cases.persistence.base import Transaction
from cases.policy.access import SYSTEM, Actor
from cases.queries import sight
from cases.services import deployments, execution, identity, instances, people
from cases.services.execution import Turn
from cases.services.instances import NewCase

CLAIMS = "claims.auto"
LIBRARY = Path(__file__).parents[1] / "cases" / "library"
PASSWORD = "a password for tests alone"

PEOPLE = {
    "iris": ("Iris Novak", "intake_clerk"),
    "adam": ("Adam Olsen", "adjuster"),
    "ana": ("Ana Lindqvist", "adjuster"),
    "sven": ("Sven Berg", "senior_adjuster"),
    "ida": ("Ida Moreau", "siu_investigator"),
    "paul": ("Paul Weiss", "payments_officer"),
    "cora": ("Cora Diaz", "claims_supervisor"),
    "otto": ("Otto Haas", "auditor"),
}

CLAIM: Mapping[str, object] = {
    "claim": {
        "externalId": "WEB-1",
        "channel": "web",
        "policyNumber": "PA-1000001",
        "lossType": "collision",
        "lossAt": "2026-02-27T10:15:00Z",
        "description": "Rear collision at a traffic light.",
        "injuries": False,
        "submittedAt": "2026-03-02T13:55:00Z",
    },
    "claimant": {"name": "Ilse Brandt", "email": "ilse@example.org", "phone": "+1-614-555-0199"},
    "vehicles": [
        {"role": "insured", "vin": "WVWZZZ1JZXW000001", "make": "VW", "model": "Golf", "year": 2019}
    ],
    "parties": [],
    "estimates": [{"amount": Decimal("7840.00"), "currency": "USD", "source": "shop"}],
}


@dataclass(slots=True)
class Staff:
    """The people of a test installation, by name."""

    actors: dict[str, Actor] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]


@cache
def claims_files() -> dict[str, bytes]:
    """The files of the shipped claims app."""
    return dict(archive.folder(LIBRARY / CLAIMS))


@cache
def password_hash() -> str:
    """One hash for everybody: making it is slow on purpose."""
    return identity.hash_password(PASSWORD)


def deploy_claims(session: Session, now: datetime) -> int:
    """Deploy the claims app."""
    return deployments.deploy(session, claims_files(), SYSTEM, now)


def staff(session: Session, now: datetime) -> Staff:
    """Make the people of the claims app, each with one role."""
    made = Staff()
    for name, (display, role) in PEOPLE.items():
        user = people.create_user(session, name, display, password_hash(), now)
        people.grant(session, user, CLAIMS, role, now)
        made.actors[name] = Actor(user, name, display, identity.grants_of(session, user, now))
    return made


def open_claim(
    transaction: Transaction, number: int, now: datetime, inputs: Mapping[str, object] = CLAIM
) -> Turn:
    """Open a claim. No service is called: its steps wait as jobs."""
    new = NewCase(app_key=CLAIMS, inputs=dict(inputs), number=number)
    with transaction() as session:
        return instances.start(session, new, SYSTEM, "message", now)


def answer_step(
    transaction: Transaction, case_id: int, step: str, answer: Mapping[str, object], now: datetime
) -> None:
    """The outside answers a service step, or a person a task: as the engine takes it."""
    with transaction() as session:
        command = Complete(item_of(session, case_id, step), answer)
        execution.execute(session, case_id, command, SYSTEM, "step", now)


def fail_step(transaction: Transaction, case_id: int, step: str, code: str, now: datetime) -> None:
    """A service step gives up."""
    with transaction() as session:
        command = Fail(item_of(session, case_id, step), code)
        execution.execute(session, case_id, command, SYSTEM, "step", now)


def item_of(session: Session, case_id: int, id_: str) -> int:
    """The latest instance of a plan item."""
    seen = sight.of_id(session, case_id, SYSTEM)
    number = seen.case.program.definition.by_id[id_]
    return max(state.iid for state in seen.case.items() if state.number == number)


def triage(transaction: Transaction, case_id: int, now: datetime, **fraud: object) -> None:
    """The outside answers what intake asks, so that the claim is triaged."""
    policy = {
        "result": "found",
        "inForceAtLoss": True,
        "premiumPaid": True,
        "perilCovered": True,
        "daysPolicyStartToLoss": 400,
        "deductible": Decimal(500),
    }
    answer_step(transaction, case_id, "SV1", policy, now)
    answer_step(transaction, case_id, "SV2", {"result": "sent"}, now)
    answer_step(transaction, case_id, "SV8", {"candidates": 0}, now)
    facts = {"prior": 0, "pct": 10, "police": True, "hour": 10, "dup": False, "shared": False, "watch": False}
    answer_step(transaction, case_id, "SV3", {**facts, "sev": "minor", **fraud}, now)
