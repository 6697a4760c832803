"""casewright audit: real claims verify, and a change of the history is told with its row."""

from flask import Flask
from sqlalchemy import text

from app.cli.audit import audit
from tests.functional.app.conftest import Office


def test_real_claims_verify_and_are_signed(app: Flask, office: Office) -> None:
    office.triaged(1)
    office.claim(2)
    run = app.test_cli_runner().invoke
    signed = run(audit, ["checkpoint"])
    assert (signed.exit_code, signed.output) == (0, "checkpoint 1 signed\n")
    assert run(audit, ["checkpoint"]).output == "nothing new to sign\n"
    verified = run(audit, ["verify"])
    assert verified.exit_code == 0, verified.output
    assert verified.output.startswith("2 cases, ")
    assert verified.output.endswith("1 checkpoints, 0 erased: 0 findings\n")


def test_a_change_of_the_history_is_told_with_its_row(app: Flask, office: Office) -> None:
    turn = office.claim()
    with office.transaction() as session:
        session.execute(text("UPDATE case_instance SET version = version + 1"))
    verified = app.test_cli_runner().invoke(audit, ["verify"])
    assert verified.exit_code == 1
    assert f"case {turn.case_id}, row 2: the case does not end where its journal ends" in verified.output
    assert verified.output.endswith("1 findings\n")
