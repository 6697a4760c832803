"""casewright case: erased by its key, once it has ended, and shown with what is left."""

import json

import pytest
from click.testing import Result
from flask import Flask

from app.cli.audit import audit
from app.cli.cases import case
from cases.persistence import sqlite
from cases.policy.access import SYSTEM
from cases.services import instances
from tests.functional.app.conftest import Office

CANARY = "Zanzibar"


def test_an_ended_case_is_erased_and_its_history_still_verifies(app: Flask, office: Office) -> None:
    turn = office.claim(1, claimant={"name": CANARY, "email": f"{CANARY}@example.org"})
    office.claim(2)
    key = turn.business_key
    assert CANARY in _run(app, "show", key, "--json").output
    refused = _run(app, "erase", key)
    assert refused.exit_code == 1
    assert "ended" in refused.output
    with office.transaction() as session:
        instances.terminate(session, turn.case_id, f"{CANARY} asked", SYSTEM, "test", office.now)
    done = _run(app, "erase", key)
    assert done.exit_code == 0, done.output
    shown = _run(app, "show", key, "--json")
    assert shown.exit_code == 0, shown.output
    assert CANARY not in shown.output
    document = json.loads(shown.output)
    assert (document["state"], document["title"], document["data"]) == ("closed", key, {})
    assert {line["kind"] for line in document["journal"][:-1]} == {"erased"}
    assert document["journal"][-1]["actor"] == "system"
    verified = app.test_cli_runner().invoke(audit, ["verify"])
    assert verified.exit_code == 0, verified.output
    assert verified.output.endswith("1 erased: 0 findings\n")
    for refused_again in (_run(app, "erase", key), _run(app, "erase", "CLM-0000-000000")):
        assert refused_again.exit_code == 1


def test_a_case_and_its_items_are_explained_in_words(app: Flask, office: Office) -> None:
    key = office.triaged().business_key
    whole = _run(app, "why", key)
    assert whole.exit_code == 0, whole.output
    assert "kept open by" in whole.output
    assert "waits for its stage" in whole.output
    waiting = _run(app, "why", key, "M3")
    assert waiting.exit_code == 0, waiting.output
    assert "waits until a criterion is satisfied" in waiting.output
    assert "T5 complete: has not happened" in waiting.output
    assert 'T5.decision = "approve"' in waiting.output
    assert _run(app, "why", key, "NOBODY").exit_code == 1


def test_who_erased_it_must_be_allowed_to_and_say_why(app: Flask, office: Office) -> None:
    key = office.claim().business_key
    assert "administers" in _run(app, "erase", key, "--by", "adam").output
    assert "nobody called" in _run(app, "erase", key, "--by", "nobody").output
    assert "Say why" in _run(app, "erase", key, "--reason", " ").output


@pytest.mark.parametrize("options", [(), ("--compact",)], ids=["log folded back", "written anew"])
def test_nothing_is_left_in_the_files_of_an_erased_case(
    app: Flask, office: Office, options: tuple[str, ...]
) -> None:
    database = sqlite.file_of(app.config["SQLALCHEMY_DATABASE_URI"])
    turn = office.claim(1, claimant={"name": CANARY})
    with office.transaction() as session:
        instances.terminate(session, turn.case_id, "", SYSTEM, "test", office.now)

    def left() -> list[str]:
        files = database.parent.glob(f"{database.name}*")
        return [file.name for file in files if CANARY.lower().encode() in file.read_bytes().lower()]

    assert bool(left()) is office.database.is_sqlite
    done = _run(app, "erase", turn.business_key, *options)
    assert (done.exit_code, left()) == (0, []), done.output


def test_the_page_of_an_erased_case_says_so(app: Flask, office: Office) -> None:
    turn = office.claim(1, claimant={"name": CANARY})
    with office.transaction() as session:
        instances.terminate(session, turn.case_id, "", SYSTEM, "test", office.now)
    assert _run(app, "erase", turn.business_key).exit_code == 0
    browser = office.browser("adam")
    for path in (f"/cases/{turn.business_key}", f"/cases/{turn.business_key}?plan=all"):
        page = browser.get(path)
        assert page.status == 200
        assert CANARY not in page.raw
    assert turn.business_key not in browser.get(f"/cases?q={CANARY}").text
    assert "erased what this case held" in browser.get(f"/cases/{turn.business_key}").text
    assert turn.business_key in browser.get(f"/cases?q={turn.business_key}").text


def _run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(case, arguments)
