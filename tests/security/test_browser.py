"""S23, S24, S26, S31, S56: what reads does not write, what answers says nothing of the house."""

import re

from sqlalchemy import select

from cases.persistence.base import Base
from tests.functional.app.conftest import Office

OWN = {"user_session", "key_block", "worker"}
"""A visit is noted with its session, whatever is read."""


def _rows(office: Office) -> dict[str, list[object]]:
    with office.database.reading() as session:
        return {
            table.name: [tuple(map(str, row)) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in OWN
        }


def test_s23_what_is_read_changes_nothing(office: Office) -> None:
    turn = office.triaged()
    browser = office.browser("cora")
    before = _rows(office)
    read = 0
    for rule in office.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        path = re.sub(r"<(int|serial):\w+>", "1", re.sub(r"<(path:)?key>", turn.business_key, rule.rule))
        assert browser.client.get(path).status_code < 500, path
        assert browser.client.head(path).status_code < 500, path
        read += 1
    assert read >= 10
    assert _rows(office) == before


def test_s26_every_class_of_answer_carries_the_headers_and_the_cookie_its_marks(office: Office) -> None:
    anonymous, adam = office.browser(), office.browser("adam")
    answers = [
        adam.get("/work/mine"),
        adam.get("/cases/none"),
        anonymous.get("/work/mine"),
        anonymous.get("/sign-in"),
        anonymous.post("/hooks/none"),
        adam.post("/cases"),
        adam.post("/sign-out", Origin="https://evil.example"),
    ]
    assert {answer.status for answer in answers} == {200, 303, 400, 404, 405}
    for answer in answers:
        headers = answer.response.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert "Access-Control-Allow-Origin" not in headers
        for cookie in headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie


def test_s31_a_host_that_is_not_ours_is_refused_and_never_repeated(office: Office) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example:80"):
        answer = office.app.test_client().get("/work/mine", headers={"Host": host})
        assert answer.status_code == 400
        assert "evil.example" not in answer.get_data(as_text=True) + answer.headers.get("Location", "")


def test_s56_a_refusal_tells_nothing_of_the_inside(office: Office) -> None:
    adam = office.browser("adam")
    for page in (
        adam.get("/cases/'"),
        adam.get("/tasks/9223372036854775808"),
        adam.post("/tasks/1/claim"),
        adam.get("/nothing"),
        adam.post("/hooks/none"),
        office.browser().get("/cases/%00"),
    ):
        for word in ("Traceback", "sqlalchemy", "SELECT ", "/site-packages/", "psycopg", "werkzeug", "Flask"):
            assert word not in page.raw
        assert not re.search(r"\d+\.\d+\.\d+", page.response.headers.get("Server", ""))
