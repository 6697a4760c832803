"""Actions of listeners: expressions that may write variables, carried out in the turn (4.7).

An action follows a transition that has happened; what it writes is heard like any other data, so it never
interferes with the transition itself.
"""

from collections.abc import Iterable

from cases.cmmn import evaluation, variables
from cases.cmmn.agenda import Run
from cases.cmmn.commands import E_STATE, Refused
from cases.cmmn.controlmodel import Action, Assignment, LifecycleListener, Scope
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.workmodel import HumanTask
from cases.feel import Expression

CREATED = "create"
ASSIGNED = "assignment"
COMPLETED = "complete"
_ASKING = ("get or else(", "juel void(", "juel same(", "juel contains", "!= null", "juel variable(")
"""How expressions ask for a variable that need not be there."""


def carry_out(run: Run, item: ItemState, action: Action) -> object:
    """The assignments in order, each seeing those before it; then the value. Raises NotComputed."""
    for assignment in action.assignments:
        _assign(run, run.item(item.iid), assignment)
    return None if action.value is None else _value(run, item, action.value)


def on_transition(
    run: Run,
    item: ItemState,
    listeners: Iterable[LifecycleListener],
    before: State | None,
    after: State,
) -> None:
    """The item, or the case, went from one state to another: its listeners act."""
    for one in listeners:
        if (one.source is None or one.source is before) and (one.target is None or one.target is after):
            _attempt(run, item, one.action)


def on_task(run: Run, item: ItemState, task: HumanTask, event: str) -> None:
    """Something happened to a person's task: its listeners act."""
    for one in task.listeners:
        if one.event in (event, "all"):
            _attempt(run, item, one.action)


def _attempt(run: Run, item: ItemState, action: Action) -> None:
    """One that cannot be computed leaves an incident, and what it wrote before.

    Raises Refused where it reads what is not there and the profile has no patience with that.
    """
    try:
        if run.definition.profile.refuses_unknown and action.value is not None:
            _must_be_known(run, item, action.value)
        carry_out(run, item, action)
    except NotComputed as error:
        name = run.definition.items[item.number].id
        run.incident(item.iid, "listener", f"{name}: {error.message}")


def _must_be_known(run: Run, item: ItemState, value: Expression) -> None:
    """Functions that ask whether a variable is there may name one that is not. Raises Refused."""
    if any(one in value.text for one in _ASKING):
        return
    known = {*evaluation.visible_from(run, item), *evaluation.names_at(run, item), "case"}
    for path in value.names:
        root = path if isinstance(path, str) else path[0]
        if root not in known:
            name = run.definition.items[item.number].id
            raise Refused(E_STATE, f"a listener of {name} reads {root}, which is not there", item.state)


def _value(run: Run, item: ItemState, expression: Expression) -> object:
    return evaluation.evaluate(run, expression, evaluation.names_at(run, run.item(item.iid)))


def _assign(run: Run, item: ItemState, assignment: Assignment) -> None:
    own = evaluation.names_at(run, item)
    name = evaluation.name_of(run, assignment.name, own)
    if assignment.value is None:
        _remove(run, item, assignment.scope, name)
        return
    value = evaluation.evaluate(run, assignment.value, own)
    match assignment.scope:
        case Scope.LOCAL:
            variables.set_local(run, item, {name: value})
        case Scope.CASE:
            variables.write(run, {name: value})
        case Scope.TRANSIENT:
            variables.set_transient(run, name, value)
        case Scope.NEAREST:
            variables.set_nearest(run, item, name, value)


def _remove(run: Run, item: ItemState, scope: Scope, name: str) -> None:
    match scope:
        case Scope.LOCAL:
            variables.set_local(run, item, {}, (name,))
        case Scope.CASE:
            variables.remove(run, (name,))
        case Scope.TRANSIENT:
            variables.forget_transient(run, name)
        case Scope.NEAREST:
            variables.remove_nearest(run, item, name)
