"""Which fields a set of roles may see, may edit and must fill, given the case file and the answers above.

A field that is not shown has no value, whatever was sent. Right and showing are two questions: the first is
asked of roles and never changes while one types, the second of answers.
"""

from collections.abc import Collection, Mapping

from forms.definition import Choice, Field, FieldType
from forms.scope import Scope


def may_read(field: Field, roles: Collection[str]) -> bool:
    """Whether one of these roles may see the field."""
    return field.readable_by is None or not field.readable_by.isdisjoint(roles)


def may_edit(field: Field, roles: Collection[str]) -> bool:
    """Whether one of these roles may answer the field. What is computed, nobody answers."""
    if field.type is FieldType.COMPUTED or not may_read(field, roles):
        return False
    return field.editable_by is None or not field.editable_by.isdisjoint(roles)


def is_shown(field: Field, scope: Scope) -> bool:
    """Whether the field is asked at all. Null and everything else that is not true hides it."""
    return field.visible_if is None or scope.holds(field.visible_if)


def is_required(field: Field, scope: Scope) -> bool:
    """Whether a field that is shown must be filled."""
    if isinstance(field.required, bool):
        return field.required
    return scope.holds(field.required)


def offered(field: Field, scope: Scope) -> tuple[Choice, ...]:
    """The choices that stand open here and now, to whoever answers; for a lookup, what its source lists."""
    if field.source is not None:
        return _listed(scope.value(field.source))
    return tuple(
        choice
        for choice in field.choices
        if (choice.offered_to is None or not choice.offered_to.isdisjoint(scope.roles))
        and (choice.offer_if is None or scope.holds(choice.offer_if))
    )


def _listed(found: object) -> tuple[Choice, ...]:
    """Texts, or contexts with `value` and perhaps `label`; anything else is not offered."""
    if not isinstance(found, (list, tuple)):
        return ()
    choices = []
    for entry in found:
        if isinstance(entry, str):
            choices.append(Choice(entry, entry))
        elif isinstance(entry, Mapping) and isinstance(entry.get("value"), str):
            choices.append(Choice(entry["value"], str(entry.get("label") or entry["value"])))
    return tuple(choices)
