"""What went wrong, in words: causes, kinds, decisions, and where a retry stands. Names, not codes."""

from collections.abc import Iterable
from datetime import datetime

from app.presentation.filters import instant, label
from app.presentation.language import gettext as _
from cases.queries.incident_page import BatchPage
from cases.queries.incident_rows import Incident
from cases.services.foresight import Consequence

_IN_FLIGHT = "ENDED_IN_FLIGHT"


def cause(one: Incident) -> str:
    """Why it failed, as one sentence."""
    if not one.step:
        return _("A step that you may not see has failed")
    if one.kind == "model":
        return _("The model has a fault: %(what)s") % {"what": one.message or label(one.code.lower())}
    if one.kind == "clock":
        return one.message
    if one.kind == "message":
        return _("A message cannot be applied")
    if not one.service:
        return _inside(one)
    return _of_service(one)


def told(code: str, status: int | None = None) -> str:
    """What one try ended with, in a few words."""
    words = _short().get(code)
    if words is None:
        plain = code.removeprefix("HTTP_") if code.startswith("HTTP_") else ""
        words = _("answered %(status)s") % {"status": plain} if plain else label(code.lower())
        return words if plain or status is None else f"{words} ({status})"
    return words if status is None else f"{words} ({status})"


def kind(name: str) -> str:
    """A kind of incident."""
    words = {
        "step": _("Service steps"),
        "message": _("Messages"),
        "model": _("Models"),
        "clock": _("Clocks"),
        "crash": _("Crashes"),
        "timer": _("Timers"),
    }
    return words.get(name, label(name))


def resolution(one: Incident) -> str:
    """How it came to its end."""
    words = {
        "retried": _("Healed by a retry"),
        "by_hand": _("Answered by hand"),
        "given_up": _("Given up"),
        "acknowledged": _("Closed"),
        "left": _("The case went another way"),
        "erased": _("The case was erased"),
    }
    return words.get(one.resolution, label(one.resolution))


def state(one: Incident, now: datetime) -> str:
    """Where it stands: nothing is called a success before the job has run."""
    if one.is_parked and one.next_at is not None and one.next_at > now:
        return _("Waits until %(at)s: the service is down") % {"at": instant(one.next_at, one.zone)}
    if one.is_at_work:
        return _("Being called now")
    if one.is_retrying:
        began = one.retries[-1].at if one.retries else None
        since = _("Retrying since %(at)s") % {"at": instant(began, one.zone)} if began else _("Retrying")
        if one.next_at is not None and one.next_at > now:
            return _("%(since)s, next try %(at)s") % {"since": since, "at": instant(one.next_at, one.zone)}
        return since
    if one.failed_again is not None:
        again = one.failed_again
        told_of = told(again.outcome, one.status) if one.code == again.outcome else told(again.outcome)
        at = instant(again.until or again.at, one.zone)
        return _("Failed again %(at)s: %(why)s") % {"at": at, "why": told_of}
    return ""


def consequence(found: Consequence) -> list[str]:
    """What a decision would do to the case, in sentences."""
    said = []
    if found.ends:
        said.append(_("%(names)s ends.") % {"names": _names(found.ends)})
    if found.starts:
        said.append(_("%(names)s starts.") % {"names": _names(found.starts)})
    if found.ends_case:
        said.append(_("The case ends."))
    return said


def afterwards(found: Consequence) -> str:
    """What is left open after a decision."""
    if found.ends_case:
        return ""
    if found.goes_on:
        return _("The case goes on with %(names)s.") % {"names": _names(found.goes_on)}
    return _("No task is open after it: the case waits for what comes next in its model.")


