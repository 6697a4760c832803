"""One finding of a rule: a problem, and whether it refuses the model."""

from dataclasses import dataclass

from cases.cmmn.metamodel import CaseDefinition, PlanItemDefinition, Worked
from cases.cmmn.profile import STRICT
from cases.errors import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """`is_error`: deployment is refused; otherwise a warning."""

    problem: Problem
    is_error: bool


def error(definition: CaseDefinition, code: str, where: str, message: str) -> Finding:
    """A finding that refuses the model."""
    return finding(definition, code, where, message, is_error=True)


def warning(definition: CaseDefinition, code: str, where: str, message: str) -> Finding:
    """A finding that an author should know."""
    return finding(definition, code, where, message, is_error=False)


def finding(definition: CaseDefinition, code: str, where: str, message: str, *, is_error: bool) -> Finding:
    """A finding at the element `where`, in its line."""
    return Finding(Problem(code, message, where, definition.lines.get(where)), is_error)


def is_imported(definition: CaseDefinition) -> bool:
    """Whether the model was made for another product, and runs as it does there."""
    return definition.profile.name != STRICT.name


def is_not_waited_for(definition: PlanItemDefinition) -> bool:
    """Whether this is a task that is complete as soon as it has begun."""
    return isinstance(definition, Worked) and not definition.is_blocking
