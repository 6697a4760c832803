"""casewright user: people, their passwords and their roles."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from app import current
from app.database import reading, transaction
from cases.errors import CaseError
from cases.services import identity, people

_PASSWORD = click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)


@click.group()
def user() -> None:
    """People, their passwords and their roles."""


@user.command("add")
@click.argument("name")
@click.option("--display", default="", help="How others see them.")
@click.option("--role", "roles", multiple=True, help="FAMILY:ROLE, or *:administrator. May be given again.")
@_PASSWORD
@with_appcontext
def add(name: str, display: str, roles: tuple[str, ...], password: str) -> None:
    """Make somebody who may sign in."""
    now = current.now()
    with _told():
        people.must_be_acceptable(password, name, display)
        kept = identity.hash_password(password)
        with transaction() as session:
            made = people.create_user(session, name, display, kept, now)
            for family, role in map(_role, roles):
                people.grant(session, made, family, role, now)
    click.echo(f"{name} may sign in.")


@user.command("password")
@click.argument("name")
@_PASSWORD
@with_appcontext
def password_command(name: str, password: str) -> None:
    """Give somebody another password; their sessions end."""
    with _told():
        people.must_be_acceptable(password, name, "")
        kept = identity.hash_password(password)
        with transaction() as session:
            people.set_password(session, people.user_id(session, name), kept, current.now())
    click.echo(f"{name} has another password.")


@user.command("grant")
@click.argument("name")
@click.argument("role")
@with_appcontext
def grant(name: str, role: str) -> None:
    """Give somebody a role: FAMILY:ROLE, or *:administrator."""
    family, wanted = _role(role)
    with _told(), transaction() as session:
        people.grant(session, people.user_id(session, name), family, wanted, current.now())


@user.command("revoke")
@click.argument("name")
@click.argument("role")
@with_appcontext
def revoke(name: str, role: str) -> None:
    """Take a role from somebody."""
    family, wanted = _role(role)
    with _told(), transaction() as session:
        people.revoke(session, people.user_id(session, name), family, wanted, current.now())


@user.command("disable")
@click.argument("name")
@with_appcontext
def disable(name: str) -> None:
    """Let somebody in no more; their sessions end."""
    with _told(), transaction() as session:
        people.disable(session, people.user_id(session, name), current.now())


@user.command("enable")
@click.argument("name")
@with_appcontext
def enable(name: str) -> None:
    """Let somebody in again."""
    with _told(), transaction() as session:
        people.enable(session, people.user_id(session, name), current.now())


@user.command("list")
@with_appcontext
def list_command() -> None:
    """Everybody, with their roles."""
    with reading() as session:
        found = people.everybody(session)
    for one in found:
        roles = " ".join(f"{family}:{role}" for family, role in one.roles)
        click.echo(f"{one.name}\t{one.display}\t{one.state}\t{roles}")


def _role(text: str) -> tuple[str, str]:
    family, colon, role = text.rpartition(":")
    if not colon or not family or not role:
        raise click.BadParameter(f"{text} is no FAMILY:ROLE.")
    return family, role


@contextmanager
def _told() -> Iterator[None]:
    """Turn a refusal of the house into one sentence for who typed the command."""
    try:
        yield
    except CaseError as error:
        raise click.ClickException(str(error)) from None
