"""A draft as it lies with its task: the answers so far, and who kept them last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cases.persistence import codec


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers that nobody has sent yet. An older version did not keep who did so, or when."""

    answers: Mapping[str, object] = field(default_factory=dict)
    by_id: int | None = None
    at: datetime | None = None


def pack(draft: Draft) -> bytes:
    """The draft as its row holds it."""
    return codec.pack([dict(draft.answers), draft.by_id, None if draft.at is None else draft.at.isoformat()])


def unpack(kept: bytes | None) -> Draft:
    """The draft of a row; an empty one where there is none."""
    if kept is None:
        return Draft()
    match codec.unpack(kept):
        case dict(answers):
            return Draft(answers)
        case [dict(answers), int() | None as by_id, str() as at]:
            return Draft(answers, by_id, datetime.fromisoformat(at))
        case _:
            return Draft()
