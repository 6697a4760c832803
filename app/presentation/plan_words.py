"""The words on the picture of a plan: the line under each name, the look of a state, what a reader hears."""

from datetime import datetime, timedelta

from flask import Flask

from app import current
from app.presentation import filters
from app.presentation.filters import Look
from app.presentation.language import gettext as _
from cases.queries.plan_nodes import Doing, Node
from cases.queries.plan_picture import Milepost, Shape


def init_app(app: Flask) -> None:
    """Put the words into the templates."""
    app.jinja_env.filters.update(
        caption=caption,
        look=look,
        node_state=node_state,
        progress=progress,
        rest_words=rest_words,
        glyph=glyph,
        step_words=step_words,
    )


def caption(shape: Shape) -> str:
    """The second line of a box: who, and how long; or what it waits for, or where it stands."""
    return shape.fits(_folded(shape) if shape.node.kind == "stage" else _caption(shape))


def progress(node: Node) -> str:
    """How far a stage has come: how much of it is done, and how long it took or has lasted."""
    if node.state == "optional":
        return filters.state(node.state)
    told = _("%(done)s of %(whole)s") % {"done": node.done, "whole": node.whole}
    began, ended = node.doing.began_at, node.doing.ended_at
    if began is None:
        return told
    if ended is not None and ended - began < _MOMENT:
        return told
    if ended is not None:
        return _("%(told)s · took %(time)s") % {"told": told, "time": filters.lasting(ended - began)}
    return _("%(told)s · for %(time)s") % {"told": told, "time": filters.lasting(current.now() - began)}


def step_words(post: Milepost) -> str:
    """What a step of the whole way says under its name."""
    node = post.node
    if node.kind == "stage" and (node.state in ("completed", "active") or node.is_left):
        return progress(node)
    if node.state == "completed":
        return _joined(_("Reached"), _at(node.doing.ended_at))
    if post.waits and node.state in ("available", "unavailable"):
        return _("After %(name)s") % {"name": post.waits[0]}
    return filters.state(node.state)


def node_state(node: Node) -> str:
    """Where an item stands, in one word; a stage that ended by its exit is done like others."""
    return _("Done") if node.is_left else filters.state(node.state)


def look(node: Node) -> str:
    """The class of a state: an open task that is late, or nearly, has a look of its own."""
    if node.is_left:
        return "completed"
    doing = node.doing
    if node.state == "active" and doing.due_at is not None and doing.began_at is not None:
        return {"red": "overdue", "amber": "soon"}.get(_tone(doing), "active")
    return node.state


def rest_words(shape: Shape) -> str:
    """What of a container is only counted."""
    parts = []
    if shape.rest.done:
        parts.append(_("+%(count)s done") % {"count": shape.rest.done})
    if shape.rest.other and shape.node.state in ("active", "suspended", "failed"):
        parts.append(_("+%(count)s only if needed") % {"count": shape.rest.other})
    elif shape.rest.other:
        parts.append(_("+%(count)s not needed") % {"count": shape.rest.other})
    return " \N{MIDDLE DOT} ".join(parts)


def glyph(node: Node) -> str:
    """The icon of what an item is; of what is done a check mark."""
    is_done = node.state == "completed" or node.is_left
    return _DONE.icon if is_done else _GLYPHS.get(node.kind, _OTHER).icon


def _folded(shape: Shape) -> str:
    node = shape.node
    if node.state in ("available", "unavailable"):
        return _waiting(shape)
    if node.state == "completed" or node.is_left or node.state == "active":
        return progress(node)
    return filters.state(node.state)


def _caption(shape: Shape) -> str:
    node, doing = shape.node, shape.node.doing
    match node.state:
        case "active" if node.kind == "human_task":
            return _joined(doing.person or _("Offered"), _left(doing))
        case "active" if doing.called is not None:
            return _joined(doing.called.key, filters.state(doing.called.state))
        case "active":
            return _("Being called") if node.kind == "service_task" else filters.state(node.state)
        case "completed":
            return _joined(doing.person or _("Done"), _at(doing.ended_at))
        case "available" | "unavailable":
            return _waiting(shape)
        case "failed":
            return _("Failed: an incident is open")
        case _:
            return filters.state(node.state)


def _waiting(shape: Shape) -> str:
    if shape.waits:
        return _("waits for %(name)s") % {"name": shape.waits[0]}
    return filters.state(shape.node.state)


def _left(doing: Doing) -> str:
    if doing.due_at is None or doing.began_at is None:
        return ""
    told = filters.deadline(doing.due_at, doing.began_at, warn_at=doing.warn_at)
    return told.words if told else ""


def _tone(doing: Doing) -> str:
    if doing.began_at is None:
        return ""
    told = filters.deadline(doing.due_at, doing.began_at, warn_at=doing.warn_at)
    return told.tone if told else ""


def _at(moment: datetime | None) -> str:
    return filters.instant(moment) if moment else ""


def _joined(*parts: str) -> str:
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


_MOMENT = timedelta(minutes=1)
_DONE, _OTHER = Look(icon="check"), Look(icon="square")
_GLYPHS = {
    "stage": Look(icon="plus"),
    "human_task": Look(icon="user"),
    "service_task": Look(icon="settings"),
    "decision": Look(icon="table"),
    "milestone": Look(icon="flag"),
    "timer": Look(icon="clock"),
    "user_event": Look(icon="hand-click"),
    "case_task": Look(icon="folder"),
}
