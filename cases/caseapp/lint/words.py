"""Names and words of a model: what expressions read, and which choices are asked for."""

import re
from collections.abc import Iterator

from cases.caseapp.lint.place import Finding, Place, expressions, expressions_of, known_roots
from cases.feel import lint as feel_lint

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def _names_are_known(place: Place) -> Iterator[Finding]:
    """C-05: an expression reads what is declared, or what something writes: a slip is otherwise a null."""
    known = known_roots(place.app, place.case)
    for where, expression in expressions_of(place.case):
        # In a filter a name may be one of the entry; `item.name` says so.
        is_error = not place.app.is_bare and "[" not in expression.text
        for name in sorted({path[0] for path in expression.names} - known):
            message = f"{where} reads {name}, which the case file does not declare and nothing writes"
            yield place.finding("C-05", where, message, is_error=is_error)


def _expressions_make_sense(place: Place) -> Iterator[Finding]:
    """What `feel.lint` says beyond names: what is always null, what changes with time alone. Warnings."""
    for where, expression in expressions_of(place.case):
        for problem in feel_lint.examine(expression.tree, expression.names):
            yield place.finding(problem.code, where, f"{where}: {problem.message}", is_error=False)


def _outcomes_are_heard(place: Place) -> Iterator[Finding]:
    """C-06: where conditions ask for an answer's choice, each choice is asked for somewhere. A warning."""
    conditions = [
        (expression.names, set(_LITERAL.findall(expression.text)))
        for criterion in place.case.criteria
        for expression in expressions(criterion)
    ]
    for item in place.case.items:
        form = place.app.forms.get(getattr(item.definition, "form", None) or "")
        for one in () if form is None else form.fields:
            path = (item.answer_to, one.key)
            heard = [literals for names, literals in conditions if path in names]
            for choice in one.choices if heard else ():
                if not any(choice.value in literals for literals in heard):
                    message = f"no condition asks whether {item.answer_to}.{one.key} is {choice.value}"
                    yield place.finding("C-06", item.id, message, is_error=False)


RULES = (_names_are_known, _expressions_make_sense, _outcomes_are_heard)
