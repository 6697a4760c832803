"""Errors in one voice: a page for people, a document for programs, a number for what is our fault."""

import pytest
from flask import Flask

from app.auth.guards import open_door
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from forms.errors import InvalidAnswers
from tests.functional.app.conftest import Browser, Office

RAISED = [
    (NotFound("There is no such thing."), 404),
    (NotAllowed("Not you."), 403),
    (Conflict("Somebody was faster."), 409),
    (Invalid([Problem("BAD", "It is wrong.", "field")]), 422),
    (InvalidAnswers({"field": ["It is wrong."]}), 422),
    (RuntimeError("a secret of the house"), 500),
]


@pytest.mark.parametrize(("error", "status"), RAISED, ids=lambda part: str(part)[:20])
@pytest.mark.parametrize("path", ["/broken", "/api/broken"])
def test_each_family_has_its_status(app: Flask, error: Exception, status: int, path: str) -> None:
    @open_door
    def broken() -> str:
        raise error

    app.add_url_rule(path, "broken", broken)
    answer = app.test_client().get(path)
    assert answer.status_code == status
    text = answer.get_data(as_text=True)
    assert "secret of the house" not in text
    assert "Traceback" not in text
    if path.startswith("/api/"):
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["status"] == status
    else:
        assert "<h1" in text


def test_what_is_our_fault_has_a_number(app: Flask) -> None:
    @open_door
    def broken() -> str:
        raise RuntimeError("unexpected")

    app.add_url_rule("/broken", "broken", broken)
    answer = app.test_client().get("/broken")
    assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)


def test_a_method_that_a_page_does_not_take_is_405(office: Office) -> None:
    assert office.browser("adam").post("/cases").status == 405


def test_a_poll_of_a_session_that_has_ended_is_401_and_no_redirect(app: Flask) -> None:
    assert Browser(app.test_client()).get("/work/mine", **{"X-Live": "1"}).status == 401


def test_a_body_that_is_too_large_is_413(office: Office) -> None:
    browser = office.browser("adam")
    page = browser.post("/tasks/1/draft", {"notes": "x" * 17_000_000})
    assert page.status == 413


@pytest.mark.parametrize("path", ["/cases/%00", "/cases?q=a%00b", "/work/queue/%00", "/hooks/%00"])
def test_a_character_that_no_store_keeps_is_a_bad_request(office: Office, path: str) -> None:
    browser = office.browser("adam")
    page = browser.post(path) if path.startswith("/hooks") else browser.get(path)
    assert page.status == 400


def test_a_sign_in_with_one_is_a_bad_request_too(app: Flask) -> None:
    assert Browser(app.test_client()).sign_in("ad\x00am").status == 400


def test_what_was_written_on_a_page_older_than_the_session_can_be_sent_once_more(office: Office) -> None:
    office.triaged()
    browser = office.browser("adam")
    answers = {"csrf_token": "of another session", "notes": "A long story"}
    sent = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/work/mine"}
    page = browser.post("/tasks/1/draft", answers, **sent)
    assert page.status == 400
    form = page.one("//form[@action='/tasks/1/draft']")
    assert {(one.get("name"), one.get("value")) for one in form.xpath(".//input[@name='notes']")} == {
        ("notes", "A long story")
    }
    assert "A long story" in page.one("//dl").text_content()
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    assert token != "of another session"
    again = browser.post("/settings", {"csrf_token": token, "density": "compact", "keys": "on"})
    assert again.status == 303


def test_a_sign_in_sent_by_who_is_signed_in_already_shows_no_password(office: Office) -> None:
    browser = office.browser("adam")
    sent = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/sign-in"}
    page = browser.post("/sign-in", {"csrf_token": "old", "name": "adam", "password": "a secret"}, **sent)
    assert (page.status, page.location) == (303, "/")
    assert "a secret" not in page.raw


def test_nobody_is_asked_to_confirm_what_another_page_may_have_written(office: Office) -> None:
    browser = office.browser("adam")
    page = browser.post("/tasks/1/draft", {"csrf_token": "none", "notes": "Planted"})
    assert page.status == 400
    assert "Planted" not in page.raw
