"""FeelError: what is wrong with an expression, and at which place of its text."""

from cases.errors import CaseError

_BEFORE = 15
_AFTER = 20


class FeelError(CaseError):
    """An expression that cannot be read, or that passed a limit while it was evaluated.

    `code` is one of `FEEL-SYNTAX`, `FEEL-DEPTH`, `FEEL-LENGTH`, `FEEL-BUDGET` and `FEEL-JUEL`, which is
    for what Java's expression language has no translation or no value for; `position` is an offset into
    `text`.
    """

    def __init__(self, code: str, message: str, text: str = "", position: int = 0) -> None:
        self.code = code
        self.text = text
        self.position = position
        super().__init__(message)

    @property
    def excerpt(self) -> str:
        """The text around the place, which is marked by a triangle."""
        before = self.text[max(0, self.position - _BEFORE) : self.position]
        return f"{before}▸{self.text[self.position : self.position + _AFTER]}"

    def __str__(self) -> str:
        if not self.text:
            return self.message
        return f"{self.message} (at {self.position + 1}: {self.excerpt})"
