"""One case as one person may see it: loaded whole, and the one place that says what of it is hidden.

A plan item whose answer a person may not see does not exist for them, and an expression that reads
something hidden keeps its text to itself (docs/reference/model.md, "The case file").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import PlanItem
from cases.errors import NotFound
from cases.feel import Expression
from cases.persistence import codec
from cases.persistence.instances import CaseInstanceRow, CaseValueRow
from cases.persistence.people import UserRow
from cases.policy import masking
from cases.policy.access import Actor, Permission, may
from cases.policy.masking import Masking
from cases.queries.conditions import Glossary


@dataclass(frozen=True, slots=True)
class Sight:
    """A case, and who looks at it."""

    id: int
    key: str
    title: str
    family: str
    state: State
    version: int
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    deployment_id: int
    app: CaseApp
    case: CaseInstance
    masking: Masking
    actor: Actor
    roles: frozenset[str]
    due_at: datetime | None = None

    def sees(self, *path: str) -> bool:
        """Whether what stands at this path of the case file is shown to this person whole."""
        return self.actor.kind == "system" or self.masking.visible(self.roles)(path)

    def sees_item(self, item: PlanItem) -> bool:
        """Whether a plan item is: neither it nor a stage around it answers into something hidden."""
        definition = self.case.program.definition
        return self.actor.kind == "system" or masking.shows_item(self.masking, self.roles, definition, item)

    def sees_expression(self, expression: Expression) -> bool:
        """Whether the text of an expression, and what it evaluated to, may be shown."""
        return self.actor.kind == "system" or masking.may_show(expression.names, self.masking, self.roles)

    @property
    def sees_all(self) -> bool:
        """Whether nothing in this case is hidden from this person."""
        return self.actor.kind == "system" or not masking.hidden_items(self.masking, self.roles)

    def name_of(self, iid: int) -> str:
        """How an instance is called: as was computed for it, unless that was made of what is hidden."""
        item = self.case.plan_item(iid)
        title = None if item.title is None else item.title.expression
        return item.name if title is not None and not self.sees_expression(title) else self.case.name_of(iid)

    def condition_of(self, criterion: Criterion) -> str | None:
        """The text of a criterion's if-part; empty where it has none, None where it is hidden."""
        if criterion.sentry.if_part is None:
            return ""
        condition = criterion.sentry.if_part.condition
        return condition.text if self.sees_expression(condition) else None

    def file(self) -> Mapping[str, object]:
        """The case file without what is hidden; of a masked item only that it is there."""
        if self.actor.kind == "system":
            return self.case.file()
        return masking.mask_file(self.case.file(), self.masking, self.roles)

    def criterion(self, id_: str | None) -> Criterion | None:
        """The criterion of this id."""
        if id_ is None:
            return None
        return next((one for one in self.case.program.definition.criteria if one.id == id_), None)

    @property
    def glossary(self) -> Glossary:
        """How what stands in the case is called."""
        return Glossary(self.app, self.case.program.definition)

    @property
    def is_outside(self) -> bool:
        """Whether the case has a team that this person does not belong to."""
        team = self.case.state.team
        return team is not None and self.actor.kind != "system" and self.actor.name not in team

    def may(self, permission: Permission) -> bool:
        """Whether the person may do this with the case: of one with a team only a member may do anything."""
        is_deed = permission in (Permission.ACT_ON_CASE, Permission.STEER_CASE)
        return not (is_deed and self.is_outside) and may(self.actor, permission, {"family": self.family})

    def role_title(self, role: str) -> str:
        """A role as people call it."""
        spec = self.app.roles.get(role)
        return spec.title or role if spec else role.replace("_", " ")


def of_key(session: Session, key: str, actor: Actor) -> Sight:
    """The case of this business key. Raises NotFound, also where it is not this person's to see."""
    return _sight(session, CaseInstanceRow.business_key == key, actor)


def of_id(session: Session, case_id: int, actor: Actor) -> Sight:
    """The case with this number. Raises NotFound, also where it is not this person's to see."""
    return _sight(session, CaseInstanceRow.id == case_id, actor)


def names_of(session: Session, user_ids: set[int]) -> dict[int, str]:
    """How these people are called; whoever is nobody is left out."""
    if not user_ids:
        return {}
    rows = session.execute(select(UserRow.id, UserRow.display).where(UserRow.id.in_(user_ids)))
    return {row.id: row.display for row in rows}


def displays_of(session: Session, names: set[str]) -> dict[str, str]:
    """How the people of these names are called; whoever is nobody is left out."""
    if not names:
        return {}
    rows = session.execute(select(UserRow.name, UserRow.display).where(UserRow.name.in_(sorted(names))))
    return {row.name: row.display for row in rows}


def _sight(session: Session, which: object, actor: Actor) -> Sight:
    row = session.execute(select(CaseInstanceRow).where(which)).scalar_one_or_none()  # type: ignore[arg-type]
    if row is None or not may(actor, Permission.VIEW_CASE, {"family": row.family}):
        raise NotFound("There is no such case.")
    values = {
        value.name: value.bytes
        for value in session.execute(select(CaseValueRow).where(CaseValueRow.case_id == row.id)).scalars()
    }
    app = catalogue.case_app(session, row.deployment_id)
    program = catalogue.program(session, row.deployment_id, row.definition)
    return Sight(
        id=row.id,
        key=row.business_key,
        title=row.title,
        family=row.family,
        state=State(row.state),
        version=row.version,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_at=row.closed_at,
        deployment_id=row.deployment_id,
        app=app,
        masking=masking.of_case(program.definition, app.readers),
        case=CaseInstance(program, codec.unpack_state(row.doc, values)),
        actor=actor,
        roles=actor.roles(row.family),
        due_at=row.due_at,
    )
