"""The built-in functions by name (DMN 1.5, 10.3.4), one file a subject; to add one is to declare it there."""

from cases.feel.builtins import (
    aggregates,
    contexts,
    dates,
    intervals,
    juel_dates,
    juel_functions,
    juel_lists,
    juel_methods,
    juel_texts,
    lists,
    numbers,
    text,
)
from cases.feel.lexer import Vocabulary
from cases.feel.values import Function

_WITH_METHODS = (juel_methods, juel_texts, juel_lists, juel_dates)

METHODS = {name: method for library in _WITH_METHODS for name, method in library.LIBRARY.known.items()}
"""The methods that expressions of Java's EL may call, by name; the function of each is `juel NAME`."""

FUNCTIONS: dict[str, Function] = {
    name: function
    for library in (
        numbers.LIBRARY,
        text.LIBRARY,
        lists.LIBRARY,
        aggregates.LIBRARY,
        dates.LIBRARY,
        contexts.LIBRARY,
        intervals.LIBRARY,
        juel_functions.LIBRARY,
        *(library.LIBRARY for library in _WITH_METHODS),
    )
    for name, function in library.functions().items()
}

IS_DEFINED = "is defined"
"""Asks of a name or a path whether it is there at all.

It is no function of a value, so the compiler knows it.
"""

NAMES = frozenset((*FUNCTIONS, IS_DEFINED))
"""What may be called."""

VOCABULARY = Vocabulary((*sorted(NAMES), "time offset", "start included", "end included"))
"""The names with spaces that every expression knows."""
