"""Incidents by cause, what may be done about each, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import changed, database, reading
from app.presentation import incident_words, live
from app.presentation.language import gettext as _
from cases.errors import Conflict, Invalid, Problem
from cases.policy.access import Permission
from cases.queries import incident_page
from cases.queries import incidents as incident_list
from cases.queries.incidents import Wanted
from cases.services import foresight, incident_batches, incidents
from cases.services.foresight import Foresight
from cases.services.incidents import ByHand

pages = Blueprint("incidents", __name__, url_prefix="/incidents")

_ANSWER = "answer."
"""Before the name of a field of the answer: the others belong to the form itself."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent that could not be taken: shown again, as they sent it, with the reason why."""

    choice: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    refused: str = ""


@pages.get("")
@needs(Permission.VIEW_INCIDENT)
def show() -> ResponseReturnValue:
    wanted = _wanted()
    with reading() as session:
        found = incident_list.overview(session, current_actor(), wanted)
        healed = incident_list.healed(session, current_actor(), current.now())
    seen = {"found": found, "healed": healed, "wanted": wanted, "say": incident_words, "now": current.now()}
    return live.answer(render_template("incidents/list.html", **seen))


@pages.get("/resolved")
@needs(Permission.VIEW_INCIDENT)
def show_resolved() -> ResponseReturnValue:
    wanted = _wanted()
    with reading() as session:
        found = incident_list.resolved(session, current_actor(), wanted)
        narrowed = incident_list.overview(session, current_actor())
    seen = {"found": found, "open": narrowed, "wanted": wanted, "say": incident_words}
    return live.answer(render_template("incidents/resolved.html", **seen))


@pages.get("/<serial:incident_id>")
@needs(Permission.VIEW_INCIDENT)
def show_one(incident_id: int) -> ResponseReturnValue:
    return live.answer(_one(incident_id))


@pages.get("/<serial:incident_id>/retry")
@pages.get("/<serial:incident_id>/give-up")
@pages.get("/<serial:incident_id>/by-hand")
@pages.get("/<serial:incident_id>/acknowledge")
@needs(Permission.VIEW_INCIDENT)
def go_back(incident_id: int) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the page that has the form."""
    return redirect(url_for("incidents.show_one", incident_id=incident_id), 303)


@pages.post("/<serial:incident_id>/retry")
@needs(Permission.RESOLVE_INCIDENT)
def retry(incident_id: int) -> ResponseReturnValue:
    reason, actor = _reason(), current_actor()
    return _decided(
        incident_id,
        Sent("retry", {"reason": reason}),
        lambda session: incidents.retry(session, incident_id, actor, current.now(), reason),
        _("It is tried again now. This page says what came of it once it has run."),
    )


@pages.post("/<serial:incident_id>/give-up")
@needs(Permission.RESOLVE_INCIDENT)
def give_up(incident_id: int) -> ResponseReturnValue:
    """Leave the step for good: the plan goes on by what the model says of its exit."""
    reason, actor = _reason(), current_actor()
    return _decided(
        incident_id,
        Sent("give-up", {"reason": reason}),
        lambda session: incidents.give_up(session, incident_id, actor, current.now(), reason),
        _("It was given up."),
    )


@pages.post("/<serial:incident_id>/by-hand")
@needs(Permission.RESOLVE_INCIDENT)
def answer(incident_id: int) -> ResponseReturnValue:
    """Complete the step with a result that a person knows."""
    reason, actor, values = _reason(), current_actor(), request.form.to_dict()
    answers = {
        name.removeprefix(_ANSWER): value for name, value in values.items() if name.startswith(_ANSWER)
    }
    given = ByHand(answers, values.get("reference", ""), values.get("key"))
    return _decided(
        incident_id,
        Sent("by-hand", values),
        lambda session: incidents.resolve_by_hand(session, incident_id, given, actor, current.now(), reason),
        _("The step is done with your answer."),
    )


@pages.post("/<serial:incident_id>/acknowledge")
@needs(Permission.RESOLVE_INCIDENT)
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Close an incident behind which no step waits."""
    reason, actor = _reason(), current_actor()
    return _decided(
        incident_id,
        Sent("acknowledge", {"reason": reason}),
        lambda session: incidents.acknowledge(session, incident_id, actor, current.now(), reason),
        _("The incident is closed."),
    )


@pages.get("/batches")
@needs(Permission.RESOLVE_INCIDENT)
def no_batch() -> ResponseReturnValue:
    """Lead a browser that stands at the address of the form, after a refusal, to the list."""
    return redirect(url_for("incidents.show"), 303)


@pages.post("/batches")
@needs(Permission.RESOLVE_INCIDENT)
def decide_many() -> ResponseReturnValue:
    """One decision about all that is ticked, or about all of one cause: as one batch."""
    actor, reason, now = current_actor(), _reason(), current.now()
    kind = {"retry": incident_batches.RETRY, "give_up": incident_batches.GIVE_UP}.get(
        request.form.get("do", ""), ""
    )
    chosen = _chosen()
    batch = changed(lambda session: incident_batches.ask(session, kind, chosen, reason, actor, now))
    if len(chosen) <= incident_batches.AT_ONCE:
        incident_batches.run(database().transaction, batch, now)
    return redirect(url_for("incidents.show_batch", batch_id=batch), 303)


@pages.get("/batches/<serial:batch_id>")
@needs(Permission.VIEW_INCIDENT)
def show_batch(batch_id: int) -> ResponseReturnValue:
    with reading() as session:
        page = incident_page.load_batch(session, batch_id, current_actor())
    return live.answer(
        render_template("incidents/batch.html", page=page, say=incident_words, now=current.now())
    )


def _wanted() -> Wanted:
    args = request.args
    return Wanted(args.get("service", ""), args.get("kind", ""), args.get("cause", ""))


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _chosen() -> list[int]:
    """What is ticked; and of a cause, all that the person sees of it now."""
    ticked = [
        int(one)
        for one in request.form.getlist("incident")
        if one.isascii() and one.isdigit() and len(one) < 10
    ]
    key = request.form.get("cause", "")
    if not key:
        return list(dict.fromkeys(ticked))
    with reading() as session:
        return incident_list.of_cause(session, current_actor(), key, incident_batches.MOST)


def _decided(incident_id: int, sent: Sent, work: Callable[..., None], done: str) -> ResponseReturnValue:
    """Carry a decision out; where it is refused, the page as it is now, with the reason and what was sent."""
    try:
        changed(work)
    except Invalid as invalid:
        return _one(incident_id, Sent(sent.choice, sent.values, invalid.problems)), 422
    except Conflict as conflict:
        return _one(incident_id, Sent(sent.choice, sent.values, refused=_(str(conflict)))), 409
    flash(done, "green")
    return redirect(url_for("incidents.show_one", incident_id=incident_id), 303)


def _one(incident_id: int, sent: Sent | None = None) -> str:
    with reading() as session:
        page = incident_page.load(session, incident_id, current_actor())
    ahead = _ahead(incident_id) if page.may_decide else Foresight()
    g.zone = page.incident.zone
    address = url_for("incidents.show_one", incident_id=incident_id)
    seen = {"page": page, "one": page.incident, "ahead": ahead, "sent": sent or Sent(), "address": address}
    return render_template("incidents/one.html", **seen, say=incident_words, now=current.now())


def _ahead(incident_id: int) -> Foresight:
    actor, now = current_actor(), current.now()
    return changed(lambda session: foresight.of_incident(session, incident_id, actor, now))
