"""The same key gets the same answer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.persistence.messages import IdempotencyRow
from cases.services import idempotency
from cases.services.idempotency import Answer
from tests.integration.cases.services.loans import NOW

Transaction = Callable[[], AbstractContextManager[Session]]


def answered(transaction: Transaction, request: bytes) -> Answer | None:
    with transaction() as session:
        known = idempotency.take(session, "api", "k1", request, NOW)
        if known is None:
            idempotency.keep(session, "api", "k1", Answer(201, b'{"case": 1}'))
        return known


def test_a_request_that_comes_again_gets_the_answer_it_was_given(transaction: Transaction) -> None:
    assert answered(transaction, b"a") is None
    assert answered(transaction, b"a") == Answer(201, b'{"case": 1}')


def test_the_key_of_another_request_is_refused(transaction: Transaction) -> None:
    answered(transaction, b"a")
    with pytest.raises(Conflict) as refused:
        answered(transaction, b"b")
    assert refused.value.code == idempotency.E_OTHER_REQUEST


def test_a_key_is_free_again_where_the_work_was_rolled_back(transaction: Transaction) -> None:
    def work_and_stop() -> None:
        with transaction() as session:
            idempotency.take(session, "api", "k1", b"a", NOW)
            raise LookupError

    with pytest.raises(LookupError):
        work_and_stop()
    assert answered(transaction, b"other") is None


def test_keys_of_two_scopes_have_nothing_to_do_with_each_other(transaction: Transaction) -> None:
    answered(transaction, b"a")
    with transaction() as session:
        assert idempotency.take(session, "portal", "k1", b"b", NOW) is None


def test_answers_are_kept_for_a_day(transaction: Transaction) -> None:
    answered(transaction, b"a")
    later = NOW + timedelta(hours=24)
    with transaction() as session:
        assert idempotency.forget_old(session, later - timedelta(seconds=1)) == 0
        assert idempotency.take(session, "api", "k1", b"b", later) is None
        assert idempotency.forget_old(session, later + timedelta(hours=24)) == 1
        assert session.scalars(select(IdempotencyRow.key)).all() == []
