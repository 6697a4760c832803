"""What a form is: sections of fields, what each may hold, of whom it is asked and when.

Frozen values without behaviour; `reader` makes them, `validation` decides by them, `builder` draws them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Condition(Protocol):
    """An expression as forms know it. Whoever reads a form hands in the parser that makes these."""

    @property
    def names(self) -> frozenset[tuple[str, ...]]:
        """The paths that the expression reads; the first part of each is a name of the scope."""

    def evaluate(self, scope: Mapping[str, object], now: datetime | None = None, zone: str = "UTC") -> object:
        """The value where these names have these values, at this moment. A name that is missing is null.

        It may raise an error of its own where the expression passes a limit; forms let it through.
        """


class FieldType(StrEnum):
    """The kinds of question. `fieldtypes.TYPES` and `widgets.FIELDS` have one entry for each."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    ROWS = "rows"
    FILES = "files"
    CASE_REF = "case_ref"
    LOOKUP = "lookup"
    COMPUTED = "computed"
    LETTER = "letter"


Bound = Decimal | date | datetime
"""The smallest or largest value of a field: a number of numbers, a date of dates, an instant of instants."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer, offered to these roles (None: to everybody); `offer_if` may take it off the list."""

    value: str
    label: str
    offer_if: Condition | None = None
    offered_to: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that must be true of an answer, and what to say where it is not."""

    condition: Condition
    message: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question.

    `editable_by` and `readable_by` name roles; None means everybody who works on the task, an empty set
    nobody. `value` computes a computed field, and any other field that one may see but not edit; it
    prefills the rest. `hidden` keeps a computed field off the page. `shown_as` is the type of a computed
    field's result. `minimum` and `maximum` bound the value, `min_length` and `max_length` the length of a
    text or the number of choices, rows or files. `source` lists what a lookup offers.
    """

    key: str
    type: FieldType
    label: str
    help: str = ""
    required: "bool | Condition" = False
    visible_if: Condition | None = None
    editable_by: frozenset[str] | None = None
    readable_by: frozenset[str] | None = None
    choices: tuple[Choice, ...] = ()
    minimum: Bound | None = None
    maximum: Bound | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    check: Check | None = None
    value: Condition | None = None
    source: Condition | None = None
    hidden: bool = False
    shown_as: FieldType | None = None
    columns: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together, under one heading."""

    title: str
    fields: tuple[Field, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """What is asked, in the order in which it is asked."""

    key: str
    title: str
    sections: tuple[Section, ...]
    help: str = ""
    fields: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    """All fields, from the top to the bottom."""

    def __post_init__(self) -> None:
        found = tuple(one for section in self.sections for one in section.fields)
        object.__setattr__(self, "fields", found)

    def field(self, key: str) -> Field:
        """The field of this key. Raises KeyError when the form has none."""
        for one in self.fields:
            if one.key == key:
                return one
        raise KeyError(key)
