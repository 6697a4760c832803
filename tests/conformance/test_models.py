"""Every public model beside the project is read or refused with a reason, and drawn without a fault."""

import pytest

from cases.cmmn import diagram, reader
from cases.cmmn.validation import check
from cases.errors import Invalid
from tests import shared

FOLDER = shared.SHARED / "conformance" / "models"
SUITES = sorted(path for path in FOLDER.glob("*") if path.is_dir()) if FOLDER.is_dir() else []
MOST_REFUSED = 0.05


@pytest.mark.shared
@pytest.mark.skipif(not SUITES, reason=shared.MISSING)
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_models_are_read_and_drawn_and_what_is_refused_has_a_code_and_a_line(suite) -> None:
    paths = sorted(path for path in suite.rglob("*") if path.name.endswith((".cmmn", ".cmmn.xml")))
    refused, faults = [], []
    for path in paths:
        try:
            model = reader.read(path.read_bytes(), path.name)
        except Invalid as error:
            refused.append(path.name)
            faults += [(path.name, one) for one in error.problems if one.code[:2] != "V-" or not one.line]
            continue
        for case in model.cases.values():
            drawn = diagram.draw(case)
            faults += [(path.name, one) for one in diagram.overlaps(drawn)]
            assert len(drawn.drawing.boxes) == len(case.items)
            assert len(drawn.drawing.marks) == len(case.criteria)
            faults += [(path.name, one.problem) for one in check(case) if one.is_error]
    assert faults == []
    assert len(refused) <= MOST_REFUSED * len(paths), refused
