"""The knowledge that lies beside the project in `../shared`, where a checkout has it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

MISSING = "needs the folder ../shared"
"""The reason of a skip for want of it; under `CASEWRIGHT_REQUIRE_SHARED=1` such a skip is a failure."""


def is_required() -> bool:
    return os.environ.get("CASEWRIGHT_REQUIRE_SHARED") == "1"
