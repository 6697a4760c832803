"""The words of what may be done with a case, and of why an item stands where it stands."""

from collections.abc import Callable

from flask import Flask
from markupsafe import Markup, escape

from app.presentation import filters, sentences
from app.presentation.language import gettext as _
from cases.cmmn.choices import By
from cases.cmmn.explanation import Reason
from cases.queries.item_why import Part, Right, Standing, Step
from cases.queries.plan_offers import Bar, Barred


def init_app(app: Flask) -> None:
    """Put the words into the templates."""
    app.jinja_env.filters.update(
        bar_words=bar_words,
        block_words=block_words,
        part_words=part_words,
        reason_words=reason_words,
        right_words=right_words,
        rule_words=rule_words,
        move_words=move_words,
    )


def bar_words(bar: Bar, holder: str) -> Markup:
    """Why something optional is not offered."""
    match bar.kind:
        case Barred.RIGHTS:
            return escape(_("You may look at this case, and no more."))
        case Barred.TEAM:
            return escape(_("You are not in the team of this case."))
        case Barred.ROLES:
            return escape(_("It is for %(roles)s.")) % {"roles": _(" or ").join(bar.roles)}
        case Barred.LATER:
            return escape(_("It is offered while %(holder)s is at work.")) % {"holder": holder}
    if bar.cause is None:
        return escape(_("It is not offered now."))
    return escape(_("It is offered %(when)s.")) % {"when": sentences.fires_when(bar.cause)}


def reason_words(standing: Standing) -> str:
    """Where an instance stands, and why, in one sentence."""
    if standing.reason is Reason.AT_WORK and standing.outstanding in _OUTSTANDING:
        return _OUTSTANDING[standing.outstanding]()
    if standing.reason is Reason.FOR_TIME and standing.due is not None:
        return _("It waits until %(at)s.") % {"at": filters.instant(standing.due)}
    if standing.reason is Reason.SUSPENDED_AROUND and standing.holder:
        return _("It is paused with %(name)s.") % {"name": standing.holder}
    if standing.reason is Reason.FAILED and standing.code:
        return _("It has failed: %(code)s.") % {"code": standing.code}
    return _REASONS[standing.reason]()


def part_words(part: Part) -> Markup:
    """One event: that it has happened, has not, or cannot any more."""
    told = sentences.happening(part.name, part.event, has_come=part.has_come)
    if part.has_come:
        return told
    later = _("%(what)s: not yet") if part.may_come else _("%(what)s: that cannot happen any more")
    return escape(later) % {"what": told}


def rule_words(kind: str, value: object) -> str:
    """A rule that holds; empty where it does not."""
    return _RULES[kind]() if value and kind in _RULES else ""


def block_words(why: str) -> str:
    """Why a child keeps its stage open."""
    return _BLOCKS[why]() if why in _BLOCKS else ""


def right_words(right: Right) -> str:
    """What may be done with it now, and by whom; empty for what supervisors do with everything."""
    if right.command not in _RIGHTS:
        return ""
    who = _(" or ").join(right.roles) or _("Whoever works on this case")
    return _RIGHTS[right.command]() % {"who": who}


def move_words(step: Step) -> Markup:
    """One step of what would move it."""
    told = escape(_MOVES.get(step.command, _MOVES[""])()) % {"name": Markup("<b>%s</b>") % step.name}
    if step.command == "Complete" and step.by is By.SERVICE:
        told = escape(_("%(name)s is done by its service")) % {"name": Markup("<b>%s</b>") % step.name}
    if step.answer:
        values = ", ".join(
            f"{filters.label(name)}: {filters.plain(one)}" for name, one in step.answer.items()
        )
        told = escape(_("%(told)s, with %(values)s")) % {"told": told, "values": values}
    if step.at is not None:
        return escape(_("%(told)s, at %(at)s")) % {"told": told, "at": filters.instant(step.at)}
    if step.roles:
        return escape(_("%(told)s (%(roles)s)")) % {"told": told, "roles": _(" or ").join(step.roles)}
    return told


