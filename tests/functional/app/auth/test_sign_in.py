"""Sign in and out: what is said, what is counted, and when a session ends."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app import clock
from app.security import safe_target
from cases.persistence.signin import ThrottleRow, UserSessionRow
from cases.services import identity, people
from tests import factories
from tests.functional.app.conftest import Office

LEADS_ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "http:/evil.example",
    "evil.example",
    " /work",
    "",
    "/\x00",
]


def test_who_signs_in_comes_to_the_page_they_wanted(office: Office) -> None:
    browser = office.browser()
    assert browser.get("/cases?q=x").location == "/sign-in?next=/cases?q%3Dx"
    assert browser.sign_in("adam", to="/cases?q=x").location == "/cases?q=x"
    assert "Adam Olsen" in browser.get("/work/mine").text


@pytest.mark.parametrize("target", LEADS_ELSEWHERE)
def test_a_sign_in_leads_nowhere_else(target: str) -> None:
    assert safe_target(target, "/") == "/"


def test_a_wrong_name_and_a_wrong_password_are_told_alike(office: Office) -> None:
    wrong = office.browser().sign_in("adam", "not the password")
    unknown = office.browser().sign_in("nobody", "not the password")
    assert wrong.status == unknown.status == 422
    assert wrong.one("//*[@role='alert']").text_content() == unknown.one("//*[@role='alert']").text_content()
    assert wrong.one("//input[@id='name']").get("value") == "adam"


def test_the_sixth_attempt_waits_even_with_the_right_password(office: Office) -> None:
    browser = office.browser()
    for _ in range(5):
        assert browser.sign_in("adam", "not the password").status == 422
    page = browser.sign_in("adam")
    assert page.status == 429
    assert int(page.response.headers["Retry-After"]) > 0
    assert office.browser().sign_in("ana").status == 303


def test_right_sign_ins_from_one_address_are_never_too_many(office: Office) -> None:
    with office.transaction() as session:
        for number in range(29):
            identity.take_attempt(session, f"name{number}", "127.0.0.1", clock.host_now())
    for _ in range(3):
        assert office.browser().sign_in("adam").status == 303
    with office.transaction() as session:
        row = session.get_one(ThrottleRow, "address:127.0.0.1")
        assert (row.failures, row.blocked_until) == (29, None)


def test_a_cookie_of_before_the_sign_out_is_dead(office: Office) -> None:
    browser = office.browser("adam")
    kept = browser.client.get_cookie("casewright")
    assert kept is not None
    assert browser.post("/sign-out").location == "/sign-in"
    browser.client.set_cookie("casewright", kept.value)
    assert browser.get("/work/mine").status == 303


def test_a_disabled_person_is_out_at_the_next_request(office: Office) -> None:
    browser = office.browser("adam")
    with office.transaction() as session:
        people.disable(session, office.staff["adam"].user_id, office.now)
    assert browser.get("/work/mine").status == 303
    assert office.browser().sign_in("adam").status == 422


def test_another_password_ends_the_sessions_of_the_old_one(office: Office) -> None:
    browser = office.browser("adam")
    other = identity.hash_password("a different password")
    with office.transaction() as session:
        people.set_password(session, office.staff["adam"].user_id, other, office.now)
    assert browser.get("/work/mine").status == 303
    assert office.browser().sign_in("adam", "a different password").status == 303


def test_the_csrf_token_of_before_the_sign_in_is_worth_nothing_after_it(office: Office) -> None:
    browser = office.browser()
    browser.get("/sign-in")
    before = browser.token
    browser.sign_in("adam")
    browser.token = before
    assert browser.post("/sign-out").status == 400


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    assert browser.get("/work/queue/adjuster").status == 200
    with office.transaction() as session:
        people.revoke(session, office.staff["adam"].user_id, factories.CLAIMS, "adjuster", office.now)
    assert browser.get("/work/queue/adjuster").status == 404
    assert browser.get("/cases").status == 403


def test_who_is_signed_in_already_is_not_asked_again(office: Office) -> None:
    assert office.browser("adam").get("/sign-in").location == "/"


def test_the_theme_is_kept_in_the_browser_alone(office: Office) -> None:
    browser = office.browser("adam")
    answer = browser.post("/theme", {"theme": "dark", "next": "https://evil.example"})
    assert answer.location == "/"
    assert browser.get("/work/mine").tree.get("data-bs-theme") == "dark"


def test_a_page_that_asks_by_itself_is_nobodys_presence(office: Office) -> None:
    browser = office.browser("adam")
    earlier = clock.host_now() - timedelta(minutes=5)
    with office.transaction() as session:
        session.execute(update(UserSessionRow).values(seen_at=earlier))
    assert browser.get("/work/mine", **{"X-Live": "1", "X-Poll": "1"}).status == 200
    assert seen_at(office) == earlier
    assert browser.get("/work/mine").status == 200
    assert seen_at(office) > earlier


def seen_at(office: Office) -> datetime:
    with office.transaction() as session:
        return session.scalars(select(UserSessionRow.seen_at)).one()
