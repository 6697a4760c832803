"""`app.toml` -> the values of `document`, with the line of whatever is wrong (docs/reference/app-toml.md)."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import isodate
import jsonschema

from cases.caseapp.document import (
    BreakerSpec,
    ConnectionSpec,
    IntakeCheck,
    IntakeSpec,
    OperationSpec,
    RoleSpec,
    SearchField,
    SlaSpec,
    StatusFault,
)
from cases.errors import Problem
from cases.feel import Expression, FeelError, parse
from cases.policy import calendar as working_hours
from cases.policy.calendar import Calendar
from cases.policy.escalation import Rung

Table = Mapping[str, Any]
"""A table of a TOML document: its shape is checked by the schema before anything of it is used."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+)\s*=")


@dataclass(slots=True)
class Manifest:
    """One `app.toml`, and its problems so far. `schemas` are the JSON Schemas of the app, by path."""

    file: str
    text: str
    schemas: Mapping[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def profile(self) -> str | None:
        """The profile of its models, where it names one; what is wrong with the file, `load` says."""
        try:
            own = tomllib.loads(self.text).get("app")
        except tomllib.TOMLDecodeError:
            return None
        named = own.get("profile") if isinstance(own, Mapping) else None
        return named if isinstance(named, str) else None

    def is_bare(self) -> bool:
        """Whether it names a profile, and nothing else: then its models are no app of a house."""
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError:
            return False
        return document.keys() == {"app"} and document["app"].keys() == {"profile"}

    def load(self) -> Table | None:
        """The document, None where it cannot be used."""
        try:
            document = tomllib.loads(self.text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            at = _AT_LINE.search(str(error))
            line = int(at[1]) if at else None
            self.problems.append(Problem("APP-TOML", _AT_LINE.sub("", str(error)), line=line, file=self.file))
            return None
        found = sorted(_validator().iter_errors(document), key=lambda fault: list(map(str, fault.path)))
        for fault in found:
            where = [str(part) for part in fault.absolute_path]
            self.refuse("APP-SCHEMA", f"{'.'.join(where) or 'app.toml'}: {fault.message}", *where)
        return None if found else document

    def refuse(self, code: str, message: str, *where: str) -> None:
        """Note what is wrong at this place."""
        self.problems.append(Problem(code, message, ".".join(where), self.line(*where), self.file))

    def line(self, *where: str) -> int | None:
        """The line of a table or key; of the nearest table around it where it has no line of its own."""
        places = _places(self.text)
        around = (where[:end] for end in range(len(where), 0, -1))
        # Entries of a list have numbers in `where` and none in the text.
        paths = (path for outer in around for path in (outer, tuple(p for p in outer if not p.isdigit())))
        return next((places[path] for path in paths if path in places), None)

    def feel(self, text: str, *where: str) -> Expression:
        """The expression; null after noting that the text is none."""
        try:
            return parse(text.removeprefix("=").strip())
        except FeelError as error:
            self.refuse("APP-FEEL", f"{'.'.join(where)} is no expression: {error}", *where)
            return parse("null")

    def zone(self, name: str, *where: str) -> str:
        """The name of a zone; UTC after noting that there is none of this name."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse("APP-ZONE", f"{name!r} is no time zone", *where)
            return "UTC"
        return name

    def seconds(self, text: str, *where: str) -> float:
        """A duration in seconds."""
        try:
            return float(isodate.parse_duration(text).total_seconds())
        except (isodate.ISO8601Error, AttributeError):
            self.refuse("APP-DURATION", f"{text!r} is no duration", *where)
            return 0.0


def roles(document: Table) -> dict[str, RoleSpec]:
    """The roles."""
    return {
        name: RoleSpec(
            name=name,
            title=role["title"],
            authority=None if "authority" not in role else Decimal(role["authority"]),
            read_only=role.get("read_only", False),
            external=role.get("external", False),
            supervisor=role.get("supervisor", False),
            operator=role.get("operator", False),
            administrator=role.get("administrator", False),
        )
        for name, role in document.get("roles", {}).items()
    }


def calendars(document: Table, manifest: Manifest) -> dict[str, Calendar]:
    """The calendars."""
    return {name: _calendar(name, table, manifest) for name, table in document.get("calendars", {}).items()}


def connections(document: Table, manifest: Manifest) -> dict[str, ConnectionSpec]:
    """The connections, with their operations."""
    found = {}
    for name, table in document.get("connections", {}).items():
        at = ("connections", name)
        operations = {
            operation: _operation(operation, inner, manifest, (*at, "operations", operation))
            for operation, inner in table["operations"].items()
        }
        found[name] = ConnectionSpec(name, table["title"], operations, _breaker(table, manifest, at))
    return found


def search(document: Table, manifest: Manifest) -> dict[str, SearchField]:
    """What a case can be found by."""
    return {
        name: SearchField(name, table["title"], manifest.feel(table["value"], "search", name, "value"))
        for name, table in document.get("search", {}).items()
    }


def intakes(document: Table, manifest: Manifest, default_case: str, zone: str) -> dict[str, IntakeSpec]:
    """How messages become cases."""
    found = {}
    for name, table in document.get("intake", {}).items():
        at = ("intake", name)
        found[name] = IntakeSpec(
            name=name,
            endpoint=table["endpoint"],
            case=table.get("case", default_case),
            key=manifest.feel(table["key"], *at, "key"),
            schema=_intake_schema(table["schema"], manifest, (*at, "schema")),
            mapping={item: manifest.feel(text, *at, "map", item) for item, text in table["map"].items()},
            instants={
                path: manifest.feel(text, *at, "instants", path) if text else None
                for path, text in table.get("instants", {}).items()
            },
            checks=_checks(table.get("checks", ()), manifest, (*at, "checks")),
            warnings=_checks(table.get("warnings", ()), manifest, (*at, "warnings")),
            different_payload=table.get("different_payload", "conflict"),
            zone=zone,
        )
    return found


def sla(document: Table) -> dict[str, SlaSpec]:
    """The SLA policies."""
    return {
        name: SlaSpec(name, table["title"], table["within"])
        for name, table in document.get("sla", {}).items()
    }


def ladders(document: Table) -> dict[str, tuple[Rung, ...]]:
    """The escalation ladders."""
    return {
        name: tuple(Rung(rung["at"], tuple(rung["who"]), rung["does"]) for rung in table["rungs"])
        for name, table in document.get("ladders", {}).items()
    }


def _calendar(name: str, table: Table, manifest: Manifest) -> Calendar:
    at = ("calendars", name)
    days = [table["days"]] if isinstance(table["days"], str) else table["days"]
    spans = [tuple(_clock(part) for part in span.split("-")) for span in table["hours"]]
    closed = []
    for day in table.get("closed", ()):
        try:
            closed.append(date.fromisoformat(day))
        except ValueError:
            manifest.refuse("APP-CALENDAR", f"{day!r} is no day", *at, "closed")
    calendar = Calendar(
        zone=table["zone"],
        days=frozenset(day for text in days for day in _weekdays(text)),
        hours=tuple(sorted((begin, end) for begin, end in spans)),
        country=table.get("country"),
        subdivision=table.get("subdivision"),
        closed=frozenset(closed),
    )
    for problem in working_hours.problems(calendar):
        manifest.refuse("APP-CALENDAR", f"calendar {name}: {problem}", *at)
    return calendar


def _clock(text: str) -> time:
    """A time of day; 24:00 is the midnight that ends it."""
    return time(0) if text.startswith("24:") else time.fromisoformat(text)


def _weekdays(text: str) -> list[int]:
    """`Mon-Fri` as numbers; a span may run over Sunday."""
    first, _, last = text.partition("-")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def _breaker(table: Table, manifest: Manifest, at: tuple[str, ...]) -> BreakerSpec | None:
    found = table.get("breaker")
    if found is None:
        return None
    within, opened = (manifest.seconds(found[key], *at, "breaker") for key in ("within", "open"))
    return BreakerSpec(found["failures"], within, opened)


def _operation(name: str, table: Table, manifest: Manifest, at: tuple[str, ...]) -> OperationSpec:
    method = table.get("method", "POST")
    schema = table.get("schema")
    if schema is not None:
        _check_schema(schema, manifest, (*at, "schema"))
    return OperationSpec(
        name=name,
        method=method,
        path=table["path"],
        body=manifest.feel(table["body"], *at, "body") if "body" in table else None,
        answer=manifest.feel(table["answer"], *at, "answer") if "answer" in table else None,
        schema=schema,
        status={
            int(status): _status(text, manifest, (*at, "status", status))
            for status, text in table.get("status", {}).items()
        },
        idempotent=table.get("idempotent", True),
        read_only=table.get("read_only", method == "GET"),
    )


def _status(text: str, manifest: Manifest, at: tuple[str, ...]) -> Expression | StatusFault:
    fault = re.fullmatch(r"fault\s+([A-Za-z][A-Za-z0-9_-]*)", text.strip())
    return StatusFault(fault[1]) if fault else manifest.feel(text, *at)


def _intake_schema(path: str, manifest: Manifest, at: tuple[str, ...]) -> Table:
    schema = manifest.schemas.get(path)
    if schema is None:
        manifest.refuse("APP-REFERENCE", f"there is no readable file {path}", *at)
        return {}
    _check_schema(schema, manifest, at)
    return schema


def _check_schema(schema: Table, manifest: Manifest, at: tuple[str, ...]) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        manifest.refuse("APP-SCHEMA", f"{'.'.join(at)} is no JSON Schema: {error.message}", *at)


def _checks(tables: Sequence[Table], manifest: Manifest, at: tuple[str, ...]) -> tuple[IntakeCheck, ...]:
    return tuple(
        IntakeCheck(
            field=table.get("each") or table["field"],
            code=table["code"],
            unless=manifest.feel(table["unless"], *at),
            each="each" in table,
        )
        for table in tables
    )


@lru_cache(maxsize=4)
def _places(text: str) -> dict[tuple[str, ...], int]:
    """Where tables and keys begin. A long text may hold what looks like a key: good enough to point at."""
    places: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        entry = _ENTRY.match(line)
        if header:
            table = _keys(header[1])
            places.setdefault(table, number)
        elif entry:
            places.setdefault((*table, *_keys(entry[1])), number)
    return places


def _keys(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((resources.files("cases.caseapp") / "app.schema.json").read_bytes())
    return jsonschema.Draft202012Validator(schema)
