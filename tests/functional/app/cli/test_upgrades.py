"""casewright case migrate, casewright upgrade: a claim goes on by another version of the claims app."""

import json
from pathlib import Path

from click.testing import Result
from flask import Flask

from app.cli.audit import audit
from app.cli.cases import case
from app.cli.upgrades import migrate, upgrade
from cases.policy.access import SYSTEM
from cases.services import deployments, people
from tests import factories
from tests.functional.app.conftest import Office

ALL = ["claims.auto", "--by", "dora"]


def newer(office: Office) -> int:
    """The claims app, with another name for one of its tasks."""
    files = dict(factories.claims_files())
    model = next(name for name in sorted(files) if name.endswith(".cmmn"))
    files[model] = files[model].replace(b"</definitions>", b"<!-- newer --></definitions>")
    with office.transaction() as session:
        return deployments.deploy(session, files, SYSTEM, office.now)


def test_a_case_moves_just_as_its_trial_said(app: Flask, office: Office) -> None:
    key = office.triaged().business_key
    target = newer(office)
    trial = run(app, "migrate", key, "--to", "latest", "--dry-run")
    assert trial.exit_code == 0, trial.output
    assert "nothing changes but the version" in trial.output
    digest = trial.output.split()[-1]
    refused = run(app, "migrate", key, "--to", "latest", "--approved", "0" * 32)
    assert (refused.exit_code, "M-18" in refused.output) == (1, True)
    done = run(app, "migrate", key, "--to", "latest", "--approved", digest)
    assert done.exit_code == 0, done.output
    assert f"{key} goes by deployment {target}" in done.output
    shown = json.loads(run(app, "show", key, "--json").output)
    assert shown["state"] == "active"
    verified = app.test_cli_runner().invoke(audit, ["verify"])
    assert verified.exit_code == 0, verified.output


def test_a_plan_that_makes_no_sense_is_refused_with_its_place(
    app: Flask, office: Office, tmp_path: Path
) -> None:
    key = office.claim().business_key
    newer(office)
    plan = tmp_path / "plan.json"
    for text, told in (
        ('{"mop": {}}', "says 'mop'"),
        ('{"new_items": "some"}', "new_items is 'some'"),
        ("{", "plan.json"),
        ('{"end": {"NOBODY": ""}}', "has no item NOBODY"),
    ):
        plan.write_text(text)
        found = run(app, "migrate", key, "--to", "latest", "--plan", str(plan))
        assert found.exit_code == 1
        assert told in found.output, found.output
    assert run(app, "migrate", key, "--to", "77").exit_code == 1
    assert run(app, "migrate", "CLM-0000-000000", "--to", "latest").exit_code == 1


def test_all_cases_of_an_app_move_with_a_line_for_each(app: Flask, office: Office) -> None:
    with office.transaction() as session:
        dora = people.create_user(session, "dora", "Dora Director", None, office.now)
        people.grant(session, dora, factories.CLAIMS, "claims_director", office.now)
    keys = [office.claim(number).business_key for number in (1, 2)]
    newer(office)
    runner = app.test_cli_runner()
    tried = runner.invoke(upgrade, [*ALL, "--to", "latest", "--dry-run"])
    assert tried.exit_code == 0, tried.output
    assert [line.split("\t")[0] for line in tried.output.splitlines()] == keys
    done = runner.invoke(upgrade, [*ALL, "--to", "latest"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "2 done"
    batch = done.output.split()[1]
    again = runner.invoke(upgrade, [*ALL, "--resume", batch])
    assert (again.exit_code, again.output) == (0, "2 done\n")
    assert runner.invoke(upgrade, [*ALL, "--to", "latest"]).exit_code == 1
    assert runner.invoke(upgrade, ALL).exit_code == 2


def run(app: Flask, *arguments: str) -> Result:
    if arguments[0] == "migrate":
        return app.test_cli_runner().invoke(migrate, list(arguments[1:]))
    return app.test_cli_runner().invoke(case, list(arguments))
