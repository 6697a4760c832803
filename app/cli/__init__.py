"""The commands: `casewright ...`."""

import click

from app.cli import processes, upkeep


def register(group: click.Group) -> None:
    """Add every command. Those that need no application are found before one is made."""
    for command in (
        processes.web,
        processes.worker,
        processes.mock_services,
        upkeep.db,
    ):
        group.add_command(command)
