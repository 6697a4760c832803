"""What the queries found out, said in words: why a case stands, what happened and because of what.

Each sentence is a text of the catalogue with places for names, which are escaped where they are put in. This
is the one place of the pages that makes markup in Python.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from markupsafe import Markup, escape

from app.presentation import condition_words, filters
from app.presentation.language import gettext as _
from cases.queries.timeline import Entry, Kind
from cases.queries.why import Cause, Part, Reason, Waits


@dataclass(frozen=True, slots=True)
class Mark:
    """The icon and colour of a line."""

    icon: str
    tone: str = ""


def init_app(app: Flask) -> None:
    """Put the sentences into the templates."""
    app.jinja_env.filters.update(
        because=because,
        fires_when=fires_when,
        in_words=in_words,
        in_short=in_short,
        mark=mark,
        tells=tells,
        reason_mark=reason_mark,
    )


def in_words(reason: Reason) -> Markup:
    """What a case waits for, in one sentence."""
    return _said(_sentence(reason), reason)


def in_short(reason: Reason) -> Markup:
    """What a case waits for, in a few words for a list."""
    table = {
        Waits.PERSON: _("%(name)s, with %(person)s"),
        Waits.OFFER: _("%(name)s, offered to %(roles)s"),
        Waits.FAILED: _("%(name)s failed: an incident is open"),
        Waits.CALLING: _("A service is being asked: %(service)s"),
        Waits.TIMER: _("Goes on at %(at)s"),
        Waits.ENDED: _("Nothing is left to do"),
    }
    return _said(table.get(reason.kind) or _sentence(reason), reason)


def reason_mark(reason: Reason) -> Mark:
    """The icon and colour of a reason."""
    return _REASONS[reason.kind]


def tells(entry: Entry) -> Markup:
    """What happened, in one sentence."""
    head = entry.what.partition(".")[0]
    has_nobody = head == _RULE and not entry.told
    heads = (f"{head}.{entry.detail}", head if has_nobody else entry.what, head, "")
    text = next((_STORIES[(entry.kind, head)]() for head in heads if (entry.kind, head) in _STORIES), "")
    return _filled(
        text or _("%(name)s: %(what)s"),
        name=_bold(entry.name),
        actor=_bold(entry.actor if entry.is_person else _("Casewright")),
        what=entry.what,
        detail=entry.detail,
        rules=", ".join(str(rule) for rule in entry.rules) or "\N{EN DASH}",
        result=_result(entry.shown),
        person=_bold(entry.person or _("somebody")),
        told=_bold(_(" and ").join(entry.told) or _("nobody")),
        rung=entry.rung,
    )


def mark(entry: Entry) -> Mark:
    """The icon and colour of what happened."""
    if entry.what.startswith(_RULE):
        return Mark(icon="bell", tone="amber")
    if entry.what == "fault":
        return Mark(icon="alert-triangle", tone="red")
    if entry.what in {"exit", "terminate", "parentTerminate"}:
        return Mark(icon="x")
    return _MARKS.get(entry.kind, Mark(icon="circle-dashed"))


def because(cause: Cause) -> Markup:
    """The criterion that caused something: what had happened, and which condition was true."""
    texts = _("because %(what)s"), _("because %(what)s and %(condition)s"), _("because %(condition)s")
    return _joined(texts, _all(cause.parts, _EVENTS), condition_words.told(cause))


def fires_when(cause: Cause) -> Markup:
    """The criterion of something that has not begun: what must happen, and which condition must be true."""
    texts = _("when %(what)s"), _("when %(what)s and %(condition)s"), _("when %(condition)s")
    return _joined(texts, _all(cause.parts, _EVENTS_TO_COME), condition_words.asked(cause))


def happening(name: str, event: str, *, has_come: bool) -> Markup:
    """One event of something, as what was or as what is to come."""
    return _part(Part(name, event), _EVENTS if has_come else _EVENTS_TO_COME)


def _sentence(reason: Reason) -> str:
    """The text for this kind of reason; some say more where there is more to say."""
    fuller = {
        Waits.FAILED: bool(reason.roles),
        Waits.PERSON: reason.at is not None,
        Waits.OFFER: reason.at is not None,
        Waits.RETRY: reason.attempt > 0,
        Waits.ENDED: reason.state == "completed",
    }
    table = _FULLER_REASONS if fuller.get(reason.kind) else _PLAIN_REASONS
    return table[reason.kind]()


_FULLER_REASONS = {
    Waits.FAILED: lambda: _(
        "%(name)s failed for good (%(detail)s): somebody of %(roles)s must retry it or decide otherwise."
    ),
    Waits.PERSON: lambda: _("Waiting for %(person)s: %(name)s, due %(at)s."),
    Waits.OFFER: lambda: _("Waiting for somebody of %(roles)s to take %(name)s, due %(at)s."),
    Waits.RETRY: lambda: _(
        "Waiting for %(service)s: %(name)s is tried again at %(at)s (try %(next)s of %(attempts)s)."
    ),
    Waits.ENDED: lambda: _("Done since %(at)s. Nothing is left to do."),
}

_PLAIN_REASONS = {
    Waits.FAILED: lambda: _(
        "%(name)s failed for good (%(detail)s): somebody must retry it or decide otherwise."
    ),
    Waits.PERSON: lambda: _("Waiting for %(person)s: %(name)s."),
    Waits.OFFER: lambda: _("Waiting for somebody of %(roles)s to take %(name)s."),
    Waits.RETRY: lambda: _("Waiting for %(service)s: %(name)s is called at %(at)s."),
    Waits.TIMER: lambda: _("Waiting until %(at)s: %(name)s."),
    Waits.ENDED: lambda: _("Stopped at %(at)s. Nothing is left to do."),
    Waits.PAUSED: lambda: _("Paused since %(at)s: nothing moves until somebody resumes the case."),
    Waits.MESSAGE: lambda: _("A message that came in at %(at)s is about to be applied."),
    Waits.CALLING: lambda: _("Waiting for %(service)s: %(name)s is being called now."),
    Waits.HELD: lambda: _(
        "Waiting for %(service)s, which does not answer: %(name)s is held back until %(at)s."
    ),
    Waits.REPLY: lambda: _("Waiting for the reply of %(service)s: %(name)s."),
    Waits.START: lambda: _("Waiting for somebody to start %(name)s."),
    Waits.EVENT: lambda: _("Waiting for an event: %(name)s."),
    Waits.HIDDEN: lambda: _("In review by others. What they do is not yours to see."),
    Waits.NOTHING: lambda: _(
        "Nothing is at work here and nothing is due. Whoever looks after the model should know."
    ),
}


def _said(text: str, reason: Reason) -> Markup:
    return _filled(
        text,
        name=_bold(reason.name),
        person=_bold(reason.person or _("somebody")),
        roles=_bold(_either(reason.roles) or _("the team")),
        service=_bold(reason.service or _("the service")),
        at=_bold(filters.instant(reason.at)) if reason.at else "",
        next=reason.attempt + 1,
        attempts=reason.attempts,
        detail=reason.detail or _("no reason given"),
    )


def _joined(texts: tuple[str, str, str], parts: Markup, condition: Markup | None) -> Markup:
    """The first text with parts alone, the second with both, the third with the condition alone."""
    if parts and condition:
        return _filled(texts[1], what=parts, condition=condition)
    return _filled(texts[0] if parts else texts[2], what=parts, condition=condition or _("its turn came"))


def _all(parts: Sequence[Part], events: Mapping[str, Callable[[], str]]) -> Markup:
    return escape(_(" and ")).join(_part(part, events) for part in parts)


def _part(part: Part, events: Mapping[str, Callable[[], str]]) -> Markup:
    if not part.name and events is _EVENTS_TO_COME:
        return escape(_("something happens that you may not see"))
    if not part.name:
        return escape(_("something happened that you may not see"))
    told = events.get(part.event)
    return _filled(told() if told else _("%(name)s: %(event)s"), name=_bold(part.name), event=part.event)


def _either(names: Sequence[str]) -> str:
    return _(" or ").join(names)


def _result(result: object) -> Markup:
    return _bold(filters.plain(result))


def _bold(text: str) -> Markup:
    return Markup("<b>%s</b>") % text


def _filled(text: str, **names: object) -> Markup:
    return escape(text) % names


_REASONS = {
    Waits.PAUSED: Mark(icon="player-pause", tone="amber"),
    Waits.FAILED: Mark(icon="alert-triangle", tone="red"),
    Waits.PERSON: Mark(icon="user"),
    Waits.OFFER: Mark(icon="users"),
    Waits.MESSAGE: Mark(icon="mail"),
    Waits.CALLING: Mark(icon="loader"),
    Waits.RETRY: Mark(icon="refresh", tone="amber"),
    Waits.HELD: Mark(icon="plug", tone="amber"),
    Waits.REPLY: Mark(icon="mail"),
    Waits.START: Mark(icon="player-play"),
    Waits.TIMER: Mark(icon="clock"),
    Waits.EVENT: Mark(icon="hand-click"),
    Waits.HIDDEN: Mark(icon="lock"),
    Waits.ENDED: Mark(icon="circle-check", tone="green"),
    Waits.NOTHING: Mark(icon="help-circle", tone="red"),
}

_MARKS = {
    Kind.CASE: Mark(icon="folder", tone="vio"),
    Kind.STAGE: Mark(icon="stack-2", tone="acc"),
    Kind.MILESTONE: Mark(icon="flag", tone="green"),
    Kind.TASK: Mark(icon="user", tone="acc"),
    Kind.STEP: Mark(icon="bolt"),
    Kind.DECISION: Mark(icon="table", tone="green"),
    Kind.TIMER: Mark(icon="clock", tone="amber"),
    Kind.EVENT: Mark(icon="hand-click", tone="amber"),
    Kind.NOTE: Mark(icon="user-check"),
    Kind.DATA: Mark(icon="file-text"),
    Kind.PROBLEM: Mark(icon="alert-triangle", tone="red"),
    Kind.ERASED: Mark(icon="lock"),
}

_EVENTS = {
    "complete": lambda: _("%(name)s was done"),
    "occur": lambda: _("%(name)s was reached"),
    "start": lambda: _("%(name)s started"),
    "manualStart": lambda: _("%(name)s was started"),
    "fault": lambda: _("%(name)s failed"),
    "exit": lambda: _("%(name)s was left"),
    "terminate": lambda: _("%(name)s was stopped"),
    "reactivate": lambda: _("%(name)s was tried again"),
    "create": lambda: _("%(name)s was written"),
    "update": lambda: _("%(name)s changed"),
    "replace": lambda: _("%(name)s changed"),
    "addChild": lambda: _("something was added to %(name)s"),
}

_EVENTS_TO_COME = _EVENTS | {
    "complete": lambda: _("%(name)s is done"),
    "occur": lambda: _("%(name)s is reached"),
    "start": lambda: _("%(name)s starts"),
    "manualStart": lambda: _("%(name)s is started"),
    "fault": lambda: _("%(name)s fails"),
    "exit": lambda: _("%(name)s is left"),
    "terminate": lambda: _("%(name)s is stopped"),
    "reactivate": lambda: _("%(name)s is tried again"),
    "create": lambda: _("%(name)s is written"),
    "update": lambda: _("%(name)s changes"),
    "replace": lambda: _("%(name)s changes"),
    "addChild": lambda: _("something is added to %(name)s"),
}

_RULE = "escalated"

_STORIES = {
    (Kind.CASE, "create"): lambda: _("%(actor)s opened the case"),
    (Kind.CASE, "complete"): lambda: _("The case is done"),
    (Kind.CASE, "complete.command"): lambda: _("%(actor)s completed the case"),
    (Kind.CASE, "terminate"): lambda: _("The case was stopped"),
    (Kind.CASE, "suspend"): lambda: _("%(actor)s paused the case"),
    (Kind.CASE, "resume"): lambda: _("%(actor)s resumed the case"),
    (Kind.CASE, "close"): lambda: _("%(actor)s closed the case"),
    (Kind.CASE, "fault"): lambda: _("The case failed"),
    (Kind.CASE, "reactivate"): lambda: _("The case goes on: %(detail)s"),
    (Kind.CASE, "reactivate.command"): lambda: _("%(actor)s reopened the case"),
    (Kind.STAGE, "start"): lambda: _("Stage %(name)s began"),
    (Kind.STAGE, "enable"): lambda: _("Stage %(name)s can be started"),
    (Kind.STAGE, "manualStart"): lambda: _("%(actor)s started stage %(name)s"),
    (Kind.STAGE, "complete"): lambda: _("Stage %(name)s is done"),
    (Kind.STAGE, "exit"): lambda: _("Stage %(name)s was left"),
    (Kind.STAGE, "terminate"): lambda: _("Stage %(name)s was stopped"),
    (Kind.STAGE, "parentTerminate"): lambda: _("Stage %(name)s ended with what it stands in"),
    (Kind.MILESTONE, "occur"): lambda: _("%(name)s reached"),
    (Kind.MILESTONE, ""): lambda: _("%(name)s is no longer expected"),
    (Kind.TASK, "start"): lambda: _("%(name)s was offered"),
    (Kind.TASK, "enable"): lambda: _("%(name)s can be started"),
    (Kind.TASK, "manualStart"): lambda: _("%(actor)s started %(name)s"),
    (Kind.TASK, "complete"): lambda: _("%(actor)s did %(name)s"),
    (Kind.TASK, "exit"): lambda: _("%(name)s was withdrawn"),
    (Kind.TASK, "terminate"): lambda: _("%(name)s was stopped"),
    (Kind.TASK, "parentTerminate"): lambda: _("%(name)s ended with its stage"),
    (Kind.STEP, "start"): lambda: _("%(name)s began"),
    (Kind.STEP, "enable"): lambda: _("%(name)s can be started"),
    (Kind.STEP, "manualStart"): lambda: _("%(actor)s started %(name)s"),
    (Kind.STEP, "complete"): lambda: _("%(name)s is done"),
    (Kind.STEP, "fault"): lambda: _("%(name)s failed: %(detail)s"),
    (Kind.STEP, "reactivate"): lambda: _("%(actor)s had %(name)s tried again"),
    (Kind.STEP, "exit"): lambda: _("%(name)s was left"),
    (Kind.STEP, "terminate"): lambda: _("%(name)s was stopped"),
    (Kind.STEP, "parentTerminate"): lambda: _("%(name)s ended with its stage"),
    (Kind.DECISION, "decided"): lambda: _("%(name)s decided %(result)s by rule %(rules)s"),
    (Kind.DECISION, "fault"): lambda: _("%(name)s could not be decided: %(detail)s"),
    (Kind.TIMER, "occur"): lambda: _("%(name)s: the time has come"),
    (Kind.TIMER, ""): lambda: _("%(name)s is no longer waited for"),
    (Kind.EVENT, "occur"): lambda: _("%(actor)s: %(name)s"),
    (Kind.EVENT, ""): lambda: _("%(name)s is no longer offered"),
    (Kind.NOTE, "planned"): lambda: _("%(actor)s added %(name)s, which was optional"),
    (Kind.NOTE, "added"): lambda: _("%(actor)s added %(name)s, which no model foresaw"),
    (Kind.NOTE, "team"): lambda: _("%(actor)s made %(person)s %(detail)s of this case"),
    (Kind.NOTE, "team.none"): lambda: _("%(actor)s left %(person)s no role in this case"),
    (Kind.NOTE, "described"): lambda: _("%(actor)s changed what the case is called, or how it stands"),
    (Kind.NOTE, "call started"): lambda: _("%(name)s has opened its case"),
    (Kind.NOTE, "call late"): lambda: _("The case of %(name)s ended too late to count"),
    (Kind.NOTE, "claimed"): lambda: _("%(actor)s took %(name)s"),
    (Kind.NOTE, "begun"): lambda: _("%(actor)s began to work on %(name)s"),
    (Kind.NOTE, "released"): lambda: _("%(actor)s gave %(name)s back"),
    (Kind.NOTE, "assigned"): lambda: _("%(actor)s gave %(name)s to %(person)s"),
    (Kind.NOTE, "due"): lambda: _("%(name)s is due at another time, because its data changed"),
    (Kind.NOTE, "escalated"): lambda: _("Rule “%(rung)s” of %(name)s: its time came, nobody had to be told"),
    (Kind.NOTE, "escalated.remind"): lambda: _("Rule “%(rung)s” of %(name)s: %(told)s was reminded"),
    (Kind.NOTE, "escalated.warn"): lambda: _("Rule “%(rung)s”: %(name)s is at risk, %(told)s was told"),
    (Kind.NOTE, "escalated.overdue"): lambda: _("Rule “%(rung)s”: %(name)s is overdue, %(told)s was told"),
    (Kind.NOTE, "escalated.release"): lambda: _(
        "Rule “%(rung)s”: %(name)s was taken back and is offered to all again, %(told)s was told"
    ),
    (Kind.NOTE, "incident"): lambda: _("%(actor)s decided what becomes of %(name)s"),
    (Kind.NOTE, "incident.retry"): lambda: _("%(actor)s had %(name)s tried again"),
    (Kind.NOTE, "incident.retried"): lambda: _("%(actor)s had %(name)s tried again"),
    (Kind.NOTE, "incident.by_hand"): lambda: _("%(actor)s did %(name)s by hand"),
    (Kind.NOTE, "incident.given_up"): lambda: _("%(actor)s gave %(name)s up"),
    (Kind.NOTE, "erased"): lambda: _("%(actor)s erased what this case held"),
    (Kind.NOTE, "lateReply"): lambda: _("A late answer for %(name)s was kept and not used"),
    (Kind.DATA, ""): lambda: _("%(actor)s changed %(detail)s"),
    (Kind.PROBLEM, ""): lambda: _(
        "An expression of %(name)s could not be evaluated, and a safe value was used"
    ),
    (Kind.ERASED, ""): lambda: _("What happened here was erased"),
}
