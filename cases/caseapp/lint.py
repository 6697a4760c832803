"""The whole app once more: do model, tables, forms, roles and connections fit? One function a code.

What a model is worth by itself says `cmmn.validation`. Codes beginning with A are rules of the house: they
hold for an app with an `app.toml`; a bare model is deployed as it is.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cases.caseapp.document import FIND_CASES, INSIDE, CaseApp, OperationSpec
from cases.cmmn import validation
from cases.cmmn.controlmodel import Value
from cases.cmmn.metamodel import (
    CaseDefinition,
    PlanItemDefinition,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import DecisionTask, FallbackOperation, HumanTask, ServiceTask
from cases.dmn import validation as dmn_validation
from cases.errors import Problem
from cases.feel import Expression
from cases.feel import lint as feel_lint
from cases.policy import deadlines, escalation, masking
from forms.definition import Field, FormDefinition

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_GIVEN = frozenset({"case", "result", "file", "item", "event", "context", "repetitionIndex"})
_KEY_OF_THE_CALL = "idempotencyKey"
_ANY_DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; an error refuses the deployment, anything else an author should know."""

    problem: Problem
    is_error: bool


_OF_DEFINITIONS = frozenset({"A-01", "A-02", "A-03", "A-04", "A-07", "A-08"})
"""Rules about attributes of a definition: its line is the one to be mended, not that of the plan item."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A case of the app, and how its findings are made."""

    app: CaseApp
    case: CaseDefinition

    def finding(self, code: str, where: str, message: str, *, is_error: bool = True) -> Finding:
        """A finding at an element of the model."""
        source = self.app.sources.get(f"case:{self.case.id}", "")
        number = self.case.by_id.get(where) if code in _OF_DEFINITIONS else None
        line = None if number is None else self.case.lines.get(self.case.items[number].definition.id)
        problem = Problem(code, message, where, line or self.case.lines.get(where), source)
        return Finding(problem, is_error)


def check(app: CaseApp) -> list[Finding]:
    """Every finding of every rule, errors first, in the order of files and lines.

    A bare model has no app that it could fit, so nothing is asked about that.
    """
    found = [finding for case in app.cases.values() for finding in _of_model(app, case)]
    for case in app.cases.values():
        for rule in _MODEL_RULES if app.is_bare else (*_MODEL_RULES, *_CASE_RULES):
            found += rule(_Place(app, case))
    for app_rule in (_tables_decide,) if app.is_bare else (_tables_decide, *_APP_RULES):
        found += app_rule(app)
    return sorted(set(found), key=_order)


def errors(findings: Iterable[Finding]) -> list[Problem]:
    """The problems that refuse the app."""
    return [finding.problem for finding in findings if finding.is_error]


def _order(finding: Finding) -> tuple[bool, str, int, str, str]:
    problem = finding.problem
    return (not finding.is_error, problem.file, problem.line or 0, problem.code, problem.message)


def _of_model(app: CaseApp, case: CaseDefinition) -> Iterator[Finding]:
    source = app.sources.get(f"case:{case.id}", "")
    for found in validation.check(case):
        if found.problem.code == "V-41":  # C-05 knows what intakes write, too
            continue
        yield Finding(dataclasses.replace(found.problem, file=source), found.is_error)


def _roles_are_declared(place: _Place) -> Iterator[Finding]:
    """A-01: a role that the model names is a role of the app."""
    for where, names in _roles_named(place.case):
        for name in sorted(names - place.app.roles.keys()):
            yield place.finding(
                "A-01", where, f"{where} names the role {name}, which app.toml does not declare"
            )


def _forms_exist(place: _Place) -> Iterator[Finding]:
    """A-02: a form that the model names is in the app."""
    for item in place.case.items:
        definition = item.definition
        form = definition.form if isinstance(definition, HumanTask | UserEventListener) else None
        if form is not None and form not in place.app.forms:
            yield place.finding(
                "A-02", item.id, f"{item.id} shows the form {form}, but there is no forms/{form}.json"
            )


