"""What may go wrong in `cases`: one root and four families, which the doors translate into answers."""

from collections.abc import Sequence
from dataclasses import dataclass


class CaseError(Exception):
    """Root of everything that `cases` raises on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class NotFound(CaseError):
    """What was asked for does not exist, or does not exist for this person."""


class NotAllowed(CaseError):
    """The actor may not do this. `code` names the rule that refused, when a door wants to say more."""

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Conflict(CaseError):
    """The thing is not in a state that permits this.

    `code` names the reason, when a door wants to say more.
    """

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document: what is wrong, and where."""

    code: str
    message: str
    where: str = ""
    line: int | None = None
    file: str = ""

    def __str__(self) -> str:
        line = "" if self.line is None else str(self.line)
        return ": ".join(
            part for part in (":".join(filter(None, (self.file, line))), self.code, self.message) if part
        )


class Invalid(CaseError):
    """A document or an input is wrong; `problems` lists every fault that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
