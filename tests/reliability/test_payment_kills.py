"""A whole installation whose processes are killed while money moves: same key, paid once, chains whole."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.acceptance.installation import Installation, wait_for
from tests.acceptance.paying import claim, facts_file
from tests.acceptance.prepared import installed

LEASE = 30.0
"""More seconds than a lease lasts."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp(f"killed-{request.param}")
    with installed(request, request.param, folder, [facts_file(folder)]) as made:
        made.start()
        yield made


@contextmanager
def no_commit(installation: Installation) -> Iterator[None]:
    """Nobody's transaction that changes a case or takes a message comes to its end within the block."""
    url = installation.environment.get("CASEWRIGHT_DATABASE_URL")
    if url is None:
        (path,) = (installation.folder / "data").glob("*.gate")
        gate = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)
        return
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as connection:
        connection.execute("LOCK TABLE inbox, case_instance IN EXCLUSIVE MODE")
        yield
        connection.rollback()


def follow(installation: Installation, ahead: float) -> None:
    """A new worker, later than the lease of the one that is dead."""
    installation.switch("pay")
    installation.move_clock(ahead)
    installation.start("worker")


def paid_once(installation: Installation, external_id: str, calls: int) -> str:
    """The key of the one payment of this claim, which was asked for so many times at least."""
    wait_for("the payment", lambda: _effects(installation, external_id))
    key = installation.key_of(claim(external_id))
    assert key is not None
    wait_for("the end of the case", lambda: installation.case(key)["state"] == "completed")
    (effect,) = _effects(installation, external_id)
    assert effect["requests"] >= calls
    keys = [str(one["idempotency_key"]) for one in _calls(installation, external_id)]
    assert len(keys) >= calls
    assert {one.strip('"') for one in keys} == {f"{key}:pay:1"}
    (payment,) = installation.case(key)["data"]["payments"]
    assert payment["status"] == "paid"
    installation.ask("audit", "verify")
    return key


def _effects(installation: Installation, external_id: str) -> list[dict[str, Any]]:
    return [one for one in installation.payments() if one["body"]["externalId"] == external_id]


def _calls(installation: Installation, external_id: str) -> list[dict[str, Any]]:
    return [one for one in installation.calls("pay") if (one["body"] or {}).get("externalId") == external_id]


def test_a_worker_killed_between_the_answer_and_its_commit_pays_once(installation: Installation) -> None:
    installation.switch("pay", delay_s=2.5)
    installation.post(claim("FAST-0"))
    wait_for("the call", lambda: _calls(installation, "FAST-0"))
    with no_commit(installation):
        wait_for("the answer", lambda: _calls(installation, "FAST-0")[0]["status"])
        assert len(_effects(installation, "FAST-0")) == 1
        installation.kill("worker")
    follow(installation, LEASE)
    paid_once(installation, "FAST-0", calls=2)


def test_a_worker_killed_while_it_waits_for_the_answer_pays_once(installation: Installation) -> None:
    installation.switch("pay", answers=[503], effect=True, hang=True)
    installation.post(claim("FAST-1"))
    wait_for("the effect", lambda: _effects(installation, "FAST-1"))
    installation.kill("worker")
    follow(installation, 2 * LEASE)
    paid_once(installation, "FAST-1", calls=2)


def test_a_web_process_killed_during_a_post_leaves_all_or_nothing_and_it_is_paid_once(
    installation: Installation,
) -> None:
    payload, raised = claim("FAST-2"), []

    def post() -> None:
        try:
            installation.post(payload, "msg_killed")
        except Exception as error:  # noqa: BLE001 - a connection that ends, however the client says it
            raised.append(error)

    sender = threading.Thread(target=post)
    with no_commit(installation):
        sender.start()
        sender.join(1.5)
        assert sender.is_alive()
        installation.kill("web")
        sender.join(20)
    assert len(raised) == 1
    installation.start("web")
    assert installation.key_of(payload) is None  # nothing is half there: this one is the first
    for _ in range(2):
        assert installation.post(payload, "msg_killed")[0] in {200, 202}
    paid_once(installation, "FAST-2", calls=1)
    assert len(_calls(installation, "FAST-2")) == 1


def test_a_web_process_killed_after_its_answer_has_kept_what_it_said(installation: Installation) -> None:
    payload = claim("FAST-3")
    status, said = installation.post(payload, "msg_kept")
    installation.kill("web")
    installation.start("web")
    assert status == 202
    key = paid_once(installation, "FAST-3", calls=1)
    assert installation.post(payload, "msg_kept") == (status, said)
    assert installation.key_of(payload) == key
    assert len(_calls(installation, "FAST-3")) == 1


def test_all_processes_killed_at_once_between_two_tries_pay_once(installation: Installation) -> None:
    installation.switch("pay", always=503, effect=True)
    installation.post(claim("FAST-4"))
    wait_for("a try", lambda: _effects(installation, "FAST-4"))
    installation.kill("worker")
    installation.kill("web")
    installation.start("web")
    follow(installation, 3 * LEASE)
    paid_once(installation, "FAST-4", calls=2)