def _decisions_exist(place: _Place) -> Iterator[Finding]:
    """A-03: a decision exists, and is handed exactly what it asks for."""
    for item in place.case.items:
        if not isinstance(item.definition, DecisionTask):
            continue
        decision = item.definition.decision
        definitions = place.app.decisions.get(decision)
        if definitions is None:
            yield place.finding("A-03", item.id, f"{item.id} asks {decision}, which no .dmn of the app holds")
            continue
        given = {name.name for name in item.definition.work.inputs}
        asked = set(definitions.inputs(decision))
        for name in sorted(asked - given):
            yield place.finding("A-03", item.id, f"{item.id} does not hand {decision} its input {name}")
        for name in sorted(given - asked):
            yield place.finding(
                "A-03", item.id, f"{item.id} hands {decision} an input {name}, which it has not"
            )


def _operations_exist(place: _Place) -> Iterator[Finding]:
    """A-04: connections and operations are declared, and their paths find what they need among the inputs."""
    for item in place.case.items:
        step = item.definition
        if not isinstance(step, ServiceTask):
            continue
        inputs = {one.name for one in step.work.inputs} | {_KEY_OF_THE_CALL}
        for connection, operation in _called(step):
            if (connection, operation) == (INSIDE, FIND_CASES):
                continue
            spec = _operation(place.app, connection, operation)
            if spec is None:
                message = f"{item.id} calls {connection}.{operation}, which app.toml does not declare"
                yield place.finding("A-04", item.id, message)
                continue
            for name in sorted(set(_PLACEHOLDER.findall(spec.path)) - inputs):
                message = f"{item.id} has no input {name}, which the path of {connection}.{operation} needs"
                yield place.finding("A-04", item.id, message)


def _steps_have_fallbacks(place: _Place) -> Iterator[Finding]:
    """A-07: what happens when a service is down is said, not left to chance."""
    for item in place.case.items:
        if isinstance(item.definition, ServiceTask) and not item.definition.fallbacks:
            message = (
                f"{item.id} has no cw:fallback: what happens when the service is down? (`fault` will do)"
            )
            yield place.finding("A-07", item.id, message)


def _items_named_exist(place: _Place) -> Iterator[Finding]:
    """A-08: four eyes name plan items; timers, policies and ladders name what app.toml has."""
    for item in place.case.items:
        for kind, name, known in _named(item.definition, place):
            if name is not None and name not in known:
                yield place.finding("A-08", item.id, f"{item.id} names the {kind} {name}, which there is not")


def _names_are_known(place: _Place) -> Iterator[Finding]:
    """C-05: an expression reads what is declared, or what something writes: a slip is otherwise a null."""
    known = _known_roots(place.app, place.case)
    for where, expression in _expressions_of(place.case):
        # In a filter a name may be one of the entry; `item.name` says so.
        is_error = not place.app.is_bare and "[" not in expression.text
        for name in sorted({path[0] for path in expression.names} - known):
            message = f"{where} reads {name}, which the case file does not declare and nothing writes"
            yield place.finding("C-05", where, message, is_error=is_error)


def _expressions_make_sense(place: _Place) -> Iterator[Finding]:
    """What `feel.lint` says beyond names: what is always null, what changes with time alone. Warnings."""
    for where, expression in _expressions_of(place.case):
        for problem in feel_lint.examine(expression.tree, expression.names):
            yield place.finding(problem.code, where, f"{where}: {problem.message}", is_error=False)


def _outcomes_are_heard(place: _Place) -> Iterator[Finding]:
    """C-06: where conditions ask for an answer's choice, each choice is asked for somewhere. A warning."""
    conditions = [
        (expression.names, set(_LITERAL.findall(expression.text)))
        for criterion in place.case.criteria
        for expression in _expressions(criterion)
    ]
    for item in place.case.items:
        form = place.app.forms.get(getattr(item.definition, "form", None) or "")
        for one in () if form is None else form.fields:
            path = (item.answer_to, one.key)
            heard = [literals for names, literals in conditions if path in names]
            for choice in one.choices if heard else ():
                if not any(choice.value in literals for literals in heard):
                    message = f"no condition asks whether {item.answer_to}.{one.key} is {choice.value}"
                    yield place.finding("C-06", item.id, message, is_error=False)


