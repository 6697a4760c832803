"""casewright db: the tables, brought to the version of this code."""

import os
import re
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.config import Settings, shipped


@click.group()
def db() -> None:
    """The database of this installation."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables to the version of this code."""
    upgrade(Settings.from_environment(os.environ))


@db.command("migration")
@click.argument("message")
def migration_command(message: str) -> None:
    """Write a new numbered migration from what the code declares and the database lacks."""
    settings = Settings.from_environment(os.environ)
    config = alembic_config(settings)
    number = next_number(config)
    command.revision(config, message=message, autogenerate=True, rev_id=number)


def upgrade(settings: Settings) -> None:
    """Bring the database of these settings to the newest version. Two at once wait for each other."""
    command.upgrade(alembic_config(settings), "head")


def next_number(config: Config) -> str:
    """Return the number of the next migration: four digits, without a gap."""
    numbers = [int(script.revision) for script in ScriptDirectory.from_config(config).walk_revisions()]
    return f"{max(numbers, default=0) + 1:04d}"


def alembic_config(settings: Settings) -> Config:
    """Alembic's settings, made here: an installed Casewright has no file of them."""
    config = Config(attributes={"url": settings.database_url})
    config.set_main_option("script_location", _escaped(shipped("migrations")))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _escaped(path: Path) -> str:
    """Alembic expands percent signs in its options."""
    return re.sub("%", "%%", str(path))
