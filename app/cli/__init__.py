"""The commands: `casewright ...`."""

import click

from app.cli import upkeep


def register(group: click.Group) -> None:
    """Add every command. Those that need no application are found before one is made."""
    for command in (upkeep.db,):
        group.add_command(command)
