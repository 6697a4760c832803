"""Rights as a filter: the SQL face of the conditions of `policy.access`, whose other face asks an object.

Nobody else renders a condition. A property test holds both faces equal, over random conditions and rows.
"""

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import HumanTaskRow, QueueMemberRow
from cases.policy.access import AllOf, Always, AnyOf, Condition, Contains, FieldIn, Never

Column = InstrumentedAttribute[Any]
"""Where a single value stands. `Any`: of whatever type."""

Members = Callable[[str], ColumnElement[bool]]
"""Where a set stands: the condition under which it has this member."""

Columns = Mapping[str, Column | Members]


def visible(condition: Condition, columns: Columns) -> ColumnElement[bool]:
    """The rows of which a condition holds, given where its facts stand.

    Raises LookupError when the condition asks about a fact that stands nowhere.
    """
    match condition:
        case Never():
            return false()
        case Always():
            return true()
        case FieldIn(field, values):
            return _column(columns, field).in_(sorted(values, key=str)) if values else false()
        case Contains(field, value):
            return _members(columns, field)(value)
        case AnyOf(parts):
            return or_(*(visible(part, columns) for part in parts))
        case AllOf(parts):
            return and_(*(visible(part, columns) for part in parts))
        case _:  # pragma: no cover
            assert_never(condition)


def is_offered_to(role: str) -> ColumnElement[bool]:
    """The task waits in a queue that this role, of the family of its case, looks into."""
    return exists().where(
        QueueMemberRow.queue_id == HumanTaskRow.queue_id,
        QueueMemberRow.family == HumanTaskRow.family,
        QueueMemberRow.role == role,
    )


CASE: Columns = {"family": CaseInstanceRow.family}
TASK: Columns = {
    "family": HumanTaskRow.family,
    "assignee": HumanTaskRow.assignee_id,
    "state": HumanTaskRow.state,
    "candidates": is_offered_to,
}


def cases(condition: Condition) -> ColumnElement[bool]:
    """The cases of which a condition holds."""
    return visible(condition, CASE)


def tasks(condition: Condition) -> ColumnElement[bool]:
    """The tasks of which a condition holds."""
    return visible(condition, TASK)


def _column(columns: Columns, field: str) -> Column:
    found = columns.get(field)
    if not isinstance(found, InstrumentedAttribute):
        raise LookupError(f"the condition asks about {field!r}, which is no column here")
    return found


def _members(columns: Columns, field: str) -> Members:
    found = columns.get(field)
    if found is None or isinstance(found, InstrumentedAttribute):
        raise LookupError(f"the condition asks about members of {field!r}, which is no set here")
    return found
