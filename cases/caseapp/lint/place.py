"""What a rule is asked about, how a finding is made, and what expressions read."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cases.caseapp.document import CaseApp
from cases.cmmn.controlmodel import Value
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.errors import Problem
from cases.feel import Expression

_GIVEN = frozenset({"case", "result", "file", "item", "event", "context", "repetitionIndex"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; an error refuses the deployment, anything else an author should know."""

    problem: Problem
    is_error: bool


_OF_DEFINITIONS = frozenset({"A-01", "A-02", "A-03", "A-04", "A-07", "A-08"})
"""Rules about attributes of a definition: its line is the one to be mended, not that of the plan item."""


@dataclass(frozen=True, slots=True)
class Place:
    """A case of the app, and how its findings are made."""

    app: CaseApp
    case: CaseDefinition

    def finding(self, code: str, where: str, message: str, *, is_error: bool = True) -> Finding:
        """A finding at an element of the model."""
        source = self.app.sources.get(f"case:{self.case.id}", "")
        number = self.case.by_id.get(where) if code in _OF_DEFINITIONS else None
        line = None if number is None else self.case.lines.get(self.case.items[number].definition.id)
        problem = Problem(code, message, where, line or self.case.lines.get(where), source)
        return Finding(problem, is_error)


def of_app(code: str, message: str) -> Finding:
    return Finding(Problem(code, message, file="app.toml"), is_error=True)


def known_roots(app: CaseApp, case: CaseDefinition) -> frozenset[str]:
    """Root items that are declared, answers of plan items, and what outputs and intakes write."""
    known = {item.name for item in case.file.roots} | {item.answer_to for item in case.items}
    for item in case.items:
        if not isinstance(item.definition, Stage):
            known |= {output.path[0] for output in item.definition.work.outputs if output.path}
    for intake in app.intakes.values():
        known |= intake.mapping.keys()
    return frozenset(known) | frozenset(_given_by_repetition(case)) | _GIVEN


def _given_by_repetition(case: CaseDefinition) -> Iterator[str]:
    """What repetitions know their number, their element and its place by, and who started the case."""
    yield case.initiator
    for rule in (item.repetition for item in case.items):
        if rule is not None:
            yield from (rule.counter, rule.element, rule.element_index)


def expressions_of(case: CaseDefinition) -> Iterator[tuple[str, Expression]]:
    """Every expression of a case, with the element that it belongs to."""
    for criterion in case.criteria:
        for expression in expressions(criterion.sentry):
            yield criterion.sentry.id, expression
    for item in case.items:
        parts = (item.definition, item.required, item.repetition, item.manual)
        for expression in (found for part in parts for found in expressions(part)):
            yield item.id, expression
    for expression in expressions(case.title):
        yield case.id, expression


def expressions(value: object) -> Iterator[Expression]:
    """The expressions within a value made of dataclasses, tuples and mappings."""
    match value:
        case Expression():
            yield value
        case tuple() | frozenset():
            for part in value:
                yield from expressions(part)
        case Mapping():
            yield from expressions(tuple(value.values()))
        case Value():
            yield from expressions(value.expression)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for one in dataclasses.fields(value):
                yield from expressions(getattr(value, one.name))
