"""What is compiled -> facts: a text for each field that says something, without numbers, lines and inner ids.

Two elements with equal facts do the same; which number a plan item has in its model is no fact.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from cases.cmmn.controlmodel import (
    FileOnPart,
    IfPart,
    OnPart,
    PlanItemOnPart,
    RepetitionRule,
    Rule,
    Sentry,
    Value,
)
from cases.cmmn.filemodel import FileItem
from cases.cmmn.metamodel import CaseDefinition, Discretionary, PlanItem
from cases.cmmn.profile import Profile
from cases.feel import Expression

Facts = dict[str, str]
_WITHOUT_EFFECT = frozenset({"number", "line", "lines", "depth", "by_id"})
_TOLD_APART = frozenset({"id", "name", "stage", "owner", "entry", "exit", "definition", "items", "holder"})
"""Fields of items and criteria that are no facts of their own: identity, place and what is matched itself."""

_OF_CONDITION = frozenset({"id", "condition", "context"})


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes what belongs to one case, naming plan items by their ids."""

    case: CaseDefinition

    def item(self, item: PlanItem) -> Facts:
        """A plan item with its definition, without its criteria."""
        facts = dict(self._fields(item, "", _TOLD_APART))
        facts["type"] = type(item.definition).__name__
        if item.number:
            facts["definition"] = item.definition.id
            if item.definition.name != item.name:
                facts["name of the definition"] = item.definition.name
        facts |= dict(self._fields(item.definition, "", frozenset({"id", "name", "items"})))
        return facts

    def sentry(self, sentry: Sentry) -> Facts:
        """What a sentry waits for."""
        facts = {"on": "; ".join(self._on_part(part) for part in sentry.on_parts)}
        if sentry.if_part is not None:
            facts["if"] = _condition(sentry.if_part)
        return {**facts, "trigger_mode": sentry.trigger_mode}

    def offer(self, offer: Discretionary) -> Facts:
        """What a planning table offers, where, to whom and when."""
        return {
            "holder": self.case.items[offer.holder].id,
            "items": ", ".join(self.case.items[number].id for number in offer.items),
            "roles": " and ".join(" or ".join(sorted(roles)) for roles in offer.roles),
            "rules": "; ".join(_condition(rule) for rule in offer.rules),
        }

    def file_item(self, item: FileItem) -> Facts:
        """A declared case file item."""
        return dict(self._fields(item, "", frozenset({"id", "name", "path", "children"})))

    def value(self, value: object, name: str) -> Facts:
        """Anything else that is compiled, under this name."""
        return dict(self._facts(value, name))

    def _fields(self, value: object, prefix: str, left_out: frozenset[str]) -> Iterator[tuple[str, str]]:
        for one in fields(value):  # type: ignore[arg-type]  # asked of dataclasses alone
            if one.name not in left_out and one.name not in _WITHOUT_EFFECT:
                yield from self._facts(getattr(value, one.name), f"{prefix}{one.name}")

    def _facts(self, value: object, name: str) -> Iterator[tuple[str, str]]:
        match value:
            case None:
                return
            case PlanItemOnPart() | FileOnPart():
                yield name, self._on_part(value)
            case Rule() | RepetitionRule():
                yield name, _condition(value)
                usual = set(self._fields(type(value)(""), f"{name}.", _OF_CONDITION))
                rest = self._fields(value, f"{name}.", _OF_CONDITION)
                yield from (fact for fact in rest if fact not in usual)
            case Profile():
                yield name, repr(value)
            case tuple() if any(is_dataclass(one) for one in value):
                yield from self._several(value, name)
            case _ if is_dataclass(value) and not isinstance(value, type | Value):
                yield from self._fields(value, f"{name}.", frozenset({"id"}))
            case _:
                yield name, _text(value)

    def _several(self, values: tuple[object, ...], name: str) -> Iterator[tuple[str, str]]:
        """Each by its name, or else by its place; and the order in which they stand."""
        names = [_name(one, place) for place, one in enumerate(values, 1)]
        names = [f"{one} {place}" if names.count(one) > 1 else one for place, one in enumerate(names, 1)]
        yield name, ", ".join(names)
        for one, value in zip(names, values, strict=True):
            yield from self._facts(value, f"{name}[{one}]")

    def _on_part(self, part: OnPart) -> str:
        if isinstance(part, FileOnPart):
            return f"{part.event} of /{'/'.join(part.path)}"
        by = f" by {part.exit_criterion}" if part.exit_criterion else ""
        return f"{part.event} of {self.case.items[part.source].id}{by}"


def _condition(rule: Rule | RepetitionRule | IfPart) -> str:
    condition = "always" if rule.condition is None else rule.condition.text.strip()
    return condition if rule.context is None else f"{condition}, where context is /{'/'.join(rule.context)}"


def _name(value: object, place: int) -> str:
    named = getattr(value, "name", None)
    return _text(named) if isinstance(named, str | Value | Expression) else str(place)


def _text(value: object) -> str:
    match value:
        case Value() if value.expression is not None:
            return f"= {value.expression.text.strip()}"
        case Expression() | Value():
            return value.text.strip()
        case Enum():
            return str(value.value)
        case frozenset():
            return ", ".join(sorted(map(_text, value)))
        case tuple():
            return ", ".join(map(_text, value))
        case Mapping():
            return ", ".join(f"{key}: {_text(one)}" for key, one in value.items())
    return str(value)