_REASONS: dict[Reason, Callable[[], str]] = {
    Reason.NOT_STARTED: lambda: _("The case has not begun."),
    Reason.AT_WORK: lambda: _("It is at work."),
    Reason.HELD: lambda: _("It is about to go on by itself."),
    Reason.FOR_CRITERION: lambda: _("It waits for what begins it."),
    Reason.FOR_PERSON: lambda: _("It waits until somebody starts it."),
    Reason.DISABLED: lambda: _("Somebody said that it is not wanted."),
    Reason.SUSPENDED: lambda: _("It is paused."),
    Reason.SUSPENDED_AROUND: lambda: _("It is paused with what is around it."),
    Reason.FAILED: lambda: _("It has failed."),
    Reason.COMPLETED: lambda: _("It is done."),
    Reason.TERMINATED: lambda: _("It was stopped, or is not needed any more."),
    Reason.CLOSED: lambda: _("The case is closed."),
    Reason.FOR_STAGE: lambda: _("The stage around it has not begun."),
    Reason.STAGE_ENDED: lambda: _("The stage around it is over."),
    Reason.NOT_PLANNED: lambda: _("It is optional, and nobody has added it."),
    Reason.PLANNED: lambda: _("It was added, and comes when the stage around it begins."),
    Reason.TO_REPEAT: lambda: _("It comes again when what begins it happens again."),
    Reason.NOT_OFFERED: lambda: _("It is not offered: its condition does not hold."),
    Reason.FOR_TIME: lambda: _("It waits for its time."),
    Reason.FOR_TRIGGER: lambda: _("Its clock starts when something happens."),
    Reason.WITHOUT_TIME: lambda: _("It has no time yet: its data do not say when."),
    Reason.FOR_EVENT: lambda: _("It waits to be raised."),
    Reason.NEVER_MADE: lambda: _("It was passed over: nothing in this case begins it any more."),
}
_OUTSTANDING: dict[str, Callable[[], str]] = {
    "person": lambda: _("It is open, and somebody is to do it."),
    "work": lambda: _("A service, or somebody outside, is doing it."),
    "case": lambda: _("It waits for the case that it has called."),
    "process": lambda: _("It waits for the process that it has called."),
    "decision": lambda: _("It waits for its decision."),
}
_RULES: dict[str, Callable[[], str]] = {
    "required": lambda: _("It is required: what it stands in cannot end before it is done."),
    "manual": lambda: _("Somebody starts it by hand."),
    "repetition": lambda: _("It may come again."),
}
_BLOCKS: dict[str, Callable[[], str]] = {
    "atWork": lambda: _("is at work"),
    "failed": lambda: _("has failed"),
    "suspended": lambda: _("is paused"),
    "required": lambda: _("is required, and not done"),
    "notDone": lambda: _("is not done"),
}
_RIGHTS: dict[str, Callable[[], str]] = {
    "manualStart": lambda: _("%(who)s may start it."),
    "reenable": lambda: _("%(who)s may offer it again."),
    "reactivate": lambda: _("Whoever looks after failures may have it tried again."),
    "occur": lambda: _("%(who)s may raise it."),
    "complete": lambda: _("%(who)s may do it."),
    "completeCase": lambda: _("Whoever supervises it may complete the case."),
    "reactivateCase": lambda: _("Whoever supervises it may reopen the case."),
    "resumeCase": lambda: _("Whoever supervises it may resume the case."),
}
_MOVES: dict[str, Callable[[], str]] = {
    "": lambda: _("%(name)s moves"),
    "Complete": lambda: _("somebody does %(name)s"),
    "ManualStart": lambda: _("somebody starts %(name)s"),
    "OccurUser": lambda: _("somebody raises %(name)s"),
    "OccurListener": lambda: _("%(name)s comes in"),
    "Plan": lambda: _("somebody adds %(name)s"),
    "FireTimer": lambda: _("the time of %(name)s comes"),
    "ChildEnded": lambda: _("the case or process of %(name)s ends"),
    "ChildStarted": lambda: _("the case of %(name)s begins"),
    "Fail": lambda: _("%(name)s fails"),
    "Proceed": lambda: _("%(name)s goes on by itself"),
    "Disable": lambda: _("somebody says that %(name)s is not wanted"),
    "Reenable": lambda: _("somebody offers %(name)s again"),
    "Reactivate": lambda: _("%(name)s is tried again"),
    "Resume": lambda: _("somebody resumes %(name)s"),
    "ResumeCase": lambda: _("somebody resumes the case"),
    "Terminate": lambda: _("somebody stops %(name)s"),
    "CompleteCase": lambda: _("somebody completes the case"),
    "SetVariables": lambda: _("data of the case change"),
    "WriteFile": lambda: _("data of the case change"),
}
