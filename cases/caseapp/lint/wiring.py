"""What a model names elsewhere in its app: roles, forms, decisions, operations, items, what all may see."""

import re
from collections.abc import Iterator, Mapping

from cases.caseapp.document import FIND_CASES, INSIDE, CaseApp, OperationSpec
from cases.caseapp.lint.place import Finding, Place
from cases.cmmn.metamodel import CaseDefinition, PlanItemDefinition, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import DecisionTask, FallbackOperation, HumanTask, ServiceTask
from cases.policy import escalation, masking

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KEY_OF_THE_CALL = "idempotencyKey"


def _roles_are_declared(place: Place) -> Iterator[Finding]:
    """A-01: a role that the model names is a role of the app."""
    for where, names in _roles_named(place.case):
        for name in sorted(names - place.app.roles.keys()):
            yield place.finding(
                "A-01", where, f"{where} names the role {name}, which app.toml does not declare"
            )


def _forms_exist(place: Place) -> Iterator[Finding]:
    """A-02: a form that the model names is in the app."""
    for item in place.case.items:
        definition = item.definition
        form = definition.form if isinstance(definition, HumanTask | UserEventListener) else None
        if form is not None and form not in place.app.forms:
            yield place.finding(
                "A-02", item.id, f"{item.id} shows the form {form}, but there is no forms/{form}.json"
            )


def _decisions_exist(place: Place) -> Iterator[Finding]:
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


def _operations_exist(place: Place) -> Iterator[Finding]:
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


def _steps_have_fallbacks(place: Place) -> Iterator[Finding]:
    """A-07: what happens when a service is down is said, not left to chance."""
    for item in place.case.items:
        if isinstance(item.definition, ServiceTask) and not item.definition.fallbacks:
            message = (
                f"{item.id} has no cw:fallback: what happens when the service is down? (`fault` will do)"
            )
            yield place.finding("A-07", item.id, message)


def _items_named_exist(place: Place) -> Iterator[Finding]:
    """A-08: four eyes name plan items; timers, policies and ladders name what app.toml has."""
    for item in place.case.items:
        for kind, name, known in _named(item.definition, place):
            if name is not None and name not in known:
                yield place.finding("A-08", item.id, f"{item.id} names the {kind} {name}, which there is not")


def _titles_show_what_all_see(place: Place) -> Iterator[Finding]:
    """A-10: titles and search fields are shown to whoever sees the case: they read nothing hidden."""
    rules = masking.of_case(place.case, place.app.readers)
    title = () if place.case.title is None else (("cw:title", place.case.title),)
    searched = ((f"search {one.name}", one.value) for one in place.app.search.values())
    for what, expression in (*title, *searched):
        if not masking.may_show(expression.names, rules, ()):
            message = f"{what} reads what not everybody sees (cw:visible, cw:masked, readable_by)"
            yield place.finding("A-10", place.case.id, message)


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
    definition: PlanItemDefinition, place: Place
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


RULES = (
    _roles_are_declared,
    _forms_exist,
    _decisions_exist,
    _operations_exist,
    _steps_have_fallbacks,
    _items_named_exist,
    _titles_show_what_all_see,
)
