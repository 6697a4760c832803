"""The doors: pages, API, messages in, commands. Knows Flask; nothing below imports it."""

import os
import sys

from flask import Flask
from flask.cli import FlaskGroup

from app import api, auth, cli, current, database, errors, health, log, presentation, security, telemetry, web
from app.auth import guards
from app.config import EXIT_CONFIG, Settings, UnsafeSettings, shipped


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application. Raises `UnsafeSettings`, and `UnmarkedView` for a view without a mark."""
    settings = settings or Settings.from_environment(os.environ)
    app = Flask("app", template_folder=str(shipped("templates")))
    current.init_app(app, settings)
    log.init_app(app)
    security.init_app(app, settings)
    database.init_app(app, settings)
    errors.init_app(app)
    auth.init_app(app)
    presentation.init_app(app)
    web.init_app(app)
    api.init_app(app)
    health.init_app(app)
    telemetry.init_app(app)
    guards.must_all_be_marked(app)
    return app


def commands() -> FlaskGroup:
    """The commands of the application: `casewright ...`."""
    group = FlaskGroup(
        name="casewright",
        create_app=create_app,
        add_default_commands=False,
        add_version_option=False,
        load_dotenv=False,
        set_debug_flag=False,
        help="Casewright: case management by CMMN, FEEL and DMN.",
    )
    cli.register(group)
    return group


def main() -> None:
    """The console script `casewright`."""
    # What is made from here on, database and logs of processes among it, is for the owner's eyes alone.
    os.umask(0o077)
    try:
        commands()()
    except UnsafeSettings as error:
        sys.stderr.write(f"casewright: {error}\n")
        sys.exit(EXIT_CONFIG)
