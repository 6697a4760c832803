"""One condition, two faces: the filtered list is the rows that pass the object's test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.persistence import rights, store
from cases.persistence.base import new_key
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import HumanTaskRow, QueueMemberRow, QueueRow
from cases.policy.access import (
    TASK_PERMISSIONS,
    Actor,
    AllOf,
    Always,
    AnyOf,
    Condition,
    Contains,
    FieldIn,
    Grant,
    Never,
    Permission,
    condition,
    holds,
)
from cases.policy.tasklife import TaskState
from tests.examples import examples
from tests.integration.cases.persistence.rows import state_of, task, writes_for

Transaction = Callable[[], AbstractContextManager[Session]]

FAMILIES = ("claims", "hr")
ROLES = ("adjuster", "director")
USERS = (1, 2, None)
QUEUES = {0: frozenset[str](), 1: frozenset({"adjuster"}), 2: frozenset({"adjuster", "director"})}

atoms = st.one_of(
    st.just(Never()),
    st.just(Always()),
    st.builds(FieldIn, st.just("family"), st.frozensets(st.sampled_from(FAMILIES))),
    st.builds(FieldIn, st.just("assignee"), st.frozensets(st.sampled_from((1, 2, 3)))),
    st.builds(FieldIn, st.just("state"), st.frozensets(st.sampled_from([int(state) for state in TaskState]))),
    st.builds(Contains, st.just("candidates"), st.sampled_from((*ROLES, "nobody"))),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
grants = st.builds(
    Grant,
    family=st.sampled_from(FAMILIES),
    role=st.sampled_from(ROLES),
    read_only=st.booleans(),
    external=st.booleans(),
    supervisor=st.booleans(),
    operator=st.booleans(),
    administrator=st.booleans(),
)
actors = st.builds(
    Actor,
    user_id=st.sampled_from((1, 2, 3)),
    name=st.just("a"),
    display=st.just("A"),
    grants=st.frozensets(grants, max_size=4),
    kind=st.sampled_from(("person", "system")),
)


@pytest.fixture
def rows(transaction: Transaction) -> Transaction:
    """Tasks of every family, queue, holder and state."""
    with transaction() as session:
        for (family_at, family), queue in product(enumerate(FAMILIES), QUEUES):
            number = 10 * family_at + queue + 1
            session.add(QueueRow(id=number, key=f"{family}:{queue}", family=family))
            session.flush()
            for role in sorted(QUEUES[queue]):
                session.add(QueueMemberRow(family=family, role=role, queue_id=number))
        session.flush()
        for family_at, family in enumerate(FAMILIES):
            writes = writes_for(state_of(new_key(session)))
            assert writes.birth is not None
            writes.birth, writes.family = replace(writes.birth, family=family), family
            kinds = list(product(QUEUES, USERS, TaskState))
            writes.tasks = [
                task(place, queue=10 * family_at + queue + 1) for place, (queue, _, _) in enumerate(kinds)
            ]
            store.save(session, writes)
            in_family = select(HumanTaskRow).where(HumanTaskRow.family == family)
            for row in session.scalars(in_family):
                _, row.assignee_id, row.state = kinds[row.plan_item]
    return transaction


def facts(row: HumanTaskRow) -> dict[str, object]:
    return {
        "family": row.family,
        "assignee": row.assignee_id,
        "state": TaskState(row.state),
        "candidates": QUEUES[((row.queue_id or 0) - 1) % 10],
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(150))
@given(asked=conditions)
def test_any_condition_filters_the_tasks_that_it_holds_of(rows: Transaction, asked: Condition) -> None:
    with rows() as session:
        everything = session.scalars(select(HumanTaskRow)).all()
        filtered = session.scalars(select(HumanTaskRow.id).where(rights.tasks(asked))).all()
        counted = session.scalar(select(func.count()).select_from(HumanTaskRow).where(rights.tasks(asked)))
    assert set(filtered) == {row.id for row in everything if holds(asked, facts(row))}
    assert counted == len(filtered)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(100))
@given(actor=actors, permission=st.sampled_from(Permission))
def test_any_right_of_anybody_filters_what_it_allows(
    rows: Transaction, actor: Actor, permission: Permission
) -> None:
    asked = condition(actor, permission)
    with rows() as session:
        if permission in TASK_PERMISSIONS:
            filtered = session.scalars(select(HumanTaskRow.id).where(rights.tasks(asked))).all()
            everything = session.scalars(select(HumanTaskRow)).all()
            assert set(filtered) == {row.id for row in everything if holds(asked, facts(row))}
        else:
            found = session.scalars(select(CaseInstanceRow.family).where(rights.cases(asked))).all()
            assert set(found) == {family for family in FAMILIES if holds(asked, {"family": family})}


def test_a_condition_about_what_is_no_column_is_a_mistake() -> None:
    for asked in (FieldIn("colour", frozenset({"red"})), Contains("colour", "red"), Contains("family", "x")):
        with pytest.raises(LookupError):
            rights.cases(asked)
    with pytest.raises(LookupError):
        rights.tasks(FieldIn("candidates", frozenset({"adjuster"})))