def summary(page: BatchPage) -> str:
    """What became of a batch, in numbers: `12 retried: 9 healed, 3 failed again`."""
    total = len(page.lines)
    if page.kind == "incident_give_up":
        first = _("%(number)s to give up") % {"number": total}
        parts = [
            (page.number("given_up"), _("%(number)s given up")),
            (page.number("waiting"), _("%(number)s waiting")),
        ]
    else:
        first = _("%(number)s retried") % {"number": total - page.number("refused")}
        parts = [
            (page.number("healed"), _("%(number)s healed")),
            (page.number("failed"), _("%(number)s failed again")),
            (page.number("left"), _("%(number)s ended otherwise")),
            (page.number("running", "waiting"), _("%(number)s still running")),
        ]
    parts.append((page.number("refused"), _("%(number)s refused")))
    said = ", ".join(words % {"number": number} for number, words in parts if number)
    return f"{first}: {said}" if said else first


def outcome(name: str) -> str:
    """What became of one of many."""
    words = {
        "waiting": _("Waiting"),
        "running": _("Retrying"),
        "healed": _("Healed"),
        "failed": _("Failed again"),
        "given_up": _("Given up"),
        "left": _("The case went another way"),
        "refused": _("Refused"),
    }
    return words.get(name, name)


def _of_service(one: Incident) -> str:
    named = {"service": one.service, "status": one.status or ""}
    at_end = f" ({one.status})" if one.status else ""
    sentences = {
        "insufficient_funds": _("The service “%(service)s” has no funds"),
        "TIMEOUT": _("The service “%(service)s” did not answer in time"),
        "CUT_OFF": _("The service “%(service)s” broke the connection off"),
        "UNREACHABLE": _("The service “%(service)s” cannot be reached"),
        "UNRESOLVED": _("The address of the service “%(service)s” is unknown"),
        "TARGET_REFUSED": _("The address of the service “%(service)s” is not allowed"),
        "BAD_CERTIFICATE": _("The certificate of the service “%(service)s” is not valid"),
        "REDIRECT": _("The service “%(service)s” sends calls elsewhere, which is not followed"),
        "TOO_LARGE": _("The answer of the service “%(service)s” is too large"),
        "CONTRACT": _("The service “%(service)s” answered something that its contract does not know"),
        "UNKNOWN_OUTCOME": _("Nobody knows whether the service “%(service)s” carried the call out"),
        "NOT_CALLABLE": _("The service “%(service)s” cannot be called"),
        "CRASHED": _("Workers died while they called the service “%(service)s”"),
        _IN_FLIGHT: _("The step ended while the service “%(service)s” was being called"),
    }
    words = sentences.get(one.code) or sentences.get(one.code.upper())
    if words is None and one.code.startswith("HTTP_5"):
        words = _("The service “%(service)s” is in trouble")
    elif words is None and one.code.startswith("HTTP_4"):
        words = _("The service “%(service)s” refused the request")
    elif words is None:
        named["what"] = label(one.code.lower()) if one.code else _("a failure")
        words = _("The service “%(service)s” reports: %(what)s")
    if one.status is None and one.code.startswith("HTTP_"):
        at_end = f" ({one.code.removeprefix('HTTP_')})"
    return words % named + at_end


def _inside(one: Incident) -> str:
    words = {
        "CRASHED": _("Workers died over it"),
        "ERROR": _("It failed inside Casewright"),
        _IN_FLIGHT: _("The step ended while its call was out"),
    }
    return words.get(one.code) or one.message or told(one.code)


def _short() -> dict[str, str]:
    return {
        "insufficient_funds": _("no funds"),
        "TIMEOUT": _("no answer in time"),
        "timeout": _("no answer in time"),
        "CUT_OFF": _("the connection broke off"),
        "UNREACHABLE": _("it cannot be reached"),
        "UNRESOLVED": _("its address is unknown"),
        "CONTRACT": _("an answer against its contract"),
        "UNKNOWN_OUTCOME": _("no clear answer"),
        "NOT_CALLABLE": _("it cannot be called"),
        "CRASHED": _("the worker died"),
        "BAD_CERTIFICATE": _("its certificate is not valid"),
    }


def _names(names: Iterable[str]) -> str:
    return _(" and ").join(f"“{name}”" for name in names)
