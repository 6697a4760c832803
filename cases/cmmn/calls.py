"""What comes back from a case or process that a task has called (cmmn-semantics 7.1, 7.2).

Parent and child are cases of their own; what comes late, or twice, is noted and changes nothing.
"""

from cases.cmmn import behaviors, evaluation, variables
from cases.cmmn.agenda import Deliver, Run
from cases.cmmn.commands import E_ARGUMENT, E_STATE, ChildEnded, ChildStarted, Refused
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import CallReturned, Noted
from cases.cmmn.instance import ItemState, Returned
from cases.cmmn.lifecycle import State
from cases.cmmn.workmodel import CaseTask, Ending, ProcessTask


def take(run: Run, item: ItemState, command: ChildStarted | ChildEnded) -> None:
    """What came back is delivered now, or kept while the task is suspended (2.5).

    Raises Refused where the item calls nothing.
    """
    definition = run.plan_item(item.iid).definition
    if not isinstance(definition, CaseTask | ProcessTask):
        raise Refused(E_STATE, f"{definition.name} calls nothing", item.state)
    back = _returned(command)
    if isinstance(command, ChildStarted) and item.state is State.ACTIVE:
        _keep(run, item, definition, command.reference)
    is_kept = item.state is State.SUSPENDED and item.before is State.ACTIVE
    waits = behaviors.does_wait(item, definition)
    is_waited_for = (item.state is State.ACTIVE or is_kept) and item.iid not in run.state.returned
    if not is_waited_for or not _moves(definition, command, waits=waits):
        told = {"item": item.iid, "reference": command.reference, "outputs": back.outputs, "code": back.code}
        run.record(Noted(run.seq(), run.wave, f"call {back.outcome}", told))
        return
    run.record(
        CallReturned(
            run.seq(),
            run.wave,
            item.iid,
            run.plan_item(item.iid).id,
            back.outcome,
            back.outputs,
            back.code,
            back.message,
            command.reference,
            is_kept,
        )
    )
    if not is_kept:
        run.queue(Deliver(item.iid, back.outcome, back.outputs, back.code, back.message))


def _keep(run: Run, item: ItemState, definition: CaseTask | ProcessTask, reference: str) -> None:
    """What was started is known by its id, where the model wants that (4.7)."""
    try:
        kept = evaluation.named(run, definition.id_variable, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, "idVariable", f"{definition.id}: {error.message}")
        return
    if kept:
        variables.set_nearest(run, item, kept, reference)


def _moves(definition: CaseTask | ProcessTask, command: ChildStarted | ChildEnded, *, waits: bool) -> bool:
    """Whether this means anything to the task: one that does not wait is done when its call has begun."""
    if isinstance(command, ChildStarted):
        return not waits
    is_own_matter = (
        isinstance(definition, CaseTask)
        and command.ending is Ending.FAILED
        and not definition.propagates_fault
    )
    return waits and not is_own_matter


def _returned(command: ChildStarted | ChildEnded) -> Returned:
    if isinstance(command, ChildStarted):
        return Returned("started")
    try:
        outputs = evaluation.json_of(command.outputs)
    except NotComputed as error:
        raise Refused(E_ARGUMENT, error.message) from None
    return Returned(command.ending.value, outputs, command.code, command.message)
