"""One finding of a rule: a problem, and whether it refuses the model."""

from dataclasses import dataclass

from cases.cmmn.metamodel import CaseDefinition
from cases.errors import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """`is_error`: deployment is refused; otherwise a warning."""

    problem: Problem
    is_error: bool


def error(definition: CaseDefinition, code: str, where: str, message: str) -> Finding:
    """A finding that refuses the model."""
    return Finding(Problem(code, message, where, definition.lines.get(where)), is_error=True)


def warning(definition: CaseDefinition, code: str, where: str, message: str) -> Finding:
    """A finding that an author should know."""
    return Finding(Problem(code, message, where, definition.lines.get(where)), is_error=False)
