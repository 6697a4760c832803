"""Answers to the forms of a case app, at the one gate for every door: `forms.validation`."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from cases.caseapp.document import CaseApp
from cases.cmmn.instance import CaseInstance
from cases.errors import NotFound
from cases.policy.access import Actor
from forms import validation
from forms.errors import InvalidAnswers


def accepted(
    app: CaseApp, case: CaseInstance, form: str | None, answers: Mapping[str, object], actor: Actor
) -> dict[str, object]:
    """The answers, where they are good. Raises InvalidAnswers, NotFound for a form that the app has not.

    Where there is no form there is nothing to answer.
    """
    if form is None:
        if answers:
            raise InvalidAnswers({name: ["Nothing is asked here."] for name in answers})
        return {}
    definition = app.forms.get(form)
    if definition is None:
        raise NotFound(f"There is no form {form}.")
    zone = ZoneInfo(app.zone)
    found = validation.accept(definition, answers, roles_of(app, actor), case.file(), zone=zone)
    return dict(found.values)


def unfinished(
    app: CaseApp, case: CaseInstance, form: str | None, answers: Mapping[str, object], actor: Actor
) -> dict[str, object]:
    """What of unfinished answers can be kept. Raises nothing."""
    definition = app.forms.get(form or "")
    if definition is None:
        return {}
    zone = ZoneInfo(app.zone)
    return validation.draft(definition, answers, roles_of(app, actor), case.file(), zone=zone)


def roles_of(app: CaseApp, actor: Actor) -> frozenset[str]:
    """The roles by which somebody answers; the house itself answers with all of them."""
    return frozenset(app.roles) if actor.kind == "system" else actor.roles(app.family)
