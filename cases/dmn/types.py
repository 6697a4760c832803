"""Item definitions: the types of a model, with their allowed values (DMN 1.5, 7.3.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases.feel import Scope, UnaryTests
from cases.feel.types import (
    ANY,
    SIMPLE,
    ContextType,
    FunctionType,
    ListType,
    Named,
    Restricted,
    Type,
    UnknownType,
)

_ALIASES = {
    "any": "Any",
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type as a model writes it: another type, or components; perhaps many, perhaps only some values."""

    name: str
    reference: str = ""
    components: tuple["ItemDefinition", ...] = ()
    is_collection: bool = False
    allowed: UnaryTests | None = None
    constraint: UnaryTests | None = None
    function_result: str | None = None


def build_types(items: Mapping[str, ItemDefinition], imported: Mapping[str, Type]) -> dict[str, Type]:
    """The types of a model by name, those that it imports (`prefix.name`) among them."""
    types: dict[str, Type] = dict(imported)
    for name, item in items.items():
        types[name] = _once(name, item, types)
    return types


def type_named(name: str | None, types: Mapping[str, Type]) -> Type:
    """The type of a `typeRef`; anything, where it says nothing, or names what is not defined."""
    plain = (name or "").strip()
    found = types.get(plain) or types.get(plain.rpartition(":")[2])
    if found is not None:
        return found
    plain = plain.rpartition(":")[2]
    return SIMPLE.get(_ALIASES.get(plain, plain), ANY)


def is_known(name: str, types: Mapping[str, Type]) -> bool:
    """Whether a `typeRef` names a type at all."""
    plain = name.strip().rpartition(":")[2]
    return name.strip() in types or plain in types or _ALIASES.get(plain, plain) in SIMPLE


def result_type(declared: Type) -> Type:
    """The type of what a function gives, where its variable is declared with the type of the function."""
    while isinstance(declared, Named):
        declared = declared.find()
    return declared.result if isinstance(declared, FunctionType) else declared


def _once(name: str, item: ItemDefinition, types: Mapping[str, Type]) -> Named:
    built: list[Type] = []

    def find() -> Type:
        if not built:
            built.append(UnknownType(name))  # a type that is nothing but itself
            built[0] = _type(item, types)
        return built[0]

    return Named(name, find)


def _type(item: ItemDefinition, types: Mapping[str, Type]) -> Type:
    if item.function_result is not None:
        return FunctionType(None, type_named(item.function_result, types))
    base: Type = (
        ContextType({one.name: _type(one, types) for one in item.components}) if item.components else ANY
    )
    if not item.components:
        base = type_named(item.reference, types)
    base = _restricted(base, item.allowed)
    return _restricted(ListType(base) if item.is_collection else base, item.constraint)


def _restricted(base: Type, tests: UnaryTests | None) -> Type:
    return base if tests is None else Restricted(base, _allows(tests))


def _allows(tests: UnaryTests) -> Callable[[object], bool]:
    return lambda value: tests.evaluate(Scope(_NOTHING), value)