def _forms_fit(app: CaseApp) -> Iterator[Finding]:
    """A-05: a form's roles are the app's, and its expressions read what there is."""
    known = frozenset().union(*(_known_roots(app, case) for case in app.cases.values()))
    for form in app.forms.values():
        for where, message in _form_faults(form, app, known):
            problem = Problem(
                "A-05", f"{where}: {message}", where, None, app.sources.get(f"form:{form.key}", "")
            )
            yield Finding(problem, is_error=True)


def _app_fits(app: CaseApp) -> Iterator[Finding]:
    """A-06: what app.toml names exists: the calendar, cases of intakes, roots that intakes and search use."""
    if app.calendar is not None and app.calendar not in app.calendars:
        yield _of_app("A-06", f"the calendar {app.calendar} is not declared")
    for intake in app.intakes.values():
        case = app.cases.get(intake.case)
        if case is None:
            yield _of_app("A-06", f"intake {intake.name} begins the case {intake.case}, which no model has")
            continue
        declared = {item.name for item in case.file.roots}
        for name in sorted(intake.mapping.keys() - declared):
            yield _of_app("A-06", f"intake {intake.name} writes {name}, which the case file does not declare")
    known = frozenset().union(*(_known_roots(app, case) for case in app.cases.values()))
    for one in app.search.values():
        for name in sorted({path[0] for path in one.value.names} - known):
            yield _of_app("A-06", f"search {one.name} reads {name}, which no case file declares")


def _ladders_fit(app: CaseApp) -> Iterator[Finding]:
    """A-01, A-08: the ladder of all tasks is there, and rungs tell roles that work here."""
    if app.ladder not in (None, escalation.NO_LADDER, *app.ladders):
        yield _of_app("A-08", f"the app names the ladder {app.ladder}, which there is not")
    if escalation.NO_LADDER in app.ladders:
        yield _of_app("A-08", f"no ladder is called {escalation.NO_LADDER}: tasks decline theirs by it")
    for name, rungs in app.ladders.items():
        for role in sorted({role for rung in rungs for role in rung.roles}):
            spec = app.roles.get(role)
            if spec is None:
                yield _of_app("A-01", f"ladder {name} tells the role {role}, which is not declared")
            elif spec.external:
                yield _of_app("A-01", f"ladder {name} tells the role {role}, which is outside")


def _times_are_times(app: CaseApp) -> Iterator[Finding]:
    """A-11: what ladders and SLA policies say of time can be worked out."""
    calendar = app.calendars.get(app.calendar or "")
    zone = ZoneInfo(app.zone)
    for name, rungs in app.ladders.items():
        for problem in escalation.problems(rungs, calendar, zone):
            yield _of_app("A-11", f"ladder {name}: {problem}")
    for policy in app.sla.values():
        try:
            deadlines.due(policy.within, _ANY_DAY, calendar, zone)
        except ValueError as error:
            yield _of_app("A-11", f"SLA {policy.name}: {error}")


def _titles_show_what_all_see(place: _Place) -> Iterator[Finding]:
    """A-10: titles and search fields are shown to whoever sees the case: they read nothing hidden."""
    rules = masking.of_case(place.case, place.app.readers)
    title = () if place.case.title is None else (("cw:title", place.case.title),)
    searched = ((f"search {one.name}", one.value) for one in place.app.search.values())
    for what, expression in (*title, *searched):
        if not masking.may_show(expression.names, rules, ()):
            message = f"{what} reads what not everybody sees (cw:visible, cw:masked, readable_by)"
            yield place.finding("A-10", place.case.id, message)


def _tables_decide(app: CaseApp) -> Iterator[Finding]:
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


_MODEL_RULES = (_names_are_known, _expressions_make_sense, _outcomes_are_heard)
_CASE_RULES = (
    _roles_are_declared,
    _forms_exist,
    _decisions_exist,
    _operations_exist,
    _steps_have_fallbacks,
    _items_named_exist,
    _titles_show_what_all_see,
)
_APP_RULES = (_forms_fit, _app_fits, _all_is_used, _ladders_fit, _times_are_times)


