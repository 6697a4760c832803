"""Whether app.toml, forms and decisions fit together."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cases.caseapp.document import CaseApp
from cases.caseapp.lint.place import Finding, expressions, known_roots, of_app
from cases.cmmn.workmodel import DecisionTask
from cases.dmn import validation as dmn_validation
from cases.errors import Problem
from cases.policy import deadlines, escalation
from forms.definition import Field, FormDefinition

_ANY_DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _forms_fit(app: CaseApp) -> Iterator[Finding]:
    """A-05: a form's roles are the app's, and its expressions read what there is."""
    known = frozenset().union(*(known_roots(app, case) for case in app.cases.values()))
    for form in app.forms.values():
        for where, message in _form_faults(form, app, known):
            problem = Problem(
                "A-05", f"{where}: {message}", where, None, app.sources.get(f"form:{form.key}", "")
            )
            yield Finding(problem, is_error=True)


def _app_fits(app: CaseApp) -> Iterator[Finding]:
    """A-06: what app.toml names exists: the calendar, cases of intakes, roots that intakes and search use."""
    if app.calendar is not None and app.calendar not in app.calendars:
        yield of_app("A-06", f"the calendar {app.calendar} is not declared")
    for intake in app.intakes.values():
        case = app.cases.get(intake.case)
        if case is None:
            yield of_app("A-06", f"intake {intake.name} begins the case {intake.case}, which no model has")
            continue
        declared = {item.name for item in case.file.roots}
        for name in sorted(intake.mapping.keys() - declared):
            yield of_app("A-06", f"intake {intake.name} writes {name}, which the case file does not declare")
    known = frozenset().union(*(known_roots(app, case) for case in app.cases.values()))
    for one in app.search.values():
        for name in sorted({path[0] for path in one.value.names} - known):
            yield of_app("A-06", f"search {one.name} reads {name}, which no case file declares")


def _ladders_fit(app: CaseApp) -> Iterator[Finding]:
    """A-01, A-08: the ladder of all tasks is there, and rungs tell roles that work here."""
    if app.ladder not in (None, escalation.NO_LADDER, *app.ladders):
        yield of_app("A-08", f"the app names the ladder {app.ladder}, which there is not")
    if escalation.NO_LADDER in app.ladders:
        yield of_app("A-08", f"no ladder is called {escalation.NO_LADDER}: tasks decline theirs by it")
    for name, rungs in app.ladders.items():
        for role in sorted({role for rung in rungs for role in rung.roles}):
            spec = app.roles.get(role)
            if spec is None:
                yield of_app("A-01", f"ladder {name} tells the role {role}, which is not declared")
            elif spec.external:
                yield of_app("A-01", f"ladder {name} tells the role {role}, which is outside")


def _times_are_times(app: CaseApp) -> Iterator[Finding]:
    """A-11: what ladders and SLA policies say of time can be worked out."""
    calendar = app.calendars.get(app.calendar or "")
    zone = ZoneInfo(app.zone)
    for name, rungs in app.ladders.items():
        for problem in escalation.problems(rungs, calendar, zone):
            yield of_app("A-11", f"ladder {name}: {problem}")
    for policy in app.sla.values():
        try:
            deadlines.due(policy.within, _ANY_DAY, calendar, zone)
        except ValueError as error:
            yield of_app("A-11", f"SLA {policy.name}: {error}")


def tables_decide(app: CaseApp) -> Iterator[Finding]:
    """What `dmn.validation` says: gaps, overlaps, rules that never fire, names that nothing has. Warnings."""
    for definitions in {id(one): one for one in app.decisions.values()}.values():
        for problem in dmn_validation.validate(definitions):
            yield Finding(problem, is_error=False)


def _all_is_used(app: CaseApp) -> Iterator[Finding]:
    """A-09: forms and decisions that nothing names. A warning."""
    items = [item.definition for case in app.cases.values() for item in case.items]
    forms = {getattr(definition, "form", None) for definition in items}
    decisions = {definition.decision for definition in items if isinstance(definition, DecisionTask)}
    for key in sorted(app.forms.keys() - forms):
        problem = Problem(
            "A-09", f"nothing shows the form {key}", key, None, app.sources.get(f"form:{key}", "")
        )
        yield Finding(problem, is_error=False)
    for key in sorted(app.decisions.keys() - decisions):
        source = app.sources.get(f"decision:{key}", "")
        yield Finding(Problem("A-09", f"nothing asks the decision {key}", key, None, source), is_error=False)


def _form_faults(form: FormDefinition, app: CaseApp, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    keys = {one.key for one in form.fields}
    for one in form.fields:
        for name in sorted(_roles_of(one) - app.roles.keys()):
            yield one.key, f"names the role {name}, which app.toml does not declare"
        columns = {column.key for column in one.columns}
        for expression in expressions(one):
            for name in sorted({path[0] for path in expression.names} - known - keys - columns):
                yield one.key, f"reads {name}, which no case file declares"


def _roles_of(one: Field) -> set[str]:
    choosing = (role for choice in one.choices for role in choice.offered_to or ())
    return {*(one.editable_by or ()), *(one.readable_by or ()), *choosing}


RULES = (tables_decide, _forms_fit, _app_fits, _all_is_used, _ladders_fit, _times_are_times)
