"""Expression: text, names, evaluate(scope); parsed once, kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from cases.feel.builtins import NAMES, VOCABULARY
from cases.feel.compiler import compile_tree
from cases.feel.errors import FeelError
from cases.feel.lexer import Vocabulary, is_plain_name
from cases.feel.names import StaticPath, paths_read, reads_clock
from cases.feel.parser import parse_tree
from cases.feel.scope import Frame, Run, Scope
from cases.feel.syntax import Node
from cases.feel.types import Type

_KEPT = 4096


class Expression:
    """An expression, ready to be evaluated as often as one likes, from several threads at once."""

    __slots__ = ("_code", "names", "reads_clock", "text", "tree")

    def __init__(self, text: str, tree: Node, types: Mapping[str, Type]) -> None:
        self.text = text
        self.tree = tree
        self.names: frozenset[StaticPath] = paths_read(tree, NAMES)
        self.reads_clock = reads_clock(tree)
        self._code = compile_tree(tree, types)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self, scope: Mapping[str, object] | Scope, now: datetime | None = None, zone: str = "UTC"
    ) -> object:
        """The value. What is missing or does not fit is null, and noted in the scope.

        `now` and `zone` are for names alone; a scope has its own.
        Raises `FeelError` when the expression takes more steps, or goes deeper, than one may.
        """
        return self.evaluate_in(
            Run(scope if isinstance(scope, Scope) else Scope(scope, now=now, zone=zone)).frame()
        )

    def evaluate_in(self, frame: Frame) -> object:
        """The value within an evaluation that is going on, and on its budget. Raises `FeelError`."""
        try:
            return self._code(frame)
        except FeelError as error:
            if error.text:
                raise  # it was stopped in an expression that this one called
            raise FeelError(error.code, error.message, self.text) from None
        except RecursionError:
            raise FeelError("FEEL-BUDGET", "the expression goes too deep", self.text) from None


def parse(text: str, names: Iterable[str] = (), types: Mapping[str, Type] | None = None) -> Expression:
    """The expression of a text.

    `names` are the names it may use that hold spaces or signs, `types` those of a model.

    Raises `FeelError`, with the place.
    """
    if types:
        return _read(text, frozenset(name for name in names if not is_plain_name(name)), types)
    return _kept(text, frozenset(name for name in names if not is_plain_name(name)))


@lru_cache(maxsize=_KEPT)
def _kept(text: str, names: frozenset[str]) -> Expression:
    return _read(text, names, {})


def _read(text: str, names: frozenset[str], types: Mapping[str, Type]) -> Expression:
    try:
        return Expression(text, parse_tree(text, Vocabulary(sorted(names), VOCABULARY)), types)
    except RecursionError:
        raise FeelError("FEEL-DEPTH", "the expression is nested too deeply", text) from None
