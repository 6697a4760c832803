"""The commands: `casewright ...`."""

import click

from app.cli import (
    audit,
    cases,
    conformance,
    connections,
    demo,
    models,
    people,
    processes,
    running,
    simulate,
    upgrades,
    upkeep,
    webhooks,
)


def register(group: click.Group) -> None:
    """Add every command. Those that need no application are found before one is made."""
    models.model.add_command(simulate.simulate)
    cases.case.add_command(upgrades.migrate)
    for command in (
        processes.up,
        processes.web,
        processes.worker,
        processes.mock_services,
        running.check_stopped,
        demo.demo,
        models.model,
        models.deploy,
        conformance.conformance,
        upkeep.db,
        audit.audit,
        people.user,
        cases.case,
        upgrades.upgrade,
        webhooks.webhook,
        connections.connection,
        connections.endpoint,
    ):
        group.add_command(command)
