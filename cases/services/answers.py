"""Answers to the forms of a case app, at the one gate for every door: `forms.validation`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.caseapp.document import CaseApp
from cases.cmmn.instance import CaseInstance
from cases.errors import NotFound
from cases.policy.access import Actor
from forms import validation
from forms.errors import InvalidAnswers


@dataclass(frozen=True, slots=True)
class Asked:
    """A form as it stands in a case: asked of whom, in which case of which app, when."""

    app: CaseApp
    case: CaseInstance
    actor: Actor
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.app.zone)

    def scope(self) -> Mapping[str, object]:
        """What its conditions read beside the answers: the case file, and which case it is."""
        state = self.case.state
        about = {"id": state.case_id, "key": state.business_key, "family": self.app.family}
        return {**self.case.file(), "case": about}


def accepted(asked: Asked, form: str | None, answers: Mapping[str, object]) -> dict[str, object]:
    """The answers, where they are good. Raises InvalidAnswers, NotFound for a form that the app has not.

    Where there is no form there is nothing to answer.
    """
    if form is None:
        if answers:
            raise InvalidAnswers({name: ["Nothing is asked here."] for name in answers})
        return {}
    definition = asked.app.forms.get(form)
    if definition is None:
        raise NotFound(f"There is no form {form}.")
    roles = roles_of(asked.app, asked.actor)
    found = validation.accept(definition, answers, roles, asked.scope(), zone=asked.zone, now=asked.now)
    return dict(found.values)


def unfinished(
    asked: Asked, form: str | None, answers: Mapping[str, object], before: Mapping[str, object]
) -> dict[str, object]:
    """What of unfinished answers can be kept, over what was kept `before`. Raises nothing.

    A field that is hidden at the moment is not sent, and keeps what it held: shown again, it is as it was.
    """
    definition = asked.app.forms.get(form or "")
    if definition is None:
        return {}
    roles = roles_of(asked.app, asked.actor)
    kept = validation.draft(definition, answers, roles, asked.scope(), zone=asked.zone)
    return {**before, **kept}


def roles_of(app: CaseApp, actor: Actor) -> frozenset[str]:
    """The roles by which somebody answers; the house itself answers with all of them."""
    return frozenset(app.roles) if actor.kind == "system" else actor.roles(app.family)
