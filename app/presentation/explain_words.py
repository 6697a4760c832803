"""An explanation in words: why an item stands where it stands, and what would move it, a line each."""

from collections.abc import Callable, Iterator

from app.presentation import filters
from app.presentation.language import gettext as _
from cases.cmmn import playing
from cases.cmmn.explanation import (
    Child,
    Condition,
    Explanation,
    Matrix,
    Offer,
    Part,
    Reason,
    Recipe,
    RuleTold,
    Told,
)


def heading(told: Explanation) -> str:
    """Which item, and where it stands."""
    name = f"{told.definition} {told.name}" if told.name != told.definition else told.definition
    place = f" [{told.index}]" if told.index else ""
    return f"{name}{place}: {_REASONS[told.reason]()}"


def lines(told: Explanation) -> list[str]:
    """All that is known about it, and at the end what would move it."""
    return [
        *_standing(told),
        *(line for criterion in told.criteria for line in _criterion(criterion)),
        *(_rule(rule) for rule in told.rules),
        *(line for offer in told.planning for line in _offer(offer)),
        *(() if told.matrix is None else _matrix(told.matrix)),
        *_rights(told),
        *(() if told.recipe is None else _recipe(told.recipe)),
    ]


def _standing(told: Explanation) -> Iterator[str]:
    if told.since is not None:
        cause = told.since.criterion or told.since.cause
        since = _("since event %(seq)s: %(transition)s") % {
            "seq": told.since.seq,
            "transition": str(told.since.transition),
        }
        yield f"{since} ({cause})" if cause else since
    if told.suspension is not None:
        yield _("held by %(name)s, which is suspended") % {"name": told.suspension.name}
        for waiting in told.suspension.deferred:
            yield _("on resume: %(what)s") % {"what": waiting}
    if told.timer is not None:
        yield from _timer(told)
    if told.failure is not None:
        yield f"{told.failure.code}: {told.failure.message}"
    if told.outstanding:
        yield _OUTSTANDING[told.outstanding]()


def _timer(told: Explanation) -> Iterator[str]:
    timer = told.timer
    if timer is None:
        return
    if timer.due:
        yield _("due at %(at)s (%(schedule)s)") % {"at": timer.due, "schedule": timer.schedule}
    elif timer.trigger is not None:
        yield _("set when %(event)s; then %(schedule)s") % {
            "event": _event(timer.trigger),
            "schedule": timer.schedule,
        }
    else:
        yield _("not set: %(schedule)s names no instant now") % {"schedule": timer.schedule}


def _criterion(told: Told) -> Iterator[str]:
    kind = _("to begin") if told.is_entry else _("to be ended")
    state = _("satisfied") if told.is_satisfied else _("not satisfied")
    more = "" if told.is_eligible else _(", not looked at in this state")
    yield f"{kind}: {told.name or told.id} ({state}{more})"
    for part in told.parts:
        if part.seq:
            text = _("happened (event %(seq)s)") % {"seq": part.seq}
        else:
            text = _("has not happened") if part.may_come else _("has not happened, and cannot any more")
        yield f"  {_event(part)}: {text}"
    if told.condition is not None:
        yield f"  {_condition(told.condition)}"
    if told.is_spent:
        yield "  " + _("it has fired, and must be seen false before it fires again")


def _event(part: Part) -> str:
    return f"{part.source or part.path} {part.event}"


def _condition(told: Condition) -> str:
    value = _("true") if told.value else _("false")
    read = ", ".join(f"{path} = {filters.plain(found)}" for path, found in told.read.items())
    why = f": {told.error}" if told.error else ""
    return f"{told.text}: {value}{why}" + (f" ({read})" if read else "")


def _rule(told: RuleTold) -> str:
    text = f"{_RULES[told.kind]()}: {_('yes') if told.value else _('no')}"
    return text if told.condition is None else f"{text}; {_condition(told.condition)}"


