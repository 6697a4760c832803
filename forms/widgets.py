"""One WTForms field and widget for each field type: they draw an answer and read none.

A control is tied to its words: its id is the field's key, `<id>-help` is where the page prints the help and
`<id>-error` where it prints the errors, and the control names both in `aria-describedby`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from wtforms import Field as WTField
from wtforms.widgets import html_params

from forms.definition import Choice, Field, FieldType

YES_OR_NO = (Choice("true", "Yes"), Choice("false", "No"))
NO_ANSWER = Choice("", "No answer")
"""Offered where one need not answer: a browser takes no radio button back."""

_FEW = 4
_SHORT = 28


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one field stands on the page now."""

    field: Field
    editable: bool
    required: bool
    choices: tuple[Choice, ...] = ()
    label: str = ""  # where it is not the field's own: a cell names its row


class AnswerField(WTField):  # type: ignore[misc]  # WTForms ships no types
    """A WTForms field that shows one answer. `data` is the text, or list of texts, that is shown."""

    group = False
    """A group of controls: its label belongs in a legend, and there is no single control to point at."""

    def __init__(self, drawing: Drawing, **keywords: Any) -> None:  # noqa: ANN401 - WTForms' own arguments
        self.drawing = drawing
        super().__init__(
            label=drawing.label or drawing.field.label, description=drawing.field.help, **keywords
        )

    @property
    def editable(self) -> bool:
        """Whether it may be answered. Disabled otherwise: a browser would send read-only fields back."""
        return self.drawing.editable

    @property
    def required(self) -> bool:
        """Whether it must be answered."""
        return self.drawing.required

    @property
    def kind(self) -> str:
        """The name of its type."""
        return str(self.drawing.field.type)

    @property
    def help_id(self) -> str:
        """The id of the element that holds the help."""
        return f"{self.id}-help"

    @property
    def error_id(self) -> str:
        """The id of the element that holds the errors."""
        return f"{self.id}-error"

    def texts(self) -> list[str]:
        """What it shows, as a list."""
        data = self.data
        if data is None or data == "":
            return []
        return list(data) if isinstance(data, (list, tuple)) else [str(data)]

    def text(self) -> str:
        """What it shows, as one text."""
        return ", ".join(self.texts())

    def attributes(self, **more: object) -> dict[str, object]:
        """The attributes that every control of this field has."""
        described = [self.help_id] if self.description else []
        described += [self.error_id] if self.errors else []
        found: dict[str, object] = {"id": self.id, "name": self.name}
        if self.drawing.label:
            found["aria-label"] = self.drawing.label
        if described:
            found["aria-describedby"] = " ".join(described)
        if self.errors:
            found["aria-invalid"] = "true"
        if self.required and self.editable:
            found["aria-required"] = "true"
        if not self.editable:
            found["disabled"] = True
        return found | more


class RowsField(AnswerField):
    """Rows of cells, each cell a field of its own. `cells` is made by the builder."""

    group = True
    cells: Sequence[Sequence[AnswerField]] = ()


class GroupField(AnswerField):
    """Several controls under one question."""

    group = True


class ChoiceField(AnswerField):
    """One of several: a list, or a few buttons side by side."""

    def __init__(self, drawing: Drawing, **keywords: Any) -> None:  # noqa: ANN401 - WTForms' own arguments
        super().__init__(drawing, **keywords)
        self.group = is_short(drawing)


Draw = Callable[..., Markup]


def text_input(type_: str, **fixed: object) -> Draw:
    """A widget that draws an input of this type."""

    def draw(field: AnswerField, **more: object) -> Markup:
        drawn = (
            {"class": "form-control"}
            | field.attributes(type=type_, value=field.text())
            | fixed
            | _lengths(field)
        )
        return Markup("<input %s>") % _attributes(**(drawn | more))

    return draw


