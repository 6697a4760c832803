"""A form's JSON document -> `FormDefinition`, or `InvalidForm` with every problem that was found.

Expressions are read by a parser that is handed in: forms do not know the language, only what it gives.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from re import ASCII
from re import compile as compile_fixed

from forms import fieldtypes, identifiers
from forms.definition import Bound, Check, Choice, Condition, Field, FieldType, FormDefinition, Section
from forms.errors import InvalidForm
from forms.reading import Unreadable

Parse = Callable[[str], Condition]
"""Text -> expression. It raises an error with a message for the author where the text is none."""

_KEY = compile_fixed(r"[A-Za-z][A-Za-z0-9_]{0,63}", ASCII)
_FORM_KEYS = frozenset({"key", "title", "help", "sections", "fields", "$schema"})
_SECTION_KEYS = frozenset({"title", "help", "fields"})
_CHOICE_KEYS = frozenset({"value", "label", "offer_if", "offered_to"})
_EVERYWHERE = frozenset({"key", "type", "label", "help", "visible_if", "readable_by", "check", "message"})
_ANSWERED = frozenset({"required", "editable_by", "value"})
_COMPUTED = frozenset({"value", "hidden", "as"})
_IN_ROWS = frozenset({"visible_if", "readable_by", "editable_by", "value"})
_AS = frozenset(FieldType) - {FieldType.COMPUTED, FieldType.ROWS, FieldType.FILES}


def read_form(
    document: Mapping[str, object], parse: Parse, unparsable: type[Exception] = ValueError
) -> FormDefinition:
    """The form that a JSON document describes. Raises InvalidForm with every problem.

    `unparsable` is what `parse` raises of a text that is no expression; it becomes one of the problems.
    """
    reading = _Reading(parse, unparsable)
    form = reading.form(document)
    if reading.problems:
        raise InvalidForm(reading.problems)
    return form


@dataclass(slots=True)
class _Reading:
    """One document being read. Problems are gathered; a part that is wrong becomes something harmless."""

    parse: Parse
    unparsable: type[Exception]
    problems: list[str] = field(default_factory=list)

    def form(self, document: Mapping[str, object]) -> FormDefinition:
        """The whole form."""
        self.only(document, _FORM_KEYS, "form")
        key, title = self.text(document, "key", "form"), self.text(document, "title", "form")
        if ("fields" in document) == ("sections" in document):
            self.problems.append("form: give either 'fields' or 'sections'")
        sections = tuple(
            self.section(part, f"sections[{number}]")
            for number, part in enumerate(self.objects(document, "sections", "form"))
        )
        if "fields" in document:
            sections = (Section("", self.all_fields(document, "form")),)
        form = FormDefinition(key, title, sections, self.text(document, "help", "form", required=False))
        self.problems += _out_of_order(form.fields)
        return form

    def section(self, part: Mapping[str, object], where: str) -> Section:
        """One section."""
        self.only(part, _SECTION_KEYS, where)
        title, hint = self.text(part, "title", where), self.text(part, "help", where, required=False)
        return Section(title, self.all_fields(part, where), hint)

    def all_fields(self, part: Mapping[str, object], where: str) -> tuple[Field, ...]:
        """The fields of a section."""
        found = self.objects(part, "fields", where)
        if not found:
            self.problems.append(f"{where}: 'fields' lists no field")
        prefix = "" if where == "form" else f"{where}."
        return tuple(self.one_field(one, f"{prefix}fields[{number}]") for number, one in enumerate(found))

    def columns(self, part: Mapping[str, object], where: str) -> tuple[Field, ...]:
        """The columns of rows: fields without rights and without values of their own."""
        found = self.objects(part, "columns", where)
        if not found:
            self.problems.append(f"{where}: rows need 'columns'")
        columns = []
        for number, one in enumerate(found):
            at = f"{where}.columns[{number}]"
            column = self.one_field(one, at)
            if not fieldtypes.TYPES[column.type].column:
                self.problems.append(f"{at}: a column cannot be of type {column.type}")
            self.problems += [f"{at}: a column has no {key!r}" for key in sorted(_IN_ROWS & one.keys())]
            columns.append(column)
        self.problems += [f"{where}: column {key!r} stands twice" for key in _twice(columns)]
        return tuple(columns)

    def one_field(self, part: Mapping[str, object], where: str) -> Field:
        """One field or column."""
        key = self.text(part, "key", where)
        if key:
            where = f"{where} ({key})"
            if not _KEY.fullmatch(key):
                self.problems.append(f"{where}: a key is letters, digits and _, and begins with a letter")
        kind = self.kind(part, "type", where)
        self.only(part, _allowed(kind), where)
        return Field(
            key=key,
            type=kind,
            label=self.text(part, "label", where),
            help=self.text(part, "help", where, required=False),
            required=self.required(part, where),
            visible_if=self.condition(part, "visible_if", where),
            editable_by=self.roles(part, "editable_by", where),
            readable_by=self.roles(part, "readable_by", where),
            choices=self.choices(part, kind, where),
            minimum=self.bound(part, "min", kind, where),
            maximum=self.bound(part, "max", kind, where),
            min_length=self.count(part, "min_length", where),
            max_length=self.count(part, "max_length", where),
            pattern=self.pattern(part, where),
            format=self.format(part, where),
            check=self.check(part, where),
            value=self.value(part, kind, where),
            source=self.condition(part, "source", where),
            hidden=self.flag(part, "hidden", where),
            shown_as=self.shown_as(part, where),
            columns=self.columns(part, where) if kind is FieldType.ROWS else (),
        )

    def kind(self, part: Mapping[str, object], key: str, where: str) -> FieldType:
        """A field type; text where the document names none that there is."""
        name = part.get(key)
        if isinstance(name, str) and name in frozenset(FieldType):
            return FieldType(name)
        self.problems.append(f"{where}: {key!r} is {name!r}, expected one of {', '.join(FieldType)}")
        return FieldType.TEXT

    def shown_as(self, part: Mapping[str, object], where: str) -> FieldType | None:
        """The type of what a computed field gives."""
        if "as" not in part:
            return None
        kind = self.kind(part, "as", where)
        if kind not in _AS:
            self.problems.append(f"{where}: a computed field cannot be shown as {kind}")
        return kind

    def required(self, part: Mapping[str, object], where: str) -> Condition | bool:
        """True, false, or an expression."""
        raw = part.get("required", False)
        if isinstance(raw, bool):
            return raw
        return self.condition(part, "required", where) or False

    def value(self, part: Mapping[str, object], kind: FieldType, where: str) -> Condition | None:
        """The expression of a computed or prefilled field."""
        if kind is FieldType.COMPUTED and "value" not in part:
            self.problems.append(f"{where}: a computed field needs 'value'")
        return self.condition(part, "value", where)

    def check(self, part: Mapping[str, object], where: str) -> Check | None:
        """What must be true of an answer, with its message."""
        if ("check" in part) != ("message" in part):
            self.problems.append(f"{where}: 'check' and 'message' go together")
        condition = self.condition(part, "check", where)
        return (
            None if condition is None else Check(condition, self.text(part, "message", where, required=False))
        )

    def choices(self, part: Mapping[str, object], kind: FieldType, where: str) -> tuple[Choice, ...]:
        """What is offered."""
        if not fieldtypes.TYPES[kind].chosen:
            return ()
        found = []
        for number, one in enumerate(self.objects(part, "choices", where)):
            at = f"{where}.choices[{number}]"
            self.only(one, _CHOICE_KEYS, at)
            value, label = self.text(one, "value", at), self.text(one, "label", at)
            offer_if, offered_to = self.condition(one, "offer_if", at), self.roles(one, "offered_to", at)
            found.append(Choice(value, label, offer_if, offered_to))
        if not found:
            self.problems.append(f"{where}: a {kind} needs 'choices'")
        values = [choice.value for choice in found]
        self.problems += [f"{where}: choice {value!r} stands twice" for value in _repeated(values)]
        self.problems += [
            f"{where}: choice {value!r} has spaces around" for value in values if value != value.strip()
        ]
        return tuple(found)

    def bound(self, part: Mapping[str, object], key: str, kind: FieldType, where: str) -> Bound | None:
        """A smallest or largest value, of the field's own type."""
        if key not in part or not fieldtypes.TYPES[kind].bounded:
            return None
        try:
            return fieldtypes.bound(kind, part[key])
        except Unreadable as error:
            self.problems.append(f"{where}: {key!r}: {error}")
            return None

    def count(self, part: Mapping[str, object], key: str, where: str) -> int | None:
        """A length."""
        raw = part.get(key)
        if raw is None and key not in part:
            return None
        if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
            return raw
        self.problems.append(f"{where}: {key!r} is {raw!r}, expected a whole number from 0")
        return None

    def pattern(self, part: Mapping[str, object], where: str) -> str | None:
        """A pattern that the whole text must have; the syntax is RE2's, which takes linear time."""
        pattern = self.text(part, "pattern", where, required=False)
        if not pattern:
            return None
        try:
            fieldtypes.matcher(pattern)
        except ValueError as error:
            self.problems.append(f"{where}: 'pattern' is {error}")
            return None
        return pattern

    def format(self, part: Mapping[str, object], where: str) -> str | None:
        """The name of a kind of number with a check digit."""
        name = self.text(part, "format", where, required=False)
        if name and name not in identifiers.FORMATS:
            self.problems.append(
                f"{where}: 'format' is {name!r}, expected one of {', '.join(identifiers.FORMATS)}"
            )
            return None
        return name or None

    def condition(self, part: Mapping[str, object], key: str, where: str) -> Condition | None:
        """An expression, where the document has one under this key."""
        if key not in part:
            return None
        text = part[key]
        if not isinstance(text, str) or not text.strip():
            self.problems.append(f"{where}: {key!r} is {text!r}, expected an expression")
            return None
        try:
            return self.parse(text)
        except self.unparsable as error:
            self.problems.append(f"{where}: {key!r}: {error}")
            return None

    def roles(self, part: Mapping[str, object], key: str, where: str) -> frozenset[str] | None:
        """A list of roles; None where everybody is meant."""
        if key not in part:
            return None
        raw = part[key]
        if isinstance(raw, list) and all(isinstance(role, str) and role for role in raw):
            return frozenset(raw)
        self.problems.append(f"{where}: {key!r} is {raw!r}, expected a list of roles")
        return None

    def flag(self, part: Mapping[str, object], key: str, where: str) -> bool:
        """True or false."""
        raw = part.get(key, False)
        if isinstance(raw, bool):
            return raw
        self.problems.append(f"{where}: {key!r} is {raw!r}, expected true or false")
        return False

    def text(self, part: Mapping[str, object], key: str, where: str, *, required: bool = True) -> str:
        """A text; empty where it is missing."""
        raw = part.get(key, "")
        if not isinstance(raw, str) or (required and not raw.strip()):
            self.problems.append(f"{where}: {key!r} is {part.get(key)!r}, expected a text")
            return ""
        return raw

    def objects(self, part: Mapping[str, object], key: str, where: str) -> list[Mapping[str, object]]:
        """A list of objects; empty where it is missing."""
        raw = part.get(key, [])
        if isinstance(raw, list) and all(isinstance(one, Mapping) for one in raw):
            return list(raw)
        self.problems.append(f"{where}: {key!r} is not a list of objects")
        return []

    def only(self, part: Mapping[str, object], known: Collection[str], where: str) -> None:
        """No key but these: a misspelt rule would otherwise be no rule at all."""
        self.problems += [f"{where}: {key!r} is not known here" for key in part if key not in known]


