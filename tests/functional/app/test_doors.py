"""Who may come in, walked: every guarded view without a session, without a token, from elsewhere."""

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from app.auth import guards
from app.config import Environment, Settings
from tests.functional.app.conftest import Browser, Office


def test_every_page_leads_whoever_is_not_signed_in_to_the_sign_in(app: Flask) -> None:
    browser = Browser(app.test_client())
    walked = 0
    for rule in _guarded(app, "GET"):
        page = browser.get(_path(rule))
        assert (page.status, page.location.split("?")[0]) == (303, "/sign-in"), rule
        walked += 1
    assert walked >= 8


def test_every_write_of_whoever_is_not_signed_in_is_refused(app: Flask) -> None:
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    walked = 0
    for rule in _guarded(app, "POST"):
        page = browser.post(_path(rule))
        assert (page.status, page.location) == (303, "/sign-in?ended=1"), rule
        walked += 1
    assert walked >= 7


def test_every_write_without_the_token_of_a_page_is_refused(office: Office) -> None:
    browser = office.browser("adam")
    browser.token = ""
    for rule in _guarded(office.app, "POST"):
        assert browser.post(_path(rule)).status == 400, rule


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_write_from_another_site_is_refused_though_it_has_the_token(
    office: Office, headers: dict[str, str]
) -> None:
    browser = office.browser("adam")
    assert browser.post("/sign-out", **headers).status == 400
    assert browser.get("/work/mine").status == 200


def test_a_forged_host_is_refused(app: Flask) -> None:
    assert app.test_client().get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_carries_its_headers(office: Office) -> None:
    browser = office.browser("adam")
    for path in ("/work/mine", "/nothing", "/health/live", "/sign-in"):
        headers = browser.get(path).response.headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]


def test_a_production_cookie_is_for_this_host_alone(tmp_path: Path, sqlite_url: str) -> None:
    settings = Settings(
        env=Environment.PRODUCTION,
        data_dir=tmp_path,
        database_url=sqlite_url,
        secret_key="k" * 40,
        public_url="https://cases.example.org",
    )
    client = create_app(settings).test_client()
    answer = client.get("/sign-in", base_url="https://cases.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-casewright=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def _guarded(app: Flask, method: str) -> list[Rule]:
    marks = guards.doors(app)
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and marks.get(rule.endpoint, "open") != "open"
    ]


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:int|serial):[^>]+>", "1", re.sub(r"<(?:path:)?[a-z_]+>", "some", rule.rule))
