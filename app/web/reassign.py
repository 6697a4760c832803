"""Give tasks to somebody: the sheet with those who may take them, and the wish itself."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation.answers import number
from app.presentation.language import gettext as _
from app.security import safe_target
from cases.errors import NotFound
from cases.policy.access import Permission
from cases.queries import candidates
from cases.queries.task_filters import Day
from cases.services import batches
from cases.services.batches import Pick, Wanted

pages = Blueprint("reassign", __name__, url_prefix="/reassign")

GROUP = "group"
_LONGEST_ID = 18
_LONGEST_PATH = 500
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form of the sheet says."""

    picks: tuple[Pick, ...]
    to: str
    note: str
    tells: bool
    back: str


@pages.get("")
@pages.get("/run")
@needs(Permission.ASSIGN_TASK)
def go_back() -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form to where tasks are chosen."""
    return redirect(url_for("workload.show"), 303)


@pages.post("")
@needs(Permission.ASSIGN_TASK)
def choose() -> ResponseReturnValue:
    sent = _sent(request.form)
    return _drawn(sent if sent.back else replace(sent, back=_came_from()))


@pages.post("/run")
@needs(Permission.ASSIGN_TASK)
def run() -> ResponseReturnValue:
    sent, actor, now = _sent(request.form), current_actor(), current.now()
    to = number(request.form, "to")
    if not sent.picks or len(sent.picks) > batches.MOST:
        return _drawn(sent), 422
    if to is None and sent.to != GROUP:
        return _drawn(sent, _("Choose who is to have them.")), 422
    wanted = Wanted(sent.picks, to, sent.note, sent.note if sent.tells else "")
    try:
        batch = changed(lambda session: batches.reassign(session, wanted, actor, now))
    except NotFound:
        return _drawn(sent, _("That person is not here any more. Choose somebody else.")), 422
    return redirect(url_for("batches.show", batch_id=batch, back=sent.back or None), 303)


def _drawn(sent: Sent, problem: str = "") -> str:
    ids = [pick.task_id for pick in sent.picks[: batches.MOST]]
    now = current.now()
    with reading() as session:
        found = candidates.sheet(session, current_actor(), ids, Day(now, now + _A_DAY))
    if not found.tasks:
        problem = _("Choose at least one task that is open.")
    elif len(sent.picks) > batches.MOST:
        problem = _("At most %(most)s tasks can be reassigned at once.") % {"most": f"{batches.MOST:,}"}
    packed = " ".join(f"{pick.task_id}:{'' if pick.seen is None else pick.seen}" for pick in sent.picks)
    return render_template("reassign/sheet.html", sheet=found, sent=sent, packed=packed, problem=problem)


def _sent(form: MultiDict[str, str]) -> Sent:
    note = form.get("note", "").strip()[: batches.LONGEST_NOTE]
    tells = "tell" in form or "told" not in form
    return Sent(_picks(form.getlist("task")), form.get("to", ""), note, tells, _path(form.get("back", "")))


def _picks(values: Iterable[str]) -> tuple[Pick, ...]:
    """`ID:ASSIGNEE`, one a field or many in one; what is neither is left out."""
    found: dict[int, Pick] = {}
    for text in " ".join(values).split():
        task, colon, person = text.partition(":")
        if colon and _is_id(task) and (not person or _is_id(person)):
            found.setdefault(int(task), Pick(int(task), int(person) if person else None))
    return tuple(found.values())


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _came_from() -> str:
    """The page of ours whose button was pressed, or nothing."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    return (
        _path(f"{page.path}?{page.query}" if page.query else page.path) if page.netloc == request.host else ""
    )


def _path(text: str) -> str:
    """A path on this site, or nothing."""
    return safe_target(text, "") if len(text) <= _LONGEST_PATH else ""