def _allowed(kind: FieldType) -> frozenset[str]:
    """The keys that a field of this type may have."""
    if kind is FieldType.COMPUTED:
        return _EVERYWHERE | _COMPUTED
    traits = fieldtypes.TYPES[kind]
    keys = _EVERYWHERE | _ANSWERED
    if traits.bounded:
        keys |= {"min", "max"}
    if traits.measured:
        keys |= {"min_length", "max_length"}
    if traits.texts:
        keys |= {"pattern", "format"}
    if traits.chosen:
        keys |= {"choices"}
    if kind is FieldType.LOOKUP:
        keys |= {"source"}
    if kind is FieldType.ROWS:
        keys |= {"columns"}
    return keys


def _out_of_order(fields: tuple[Field, ...]) -> list[str]:
    """A condition looks upwards only: so there is no circle, and what it reads is already known."""
    problems = [f"fields: key {key!r} stands twice" for key in _twice(fields)]
    below = {one.key for one in fields}
    for one in fields:
        for what, condition in _before(one):
            problems += _looks_down(one.key, what, condition, below)
        problems += _columns_out_of_order(one, below)
        below.discard(one.key)
        if one.check is not None:
            problems += _looks_down(one.key, "check", one.check.condition, below)
    return problems


def _columns_out_of_order(rows: Field, below: Collection[str]) -> list[str]:
    """A column sees the columns before it, then what the rows see; never the rows themselves."""
    problems = []
    known: set[str] = set()
    later = {column.key for column in rows.columns}
    for column in rows.columns:
        where = f"{rows.key}.{column.key}"
        for what, condition in _before(column):
            problems += _looks_down(where, what, condition, later | (set(below) - known))
        known.add(column.key)
        later.discard(column.key)
        if column.check is not None:
            problems += _looks_down(where, "check", column.check.condition, later | (set(below) - known))
    return problems


def _looks_down(where: str, what: str, condition: Condition, below: Collection[str]) -> list[str]:
    found = sorted(_roots(condition).intersection(below))
    return [f"{where}: {what!r} reads {name!r}, which does not stand above it" for name in found]


def _before(one: Field) -> list[tuple[str, Condition]]:
    """The expressions that are asked before the field has a value."""
    found = [
        ("visible_if", one.visible_if),
        ("required", one.required),
        ("value", one.value),
        ("source", one.source),
        *(("offer_if", choice.offer_if) for choice in one.choices),
    ]
    return [
        (what, condition)
        for what, condition in found
        if condition is not None and not isinstance(condition, bool)
    ]


def _roots(condition: Condition) -> frozenset[str]:
    return frozenset(path[0] for path in condition.names)


def _twice(found: Collection[Field]) -> list[str]:
    return _repeated([one.key for one in found])


def _repeated(texts: list[str]) -> list[str]:
    return sorted({text for text in texts if texts.count(text) > 1})
