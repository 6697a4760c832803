"""Whatever is written into an address or a form, the answer is a page or a refusal, never a fault of ours."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.functional.app.conftest import Browser, Office

NUMBERS = ("0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 40, "1e3", "\u0661")
TEXTS = (
    "CLM-2026-999999",
    "Zürich-\u6848\u4ef6-\U0001f4a5",
    "a\x00b",
    "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
    "%",
    "'; DROP TABLE journal; --",
    "..",
    "x" * 3_000,
    "a:b:c",
    "\r\nSet-Cookie: a=b",
)
CURSORS = (
    *NUMBERS,
    *TEXTS,
    "2026-03-02T00:00:00+00:00_1",
    f"2026-03-02T00:00:00+00:00_{'9' * 30}",
    f"2026-03-02T00:00:00+00:00_{'9' * 30}_{'9' * 30}",
    "0001-01-01T00:00:00+23:59_1_1",
    "9999-12-31T23:59:59-23:59_1_1",
    "0001-01-01T00:00:00+23:59_1",
    "2026-03-02_1_1",
    "\u0661_\u0661_\u0661",
)
PACKED = {"Accept-Encoding": "br, gzip"}
"""What every browser sends, and what static files are looked for by."""

OUR_FAULT = 500


QUERIES = (
    "&".join(f"type=T{number}" for number in range(61)),
    *(f"past=x&from={quote(number)}" for number in NUMBERS),
    "past=x&from=99999999999999999999",
    "q=a&q=b%00",
    "after=a&after=%00",
    "q=%ff",
)


@pytest.fixture
def cora(office: Office) -> Browser:
    """Somebody who may look at nearly everything, with a claim to look at."""
    office.triaged()
    return office.browser("cora")


def test_no_address_is_a_fault_of_ours(office: Office, cora: Browser) -> None:
    walked = 0
    for rule in _rules(office.app):
        for path in _paths(rule):
            for answer in (
                cora.client.get(path, headers=PACKED),
                cora.client.post(path, data={"csrf_token": cora.token}, headers=PACKED),
            ):
                assert answer.status_code < OUR_FAULT, path
                walked += 1
    assert walked >= 150


def test_no_query_is_a_fault_of_ours(cora: Browser) -> None:
    for page in ("/work/mine", "/work/queue/adjuster", "/cases", "/workload/1"):
        for cursor in CURSORS:
            assert cora.client.get(f"{page}?after={quote(cursor)}").status_code < OUR_FAULT, (page, cursor)
    for text in (*TEXTS, *NUMBERS, "%00", "_", "\\"):
        assert cora.client.get(f"/cases?q={quote(text)}&plan=all").status_code < OUR_FAULT, text
    for page in ("/work/mine", "/work/queue/adjuster"):
        for query in QUERIES:
            assert cora.client.get(f"{page}?{query}").status_code < OUR_FAULT, (page, query)
    # Bytes that are no text at all.
    assert cora.client.get("/cases?q=%ff%fe&after=%c3%28").status_code < OUR_FAULT
    assert cora.client.get("/cases/%ff%fe").status_code < OUR_FAULT


@pytest.mark.parametrize(
    "answers",
    [
        {"person": "9" * 40, "note": "x"},
        {"person": "\u0661", "note": "a\ud83db"},
        {"person": ["1", "2"], "note": ["x", "y"]},
        {"reason": "x" * 100_000},
        {"reason": "\u202e", "do": "x" * 400, "version": "9" * 40},
        {f"field{number}": "x" for number in range(990)},
        {"split-99999-pct": "1", "split-0-": "2", "-": "3", "": "4", "x" * 900: "y"},
    ],
)
def test_no_form_is_a_fault_of_ours(office: Office, cora: Browser, answers: dict[str, object]) -> None:
    found = re.search(r"/tasks/\d+", office.browser("adam").get("/work/queue/adjuster").raw)
    assert found is not None
    link = found[0]
    for path in (
        f"{link}/claim",
        f"{link}/draft",
        f"{link}/complete",
        f"{link}/assign",
        "/incidents/1/retry",
    ):
        data = {"csrf_token": cora.token, **_sendable(answers)}
        assert cora.client.post(path, data=data).status_code < OUR_FAULT, path


def test_a_nul_is_refused_wherever_it_stands_among_values_of_a_name(cora: Browser) -> None:
    assert cora.client.get("/work/mine?q=a&q=b%00").status_code == 400
    assert cora.post("/work/views", {"name": ["a", "b\0"], "query": ""}).status == 400


def test_a_view_of_no_text_is_kept_as_text_and_one_of_too_many_fields_as_everything(cora: Browser) -> None:
    kept = {"name": "Mine", "place": "claims.auto:adjuster"}
    nul = cora.post("/work/views", {**kept, "query": "q=a%00b"})
    assert nul.location == "/work/queue/claims.auto:adjuster?q=ab"
    many = cora.post("/work/views", {**kept, "query": "&".join(["type=T1"] * 61)})
    assert many.location == "/work/queue/claims.auto:adjuster"
    assert cora.get(many.location).status == 200


def test_an_origin_that_is_no_address_is_another_site(cora: Browser) -> None:
    for origin in ("http://[", "null", "http://evil.example"):
        assert cora.post("/theme", {"theme": "dark"}, Origin=origin).status == 400
    assert cora.post("/theme", {"theme": "dark"}, Origin="http://localhost").status == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:evil.example",
        "/" + "x" * 5_000,
        "///evil.example",
        "/[",
        "https:///evil.example",
        "/work/mine\u2028",
    ],
)
def test_a_redirect_stays_here(office: Office, app: Flask, target: str) -> None:
    for answer in (
        Browser(app.test_client()).sign_in("adam", to=target),
        office.browser("adam").get(f"/sign-in?next={quote(target)}"),
        office.browser("adam").post("/theme", {"theme": "dark", "next": target}),
    ):
        assert answer.status == 303
        assert re.match(r"/(?![/\\])", answer.location)
        assert not re.search(r"[\x00-\x1f\\]", answer.location)


def _sendable(answers: dict[str, object]) -> dict[str, object]:
    return {
        name: value.encode("utf-8", "surrogatepass")
        if isinstance(value, str) and "\ud83d" in value
        else value
        for name, value in answers.items()
    }


def _rules(app: Flask) -> list[Rule]:
    """Every address in which somebody may write something."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments]
    assert len(rules) >= 10
    return rules


def _paths(rule: Rule) -> Iterator[str]:
    """The rule with each hostile value in each of its places."""
    values = {"int": NUMBERS, "serial": NUMBERS, "": TEXTS, "path": TEXTS}
    kinds = re.findall(r"<(?:(\w+):)?\w+>", rule.rule)
    for place, kind in enumerate(kinds):
        for value in values[kind]:
            texts = ["CLM-2026-000001" if other == "" else "1" for other in kinds]
            texts[place] = quote(value, safe="")
            filled = iter(texts)
            yield re.sub(r"<[^>]+>", lambda _: next(filled), rule.rule)  # noqa: B023 - used at once
