"""The verbs of a scenario: which function carries each out, and what a refusal is called."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.cmmn.commands import E_DIVERGED, E_SUSPENDED
from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound
from cases.scenarios import case_steps, data_steps, item_steps, task_steps, worker_steps
from cases.scenarios.world import World
from forms.errors import InvalidAnswers

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""

Act = Callable[[World, Arguments], None]

_STEPS: Mapping[str, Act] = {
    "deploy": case_steps.deploy,
    "start": case_steps.start,
    "find_child": case_steps.find_child,
    "as_user": case_steps.as_user,
    "assign_role": case_steps.assign_role,
    "remove_role": case_steps.remove_role,
    "complete_case": case_steps.complete,
    "terminate_case": case_steps.terminate,
    "terminate_cases": case_steps.terminate_many,
    "close": case_steps.close,
    "delete_case": case_steps.delete,
    "update_case": case_steps.update,
    "migrate": case_steps.migrate,
    "change_state": case_steps.change_state,
    "complete": task_steps.complete,
    "unclaim": task_steps.unclaim,
    "assign": task_steps.assign,
    "start_progress": task_steps.start_progress,
    "occur": item_steps.occur,
    "trigger": item_steps.trigger,
    "plan": item_steps.plan,
    "process_complete": item_steps.process_complete,
    "process_fault": item_steps.process_fault,
    "set": data_steps.set_values,
    "unset": data_steps.unset,
    "file": data_steps.file,
    "clock": data_steps.clock,
    "run_jobs": data_steps.run_jobs,
    "reschedule": data_steps.reschedule,
    "worker_acquire": worker_steps.acquire,
    "worker_complete": worker_steps.complete,
    "worker_terminate": worker_steps.terminate,
    "worker_fail": worker_steps.fail,
    "worker_release": worker_steps.release,
    **item_steps.STEPS,
}
"""The verbs that mean one thing; those of `_BY_OBJECT` depend on what they act on."""

_BY_OBJECT: Mapping[str, Mapping[str, Act]] = {
    "suspend": {"task": task_steps.suspend, "item": item_steps.STEPS["suspend"], "": case_steps.suspend},
    "resume": {"task": task_steps.resume, "item": item_steps.STEPS["resume"], "": case_steps.resume},
    "reactivate": {"item": item_steps.STEPS["reactivate"], "": case_steps.reactivate},
    "claim": {"task": task_steps.claim, "": case_steps.claim},
}


def act(world: World, verb: str, given: Arguments) -> None:
    """Carry one verb out, and let all that needs no clock come to rest. Raises CaseError for a refusal."""
    _function(verb, given)(world, given)
    world.rest()


def kind_of(error: CaseError | InvalidAnswers, verb: str) -> str:
    """What a scenario calls this refusal."""
    match error:
        case InvalidAnswers():
            return "illegal-argument"
        case NotFound():
            return "not-found"
        case NotAllowed():
            return "forbidden"
        case Invalid():
            return "deploy" if verb == "deploy" else "illegal-argument"
        case Conflict(code=code) if code == E_SUSPENDED:
            return "suspended"
        case Conflict(code=code) if code == E_DIVERGED:
            return "diverged"
    return "illegal-state"


def verbs() -> frozenset[str]:
    """Every verb that is carried out."""
    return frozenset({*_STEPS, *_BY_OBJECT})


def _function(verb: str, given: Arguments) -> Act:
    for key, function in _BY_OBJECT.get(verb, {}).items():
        if not key or key in given:
            return function
    return _STEPS[verb]
