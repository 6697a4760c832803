"""Raw answers, as a browser or a JSON client sends them: whose each is, and rows out of flat names."""

from collections.abc import Iterable, Mapping
from re import ASCII
from re import compile as compile_fixed

from forms.definition import Field, FieldType
from forms.fieldtypes import MAX_ROWS
from forms.reading import Unreadable

_CELL = compile_fixed(r"([A-Za-z][A-Za-z0-9_]*)-([0-9]{1,4})-([A-Za-z][A-Za-z0-9_]*)", ASCII)


def cell(field: Field, number: int, column: str) -> str:
    """The name of one cell of rows, in answers, in errors and on the page."""
    return f"{field.key}-{number}-{column}"


def is_sent(field: Field, answers: Mapping[str, object]) -> bool:
    """Whether the answers say anything of this field, were it that it is empty."""
    return field.key in answers or any(True for _ in _cells(field, answers))


def unknown(fields: Iterable[Field], answers: Mapping[str, object]) -> list[str]:
    """The names in the answers that belong to no field."""
    keys = {field.key for field in fields}
    rows = {field.key for field in fields if field.type is FieldType.ROWS}
    return [name for name in answers if name not in keys and _table(name) not in rows]


def rows(field: Field, answers: Mapping[str, object]) -> list[tuple[int, Mapping[str, object]]]:
    """The rows sent for a field, numbered as they were sent, without those that are empty.

    Cells by name (`split-0-pct`) win over a list under the field's own key, which an older draft may hold.
    Raises Unreadable where the list is none of contexts, or too long.
    """
    numbered: dict[int, dict[str, object]] = {}
    for number, column, raw in _cells(field, answers):
        numbered.setdefault(number, {})[column] = raw
    if not numbered:
        numbered = dict(enumerate(_listed(answers.get(field.key))))
    found = [
        (number, row) for number, row in sorted(numbered.items()) if not all(map(_is_empty, row.values()))
    ]
    if len(found) > MAX_ROWS:
        raise Unreadable(f"Give {MAX_ROWS} entries or fewer.")
    return list(found)


def _cells(field: Field, answers: Mapping[str, object]) -> Iterable[tuple[int, str, object]]:
    if field.type is not FieldType.ROWS:
        return
    for name, raw in answers.items():
        found = _CELL.fullmatch(name)
        if found is not None and found[1] == field.key:
            yield int(found[2]), found[3], raw


def _table(name: str) -> str | None:
    found = _CELL.fullmatch(name)
    return None if found is None else found[1]


def _listed(raw: object) -> list[dict[str, object]]:
    if raw is None or _is_empty(raw):
        return []
    if not isinstance(raw, (list, tuple)) or not all(isinstance(row, Mapping) for row in raw):
        raise Unreadable("Give a list of rows.")
    return [{str(key): value for key, value in row.items()} for row in raw]


def _is_empty(raw: object) -> bool:
    """None, blank text, or a list of such."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, (list, tuple)) and all(map(_is_empty, raw)))