def text_area(rows: int) -> Draw:
    """A widget that draws several lines."""

    def draw(field: AnswerField, **more: object) -> Markup:
        drawn = {"class": "form-control", "rows": rows} | field.attributes() | _lengths(field)
        # A browser drops the first newline after the tag, so one is put there to be dropped.
        return Markup("<textarea %s>\n%s</textarea>") % (_attributes(**(drawn | more)), field.text())

    return draw


def select(field: AnswerField, **more: object) -> Markup:
    """A list to choose one from; an answer that is no longer offered is not shown as if it were."""
    chosen = field.text()
    options = [Markup('<option value="">%s</option>') % "Choose"]
    options += [
        Markup("<option %s>%s</option>")
        % (_attributes(value=one.value, selected=one.value == chosen), one.label)
        for one in field.drawing.choices
    ]
    drawn = {"class": "form-select"} | field.attributes() | more
    return Markup("<select %s>%s</select>") % (_attributes(**drawn), Markup("").join(options))


def radios(field: AnswerField, **more: object) -> Markup:
    """One of a few, all of them to be seen."""
    return _switches(field, "radio", more)


def one_of(field: AnswerField, **more: object) -> Markup:
    """One of a few short choices side by side, one of many as a list; see `is_short`."""
    return radios(field, **more) if is_short(field.drawing) else select(field, **more)


def is_short(drawing: Drawing) -> bool:
    """Whether all choices can be seen at once, side by side; in a cell of a table there is no room.

    By the form, not by what is offered now: a control must not change its kind while one answers.
    """
    choices = drawing.field.choices
    return not drawing.label and len(choices) <= _FEW and all(len(one.label) <= _SHORT for one in choices)


def checkboxes(field: AnswerField, **more: object) -> Markup:
    """Several of a few. An empty companion is sent along: taking away the last one is an answer too."""
    return _companion(field) + _switches(field, "checkbox", more)


def suggestions(field: AnswerField, **more: object) -> Markup:
    """A text with a list of what is known."""
    if not field.drawing.choices:
        return text_input("text")(field, **more)
    list_id = f"{field.id}-options"
    options = Markup("").join(
        Markup("<option %s>%s</option>") % (_attributes(value=one.value), one.label)
        for one in field.drawing.choices
    )
    drawn = text_input("text", list=list_id)(field, **more)
    return drawn + Markup('<datalist id="%s">%s</datalist>') % (list_id, options)


def files(field: AnswerField, **more: object) -> Markup:
    """What is attached already, each to be kept or not, and room for more."""
    kept = [Choice(name, name) for name in field.texts()]
    attached = _boxes(field, "checkbox", kept, set(field.texts()), {})
    if not field.editable:
        return attached
    drawn = {"class": "form-control", "type": "file", "multiple": True} | field.attributes() | more
    return _companion(field) + attached + Markup("<input %s>") % _attributes(**drawn)


def output(field: AnswerField, **more: object) -> Markup:
    """What is worked out: shown, never sent."""
    drawn = {"class": "form-control-plaintext"} | field.attributes() | more
    for useless in ("disabled", "name"):
        drawn.pop(useless, None)
    return Markup("<output %s>%s</output>") % (_attributes(**drawn), field.text())


def table(field: RowsField, **more: object) -> Markup:
    """Rows as a table with a head; each cell is named by its column and its row."""
    head = Markup("").join(
        Markup('<th scope="col">%s</th>') % one.label for one in field.drawing.field.columns
    )
    body = Markup("").join(
        Markup("<tr>%s</tr>")
        % Markup("").join(Markup("<td>%s%s</td>") % (cell(), _cell_errors(cell)) for cell in row)
        for row in field.cells
    )
    drawn = {"class": "table"} | field.attributes(role="group") | more
    for useless in ("name", "disabled", "aria-required", "aria-invalid"):
        drawn.pop(useless, None)
    return Markup("<div %s><table class=table><thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>") % (
        _attributes(**(drawn | {"class": "table-responsive"})),
        head,
        body,
    )


