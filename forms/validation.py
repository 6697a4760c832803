"""The one validator of answers, for pages and API alike: `accept` decides, `draft` keeps what it can.

Who holds a Submission may trust it: it is made nowhere else.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from forms import answers as raw_answers
from forms import computed, fieldtypes, reading, visibility
from forms.definition import Check, Condition, Field, FieldType, FormDefinition
from forms.errors import InvalidAnswers
from forms.reading import Unreadable
from forms.scope import Scope

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Submission:
    """Answers that were found good: JSON values by field key. A field that was not shown is absent."""

    values: Mapping[str, object]


def accept(
    form: FormDefinition,
    answers: Mapping[str, object],
    roles: Collection[str],
    file: Mapping[str, object],
    *,
    zone: tzinfo = UTC,
    now: datetime | None = None,
) -> Submission:
    """The submission that these answers make for these roles, with computed fields, over this case file.

    `zone` and `now` are where the form stands: a time without an offset, `now()` and `today()` mean them.

    Raises InvalidAnswers with every fault: an answer that is missing, unreadable, out of its limits or not
    offered, a check that is not true, an answer to a field that one may not edit or that is none.
    """
    walk = _Walk(answers, frozenset(roles), Scope(dict(file), zone, now, frozenset(roles)))
    for one in form.fields:
        walk.visit(one)
    for key in raw_answers.unknown(form.fields, answers):
        walk.fault(key, "The form does not ask for this.")
    if walk.errors:
        raise InvalidAnswers(walk.errors)
    return Submission(walk.values)


def draft(
    form: FormDefinition,
    answers: Mapping[str, object],
    roles: Collection[str],
    file: Mapping[str, object],
    *,
    zone: tzinfo = UTC,
) -> dict[str, object]:
    """What can be kept of unfinished answers, also of fields that are not shown at the moment.

    An answer that was taken away is kept as null, so that it is not prefilled again.
    What cannot be read yet is kept as it was typed, so that whoever typed it can mend it.
    It demands nothing and raises nothing: what these roles may not answer, or is no text, is left out.
    The result may be handed to `accept`, `draft` and `builder.build` as answers.
    """
    del file  # what is shown now does not matter to what is remembered
    kept: dict[str, object] = {}
    for one in form.fields:
        if not visibility.may_edit(one, roles) or not raw_answers.is_sent(one, answers):
            continue
        if one.type is FieldType.ROWS:
            with suppress(Unreadable):
                kept[one.key] = fieldtypes.store(_kept_rows(one, answers, zone))
        elif (value := _kept(one, answers.get(one.key), zone)) is not _NOTHING:
            kept[one.key] = value
    return kept


@dataclass(slots=True)
class _Walk:
    """One way down a form. What a field holds is in the scope of those below it."""

    answers: Mapping[str, object]
    roles: frozenset[str]
    scope: Scope
    values: dict[str, object] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def visit(self, one: Field) -> None:
        """Decide one field, and let those below see what it holds."""
        editable = visibility.may_edit(one, self.roles)
        if not editable and raw_answers.is_sent(one, self.answers):
            self.fault(one.key, "You may not answer this.")
        shown = visibility.is_shown(one, self.scope)
        value: object = None
        if shown and editable:
            value = self._answered(one)
        elif shown and computed.has_value(one):
            value = computed.value_of(one, self.scope)
        self.scope.names[one.key] = value
        if shown and (editable or computed.has_value(one)):
            self.values[one.key] = fieldtypes.store(value)
            self._check(one.key, one.check, self.scope)

    def fault(self, key: str, message: str) -> None:
        """Note one fault of one field."""
        self.errors.setdefault(key, []).append(message)

    def _answered(self, one: Field) -> object:
        value = (
            self._rows(one)
            if one.type is FieldType.ROWS
            else self._read(one, one.key, self.answers.get(one.key))
        )
        return self._limited(one, one.key, value, self.scope)

    def _read(self, one: Field, key: str, raw: object) -> object:
        try:
            return fieldtypes.read(one, raw, self.scope.zone)
        except Unreadable as error:
            self.fault(key, str(error))
            return None

    def _limited(self, one: Field, key: str, value: object, scope: Scope) -> object:
        """The value, after noting whether it is missing, out of its limits or not on offer."""
        if value is None:
            if (
                key not in self.errors
                and not self._spoilt(one.required)
                and visibility.is_required(one, scope)
            ):
                self.fault(key, "This must be answered.")
            return None
        for message in fieldtypes.faults(one, value):
            self.fault(key, message)
        if not _is_offered(one, value, scope):
            self.fault(key, "Choose one of the answers that are offered.")
        return value

    def _rows(self, one: Field) -> list[dict[str, object]] | None:
        """The rows that have anything in them, None without any."""
        try:
            raw_rows = raw_answers.rows(one, self.answers)
        except Unreadable as error:
            self.fault(one.key, str(error))
            return None
        found: list[dict[str, object]] = []
        for number, raw in raw_rows:
            row: dict[str, object] = {}
            found.append(row)
            for column in one.columns:
                key = raw_answers.cell(one, number, column.key)
                below = self.scope.below(row)
                row[column.key] = value = self._limited(
                    column, key, self._read(column, key, raw.get(column.key)), below
                )
                below.names[column.key] = value
                self._check(key, column.check, below)
            for extra in raw.keys() - {column.key for column in one.columns}:
                self.fault(raw_answers.cell(one, number, extra), "The form does not ask for this.")
        return found or None

    def _check(self, key: str, check: Check | None, scope: Scope) -> None:
        """A check is asked of an answer, not of a gap; nor does it follow a fault that it would read."""
        name = key.rsplit("-", 1)[-1]
        if (
            check is None
            or scope.names.get(name) is None
            or key in self.errors
            or self._spoilt(check.condition)
        ):
            return
        if not scope.holds(check.condition):
            self.fault(key, check.message)

    def _spoilt(self, condition: Condition | bool) -> bool:  # noqa: FBT001 - `required` is either
        """Whether a condition reads an answer that is at fault, so that what it says means nothing."""
        if isinstance(condition, bool) or not self.errors:
            return False
        faulty = {key.split("-", 1)[0] for key in self.errors}
        return not faulty.isdisjoint(path[0] for path in condition.names)


def _is_offered(one: Field, value: object, scope: Scope) -> bool:
    """Whether every chosen value is on offer. A lookup whose source lists nothing takes any text."""
    if not one.choices and one.source is None:
        return True
    offered = {choice.value for choice in visibility.offered(one, scope)}
    if one.source is not None and not offered:
        return True
    chosen: Iterable[object] = value if isinstance(value, list) else (value,)
    return all(part in offered for part in chosen)


def _kept(one: Field, raw: object, zone: tzinfo) -> object:
    """The JSON value of an answer; of one that cannot be read, what was typed, if it is text."""
    try:
        return fieldtypes.store(fieldtypes.read(one, raw, zone))
    except Unreadable:
        return reading.typed(raw) or _NOTHING


def _kept_rows(one: Field, answers: Mapping[str, object], zone: tzinfo) -> list[dict[str, object]]:
    """Rows with what was typed into their cells. Raises Unreadable where there are no rows to be found."""
    found: list[dict[str, object]] = []
    for _, raw in raw_answers.rows(one, answers):
        row = {column.key: _kept(column, raw.get(column.key), zone) for column in one.columns}
        found.append(
            {key: value for key, value in row.items() if value is not None and value is not _NOTHING}
        )
    return [row for row in found if row]
