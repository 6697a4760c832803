"""Conditions in sentences: what a criterion asks of the data, by titles and labels.

What has no words is "a condition of the model", its FEEL one pointer or key away.
"""

from collections.abc import Collection

from markupsafe import Markup, escape

from app.presentation import filters
from app.presentation.language import gettext as _
from cases.queries.conditions import Group, Said, Subject, Told, Unsaid
from cases.queries.why import Cause


def told(cause: Cause) -> Markup | None:
    """The condition of a criterion; None where it has none."""
    if cause.condition is None:
        return escape(_("a condition held that you may not see"))
    if not cause.condition:
        return None
    return _said(cause.said or Unsaid(cause.condition), frozenset(part.name for part in cause.parts))


def asked(cause: Cause) -> Markup | None:
    """The condition of a criterion that is not met yet, with what its values are now; None without one."""
    if cause.condition is None:
        return escape(_("a condition holds that you may not see"))
    if not isinstance(cause.said, Told | Group):
        return told(cause)
    now = _now(cause.said)
    return told(cause) if not now else escape(_("%(told)s (now %(now)s)")) % {"told": told(cause), "now": now}


def _now(said: Said) -> Markup:
    """The values that stand in the way, where there are some."""
    parts = said.parts if isinstance(said, Group) else (said,)
    found = [
        escape(filters.plain(part.subject.value))
        for part in parts
        if isinstance(part, Told) and part.subject.value is not None and part.verb in "=!=<=>="
    ]
    return found[0] if len(parts) == 1 and found else Markup()


def _said(said: Said, named: Collection[str]) -> Markup:
    match said:
        case Told():
            return _comparison(said, named)
        case Group():
            joint = escape(_(" or ") if said.is_any else _(" and "))
            return joint.join(_part(part, said, named) for part in said.parts)
        case Unsaid():
            return Markup('<span class="feel" title="%s">%s</span>') % (
                said.text,
                _("a condition of the model"),
            )


def _part(part: Said, group: Group, named: Collection[str]) -> Markup:
    text = _said(part, named)
    mixed = isinstance(part, Group) and part.is_any != group.is_any
    return Markup("(%s)") % text if mixed else text


def _comparison(said: Told, named: Collection[str]) -> Markup:
    if said.other is not None:
        values: list[Markup] = [_subject(said.other, named)]
    else:
        values = [_bold(filters.plain(value)) for value in said.values]
    return escape(_VERBS[said.verb]()) % {
        "what": _subject(said.subject, named),
        "value": values[0] if values else "",
        "last": values[-1] if values else "",
        "values": escape(_(" or ")).join(values),
    }


def _subject(subject: Subject, named: Collection[str]) -> Markup:
    """What is compared; whose it is where the sentence has not named that already."""
    text = _bold(subject.title)
    if subject.counted:
        text = escape(_("the number of %(what)s")) % {"what": text}
    if subject.owner and subject.owner not in named:
        return escape(_("%(what)s (%(owner)s)")) % {"what": text, "owner": subject.owner}
    return text


def _bold(text: str) -> Markup:
    return Markup("<b>%s</b>") % text


_VERBS = {
    "=": lambda: _("%(what)s is %(value)s"),
    "!=": lambda: _("%(what)s is not %(value)s"),
    "<": lambda: _("%(what)s is less than %(value)s"),
    "<=": lambda: _("%(what)s is at most %(value)s"),
    ">": lambda: _("%(what)s is more than %(value)s"),
    ">=": lambda: _("%(what)s is at least %(value)s"),
    "present": lambda: _("%(what)s is the present one"),
    "true": lambda: _("%(what)s is yes"),
    "false": lambda: _("%(what)s is no"),
    "known": lambda: _("%(what)s is known"),
    "unknown": lambda: _("%(what)s is not known"),
    "reached": lambda: _("%(what)s is reached"),
    "unreached": lambda: _("%(what)s is not reached"),
    "in": lambda: _("%(what)s is %(values)s"),
    "not in": lambda: _("%(what)s is neither %(values)s"),
    "between": lambda: _("%(what)s is between %(value)s and %(last)s"),
}
