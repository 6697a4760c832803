"""How a built-in function is declared: its name, its parameters with their types, and one Python function.

The types do the checking, so that the functions themselves meet only values they can work with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cases.feel.scope import Run
from cases.feel.types import ANY, SIMPLE, FunctionType, ListType, RangeType, Simple, Type, coerce, describe
from cases.feel.values import Function, kind

Body = Callable[..., object]
Declare = Callable[[Body], Body]

_TYPES: dict[str, Type] = {
    **{name: known for name, known in SIMPLE.items() if name != "Any"},
    "any": ANY,
    "list": ListType(ANY),
    "range": RangeType(ANY),
    "context": Simple("context"),
    "function": FunctionType(None, ANY),
}


_LONG = 1000
"""Characters of a text that cost a step to look through."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `any` takes null as well, and one that is optional may be left out or be null."""

    name: str
    type: Type
    optional: bool

    @classmethod
    def read(cls, text: str) -> "Parameter":
        """From `length?: number`."""
        name, _, written = text.partition(": ")
        return cls(name.rstrip("?"), _TYPES[written], optional=name.endswith("?"))


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function."""

    parameters: tuple[Parameter, ...]
    body: Callable[[Run, Sequence[object]], object]
    variadic: bool = False

    def arguments(
        self, positional: Sequence[object], named: Mapping[str, object] | None
    ) -> Sequence[object] | None:
        """The arguments in the order of the parameters, or None when the call has not this shape."""
        if named is None:
            required = sum(not parameter.optional for parameter in self.parameters)
            return positional if required <= len(positional) <= len(self.parameters) else None
        names = [parameter.name for parameter in self.parameters]
        given = all(parameter.optional or parameter.name in named for parameter in self.parameters)
        return [named.get(name) for name in names] if given and named.keys() <= set(names) else None

    def fitted(self, arguments: Sequence[object]) -> "list[object] | Parameter":
        """The arguments as the types want them, or the first parameter whose argument does not fit."""
        fitted: list[object] = []
        for parameter, argument in zip(self.parameters, arguments, strict=False):
            value = coerce(argument, parameter.type)
            if value is None and not (parameter.type is ANY or (parameter.optional and argument is None)):
                return parameter
            fitted.append(value)
        return fitted


class Library:
    """The functions of one file."""

    def __init__(self) -> None:
        self.overloads: dict[str, list[Overload]] = {}

    def function(self, name: str, *parameters: str) -> Declare:
        """Declares a function of its arguments; a second declaration of a name is another way to call it."""

        def declare(body: Body) -> Body:
            self._add(name, Overload(_read(parameters), lambda _, arguments: body(*arguments)))
            return body

        return declare

    def measured(self, name: str, *parameters: str) -> Declare:
        """Declares a function that takes the run before its arguments.

        To spend, to note, or to know the time.
        """

        def declare(body: Body) -> Body:
            self._add(name, Overload(_read(parameters), lambda run, arguments: body(run, *arguments)))
            return body

        return declare

    def gathering(self, name: str) -> Declare:
        """Declares a function of the run and one list, which may also be given as many arguments."""

        def declare(body: Body) -> Body:
            parameter = Parameter("list", _TYPES["list"], optional=False)
            self._add(
                name, Overload((parameter,), lambda run, arguments: body(run, *arguments), variadic=True)
            )
            return body

        return declare

    def spreading(self, name: str, *parameters: str) -> Declare:
        """Declares a function of the run, its parameters, and any number of further arguments as a list."""

        def declare(body: Body) -> Body:
            self._add(
                name, Overload(_read(parameters), lambda run, arguments: body(run, *arguments), variadic=True)
            )
            return body

        return declare

    def functions(self) -> dict[str, Function]:
        """The functions as values."""
        return {name: _function(name, tuple(overloads)) for name, overloads in self.overloads.items()}

    def _add(self, name: str, overload: Overload) -> None:
        self.overloads.setdefault(name, []).append(overload)


def _read(parameters: Sequence[str]) -> tuple[Parameter, ...]:
    return tuple(Parameter.read(parameter) for parameter in parameters)


def _function(name: str, overloads: tuple[Overload, ...]) -> Function:
    def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
        misfit: Parameter | None = None
        for overload in overloads:
            given = _given(overload, positional, named)
            if given is None:
                continue
            arguments = overload.fitted(given)
            if not isinstance(arguments, Parameter):
                return _call(name, overload, arguments, run)
            misfit = misfit or arguments
        run.note(_misfit(name, misfit, len(positional) if named is None else len(named)))
        return None

    return Function(name, [parameter.name for parameter in overloads[0].parameters], invoke)


def _given(
    overload: Overload, positional: Sequence[object], named: Mapping[str, object] | None
) -> Sequence[object] | None:
    if not overload.variadic or named is not None:
        return overload.arguments(positional, named)
    fixed = len(overload.parameters) - 1
    if len(positional) <= fixed:
        return None
    if fixed == 0 and len(positional) == 1:
        return positional
    return [*positional[:fixed], list(positional[fixed:])]


def _call(name: str, overload: Overload, arguments: list[object], run: Run) -> object:
    for argument in arguments:
        if argument.__class__ is list:
            run.spend(len(argument))
        elif argument.__class__ is str and len(argument) > _LONG:
            run.spend(len(argument) // _LONG)
    try:
        result = overload.body(run, arguments)
    except (ArithmeticError, ValueError):
        result = None
    if result is None:
        run.note(f"{name}({', '.join(kind(argument) for argument in arguments)}) has no value")
    elif result.__class__ is str:
        run.spend_text(len(result))
    elif result.__class__ is list:
        run.spend(len(result))
    return result


def _misfit(name: str, misfit: Parameter | None, count: int) -> str:
    if misfit is None:
        return f"{name} cannot be called with {count} arguments"
    return f"{name}: {misfit.name} should be a {describe(misfit.type)}"
