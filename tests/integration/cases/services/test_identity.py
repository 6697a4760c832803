"""Sessions and attempts as rows: who is behind a token, until when, and how often one may try."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence.base import Transaction
from cases.persistence.journal import AuditEntryRow
from cases.persistence.signin import UserSessionRow
from cases.policy.access import INSTALLATION, RoleRule
from cases.services import identity, people
from tests import factories
from tests.conftest import Clock


@pytest.fixture
def ana(transaction: Transaction, clock: Clock) -> int:
    with transaction() as session:
        people.declare_family(session, "claims.auto", "Claims")
        people.declare_role(session, "claims.auto", RoleRule("adjuster", authority=None), "Adjuster")
        user = people.create_user(session, "Ana", "Ana Lindqvist", factories.password_hash(), clock())
        people.grant(session, user, "claims.auto", "adjuster", clock())
    return user


def test_a_session_ends_after_half_an_hour_of_silence(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    token = _open(transaction, ana, clock)
    clock.pass_time(minutes=29)
    with transaction() as session:
        visit = identity.visit_of(session, token, clock())
        assert visit is not None
        assert visit.is_stale
        identity.touch(session, token, clock())
    clock.pass_time(minutes=29)
    with transaction() as session:
        assert identity.actor_of(session, token, clock()) is not None
    clock.pass_time(minutes=2)
    with transaction() as session:
        assert identity.actor_of(session, token, clock()) is None


def test_a_session_ends_after_half_a_day_however_busy(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    token = _open(transaction, ana, clock)
    for _ in range(36):
        clock.pass_time(minutes=20)
        with transaction() as session:
            identity.touch(session, token, clock())
    with transaction() as session:
        assert identity.actor_of(session, token, clock()) is None


def test_the_token_itself_is_nowhere_in_the_database(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    token = _open(transaction, ana, clock)
    with transaction() as session:
        kept = session.execute(select(UserSessionRow.token_hash)).scalar_one()
        assert token not in kept
        assert identity.actor_of(session, kept, clock()) is None


def test_a_role_holds_until_its_end(transaction: Transaction, clock: Clock, ana: int) -> None:
    token = _open(transaction, ana, clock)
    with transaction() as session:
        actor = identity.actor_of(session, token, clock())
        assert actor is not None
        assert actor.roles("claims.auto") == {"adjuster"}
        people.revoke(session, ana, "claims.auto", "adjuster", clock())
        gone = identity.actor_of(session, token, clock())
        assert gone is not None
        assert gone.roles("claims.auto") == frozenset()


def test_waiting_grows_with_each_attempt_and_ends(transaction: Transaction, clock: Clock) -> None:
    waits = []
    for _ in range(9):
        with transaction() as session:
            wait = identity.take_attempt(session, "ana", "192.0.2.1", clock())
        while wait:
            waits.append(wait)
            clock.time += wait
            with transaction() as session:
                wait = identity.take_attempt(session, "ana", "192.0.2.1", clock())
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == timedelta(seconds=8)
    clock.pass_time(minutes=16)
    with transaction() as session:
        assert not identity.take_attempt(session, "ana", "192.0.2.1", clock())


def test_a_right_sign_in_takes_its_own_attempt_back_and_no_failure_of_others(
    transaction: Transaction, clock: Clock
) -> None:
    with transaction() as session:
        for number in range(29):
            assert not identity.take_attempt(session, f"name{number}", "192.0.2.1", clock())
        for _ in range(40):
            assert not identity.take_attempt(session, "ana", "192.0.2.1", clock())
            identity.give_back(session, " Ana ", "192.0.2.1")
        assert not identity.take_attempt(session, "name29", "192.0.2.1", clock())
        assert identity.take_attempt(session, "ana", "192.0.2.1", clock())


def test_attempts_count_for_the_address_too(transaction: Transaction, clock: Clock) -> None:
    for number in range(30):
        with transaction() as session:
            assert not identity.take_attempt(session, f"name{number}", "192.0.2.1", clock())
    with transaction() as session:
        assert identity.take_attempt(session, "another", "192.0.2.1", clock())
        assert not identity.take_attempt(session, "another", "192.0.2.2", clock())


def test_a_wrong_name_and_a_wrong_password_raise_the_same(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    said = set()
    for name in ("ana", "nobody"):
        with transaction() as session, pytest.raises(NotAllowed) as refused:
            identity.sign_in(session, name, "wrong", clock())
        said.add((str(refused.value), refused.value.code))
    assert len(said) == 1
    with transaction() as session:
        token, user = identity.sign_in(session, " ANA ", factories.PASSWORD, clock())
    assert user == ana
    assert token


def test_a_name_is_somebodys_once(transaction: Transaction, clock: Clock, ana: int) -> None:
    del ana
    with transaction() as session, pytest.raises(Conflict):
        people.create_user(session, " aNa", "", None, clock())


def test_a_role_that_the_family_has_not_cannot_be_given(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    with transaction() as session, pytest.raises(NotFound):
        people.grant(session, ana, "claims.auto", "emperor", clock())
    with transaction() as session:
        people.grant(session, ana, INSTALLATION, "administrator", clock())
        grants = identity.grants_of(session, ana, clock())
    assert {grant.role for grant in grants if grant.administrator} == {"administrator"}


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "casewright12", "x" * 129])
def test_a_password_that_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        people.must_be_acceptable(password, "ana", "Ana Lindqvist")


def test_what_is_changed_about_people_is_written_down(
    transaction: Transaction, clock: Clock, ana: int
) -> None:
    with transaction() as session:
        people.disable(session, ana, clock())
        people.enable(session, ana, clock())
    with transaction() as session:
        done = session.execute(select(AuditEntryRow.action).order_by(AuditEntryRow.id)).scalars().all()
    assert done == ["user.create", "role.grant", "user.disable", "user.enable"]


def _open(transaction: Transaction, user: int, clock: Clock) -> str:
    with transaction() as session:
        return identity.open_session(session, user, clock())
