"""casewright audit: the history, verified to be as it was written."""

import sys

import click
from flask.cli import with_appcontext

from app import current
from app.database import reading, transaction
from cases.services import audit as audits
from cases.services import connections


@click.group()
def audit() -> None:
    """The history: verified, and signed as far as it has come."""


@audit.command("verify")
@with_appcontext
def verify() -> None:
    """Verify every chain, state and checkpoint; exit 1 with a line for each finding."""
    with reading() as session:
        report = audits.verify(session, connections.ring_of(session))
    for finding in report.findings:
        click.echo(str(finding), err=True)
    click.echo(
        f"{report.cases} cases, {report.rows} journal rows, {report.entries} ledger entries, "
        f"{report.checkpoints} checkpoints, {report.erased} erased: {len(report.findings)} findings"
    )
    sys.exit(1 if report.findings else 0)


@audit.command("checkpoint")
@with_appcontext
def checkpoint() -> None:
    """Sign how far the history has come."""
    with transaction() as session:
        number = audits.checkpoint(session, connections.ring_of(session), current.now())
    click.echo("nothing new to sign" if number is None else f"checkpoint {number} signed")
