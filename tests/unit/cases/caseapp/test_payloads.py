"""What a JSON Schema says about a payload, in the codes that a sender gets (case-models 1.2)."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cases.caseapp import payloads

SCHEMA = {
    "type": "object",
    "required": ["name", "estimate"],
    "properties": {
        "name": {"type": "string", "maxLength": 5, "minLength": 1},
        "track": {"enum": ["fast", "slow"]},
        "day": {"type": "string", "format": "date"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "count": {"type": "integer", "minimum": 1, "maximum": 10},
        "estimate": {
            "type": "object",
            "required": ["amount"],
            "properties": {
                "amount": {"type": "string", "pattern": "^[0-9]{1,9}(\\.[0-9]{1,2})?$", "x-code": "DECIMAL"},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "x-code": "ISO4217"},
            },
        },
        "vehicles": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"$ref": "#/$defs/vehicle"},
        },
        "free": {"type": "object"},
        "who": {
            "oneOf": [
                {"type": "object", "required": ["person"], "properties": {"person": {"type": "string"}}},
                {"type": "object", "required": ["firm", "tax"], "properties": {"firm": {"type": "string"}}},
            ]
        },
    },
    "$defs": {
        "vehicle": {
            "type": "object",
            "required": ["vin"],
            "properties": {"vin": {"type": "string", "pattern": "^[A-Z0-9]{17}$"}},
        }
    },
}
GOOD = {"name": "Dana", "estimate": {"amount": "612.40"}}


def codes(payload: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in payloads.faults(SCHEMA, payload):
        found.setdefault(problem.where, []).append(problem.code)
        assert problem.message
    return found


def test_a_good_payload_has_no_faults() -> None:
    assert codes(GOOD) == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"name": 5}, {"name": ["TYPE"]}),
        ({"name": None}, {"name": ["TYPE"]}),
        ({"name": ""}, {"name": ["MIN_LENGTH 1"]}),
        ({"name": "Danara"}, {"name": ["MAX_LENGTH 5"]}),
        ({"name": "D\x00a"}, {"name": ["CONTROL_CHARACTER"]}),
        ({"name": "a\tb\nc"}, {}),
        ({"track": "siu"}, {"track": ["ENUM"]}),
        ({"day": "2026-02-30"}, {"day": ["DATE"]}),
        ({"day": "20260228"}, {"day": ["DATE"]}),
        ({"day": "٢٠٢٦-02-28"}, {"day": ["DATE"]}),
        ({"at": "2026-03-02T09:02:11-05:00"}, {}),
        ({"at": "2026-03-02T09:02"}, {}),
        ({"at": None}, {}),
        ({"at": "2026-03-02T25:00:00Z"}, {"at": ["DATE"]}),
        ({"at": "2026-03-02"}, {"at": ["DATE"]}),
        ({"count": 0}, {"count": ["MIN 1"]}),
        ({"count": 11}, {"count": ["MAX 10"]}),
        ({"count": Decimal("1.5")}, {"count": ["TYPE"]}),
        ({"count": True}, {"count": ["TYPE"]}),
        ({"estimate": {}}, {"estimate.amount": ["REQUIRED"]}),
        ({"estimate": {"amount": "1e6", "currency": "usd"}},
         {"estimate.amount": ["DECIMAL"], "estimate.currency": ["ISO4217"]}),
        ({"estimate": {"amount": Decimal("128000")}}, {"estimate.amount": ["DECIMAL"]}),
        ({"vehicles": []}, {"vehicles": ["MIN_ITEMS 1"]}),
        ({"vehicles": [{"vin": "1HGCM82633A004352"}, {"vin": "1hg"}, {}]},
         {"vehicles[1].vin": ["PATTERN"], "vehicles[2].vin": ["REQUIRED"]}),
        ({"vehicles": [{"vin": "1HGCM82633A004352"}] * 2}, {"vehicles": ["DUPLICATE"]}),
        ({"free": {"x": Decimal("1e7000")}}, {"free.x": ["TYPE"]}),
        ({"free": {"x": 10**40}}, {"free.x": ["TYPE"]}),
        ({"free": {"a\x1b": 1}}, {"free.a\x1b": ["CONTROL_CHARACTER"]}),
        ({"who": {"person": 5}}, {"who.person": ["TYPE"]}),
        ({"who": {"person": "x"}}, {}),
    ],
)  # fmt: skip
def test_each_fault_has_its_field_and_code(change: dict[str, object], found: dict[str, list[str]]) -> None:
    assert codes({**GOOD, **change}) == found


def test_all_faults_are_found_at_once() -> None:
    assert codes({"track": "x", "count": 0, "name": "Danara"}) == {
        "count": ["MIN 1"],
        "estimate": ["REQUIRED"],
        "name": ["MAX_LENGTH 5"],
        "track": ["ENUM"],
    }


@pytest.mark.parametrize("payload", [None, [], "text", 5, True])
def test_a_payload_that_is_no_object_has_one_fault(payload: object) -> None:
    assert [problem.code for problem in payloads.faults(SCHEMA, payload)] == ["TYPE"]


def test_unknown_keys_are_taken_out_and_named() -> None:
    payload = {
        **GOOD,
        "x": 1,
        "vehicles": [{"vin": "1HGCM82633A004352", "colour": "red"}],
        "free": {"anything": 1},
        "estimate": {"amount": "1", "note": "x"},
        "who": {"firm": "A", "tax": "B", "person": "C", "age": 4},
    }
    kept, warnings = payloads.known(SCHEMA, payload)
    assert kept == {
        **GOOD,
        "vehicles": [{"vin": "1HGCM82633A004352"}],
        "free": {"anything": 1},
        "estimate": {"amount": "1"},
        "who": {"firm": "A", "tax": "B", "person": "C"},
    }
    assert {problem.code for problem in warnings} == {"UNKNOWN_KEY"}
    assert [problem.where for problem in warnings] == [
        "estimate.note",
        "x",
        "vehicles[0].colour",
        "who.age",
    ]


def test_a_schema_that_points_elsewhere_opens_no_socket() -> None:
    schema = {"properties": {"x": {"$ref": "http://127.0.0.1:1/schema.json"}}}
    with pytest.raises(Exception, match="Unresolvable"):
        payloads.faults(schema, {"x": 1})


@pytest.mark.parametrize(
    ("text", "zone", "kept", "ambiguous"),
    [
        ("2026-03-02T08:15:00-05:00", "Europe/Berlin", "2026-03-02T08:15:00-05:00", False),
        ("2026-03-02T08:15:00", "America/New_York", "2026-03-02T08:15:00-05:00", False),
        ("2025-11-02T01:30:00", "America/New_York", "2025-11-02T01:30:00-04:00", True),
        ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T02:30:00-05:00", False),
        ("2026-03-02T13:15:00Z", "America/New_York", "2026-03-02T08:15:00-05:00", False),
        ("2025-11-02T05:30:00Z", "America/New_York", "2025-11-02T01:30:00-04:00", False),
    ],
)
def test_an_instant_without_an_offset_gets_that_of_its_zone(
    text: str, zone: str, kept: str, *, ambiguous: bool
) -> None:
    assert payloads.with_offset(text, ZoneInfo(zone)) == payloads.Instant(kept, ambiguous)


def test_what_is_no_instant_gets_no_offset() -> None:
    with pytest.raises(ValueError, match="not an instant"):
        payloads.with_offset("tomorrow", ZoneInfo("UTC"))


def test_depth_and_number_of_keys_are_limited() -> None:
    def nested(depth: int) -> object:
        return msgspec.json.decode(b"[" * depth + b"]" * depth)

    assert payloads.is_within_limits(nested(64))
    assert not payloads.is_within_limits(nested(65))
    assert payloads.is_within_limits({str(number): 1 for number in range(10_000)})
    assert not payloads.is_within_limits([{str(number): 1 for number in range(5_001)}] * 2)


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [("a", "a", True), ("a.b", "a", True), ("a", "a[0].b", True), ("a", "ab", False), ("a.b", "a.c", False)],
)
def test_paths_on_one_line_touch(one: str, other: str, *, related: bool) -> None:
    assert payloads.touches(one, other) is related


def test_a_value_is_read_and_put_by_its_path() -> None:
    payload = {"a": {"b": 1, "c": 2}}
    assert payloads.at(payload, "a.b") == 1
    assert payloads.at(payload, "a.x.y") is None
    assert payloads.put(payload, "a.b", 5) == {"a": {"b": 5, "c": 2}}
    assert payload == {"a": {"b": 1, "c": 2}}
