"""casewright case migrate, casewright upgrade: running cases go on by another version of their app."""

import json
from decimal import Decimal
from pathlib import Path

import click
from flask.cli import with_appcontext

from app import current
from app.database import changed, database, reading, transaction
from cases.cmmn import migration_plan
from cases.cmmn.migration_plan import EMPTY, NoPlan, Plan
from cases.errors import CaseError, Invalid
from cases.policy.access import SYSTEM, Actor
from cases.queries import sight
from cases.services import identity, upgrade_batches, upgrades
from cases.services.upgrade_batches import Result
from cases.services.upgrades import Report, Upgrade

_VIA = "cli"
_PLAN = click.option(
    "--plan", "plan_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JSON file."
)
_BY = click.option("--by", "user", help="Who moves it; without it the house itself.")
_TRIAL = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
_TO = "A version of the same app by its number, latest, or # and the number of a deployment."


@click.command("migrate")
@click.argument("key")
@click.option("--to", "wanted", required=True, help=_TO)
@_PLAN
@_TRIAL
@click.option("--approved", help="The digest of a dry run: the case moves only if just that would happen.")
@_BY
@with_appcontext
def migrate(
    key: str,
    wanted: str,
    plan_file: Path | None,
    dry_run: bool,  # noqa: FBT001 - an option of the command line
    approved: str | None,
    user: str | None,
) -> None:
    """Let a running case go on by another version of its app."""
    now, plan = current.now(), _plan(plan_file)

    try:
        actor = _actor(user)
        with transaction() as session:
            case_id = sight.of_key(session, key, actor).id
            to = upgrades.target_of(session, case_id, wanted)
            act = upgrades.foresee if dry_run else upgrades.migrate
            wish = Upgrade(to=to, plan=plan, approved=approved)
            report = act(session, case_id, wish, actor, _VIA, now)
    except CaseError as error:
        raise click.ClickException(_words(error)) from None
    _tell(report)
    click.echo(
        f"digest {report.digest}" if dry_run else f"{key} goes by deployment {report.target.deployment_id}"
    )


@click.command("upgrade")
@click.argument("app_key", metavar="APP")
@click.option("--to", "wanted", help=_TO)
@click.option("--resume", "batch_id", type=int, help="Go on with an upgrade that was interrupted.")
@_PLAN
@_TRIAL
@_BY
@with_appcontext
def upgrade(
    app_key: str,
    wanted: str | None,
    batch_id: int | None,
    plan_file: Path | None,
    dry_run: bool,  # noqa: FBT001 - an option of the command line
    user: str | None,
) -> None:
    """Let all running cases of an app go on by another version of it, each in a transaction of its own."""
    if (wanted is None) is (batch_id is None):
        raise click.UsageError("Say --to, or --resume.")
    now, plan = current.now(), _plan(plan_file)
    try:
        actor = _actor(user)
        if dry_run and wanted is not None:
            for key, told in upgrade_batches.trials(
                database().transaction, app_key, wanted, plan, actor, now
            ):
                click.echo(f"{key}\t{told}")
            return
        if batch_id is None:
            to = wanted or ""
            batch_id = changed(lambda session: upgrade_batches.ask(session, app_key, to, plan, actor, now))
            click.echo(f"upgrade {batch_id}")
        upgrade_batches.run(database().transaction, batch_id, now, _tell_result)
        with reading() as session:
            counts = upgrade_batches.outcome(session, batch_id)
    except CaseError as error:
        raise click.ClickException(_words(error)) from None
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()))
    if set(counts) - {upgrade_batches.DONE}:
        raise SystemExit(1)


def _plan(file: Path | None) -> Plan:
    if file is None:
        return EMPTY
    try:
        return migration_plan.read(json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal))
    except (NoPlan, ValueError) as error:
        raise click.ClickException(f"{file}: {error}") from None


def _actor(user: str | None) -> Actor:
    if user is None:
        return SYSTEM
    with reading() as session:
        return identity.actor_named(session, user, current.now())


def _words(error: CaseError) -> str:
    if isinstance(error, Invalid):
        return "; ".join(problem.message for problem in error.problems)
    return str(error).replace("; M-", "\nM-")


def _tell(report: Report) -> None:
    for child in report.children:
        click.echo(f"{child.business_key}, which it has called:")
        _tell(child)
    for warning in report.warnings:
        click.echo(f"warning: {warning}")
    for line in report.changes or ("nothing changes but the version",):
        click.echo(line)


def _tell_result(result: Result) -> None:
    click.echo(f"{result.place}/{result.total}\t{result.business_key}\t{result.state}\t{result.message}")
