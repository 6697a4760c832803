"""casewright webhook: sign a message as a sender would."""

import json
import os
import secrets
from datetime import datetime
from typing import BinaryIO

import click

from app import clock
from app.config import Settings
from cases.connectors import signing


@click.group()
def webhook() -> None:
    """Messages in and out."""


@webhook.command()
@click.option("--secret", help="The secret of the endpoint: whsec_ and base64.")
@click.option("--demo", metavar="ENDPOINT", help="In a demo: the secret of this endpoint, from demo.json.")
@click.option("--id", "message_id", help="The id of the message; by default a fresh one.")
@click.option(
    "--timestamp", type=int, help="Seconds since 1970; by default now, by the installation's clock."
)
@click.argument("file", type=click.File("rb"))
def sign(
    secret: str | None, demo: str | None, message_id: str | None, timestamp: int | None, file: BinaryIO
) -> None:
    """Print the headers that sign the bytes of FILE (`-` for the standard input)."""
    if (secret is None) == (demo is None):
        raise click.UsageError("Say either --secret or --demo.")
    secret = secret or _demo_secret(demo or "")
    stamp = timestamp if timestamp is not None else int(_now().timestamp())
    try:
        made = signing.headers(secret, message_id or f"msg_{secrets.token_hex(12)}", stamp, file.read())
    except ValueError as error:
        raise click.ClickException(f"{error}.".capitalize()) from None
    for name, value in made.items():
        click.echo(f"{name}: {value}")


def _demo_secret(endpoint: str) -> str:
    """The secret that the demo made for one of its endpoints."""
    settings = Settings.from_environment(os.environ)
    try:
        endpoints = json.loads(settings.demo_file.read_text())["endpoints"]
    except FileNotFoundError:
        message = f"There is no demo in {settings.data_dir}: start it with make run."
        raise click.ClickException(message) from None
    if endpoint not in endpoints:
        raise click.ClickException(f"The demo has no endpoint {endpoint}: {', '.join(sorted(endpoints))}.")
    return str(endpoints[endpoint]["secret"])


def _now() -> datetime:
    return clock.now(Settings.from_environment(os.environ))
