"""Unary tests: the cells of a decision table (DMN 1.5, 10.3.1.2, grammar rules 7 to 17)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from cases.feel.builtins import NAMES, VOCABULARY
from cases.feel.compiler import compile_tests
from cases.feel.errors import FeelError
from cases.feel.lexer import Vocabulary, is_plain_name
from cases.feel.names import StaticPath, paths_of_tests
from cases.feel.parser import parse_tests
from cases.feel.scope import Frame, Run, Scope
from cases.feel.syntax import Tests
from cases.feel.types import Type

_KEPT = 4096


class UnaryTests:
    """The tests of a cell, ready to be asked."""

    __slots__ = ("_code", "names", "text", "tree")

    def __init__(self, text: str, tree: Tests, types: Mapping[str, Type]) -> None:
        self.text = text
        self.tree = tree
        self.names: frozenset[StaticPath] = paths_of_tests(tree, NAMES)
        self._code = compile_tests(tree, types)

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"

    def evaluate(self, scope: Mapping[str, object] | Scope, value: object) -> bool:
        """Whether the value passes; what cannot be compared does not.

        Raises `FeelError` when the tests take more steps, or go deeper, than one may.
        """
        return self.evaluate_in(Run(scope if isinstance(scope, Scope) else Scope(scope)).frame(), value)

    def evaluate_in(self, frame: Frame, value: object) -> bool:
        """Whether the value passes, within an evaluation that is going on, and on its budget.

        Raises `FeelError`.
        """
        try:
            return self._code(frame, value) is True
        except FeelError as error:
            if error.text:
                raise  # it was stopped in an expression that this one called
            raise FeelError(error.code, error.message, self.text) from None
        except RecursionError:
            raise FeelError("FEEL-BUDGET", "the tests go too deep", self.text) from None


def parse_unary(text: str, names: Iterable[str] = (), types: Mapping[str, Type] | None = None) -> UnaryTests:
    """The tests of a cell; `-` passes everything, an absent value as well.

    Raises `FeelError`, with the place.
    """
    if types:
        return _read(text, frozenset(name for name in names if not is_plain_name(name)), types)
    return _kept(text, frozenset(name for name in names if not is_plain_name(name)))


@lru_cache(maxsize=_KEPT)
def _kept(text: str, names: frozenset[str]) -> UnaryTests:
    return _read(text, names, {})


def _read(text: str, names: frozenset[str], types: Mapping[str, Type]) -> UnaryTests:
    try:
        return UnaryTests(text, parse_tests(text, Vocabulary(sorted(names), VOCABULARY)), types)
    except RecursionError:
        raise FeelError("FEEL-DEPTH", "the tests are nested too deeply", text) from None
