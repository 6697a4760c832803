"""S1, S8, S9, S12: passwords, sessions, and headers that anybody can write."""

import argon2
from sqlalchemy import update

from cases.persistence.signin import UserSessionRow
from cases.services import identity
from tests.functional.app.conftest import Office

FLOOR_KIB = 19_456


def test_s1_a_stored_password_is_argon2id_above_the_floor() -> None:
    parameters = argon2.extract_parameters(identity.hash_password("twelve or more characters"))
    assert parameters.type is argon2.Type.ID
    assert parameters.memory_cost >= FLOOR_KIB
    assert parameters.time_cost >= 2


def test_s8_a_session_given_before_the_sign_in_is_not_the_one_after_it(office: Office) -> None:
    browser = office.browser()
    with browser.client.session_transaction() as cookie:
        cookie["_user_id"] = "fixed by somebody else"
        cookie["planted"] = "x"
    assert browser.sign_in("adam").status == 303
    with browser.client.session_transaction() as cookie:
        token = cookie["_user_id"]
        assert "planted" not in cookie
    assert token != "fixed by somebody else"
    with office.database.reading() as session:
        (row,) = session.query(UserSessionRow)
    assert token not in (row.token_hash, row.agent, row.address)
    assert office.browser().sign_in("adam").status == 303
    with office.database.reading() as session:
        assert len({one.token_hash for one in session.query(UserSessionRow)}) == 2


def test_s9_a_session_ends_when_it_was_idle_and_when_it_is_old(office: Office) -> None:
    for column, age in (
        (UserSessionRow.seen_at, identity.IDLE),
        (UserSessionRow.expires_at, identity.LONGEST - identity.LONGEST),
    ):
        browser = office.browser("adam")
        with office.transaction() as session:
            session.execute(update(UserSessionRow).values({column.key: office.now - age}))
        assert browser.get("/work/mine").location.startswith("/sign-in")
        assert browser.post("/sign-out").status in (303, 400)


def test_s12_headers_that_claim_to_be_somebody_are_not_believed(office: Office) -> None:
    forged = {
        "X-Remote-User": "cora",
        "Remote-User": "cora",
        "X-Forwarded-User": "cora",
        "X-Forwarded-For": "127.0.0.1",
        "Authorization": "Basic Y29yYTpjb3Jh",
        "Cookie": "casewright=eyJfdXNlcl9pZCI6IjEifQ.x.y",
    }
    for name, value in forged.items():
        page = office.browser().get("/work/mine", **{name: value})
        assert page.location.startswith("/sign-in"), name
    # With no proxy configured, the host that counts is that of the request itself.
    answer = office.browser().get("/work/mine", **{"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.raw + answer.location
