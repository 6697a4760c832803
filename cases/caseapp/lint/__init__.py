"""The whole app once more: do model, tables, forms, roles and connections fit? One function a code.

What a model is worth by itself says `cmmn.validation`. Codes beginning with A are rules of the house: they
hold for an app with an `app.toml`; a bare model is deployed as it is.
"""

import dataclasses
from collections.abc import Iterable, Iterator

from cases.caseapp.document import CaseApp
from cases.caseapp.lint import application, flow, wiring, words
from cases.caseapp.lint.place import Finding, Place
from cases.cmmn import validation
from cases.cmmn.metamodel import CaseDefinition
from cases.errors import Problem

__all__ = ["Finding", "check", "errors"]

_MODEL_RULES = (*words.RULES, *flow.RULES)


def check(app: CaseApp) -> list[Finding]:
    """Every finding of every rule, errors first, in the order of files and lines.

    A bare model has no app that it could fit, so nothing is asked about that.
    """
    found = [Finding(remark, is_error=False) for remark in app.remarks]
    found += [finding for case in app.cases.values() for finding in _of_model(app, case)]
    for case in app.cases.values():
        for rule in _MODEL_RULES if app.is_bare else (*_MODEL_RULES, *wiring.RULES):
            found += rule(Place(app, case))
    for app_rule in (application.tables_decide,) if app.is_bare else application.RULES:
        found += app_rule(app)
    return sorted(set(found), key=_order)


def errors(findings: Iterable[Finding]) -> list[Problem]:
    """The problems that refuse the app."""
    return [finding.problem for finding in findings if finding.is_error]


def _order(finding: Finding) -> tuple[bool, str, int, str, str]:
    problem = finding.problem
    return (not finding.is_error, problem.file, problem.line or 0, problem.code, problem.message)


def _of_model(app: CaseApp, case: CaseDefinition) -> Iterator[Finding]:
    source = app.sources.get(f"case:{case.id}", "")
    for found in validation.check(case):
        if found.problem.code == "V-41":  # C-05 knows what intakes write, too
            continue
        yield Finding(dataclasses.replace(found.problem, file=source), found.is_error)
