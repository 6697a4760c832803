"""The models of `conformance/spec/invalid` are refused for the reasons that stand beside them."""

import pytest

from cases.cmmn import reader
from cases.cmmn.validation import check
from cases.errors import Invalid, Problem
from tests import shared
from tests.conformance import runner

INVALID = shared.SHARED / "conformance" / "spec" / "invalid"
CASES = sorted(INVALID.glob("*.yaml")) if INVALID.is_dir() else []


@pytest.mark.shared
@pytest.mark.skipif(not CASES, reason=shared.MISSING)
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_model_that_must_be_refused_is(path):
    wanted = runner.load(path)
    found = problems((INVALID / wanted["model"]).read_text(encoding="utf-8"))
    for error in wanted["errors"]:
        elements = error["element"] if isinstance(error["element"], list) else [error["element"]]
        assert any(one.code == error["rule"] and one.where in elements for one in found), found
    allowed = {error["rule"] for error in wanted["errors"]} | set(wanted.get("may", ()))
    assert {one.code for one in found} <= allowed


def problems(text: str) -> list[Problem]:
    try:
        cases = reader.read(runner.translated(text)).cases
    except Invalid as no:
        return list(no.problems)
    return [found.problem for case in cases.values() for found in check(case) if found.is_error]
