"""casewright conformance dmn: decisions held against the public kit; no installation is opened."""

import json
import sys
from pathlib import Path

import click

from cases.scenarios import decisions

_FAILED = 1
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("dmn")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--json", "target", type=_FILE, help="Write what came of each result to this file.")
def dmn(folder: Path, target: Path | None) -> None:
    """Play the test cases of the DMN conformance kit below DIR; exit 1 when one fails."""
    nodes = []
    for group in decisions.groups(folder):
        for node in decisions.play(group):
            nodes.append(node)
            if node.result == decisions.FAILED:
                click.echo(f"FAILED {node.level}/{node.group} {node.test_case} {node.node}: {node.message}")
    if not nodes:
        raise click.ClickException(f"there are no test cases below {folder}")
    if target is not None:
        target.write_text(json.dumps(decisions.as_json(nodes), indent=1), encoding="utf-8")
    click.echo(decisions.table(nodes))
    click.echo(decisions.total(nodes))
    if any(node.result == decisions.FAILED for node in nodes):
        sys.exit(_FAILED)