def _offer(told: Offer) -> Iterator[str]:
    state = _("may be planned now") if told.is_offered else _("cannot be planned now")
    yield f"{told.name}: {state}, " + _("from the table of %(name)s") % {"name": told.holder_name}
    for rule in told.rules:
        yield f"  {_condition(rule)}"
    for roles in told.roles:
        yield "  " + _("by %(roles)s") % {"roles": ", ".join(sorted(roles))}
    for roles in told.missing:
        yield "  " + _("nobody in the team is %(roles)s") % {"roles": ", ".join(sorted(roles))}


def _matrix(told: Matrix) -> Iterator[str]:
    for child in told.blocking:
        yield _blocking(child)
    for id_ in told.plannable:
        yield _("kept open: %(name)s may still be planned") % {"name": id_}
    if told.may_complete_by_hand:
        yield _("may be completed by hand")


def _blocking(child: Child) -> str:
    return _("kept open by %(name)s: %(why)s") % {"name": child.name, "why": _BLOCKS[child.blocks]()}


def _rights(told: Explanation) -> Iterator[str]:
    for right in told.rights:
        roles = ", ".join(right.roles)
        who = _("for %(roles)s") % {"roles": roles} if roles else _("for anybody")
        yield f"{right.command}: {who}"


def _recipe(told: Recipe) -> Iterator[str]:
    if not told.is_complete:
        if told.obstacle == "notFound":
            yield _("nothing was found that would move it")
        return
    yield _("what would move it (%(goal)s):") % {"goal": told.goal}
    for number, step in enumerate(told.steps, 1):
        at = "" if step.at is None else f" [{step.at.isoformat()}]"
        yield f"  {number}. {playing.words(step)}{at}"


_REASONS: dict[Reason, Callable[[], str]] = {
    Reason.NOT_STARTED: lambda: _("the case has not begun"),
    Reason.AT_WORK: lambda: _("at work"),
    Reason.HELD: lambda: _("a job lets it go on"),
    Reason.FOR_CRITERION: lambda: _("waits until a criterion is satisfied"),
    Reason.FOR_PERSON: lambda: _("waits until somebody starts it"),
    Reason.DISABLED: lambda: _("was set aside"),
    Reason.SUSPENDED: lambda: _("is suspended"),
    Reason.SUSPENDED_AROUND: lambda: _("is suspended with what is around it"),
    Reason.FAILED: lambda: _("has failed"),
    Reason.COMPLETED: lambda: _("is completed"),
    Reason.TERMINATED: lambda: _("was ended"),
    Reason.CLOSED: lambda: _("is closed"),
    Reason.FOR_STAGE: lambda: _("waits for its stage"),
    Reason.STAGE_ENDED: lambda: _("its stage is over"),
    Reason.NOT_PLANNED: lambda: _("nobody has planned it"),
    Reason.PLANNED: lambda: _("is planned, and comes when its stage is active"),
    Reason.TO_REPEAT: lambda: _("its next repetition waits for an event"),
    Reason.NOT_OFFERED: lambda: _("is not offered: its condition does not hold"),
    Reason.FOR_TIME: lambda: _("waits for its hour"),
    Reason.FOR_TRIGGER: lambda: _("waits for what sets it"),
    Reason.WITHOUT_TIME: lambda: _("has no hour"),
    Reason.FOR_EVENT: lambda: _("waits to be raised"),
    Reason.NEVER_MADE: lambda: _("was passed over"),
}
_RULES: dict[str, Callable[[], str]] = {
    "required": lambda: _("required"),
    "manual": lambda: _("started by hand"),
    "repetition": lambda: _("repeats"),
    "available": lambda: _("offered"),
}
_BLOCKS: dict[str, Callable[[], str]] = {
    "atWork": lambda: _("it is at work"),
    "failed": lambda: _("it has failed"),
    "suspended": lambda: _("it is suspended"),
    "required": lambda: _("it is required, and not done"),
    "notDone": lambda: _("it is not done"),
}
_OUTSTANDING: dict[str, Callable[[], str]] = {
    "person": lambda: _("somebody's task is open"),
    "work": lambda: _("work outside is not done"),
    "case": lambda: _("the case that it called goes on"),
    "process": lambda: _("the process that it called goes on"),
    "decision": lambda: _("its decision is not made"),
}
