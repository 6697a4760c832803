"""Steps that only look inside: they read the own cases, and answer as a service would."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from cases.caseapp.document import FIND_CASES
from cases.cmmn.lifecycle import State
from cases.errors import NotFound
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.search import CaseFieldRow

MOST_CASES = 20
_MOST_COUNTED = 1_000

Json = Any
"""A JSON value: what a model asks for has no type of ours."""


def look(
    session: Session, operation: str, inputs: Mapping[str, Json], case_id: int, family: str
) -> dict[str, Json]:
    """What an operation of the connection `casewright` answers. Raises NotFound for one that there is not."""
    if operation != FIND_CASES:
        raise NotFound(f"There is no operation casewright.{operation}.")
    return find_cases(session, inputs, case_id, family)


def find_cases(session: Session, inputs: Mapping[str, Json], case_id: int, family: str) -> dict[str, Json]:
    """Other cases of the family that meet `any` of some declared values, and `all` of others, by key.

    A value that is null meets nothing, and neither does a question that asks for nothing.
    """
    conditions = _conditions(inputs, family)
    if conditions is None:
        return {"candidates": 0, "cases": [], "keys": []}
    found = session.execute(
        select(CaseInstanceRow.business_key, CaseInstanceRow.title, CaseInstanceRow.state)
        .where(CaseInstanceRow.family == family, CaseInstanceRow.id != case_id, *conditions)
        .order_by(CaseInstanceRow.business_key)
        .limit(_MOST_COUNTED)
    ).all()
    cases = [
        {"key": key, "title": title, "state": State(state).name.lower()}
        for key, title, state in found[:MOST_CASES]
    ]
    return {"candidates": len(found), "cases": cases, "keys": [case["key"] for case in cases]}


def _conditions(inputs: Mapping[str, Json], family: str) -> list[ColumnElement[bool]] | None:
    """What a case must meet; None where the question can be met by nothing."""
    required = _meetings(inputs.get("all"), family)
    alternatives = _meetings(inputs.get("any"), family)
    possible = [one for one in alternatives if one is not None]
    conditions = [one for one in required if one is not None]
    if len(conditions) < len(required) or (alternatives and not possible):
        return None
    if possible:
        conditions.append(or_(*possible))
    return conditions or None


def _meetings(wanted: Json, family: str) -> list[ColumnElement[bool] | None]:
    """One condition a field; None for a field whose value is null or empty."""
    if not isinstance(wanted, Mapping):
        return []
    return [_meets(name, value, family) for name, value in wanted.items()]


def _meets(name: str, value: Json, family: str) -> ColumnElement[bool] | None:
    row = aliased(CaseFieldRow)
    test = _test(row.text, value)
    if test is None:
        return None
    return exists().where(
        and_(row.case_id == CaseInstanceRow.id, row.family == family, row.name == name, test)
    )


def _test(text: Any, value: Json) -> ColumnElement[bool] | None:  # noqa: ANN401 - a column of an alias
    """One value, one of several, or an interval with both ends in it."""
    if isinstance(value, Mapping):
        bounds = [text >= _as_text(value["from"])] if value.get("from") is not None else []
        bounds += [text <= _as_text(value["to"])] if value.get("to") is not None else []
        return and_(*bounds) if bounds else None
    values = list(_texts(value if isinstance(value, list) else [value]))
    return text.in_(values) if values else None


def _texts(values: Iterable[Json]) -> Iterable[str]:
    return (_as_text(value) for value in values if value is not None and value != "")


def _as_text(value: Json) -> str:
    """A value as `effect_rows` stores it among the declared ones."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
