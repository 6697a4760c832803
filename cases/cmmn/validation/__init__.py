"""What a sound model must hold beyond its references: the codes of cmmn-semantics 1.9, one function each.

The reader has already refused what does not resolve; here stand the rules about what it means.
"""

from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.validation import control, reachability, sentries, structure, wiring
from cases.cmmn.validation.finding import Finding

__all__ = ["Finding", "check"]

_RULES = (*structure.RULES, *sentries.RULES, *control.RULES, *wiring.RULES, *reachability.RULES)


def check(definition: CaseDefinition) -> list[Finding]:
    """Every finding of every rule, in the order of the codes, then of the model; none is told twice."""
    found = dict.fromkeys(found for rule in _RULES for found in rule(definition))
    return sorted(found, key=lambda one: one.problem.code)
