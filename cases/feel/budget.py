"""Ticks, depth, lengths: the limits of one evaluation, so that no expression can hold the engine."""

from cases.feel.errors import FeelError

MAX_LENGTH = 4_000
"""Characters of an expression."""
MAX_DEPTH = 60
"""How deeply brackets, calls and branches may be nested in an expression."""
MAX_HEIGHT = 150
"""Nodes of the tree of an expression above each other; a bracket may stand for several."""
MAX_TICKS = 100_000
"""Steps of one evaluation.

Rounds of loops, items of lists that are built or compared, characters by the hundred.
"""
MAX_CALLS = 60
"""How deeply functions may call each other."""
MAX_TEXT = 500_000
"""Characters of one text that an expression makes."""


class Budget:
    """What one evaluation may still spend."""

    __slots__ = ("_calls", "_ticks")

    def __init__(self, ticks: int = MAX_TICKS) -> None:
        self._ticks = ticks
        self._calls = 0

    @property
    def left(self) -> int:
        """Steps that may still be taken; none where one too many was asked for."""
        return max(0, self._ticks)

    def spend(self, ticks: int = 1) -> None:
        """Take so many steps. Raises `FeelError` when none are left."""
        self._ticks -= ticks
        if self._ticks < 0:
            raise FeelError("FEEL-BUDGET", "the expression takes too many steps")

    def spend_text(self, length: int) -> None:
        """Make a text of this length. Raises `FeelError` when it is too long, or no steps are left."""
        if length > MAX_TEXT:
            raise FeelError("FEEL-BUDGET", f"the expression makes a text of more than {MAX_TEXT} characters")
        if length > 100:
            self.spend(length // 100)

    def enter(self) -> None:
        """Go into a function. Raises `FeelError` when functions call each other too deeply."""
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise FeelError("FEEL-BUDGET", f"functions call each other more than {MAX_CALLS} deep")
        self.spend()

    def leave(self) -> None:
        """Come back from a function."""
        self._calls -= 1