def _of_app(code: str, message: str) -> Finding:
    return Finding(Problem(code, message, file="app.toml"), is_error=True)


def _roles_named(case: CaseDefinition) -> Iterator[tuple[str, set[str]]]:
    """Roles by the element that names them; those that an expression gives are not known."""
    for item in case.items:
        definition = item.definition
        if isinstance(definition, HumanTask):
            literal = definition.role if definition.role and definition.role.expression is None else None
            yield item.id, {*definition.or_higher, *(literal.text.split() if literal else ())}
        elif isinstance(definition, UserEventListener):
            yield item.id, set(definition.roles)
    for file_item in case.file.by_id.values():
        yield file_item.id, set(file_item.visible_to or ())


def _named(
    definition: PlanItemDefinition, place: _Place
) -> Iterator[tuple[str, str | None, Mapping[str, object]]]:
    """What a definition names elsewhere: kind, name, and where it is to be found."""
    app = place.app
    match definition:
        case HumanTask():
            for name in definition.four_eyes:
                yield "plan item", name, place.case.by_id
            yield "SLA", definition.sla, app.sla
            yield "ladder", definition.ladder, {**app.ladders, escalation.NO_LADDER: ()}
        case TimerEventListener():
            yield "calendar", definition.calendar, app.calendars


def _called(step: ServiceTask) -> Iterator[tuple[str, str]]:
    """Every operation that a step may call."""
    yield step.connection, step.operation
    for fallback in step.fallbacks:
        if isinstance(fallback, FallbackOperation):
            yield fallback.connection, fallback.operation
            if fallback.after is not None:
                yield fallback.after
    if step.compensation is not None:
        connection, _, operation = step.compensation.partition(".")
        yield connection, operation


def _operation(app: CaseApp, connection: str, operation: str) -> OperationSpec | None:
    found = app.connections.get(connection)
    return None if found is None else found.operations.get(operation)


def _known_roots(app: CaseApp, case: CaseDefinition) -> frozenset[str]:
    """Root items that are declared, answers of plan items, and what outputs and intakes write."""
    known = {item.name for item in case.file.roots} | {item.answer_to for item in case.items}
    for item in case.items:
        if not isinstance(item.definition, Stage):
            known |= {output.path[0] for output in item.definition.work.outputs if output.path}
    for intake in app.intakes.values():
        known |= intake.mapping.keys()
    return frozenset(known) | _GIVEN


def _expressions_of(case: CaseDefinition) -> Iterator[tuple[str, Expression]]:
    """Every expression of a case, with the element that it belongs to."""
    for criterion in case.criteria:
        for expression in _expressions(criterion.sentry):
            yield criterion.sentry.id, expression
    for item in case.items:
        parts = (item.definition, item.required, item.repetition, item.manual)
        for expression in (found for part in parts for found in _expressions(part)):
            yield item.id, expression
    for expression in _expressions(case.title):
        yield case.id, expression


def _expressions(value: object) -> Iterator[Expression]:
    """The expressions within a value made of dataclasses, tuples and mappings."""
    match value:
        case Expression():
            yield value
        case tuple() | frozenset():
            for part in value:
                yield from _expressions(part)
        case Mapping():
            yield from _expressions(tuple(value.values()))
        case Value():
            yield from _expressions(value.expression)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for one in dataclasses.fields(value):
                yield from _expressions(getattr(value, one.name))


def _form_faults(form: FormDefinition, app: CaseApp, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    keys = {one.key for one in form.fields}
    for one in form.fields:
        for name in sorted(_roles_of(one) - app.roles.keys()):
            yield one.key, f"names the role {name}, which app.toml does not declare"
        columns = {column.key for column in one.columns}
        for expression in _expressions(one):
            for name in sorted({path[0] for path in expression.names} - known - keys - columns):
                yield one.key, f"reads {name}, which no case file declares"


def _roles_of(one: Field) -> set[str]:
    choosing = (role for choice in one.choices for role in choice.offered_to or ())
    return {*(one.editable_by or ()), *(one.readable_by or ()), *choosing}