def _cell_errors(cell: AnswerField) -> Markup:
    if not cell.errors:
        return Markup("")
    return Markup('<p class="invalid-feedback d-block" id="%s">%s</p>') % (
        cell.error_id,
        " ".join(cell.errors),
    )


def _switches(field: AnswerField, type_: str, more: Mapping[str, object]) -> Markup:
    choices, chosen = field.drawing.choices, set(field.texts())
    if type_ == "radio" and field.editable and not field.required:
        choices = (*choices, NO_ANSWER)
    drawn = _boxes(field, type_, choices, chosen, more)
    group = field.attributes(
        role="radiogroup" if type_ == "radio" else "group", **{"aria-label": field.label.text}
    )
    for useless in ("name", "disabled"):
        group.pop(useless, None)
    # The summary of errors leads to the group, which takes the focus only so.
    group |= {"class": "seg" if type_ == "radio" else "boxes", "tabindex": "-1"}
    if type_ != "radio":
        group.pop("aria-required", None)
        group.pop("aria-invalid", None)
    return Markup("<div %s>%s</div>") % (_attributes(**group), drawn)


def _boxes(
    field: AnswerField, type_: str, choices: Iterable[Choice], chosen: set[str], more: Mapping[str, object]
) -> Markup:
    drawn = Markup("")
    for number, one in enumerate(choices):
        item = f"{field.id}-{number}"
        box = {"class": "form-check-input", "id": item, "name": field.name, "type": type_, "value": one.value}
        state = {"checked": one.value in chosen, "disabled": not field.editable}
        drawn += Markup(
            '<div class="form-check"><input %s><label class="form-check-label" for="%s">%s</label></div>'
        ) % (
            _attributes(**{**box, **state, **more}),
            item,
            one.label,
        )
    return drawn


def _companion(field: AnswerField) -> Markup:
    if not field.editable:
        return Markup("")
    return Markup('<input type="hidden" name="%s" value="">') % str(field.name)


def _lengths(field: AnswerField) -> dict[str, object]:
    """A browser's own limit, where the form gives one. The least length is said when it is sent."""
    longest = field.drawing.field.max_length
    return {} if longest is None else {"maxlength": longest}


def _attributes(**found: object) -> Markup:
    return Markup(html_params(**found))  # noqa: S704 - html_params escapes names and values


@dataclass(frozen=True, slots=True)
class Face:
    """The WTForms field and the widget of one field type."""

    make: type[AnswerField]
    draw: Draw


_NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
_DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}

FIELDS: Mapping[FieldType, Face] = {
    FieldType.TEXT: Face(AnswerField, text_input("text")),
    FieldType.LONG_TEXT: Face(AnswerField, text_area(5)),
    FieldType.INTEGER: Face(AnswerField, text_input("text", **_NUMERIC)),
    FieldType.DECIMAL: Face(AnswerField, text_input("text", **_DECIMAL)),
    FieldType.MONEY: Face(AnswerField, text_input("text", **_DECIMAL)),
    FieldType.BOOL: Face(GroupField, radios),
    FieldType.DATE: Face(AnswerField, text_input("date")),
    FieldType.DATETIME: Face(AnswerField, text_input("datetime-local")),
    FieldType.CHOICE: Face(ChoiceField, one_of),
    FieldType.CHOICES: Face(GroupField, checkboxes),
    FieldType.ROWS: Face(RowsField, table),
    FieldType.FILES: Face(GroupField, files),
    FieldType.CASE_REF: Face(AnswerField, text_input("text", autocomplete="off", spellcheck="false")),
    FieldType.LOOKUP: Face(AnswerField, suggestions),
    FieldType.COMPUTED: Face(AnswerField, output),
    FieldType.LETTER: Face(AnswerField, text_area(16)),
}
assert frozenset(FIELDS) == frozenset(FieldType)  # noqa: S101 - a fact about this file
