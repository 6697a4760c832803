"""Something that a person may raise or start in a case: what it is, and what is asked with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.metamodel import UserEventListener
from cases.policy.access import Actor
from cases.queries import case_page, task_page
from forms.definition import FormDefinition


@dataclass(frozen=True, slots=True)
class EventPage:
    """The page. `file` is what the form's conditions read."""

    case_id: int
    case_key: str
    case_title: str
    item: int
    name: str
    is_event: bool
    form: FormDefinition | None
    role_names: frozenset[str]
    file: Mapping[str, object]
    zone: str


def load(session: Session, key: str, item: int, actor: Actor) -> EventPage:
    """The event or start. Raises NotFound where it is not offered to this person now."""
    seen, offered = case_page.raisable(session, key, item, actor)
    definition = seen.case.plan_item(item).definition
    form = definition.form if isinstance(definition, UserEventListener) else None
    return EventPage(
        case_id=seen.id,
        case_key=seen.key,
        case_title=seen.title,
        item=item,
        name=offered.name,
        is_event=isinstance(definition, UserEventListener),
        form=None if form is None else catalogue.form(session, seen.deployment_id, form),
        role_names=seen.roles,
        file=task_page.scope_of(seen),
        zone=seen.app.zone,
    )
