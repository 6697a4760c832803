"""casewright connection, casewright endpoint: what belongs to the installation and to no app.

Secrets are read from the standard input: an argument stands in the history of a shell and in the list of
processes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from app import current
from app.database import transaction
from cases.errors import CaseError, Invalid
from cases.policy.access import SYSTEM
from cases.services import connections, messages


@click.group()
def connection() -> None:
    """The services that steps call: where they are, and their secrets."""


@connection.command("set")
@click.argument("name")
@click.option("--url", required=True, help="http:// or https://, a host, and perhaps a path.")
@click.option("--title", default="", help="How people call it.")
@with_appcontext
def set_(name: str, url: str, title: str) -> None:
    """Say where the service NAME is."""
    with _told(), transaction() as session:
        connections.put(session, name, url, title=title, actor=SYSTEM, now=current.now())
    click.echo(f"{name} is at {url}")


@connection.command()
@click.argument("name")
@click.option("--name", "secret_name", required=True, help="bearer, basic, or header:NAME.")
@with_appcontext
def secret(name: str, secret_name: str) -> None:
    """Give the service NAME a secret, read from the standard input. The one before is good for a day."""
    _set_secret(f"connection:{name}", secret_name)


@connection.command()
@click.argument("host")
@click.argument("port", type=click.IntRange(1, 65_535))
@click.option("--reason", required=True, help="Why: it stands in the ledger.")
@with_appcontext
def allow(host: str, port: int, reason: str) -> None:
    """Let steps call HOST at PORT though it lies within the own network."""
    with _told(), transaction() as session:
        connections.allow_target(session, host, port, reason, actor=SYSTEM, now=current.now())
    click.echo(f"{host}:{port} may be called")


@click.group()
def endpoint() -> None:
    """The doors for messages, at /hooks/KEY."""


@endpoint.command("open")
@click.argument("key")
@click.option("--app", "app_key", required=True, help="The key of a deployed app.")
@click.option("--intake", required=True, help="One of its intakes.")
@with_appcontext
def open_(key: str, app_key: str, intake: str) -> None:
    """Let messages in at /hooks/KEY, for one intake of an app."""
    with _told(), transaction() as session:
        messages.open_endpoint(session, key, app_key, intake, actor=SYSTEM, now=current.now())
    click.echo(f"/hooks/{key} is open")


@endpoint.command("secret")
@click.argument("key")
@with_appcontext
def secret_of_endpoint(key: str) -> None:
    """Give KEY the secret of its senders, read from the standard input. The one before is good for a day."""
    _set_secret(f"endpoint:{key}", connections.SIGNING)


def _set_secret(owner: str, name: str) -> None:
    text = sys.stdin.readline().rstrip("\r\n")
    with _told(), transaction() as session:
        connections.set_secret(session, owner, name, text, actor=SYSTEM, now=current.now())
    click.echo(f"{owner} has a new secret {name}")


@contextmanager
def _told() -> Iterator[None]:
    """Raises ClickException with the sentence of what is refused."""
    try:
        yield
    except Invalid as error:
        raise click.ClickException(" ".join(problem.message for problem in error.problems)) from None
    except CaseError as error:
        raise click.ClickException(str(error)) from None
