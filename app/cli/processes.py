"""casewright up, web, worker, mock-services: what runs, and what belongs together while it runs."""

import contextlib
import json
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from werkzeug.serving import make_server

import cases
from app import clock, current
from app.cli import demo, running, upkeep
from app.cli.children import Children, end_with_parent
from app.config import EXIT_CONFIG, Settings
from app.database import database
from app.mock import UnreadableFacts, create_mock
from cases.scheduler import beat

_EXIT_FAILED = 1
_READY_WITHIN = 120.0
_WEB = ("--worker-class", "gthread", "--workers", "2", "--threads", "16", "--log-level", "warning")


@click.command()
def up() -> None:
    """Start web, worker and outside services with a demo ready to click; end all of them together."""
    settings = Settings.from_environment(os.environ)
    if settings.is_production:
        click.echo("casewright up starts a demo: in production start web and worker.", err=True)
        sys.exit(EXIT_CONFIG)
    with running.alone(settings.data_dir):
        is_wanted = _run(settings)
    sys.exit(0 if is_wanted else _EXIT_FAILED)


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
    server = make_server("127.0.0.1", port, application, threaded=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


def _run(settings: Settings) -> bool:
    """Start everything and wait for its end; whether somebody asked for it."""
    _must_be_free(settings.host, settings.port, "CASEWRIGHT_PORT")
    _must_be_free("127.0.0.1", settings.services_port, "CASEWRIGHT_SERVICES_PORT")
    upkeep.upgrade(settings)
    demo.make(settings)
    with Children() as children:
        children.start("outside services", _command("mock-services", *_with_facts(settings)))
        children.start("web", _command("web"))
        children.start("worker", _command("worker"))
        if children.wait_until(lambda: _is_ready(settings), _READY_WITHIN):
            click.echo(_welcome(settings))
            children.wait()
        return children.is_asked_to_stop


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


def _is_ready(settings: Settings) -> bool:
    """Whether both answer. A socket is enough to ask; HTTP clients live in `cases.connectors`."""
    name = urlsplit(settings.public_url).netloc
    return _answers(settings.host, settings.port, "/health/ready", name) and _answers(
        "127.0.0.1", settings.services_port, "/_calls", "services"
    )


def _answers(host: str, port: int, path: str, name: str) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2) as asked:
            asked.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
            return asked.recv(12).endswith(b" 200")
    except OSError:
        return False


def _command(*words: str) -> list[str]:
    """Run this very program once more, by the same Python."""
    return [sys.executable, "-m", "app", *words]


def _with_facts(settings: Settings) -> list[str]:
    """Name the facts of the shipped case apps first: those of the environment win."""
    library = Path(cases.__path__[0]) / "library"
    files = [*sorted(library.glob("*/facts*.jsonl")), *settings.facts]
    return [word for file in files for word in ("--facts", str(file))]


def _welcome(settings: Settings) -> str:
    """Say where it runs and whom to sign in as."""
    made = json.loads(settings.demo_file.read_text())
    width = max(len(user["name"]) for user in made["users"])
    people = (
        f"    {user['name']:{width}}  {user['password']}  {', '.join(user['roles'])}"
        for user in made["users"]
    )
    where = f"\n  Casewright runs at {made['address']}   (Ctrl-C ends it)\n\n  Sign in as:\n"
    return "\n".join([where, *people, f"\n  Also in {settings.demo_file}\n"])
