"""A payload -> the root items of a case, or every fault at once (docs/reference/app-toml.md, "intake")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.caseapp import payloads
from cases.caseapp.document import IntakeCheck, IntakeSpec
from cases.caseapp.payloads import Json
from cases.cmmn.evaluation import NotComputed, json_of
from cases.errors import Problem
from cases.feel import Expression, FeelError, Scope


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one field, or a warning; `payloads.problem` has the sentence for people."""

    field: str
    code: str

    def __str__(self) -> str:
        return f"{self.field}: {self.code}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a payload is: its intake key and the root items of the case; with errors, neither."""

    key: str | None
    inputs: Mapping[str, object]
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()


def read(intake: IntakeSpec, payload: Json, now: datetime) -> Reading:
    """Check the payload whole, and map it. It raises nothing: what is wrong stands in `errors`."""
    if not payloads.is_within_limits(payload):
        return Reading(None, {}, (FieldError("", "INVALID"),))
    if not isinstance(payload, dict):
        return Reading(None, {}, (FieldError("", "TYPE"),))
    known, unknown = payloads.known(intake.schema, payload)
    walk = _Walk(intake, now, _errors(payloads.faults(intake.schema, known)), _errors(unknown))
    known = walk.with_offsets(known)
    errors = [*walk.errors, *walk.run(intake.checks, known)]
    warnings = [*walk.warnings, *walk.run(intake.warnings, known)]
    if errors:
        return Reading(None, {}, tuple(errors), tuple(warnings))
    key, inputs = walk.mapped(known)
    if key is None:
        return Reading(None, {}, (FieldError("", "KEY"),), tuple(warnings))
    return Reading(key, inputs, (), tuple(warnings))


@dataclass(slots=True)
class _Walk:
    """One payload being read: what was wrong with it so far."""

    intake: IntakeSpec
    now: datetime
    errors: list[FieldError]
    warnings: list[FieldError]

    def with_offsets(self, payload: Json) -> Json:
        """The payload, its instants with the offset of their place."""
        for path, zone in self.intake.instants.items():
            text = payloads.at(payload, path)
            if not isinstance(text, str) or self._is_faulty(path):
                continue
            try:
                instant = payloads.with_offset(text, self._zone(zone, payload))
            except ValueError:
                continue  # the schema asks for no instant here, and this is none
            payload = payloads.put(payload, path, instant.text)
            if instant.ambiguous:
                self.warnings.append(FieldError(path, "AMBIGUOUS_LOCAL_TIME"))
        return payload

    def run(self, checks: Sequence[IntakeCheck], payload: Json) -> list[FieldError]:
        """An error for each check that is not true of a field that has no fault yet."""
        return [
            FieldError(where, check.code)
            for check in checks
            for where, layers in _subjects(check, payload)
            if not self._is_faulty(where) and self._value(check.unless, *layers) is not True
        ]

    def mapped(self, payload: Json) -> tuple[str | None, dict[str, object]]:
        """The intake key, and the root items that are not null."""
        key = self._value(self.intake.key, payload)
        found = {name: self._value(value, payload) for name, value in self.intake.mapping.items()}
        items = {name: value for name, value in found.items() if value is not None}
        return (key if isinstance(key, str) and key else None), items

    def _value(self, expression: Expression, *layers: Mapping[str, object]) -> object:
        try:
            return json_of(expression.evaluate(Scope(*layers, now=self.now, zone=self.intake.zone)))
        except (FeelError, NotComputed):
            return None

    def _is_faulty(self, path: str) -> bool:
        return any(payloads.touches(error.field, path) for error in self.errors)

    def _zone(self, zone: Expression | None, payload: Json) -> ZoneInfo:
        named = None if zone is None else self._value(zone, payload)
        try:
            return ZoneInfo(named if isinstance(named, str) else self.intake.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(self.intake.zone)


def _subjects(check: IntakeCheck, payload: Json) -> Iterator[tuple[str, tuple[Mapping[str, object], ...]]]:
    """The fields that a check is asked of, and what its expression sees there."""
    if not check.each:
        yield check.field, (payload,)
        return
    entries = payloads.at(payload, check.field)
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        yield f"{check.field}[{number}]", ({"item": entry}, payload)


def _errors(problems: Sequence[Problem]) -> list[FieldError]:
    return [FieldError(problem.where, problem.code) for problem in problems]
