"""The commands: `casewright ...`."""

import click

from app.cli import cases, people, processes, upkeep


def register(group: click.Group) -> None:
    """Add every command. Those that need no application are found before one is made."""
    for command in (
        processes.web,
        processes.worker,
        processes.mock_services,
        upkeep.db,
        audit.audit,
        people.user,
        cases.case,
    ):
        group.add_command(command)
