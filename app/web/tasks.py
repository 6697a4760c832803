"""One task: look at it, take it, give it back, keep a draft, complete it."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs, signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation import live
from app.presentation.answers import answers_of, number
from app.presentation.language import gettext as _
from app.security import safe_target
from cases.errors import Conflict, NotAllowed
from cases.policy.access import Permission
from cases.queries import task_page
from cases.queries.task_page import TaskPage
from cases.services import tasks
from forms import builder
from forms.builder import DrawnForm
from forms.errors import InvalidAnswers

pages = Blueprint("tasks", __name__, url_prefix="/tasks")

_PAGE, _PANEL = "tasks/task.html", "tasks/_panel.html"


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent that could not be taken: shown again, as they sent it."""

    answers: Mapping[str, object]
    problem: InvalidAnswers | None = None


@pages.get("/<int:task_id>")
@signed_in
def show(task_id: int) -> ResponseReturnValue:
    with reading() as session:
        page = task_page.load(session, task_id, current_actor())
    return _drawn(page)


@pages.get("/<int:task_id>/panel")
@signed_in
def panel(task_id: int) -> ResponseReturnValue:
    """The task as it stands beside a list; `back` is the list, to which its forms lead."""
    with reading() as session:
        page = task_page.load(session, task_id, current_actor())
    return live.answer(_drawn(page, template=_PANEL))


@pages.get("/<int:task_id>/claim")
@pages.get("/<int:task_id>/release")
@pages.get("/<int:task_id>/assign")
@pages.get("/<int:task_id>/draft")
@pages.get("/<int:task_id>/complete")
@signed_in
def go_back(task_id: int) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the task."""
    return redirect(url_for("tasks.show", task_id=task_id), 303)


@pages.post("/<int:task_id>/claim")
@signed_in
def claim(task_id: int) -> ResponseReturnValue:
    try:
        changed(lambda session: tasks.claim(session, task_id, current_actor(), current.now()))
    except (Conflict, NotAllowed) as refused:
        return _refused(task_id, refused)
    flash(_("The task is yours."), "green")
    return _on(url_for("tasks.show", task_id=task_id))


@pages.post("/<int:task_id>/release")
@signed_in
def release(task_id: int) -> ResponseReturnValue:
    answers, actor = answers_of(request.form), current_actor()
    try:
        # What was typed is kept for who takes it next.
        if answers:
            changed(lambda session: tasks.save_draft(session, task_id, answers, actor, current.now()))
        changed(lambda session: tasks.release(session, task_id, actor, current.now()))
    except (Conflict, NotAllowed) as refused:
        return _refused(task_id, refused)
    flash(_("The task waits for somebody else."), "green")
    return _on(url_for("worklist.mine"))


@pages.post("/<int:task_id>/assign")
@needs(Permission.ASSIGN_TASK)
def assign(task_id: int) -> ResponseReturnValue:
    person, note = number(request.form, "person"), request.form.get("note", "").strip()[:500]
    if person is None:
        return _refused(task_id, Conflict("Say to whom."))
    actor, now = current_actor(), current.now()
    try:
        changed(lambda session: tasks.assign(session, task_id, person, note, actor, now))
    except (Conflict, NotAllowed) as refused:
        return _refused(task_id, refused)
    flash(_("The task was handed over."), "green")
    return redirect(url_for("tasks.show", task_id=task_id), 303)


@pages.post("/<int:task_id>/draft")
@signed_in
def draft(task_id: int) -> ResponseReturnValue:
    answers = answers_of(request.form)
    changed(lambda session: tasks.save_draft(session, task_id, answers, current_actor(), current.now()))
    if request.headers.get("X-Live"):
        return _questions(task_id)
    flash(_("The draft is saved. Nobody else sees it done before you complete the task."), "green")
    return _on(url_for("tasks.show", task_id=task_id))


@pages.post("/<int:task_id>/complete")
@signed_in
def complete(task_id: int) -> ResponseReturnValue:
    answers, actor = answers_of(request.form), current_actor()
    try:
        changed(lambda session: tasks.complete(session, task_id, answers, actor, current.now()))
    except InvalidAnswers as problem:
        with reading() as session:
            page = task_page.load(session, task_id, actor)
        return _drawn(page, Sent(answers, problem)), 422
    except (Conflict, NotAllowed) as refused:
        return _refused(task_id, refused, Sent(answers))
    with reading() as session:
        page = task_page.load(session, task_id, actor)
    flash(_("%(name)s is done.") % {"name": page.name}, "green")
    return _on(url_for("case.show", key=page.case_key))


def _on(place: str) -> ResponseReturnValue:
    """Lead to the list that somebody works in (`back`), or to this place."""
    return redirect(safe_target(request.form.get("back"), place), 303)


def _questions(task_id: int) -> str:
    """The questions as the kept answers make them: what a page with JavaScript puts in while one types."""
    with reading() as session:
        page = task_page.load(session, task_id, current_actor())
    g.zone = page.zone
    form = None if page.form is None else _form(page, None)
    return render_template("tasks/_questions.html", form=form, page=page)


def _refused(task_id: int, refused: Conflict | NotAllowed, sent: Sent | None = None) -> ResponseReturnValue:
    """The task as it is now, with the reason why something could not be done with it. Raises NotFound."""
    with reading() as session:
        page = task_page.load(session, task_id, current_actor())
    reason = _(str(refused))
    if refused.code == "taken" and page.assignee:
        reason = _("%(name)s took it before you.") % {"name": page.assignee}
    return _drawn(page, sent, reason), 409 if isinstance(refused, Conflict) else 403


def _drawn(page: TaskPage, sent: Sent | None = None, reason: str = "", template: str = "") -> str:
    """The page; the panel for who works in it, and sends from there."""
    g.zone = page.zone
    seen = {
        "page": page,
        "form": None if page.form is None else _form(page, sent),
        "problem": sent.problem if sent else None,
        "reason": reason,
        "address": url_for("tasks.show", task_id=page.id),
        "back": safe_target(request.values.get("back"), ""),
    }
    return render_template(template or (_PANEL if request.headers.get("X-Live") else _PAGE), **seen)


def _form(page: TaskPage, sent: Sent | None) -> DrawnForm:
    if page.form is None:
        raise Conflict("This task has no form.")
    # A field that these answers bring up again was not on the page: it shows what the draft kept of it.
    answers = {**page.answers, **sent.answers} if sent else page.answers
    zone = ZoneInfo(page.zone)
    form = builder.build(page.form, page.role_names, answers, page.file, zone=zone, now=current.now())
    if sent and sent.problem:
        builder.show_errors(form, sent.problem)
    return form
