"""What a reader has to say about a document that it did read: the lines of the import report."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What became of a part of a document.

    `upgraded`: written in another way, and put right. `mapped`: an addition of another engine, understood.
    `ignored`: kept for those who export the model again, and without effect. `refused`: why it is not read.
    `lost`: left out where a document is written in the words of the standard alone.
    """

    UPGRADED = "upgraded"
    MAPPED = "mapped"
    IGNORED = "ignored"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of the import report: what became of what, where. `element` is an id, empty where none is."""

    kind: Kind
    code: str
    message: str
    element: str = ""
    line: int | None = None
