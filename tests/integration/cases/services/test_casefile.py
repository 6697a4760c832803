"""Data changed by hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from cases.cmmn.commands import WriteFile
from cases.errors import Conflict, NotAllowed, NotFound
from cases.policy.access import Actor
from cases.services import casefile
from tests.integration.cases.services.loans import NOW, deploy, open_loan, person

Transaction = Callable[[], AbstractContextManager[Session]]
AMOUNT = ("applicant", "amount")


@pytest.fixture
def case_id(transaction: Transaction) -> int:
    deploy(transaction)
    return open_loan(transaction, amount="500").case_id


@pytest.fixture
def ana(transaction: Transaction, case_id: int) -> Actor:
    return person(transaction, "ana", "clerk")


def test_a_value_is_changed_where_it_is_still_what_one_saw(
    transaction: Transaction, case_id: int, ana: Actor
) -> None:
    with transaction() as session:
        turn = casefile.change(session, case_id, WriteFile(AMOUNT, Decimal(600)), Decimal("500.00"), ana, NOW)
        assert turn.case.file()["applicant"] == {"name": "Ada", "id": "p-1", "amount": 600}
    with transaction() as session, pytest.raises(Conflict) as refused:
        casefile.change(session, case_id, WriteFile(AMOUNT, Decimal(700)), Decimal(500), ana, NOW)
    assert refused.value.code == casefile.E_CHANGED


def test_what_is_not_there_was_seen_as_nothing(transaction: Transaction, case_id: int, ana: Actor) -> None:
    path = ("applicant", "phone")
    with transaction() as session:
        casefile.change(session, case_id, WriteFile(path, "1"), None, ana, NOW)
        with pytest.raises(Conflict):
            casefile.change(session, case_id, WriteFile(path, "2"), None, ana, NOW)


def test_who_only_looks_changes_nothing_and_a_stranger_finds_nothing(
    transaction: Transaction, case_id: int
) -> None:
    auditor, stranger = person(transaction, "rita", "auditor"), person(transaction, "stranger")
    write = WriteFile(AMOUNT, Decimal(1))
    with transaction() as session:
        with pytest.raises(NotAllowed):
            casefile.change(session, case_id, write, Decimal(500), auditor, NOW)
        with pytest.raises(NotFound):
            casefile.change(session, case_id, write, Decimal(500), stranger, NOW)


def test_a_value_that_one_may_not_see_one_may_not_change(
    transaction: Transaction, case_id: int, ana: Actor
) -> None:
    hedda = person(transaction, "hedda", "head")
    write = WriteFile(("secret",), "x")
    with transaction() as session:
        with pytest.raises(NotAllowed):
            casefile.change(session, case_id, write, None, ana, NOW)
        casefile.change(session, case_id, write, None, hedda, NOW)
