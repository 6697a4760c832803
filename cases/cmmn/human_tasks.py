"""People's tasks as the engine opens and completes them: every value computed for its instance (7.4, 4.7)."""

from dataclasses import replace

from cases.cmmn import actions, due_dates, evaluation, parameters, variables
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import HumanTaskOpened
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState
from cases.cmmn.views import id_of
from cases.cmmn.workmodel import NO_WORK, HumanTask


def open_task(run: Run, item: ItemState, task: HumanTask) -> None:
    """A blocking task is offered. Raises NotComputed for its inputs, its authority and names of variables."""
    if task.id_variable is not None:
        _keep(run, item, task.id_variable, id_of(run, item.iid))
    opened = _opened(run, run.item(item.iid), task)
    run.effects.append(opened)
    if task.listeners:
        actions.on_task(run, item, task, actions.CREATED)
        if opened.assignee is not None:
            actions.on_task(run, item, task, actions.ASSIGNED)


def changed(run: Run, item: ItemState, task: HumanTask) -> HumanTaskOpened:
    """An open task as its model has it by now. What cannot be computed any more is told, and left out."""
    try:
        return _opened(run, item, task)
    except NotComputed as error:
        run.incident(item.iid, "task", f"{run.definition.items[item.number].id}: {error.message}")
        return _opened(run, item, replace(task, authority=None, work=NO_WORK))


def complete(run: Run, item: ItemState, task: HumanTask) -> None:
    """Somebody completes the task: who that is may be kept. Raises NotComputed for the name of a variable."""
    if task.completer_variable is not None:
        _keep(run, item, task.completer_variable, run.user)
    if task.listeners:
        actions.on_task(run, item, task, actions.COMPLETED)


def _keep(run: Run, item: ItemState, variable: Value, value: object) -> None:
    """Writes the variable of that name, which may be none. Raises NotComputed."""
    kept = evaluation.named(run, variable, evaluation.names_at(run, item))
    if kept:
        variables.set_nearest(run, item, kept, value)


def _opened(run: Run, item: ItemState, task: HumanTask) -> HumanTaskOpened:
    plan_item = run.definition.items[item.number]
    amount = None
    if task.authority is not None:
        amount = evaluation.evaluate(run, task.authority, evaluation.names_at(run, item))
    return HumanTaskOpened(
        item=item.iid,
        definition=plan_item.id,
        name=item.name or plan_item.name,
        form=task.form,
        roles=_roles(run, item, task),
        due=due_dates.text_of(run, shown(run, item, task.due, "due")),
        priority=_whole(shown(run, item, task.priority, "priority")),
        four_eyes=task.four_eyes,
        amount=amount,
        sla=task.sla,
        ladder=task.ladder,
        inputs=parameters.inputs(run, item, task.work),
        assignee=_text(shown(run, item, task.assignee, "assignee")),
        owner=_text(shown(run, item, task.owner, "owner")),
        candidates=_names(shown(run, item, task.candidates, "candidates")),
        description=_text(shown(run, item, task.description, "description")),
        category=_text(shown(run, item, task.category, "category")),
    )


def shown(run: Run, item: ItemState, value: Value | None, what: str) -> object:
    """A value that is only shown or sorted by: none where it cannot be computed, and an incident says so."""
    if value is None:
        return None
    if value.expression is None:
        return value.text
    try:
        return evaluation.value_of(run, value, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, what, f"{run.definition.items[item.number].id}: {error.message}")
        return None


def _roles(run: Run, item: ItemState, task: HumanTask) -> tuple[str, ...]:
    found = shown(run, item, task.role, "role") if task.role is not None else task.performer
    return tuple(dict.fromkeys([*_names(found, separator=None), *task.or_higher]))


def _names(found: object, separator: str | None = ",") -> tuple[str, ...]:
    """Names that were written as one text, with commas between, or as a list."""
    if isinstance(found, list):
        return tuple(str(one) for one in found if one is not None)
    if not isinstance(found, str):
        return ()
    return (found,) if separator is None else tuple(one for part in found.split(",") if (one := part.strip()))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _whole(value: object) -> int:
    if value is None:
        return 0
    try:
        return int(str(value))
    except ValueError:
        return 0
