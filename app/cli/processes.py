"""casewright up, web, worker, mock-services: what runs, and what belongs together while it runs."""

import contextlib
import logging
import os
import socket
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext
from werkzeug.serving import make_server

from app import clock, current
from app.cli.children import end_with_parent
from app.config import Settings
from app.database import database
from app.mock import UnreadableFacts, create_mock
from cases.scheduler import beat

_EXIT_FAILED = 1
_READY_WITHIN = 60.0
_WEB = ("--worker-class", "gthread", "--workers", "2", "--threads", "16", "--log-level", "warning")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("gunicorn", nargs=-1, type=click.UNPROCESSED)
def web(gunicorn: tuple[str, ...]) -> None:
    """Serve the pages and the API; what follows is for gunicorn (`--workers 4`)."""
    end_with_parent()
    settings = Settings.from_environment(os.environ)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    bind = ("--bind", f"{host}:{settings.port}", "--no-control-socket")
    command = [sys.executable, "-m", "gunicorn", "app:create_app()", *bind, *_WEB, *gunicorn]
    os.execv(sys.executable, command)


@click.command()
def worker() -> None:
    """Do what is due: jobs, timers, deliveries, housekeeping."""
    end_with_parent()
    _work()


@click.command("mock-services")
@click.option(
    "--facts", multiple=True, type=click.Path(path_type=Path), help="A JSON-lines file; a later one wins."
)
@click.option("--port", type=click.IntRange(1, 65535), envvar="CASEWRIGHT_SERVICES_PORT", default=8090)
def mock_services(facts: tuple[Path, ...], port: int) -> None:
    """Stand in for the outside services that the shipped case apps call."""
    end_with_parent()
    _must_be_free("127.0.0.1", port, "CASEWRIGHT_SERVICES_PORT")
    try:
        application = create_mock(facts)
    except UnreadableFacts as error:
        raise click.ClickException(str(error)) from None
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", port, application, threaded=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


@with_appcontext
def _work() -> None:
    settings = current.settings()
    around = beat.Surroundings(
        transaction=database().transaction,
        host_clock=clock.host_now,
        offset=lambda: clock.offset(settings),
        database_url=settings.database_url,
    )
    sys.exit(beat.run(around))


def _must_be_free(host: str, port: int, name: str) -> None:
    """End with one sentence where another program listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            asked.bind((host, port))
        except OSError:
            click.echo(f"Port {port} is taken: stop what uses it, or set {name}.", err=True)
            sys.exit(_EXIT_FAILED)
