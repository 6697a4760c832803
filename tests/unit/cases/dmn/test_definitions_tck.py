"""The public conformance kit of DMN, as far as it lies beside the project."""

import pytest

from cases.scenarios import decisions
from tests.shared import MISSING, SHARED

KIT = SHARED / "conformance" / "dmn-tck"

KNOWN_FAILURES = {
    # Times equal only to the second: we hold microseconds, and compare them.
    "0068-feel-equality": 2,
    # Back-references, blocks of Unicode, subtraction of classes: the price of patterns in linear time.
    "1111-feel-matches-function": 6,
}
"""How many results of a group differ from the kit, and why. The numbers may only fall."""


def groups() -> list[str]:
    return sorted(group.name for level in KIT.glob("compliance-level-*") for group in level.iterdir())


pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason=MISSING)


@pytest.mark.parametrize("group", groups())
def test_a_group_of_the_conformance_kit_passes_but_for_what_is_known_to_fail(group: str) -> None:
    (folder,) = KIT.glob(f"compliance-level-*/{group}")
    nodes = list(decisions.play(folder))
    failures = [f"{node.node}: {node.message}" for node in nodes if node.result != decisions.PASSED]
    assert nodes
    assert len(failures) == KNOWN_FAILURES.get(group, 0), "\n".join(failures)


def test_the_kit_is_there_in_both_levels() -> None:
    assert len(groups()) > 100
