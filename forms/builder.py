"""A form definition -> a WTForms form that draws it for these roles and answers. It decides nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from wtforms.form import BaseForm

from forms import answers as raw_answers
from forms import computed, fieldtypes, visibility
from forms.definition import Field, FieldType, FormDefinition
from forms.errors import InvalidAnswers
from forms.reading import Unreadable
from forms.scope import Scope
from forms.widgets import FIELDS, YES_OR_NO, AnswerField, Drawing, RowsField

BLANK_ROWS = 2
"""Empty rows below those that are filled: without JavaScript, a row is added by sending the form."""


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """The fields of one section that are shown now."""

    title: str
    help: str
    fields: tuple[AnswerField, ...]


class DrawnForm(BaseForm):  # type: ignore[misc]  # WTForms ships no types
    """A form on a page: `sections` to draw, fields by key (`form["gross"]`), `form_errors` besides."""

    title: str
    help: str
    sections: tuple[DrawnSection, ...]


def build(
    form: FormDefinition,
    roles: Collection[str],
    answers: Mapping[str, object],
    file: Mapping[str, object],
    *,
    zone: tzinfo = UTC,
    now: datetime | None = None,
) -> DrawnForm:
    """The form as these roles see it, with these answers (a draft, or what was just sent).

    What may not be seen or is not shown is left out; what may not be edited is there, disabled. What was
    sent and cannot be read is shown as it was sent, with a note that it is not yet valid. Fields without
    an answer show the value that the form prefills.
    """
    walk = _Walk(frozenset(roles), answers, Scope(dict(file), zone, now, frozenset(roles)))
    drawn = {one.key: shown for one in form.fields if (shown := walk.visit(one)) is not None}
    made = DrawnForm({key: _unbound(drawing) for key, (drawing, _) in drawn.items()})
    made.process(data={key: data for key, (_, data) in drawn.items()})
    for one in form.fields:
        if one.type is FieldType.ROWS and one.key in drawn:
            made[one.key].cells = walk.cells(one, made)
        elif one.key in drawn and one.key in walk.unreadable:
            made[one.key].errors = [walk.unreadable[one.key]]
    made.title, made.help = form.title, form.help
    made.sections = tuple(
        DrawnSection(
            section.title, section.help, tuple(made[one.key] for one in section.fields if one.key in drawn)
        )
        for section in form.sections
        if any(one.key in drawn for one in section.fields)
    )
    return made


def show_errors(form: DrawnForm, invalid: InvalidAnswers) -> None:
    """Put each message where its field is drawn; what no field shows goes to `form.form_errors`.

    There it stands instead of the note that the answer is not yet valid: it says the same, and more.
    """
    cells = {
        cell.name: cell
        for drawn in form
        if isinstance(drawn, RowsField)
        for row in drawn.cells
        for cell in row
    }
    for key, messages in invalid.errors.items():
        if key in form:
            form[key].errors = [*messages]
        elif key in cells:
            cells[key].errors = [*messages]
        else:
            form.form_errors = [*form.form_errors, *(f"{key}: {message}" for message in messages)]


@dataclass(slots=True)
class _Walk:
    """One way down a form, as `validation` goes it, but nothing is refused."""

    roles: frozenset[str]
    answers: Mapping[str, object]
    scope: Scope
    unreadable: dict[str, str] = field(default_factory=dict)
    """The note below each field, or cell, whose answer cannot be read."""

    def visit(self, one: Field) -> tuple[Drawing, object] | None:
        """How the field is drawn and what it shows, or None where it is not drawn."""
        if not visibility.is_shown(one, self.scope):
            self.scope.names[one.key] = None
            return None
        editable = visibility.may_edit(one, self.roles)
        answered = editable and raw_answers.is_sent(one, self.answers)
        value = self._answer(one) if answered else computed.value_of(one, self.scope)
        self.scope.names[one.key] = value
        if one.hidden or not visibility.may_read(one, self.roles):
            return None
        drawing = self._drawing(one, self.scope, editable=editable)
        raw = self.answers.get(one.key) if answered else None
        return drawing, self._shown(value, raw)

    def cells(self, one: Field, form: DrawnForm) -> tuple[tuple[AnswerField, ...], ...]:
        """The cells of rows: those that are filled, and where one may add, some that are blank."""
        editable = form[one.key].editable
        rows = self._rows(one) if editable else []
        if not rows:
            filled = self.scope.names[one.key]
            listed = filled if isinstance(filled, list) else []
            rows = [(number, row) for number, row in enumerate(listed)]
        if editable:
            following = rows[-1][0] + 1 if rows else 0
            longest = fieldtypes.MAX_ROWS if one.max_length is None else one.max_length
            blank = min(BLANK_ROWS, longest - len(rows))
            rows = [*rows, *((following + number, {}) for number in range(blank))]
        return tuple(self._row(one, number, row, editable=editable) for number, row in rows)

    def _row(
        self, one: Field, number: int, row: Mapping[str, object], *, editable: bool
    ) -> tuple[AnswerField, ...]:
        below = self.scope.below({})
        drawn: dict[str, tuple[Drawing, object]] = {}
        for column in one.columns:
            key = raw_answers.cell(one, number, column.key)
            value = self._read(column, key, row.get(column.key))
            label = f"{column.label}, row {number + 1}"
            drawing = self._drawing(column, below, editable=editable, label=label)
            drawn[key] = drawing, self._shown(value, row.get(column.key))
            below.names[column.key] = value
        made = BaseForm({key: _unbound(drawing) for key, (drawing, _) in drawn.items()})
        made.process(data={key: data for key, (_, data) in drawn.items()})
        for key in drawn.keys() & self.unreadable.keys():
            made[key].errors = [self.unreadable[key]]
        return tuple(made)

    def _drawing(self, one: Field, scope: Scope, *, editable: bool, label: str = "") -> Drawing:
        choices = YES_OR_NO if one.type is FieldType.BOOL else visibility.offered(one, scope)
        return Drawing(one, editable, visibility.is_required(one, scope), choices, label)

    def _answer(self, one: Field) -> object:
        if one.type is FieldType.ROWS:
            return [
                {
                    column.key: self._read(
                        column, raw_answers.cell(one, number, column.key), row.get(column.key)
                    )
                    for column in one.columns
                }
                for number, row in self._rows(one)
            ]
        return self._read(one, one.key, self.answers.get(one.key))

    def _read(self, one: Field, key: str, raw: object) -> object:
        try:
            return fieldtypes.read(one, raw, self.scope.zone)
        except Unreadable as error:
            self.unreadable[key] = f"Not yet valid. {error}"
            return None

    def _rows(self, one: Field) -> list[tuple[int, Mapping[str, object]]]:
        try:
            return raw_answers.rows(one, self.answers)
        except Unreadable:
            return []

    def _shown(self, value: object, raw: object) -> object:
        """The text of a value; of an answer that cannot be read, the answer."""
        if value is None:
            value = raw
        if isinstance(value, (list, tuple)):
            return [fieldtypes.show(part, self.scope.zone) for part in value if part != ""]
        return fieldtypes.show(value, self.scope.zone)


def _unbound(drawing: Drawing) -> Any:  # noqa: ANN401 - WTForms' UnboundField, which has no type
    face = FIELDS[drawing.field.type]
    return face.make(drawing, widget=face.draw)
