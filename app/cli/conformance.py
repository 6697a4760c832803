"""casewright conformance ...: the engine held against suites that others wrote; no installation is opened."""

import click


@click.group("conformance")
def conformance() -> None:
    """Hold the engine against a suite of scenarios, decisions or models."""
