"""casewright webhook sign: what it prints is what a sender needs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.webhooks import webhook
from cases.connectors import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def printed(arguments: list[str], body: bytes | None = None) -> dict[str, str]:
    result = CliRunner().invoke(webhook, ["sign", *arguments], input=body, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return dict(line.split(": ", 1) for line in result.output.splitlines())


def test_the_published_example_is_signed_as_published() -> None:
    arguments = ["--secret", SECRET, "--id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "--timestamp", "1614265330", "-"]
    assert printed(arguments, b'{"test": 2432232314}') == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_without_an_id_and_a_time_it_makes_them_by_the_shifted_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("86400")
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CASEWRIGHT_CLOCK_FILE", str(clock))
    file = tmp_path / "claim.json"
    file.write_bytes('{"name": "Zoë"}'.encode())
    headers = printed(["--secret", SECRET, str(file)])
    tomorrow = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert signing.verify([SECRET], headers, file.read_bytes(), tomorrow) == headers["webhook-id"]
    assert (tomorrow - datetime.now(UTC)).total_seconds() > 80_000


def test_a_secret_that_is_none_is_told_in_one_sentence() -> None:
    result = CliRunner().invoke(
        webhook, ["sign", "--secret", "whsec_?", "--timestamp", "1", "-"], input=b"{}"
    )
    assert result.exit_code == 1
    assert result.output == "Error: The secret is not base64.\n"


def test_in_a_demo_the_secret_is_that_of_the_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(tmp_path))
    none = CliRunner().invoke(webhook, ["sign", "--demo", "claims", "-"], input=b"{}")
    assert none.exit_code == 1
    assert none.output == f"Error: There is no demo in {tmp_path}: start it with make run.\n"
    endpoints = {"claims": {"url": "http://127.0.0.1:8000/hooks/claims", "secret": SECRET}}
    (tmp_path / "demo.json").write_text(json.dumps({"endpoints": endpoints}))
    headers = printed(["--demo", "claims", "-"], b"{}")
    sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert signing.verify([SECRET], headers, b"{}", sent) == headers["webhook-id"]
    unknown = CliRunner().invoke(webhook, ["sign", "--demo", "loans", "-"], input=b"{}")
    assert unknown.output == "Error: The demo has no endpoint loans: claims.\n"


@pytest.mark.parametrize("words", [[], ["--secret", SECRET, "--demo", "claims"]])
def test_either_a_secret_or_a_demo_is_named(words: list[str]) -> None:
    result = CliRunner().invoke(webhook, ["sign", *words, "-"], input=b"{}")
    assert result.exit_code == 2
    assert "either --secret or --demo" in result.output
