"""Due dates of people's tasks follow the data that they are made of, for as long as the tasks are open."""

import re
from collections.abc import Mapping
from dataclasses import replace

from cases.cmmn import evaluation, instance, timers
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import HumanTaskDue, HumanTaskOpened
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import DueMoved
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.workmodel import HumanTask

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def follow(run: Run, item: ItemState) -> None:
    """Data that the due date of a task reads changed: what moved is told, once the turn has come to rest.

    Where it cannot be computed any more the task stays due as it is, and an incident says so.
    """
    task = run.definition.items[item.number].definition
    state = item.before if item.state is State.SUSPENDED else item.state
    if not isinstance(task, HumanTask) or task.due is None or state is not State.ACTIVE:
        return
    own, name = evaluation.names_at(run, item), run.definition.items[item.number].id
    try:
        due = text_of(run, evaluation.value_of(run, task.due, own))
    except NotComputed as error:
        run.incident(item.iid, "due", f"{name}: {error.message}")
        return
    for position, effect in enumerate(run.effects):
        if isinstance(effect, HumanTaskOpened) and effect.item == item.iid:
            run.effects[position] = replace(effect, due=due)
            return
    if due != _before(run, task.due, own):
        run.record(DueMoved(run.seq(), run.wave, item.iid, name, due or ""))
        run.effects.append(HumanTaskDue(item.iid, name, due))


def text_of(run: Run, value: object) -> str | None:
    """The text of a due date, as it was computed; None where there is none. Raises NotComputed."""
    if value is None:
        return None
    text = str(value)
    if run.definition.profile.begins_days and _DATE.fullmatch(text):
        try:
            return instance.text_of(timers.moment_of(text, run.program.zone))
        except (ValueError, OverflowError):
            raise NotComputed(f"{text} is no date") from None
    return text


def _before(run: Run, due: Value, own: Mapping[str, object]) -> str | None:
    """By which text the task was due until this turn."""
    if due.expression is None:
        return due.text
    try:
        return text_of(run, evaluation.over(run, due.expression, run.file_before, own))
    except NotComputed:
        return None
