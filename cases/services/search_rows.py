"""What a case is called and found by: its title, its words, its declared values."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from cases.caseapp.document import CaseApp
from cases.cmmn.evaluation import NotComputed, json_of
from cases.cmmn.instance import CaseInstance
from cases.feel import Expression, FeelError, Scope
from cases.persistence.base import storable
from cases.persistence.writes import FieldWrite, SearchWrite

_TEXT_LENGTH = 500
"""Longer values are found by their beginning; an index takes no more."""


def title_of(case: CaseInstance, otherwise: str, now: datetime) -> str:
    """How the case is called in lists, by the expression of its model."""
    expression = case.program.definition.title
    found = None if expression is None else _value(expression, case, now)
    return storable(otherwise if found is None or found == "" else str(found))


def search_of(case: CaseInstance, app: CaseApp, title: str, now: datetime) -> SearchWrite:
    """All that the case is found by now. A value that cannot be computed is none."""
    fields = tuple(
        FieldWrite(
            name=declared.name,
            ordinal=place,
            text=_text(value),
            number=value if isinstance(value, Decimal) else None,
        )
        for declared in app.search.values()
        for place, value in enumerate(_values(_value(declared.value, case, now)))
    )
    words = dict.fromkeys([case.state.business_key, title, *(field.text for field in fields)])
    return SearchWrite(words=" ".join(word for word in words if word), fields=fields)


def roots_of(app: CaseApp) -> frozenset[str]:
    """The names that its declared values read, root items of the case file among them."""
    read = (name for declared in app.search.values() for name in declared.value.names)
    return frozenset(name if isinstance(name, str) else name[0] for name in read)


def _values(found: object) -> Iterator[str | Decimal]:
    for value in found if isinstance(found, list) else [found]:
        match value:
            case bool():
                yield "true" if value else "false"
            case int() | Decimal():
                yield Decimal(value)
            case str():
                yield value
            case _:
                """Nothing, or nothing that one would look for."""


def _text(value: str | Decimal) -> str:
    """Numbers in one form, so that 12.50 and 12.5 are the same to who looks for them."""
    return storable(value[:_TEXT_LENGTH]) if isinstance(value, str) else f"{value.normalize():f}"


def _value(expression: Expression, case: CaseInstance, now: datetime) -> object:
    program, state = case.program, case.state
    own: Mapping[str, object] = {
        "case": {"id": state.case_id, "key": state.business_key, "family": program.family}
    }
    try:
        return json_of(expression.evaluate(Scope(own, case.file(), now=now, zone=program.zone)))
    except (FeelError, NotComputed):
        return None
