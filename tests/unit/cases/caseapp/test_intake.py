"""A payload -> the root items of a case, or every fault at once, in the codes of case-models 1.2."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cases.caseapp import archive, intake, reader
from cases.caseapp.intake import Reading
from tests.unit.cases.caseapp.apps import files

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
CLAIMS = Path(__file__).resolve().parents[4] / "cases" / "library" / "claims.auto"
LOANS = reader.read(files()).intakes["loans"]
GOOD: dict[str, Any] = {"id": "A-1", "amount": "612.40"}


def read(**changed: object) -> Reading:
    return intake.read(LOANS, {**GOOD, **changed}, NOW)


def claim(payload_id: str) -> tuple[Reading, str]:
    """A payload of the claims app as it is read, and what the knowledge expects."""
    for line in (CLAIMS / "data" / "payloads.jsonl").read_text().splitlines():
        entry = json.loads(line, parse_float=Decimal)
        if entry["id"] == payload_id:
            spec = reader.read(archive.folder(CLAIMS)).intakes["claims"]
            return intake.read(spec, entry["payload"], NOW), entry["expect"]["intake"]
    raise KeyError(payload_id)


def test_a_good_payload_has_a_key_and_root_items_with_exact_numbers() -> None:
    reading = read()
    assert reading.key == "A-1"
    assert reading.inputs == {"applicant": {"id": "A-1", "at": None, "amount": Decimal("612.40")}}
    assert (reading.errors, reading.warnings) == ((), ())


def test_all_faults_are_found_at_once_and_nothing_is_mapped() -> None:
    reading = read(amount="1e6", at="2026-02-30T10:00:00Z", files=[{"bytes": 0}, {"bytes": 4}, {"bytes": 0}])
    assert [str(error) for error in reading.errors] == [
        "amount: DECIMAL",
        "at: DATE",
        "files[0]: EMPTY",
        "files[2]: EMPTY",
    ]
    assert (reading.key, reading.inputs) == (None, {})


def test_a_check_is_not_asked_of_a_field_that_is_at_fault_already() -> None:
    assert [error.code for error in read(at="soon").errors] == ["DATE"]


def test_a_time_that_lies_ahead_is_refused_by_the_time_of_the_message() -> None:
    assert [str(error) for error in read(at="2026-03-02T14:05:01Z").errors] == ["at: IN_FUTURE"]
    assert read(at="2026-03-02T14:05:00Z").errors == ()


def test_unknown_keys_stay_out_with_a_warning() -> None:
    reading = read(colour="red")
    assert [str(warning) for warning in reading.warnings] == ["colour: UNKNOWN_KEY"]
    assert "colour" not in str(reading.inputs)


def test_a_warning_of_the_app_does_not_stop_the_case() -> None:
    reading = read(amount="5000")
    assert [str(warning) for warning in reading.warnings] == ["amount: LARGE"]
    assert reading.key == "A-1"


@pytest.mark.parametrize(
    ("sent", "zone", "kept", "warned"),
    [
        ("2025-11-02T01:30:00", None, "2025-11-02T01:30:00-04:00", True),
        ("2025-11-02T00:30:00", None, "2025-11-02T00:30:00-04:00", False),
        ("2025-11-02T01:30:00", "Europe/Berlin", "2025-11-02T01:30:00+01:00", False),
        ("2025-11-02T01:30:00", "No/Where", "2025-11-02T01:30:00-04:00", True),
        ("2025-03-09T02:30:00", None, "2025-03-09T02:30:00-05:00", False),
        ("2025-11-02T05:30:00Z", None, "2025-11-02T01:30:00-04:00", False),
        ("2025-11-02T01:30:00+02:00", None, "2025-11-02T01:30:00+02:00", False),
    ],
)
def test_an_instant_without_an_offset_gets_that_of_its_place(
    sent: str, zone: str | None, kept: str, warned: bool
) -> None:
    reading = read(at=sent, zone=zone)
    applicant = reading.inputs["applicant"]
    assert isinstance(applicant, dict)
    assert applicant["at"] == kept
    assert [str(warning) for warning in reading.warnings] == ["at: AMBIGUOUS_LOCAL_TIME"] * warned


@pytest.mark.parametrize("payload", [None, [], "text", 5])
def test_what_is_no_object_is_refused(payload: object) -> None:
    assert [error.code for error in intake.read(LOANS, payload, NOW).errors] == ["TYPE"]


def test_a_payload_without_a_key_is_refused() -> None:
    spec = reader.read(files(app=('key = "id"\nschema', 'key = "zone"\nschema'))).intakes["loans"]
    assert [error.code for error in intake.read(spec, GOOD, NOW).errors] == ["KEY"]


@pytest.mark.parametrize("payload_id", ["CLM-P01", "CLM-P02", "CLM-P03", "CLM-P09"])
def test_a_claim_that_is_whole_is_taken(payload_id: str) -> None:
    reading, expected = claim(payload_id)
    assert expected.startswith("201")
    assert (reading.errors, reading.warnings) == ((), ())


def test_a_claim_at_an_hour_that_came_twice_is_taken_with_a_warning() -> None:
    reading, expected = claim("CLM-P07")
    assert "AMBIGUOUS_LOCAL_TIME" in expected
    assert [str(warning) for warning in reading.warnings] == ["lossAt: AMBIGUOUS_LOCAL_TIME"]
    loss = reading.inputs["claim"]
    assert isinstance(loss, dict)
    assert loss["lossAt"] == "2025-11-02T01:30:00-04:00"


def test_a_hostile_claim_is_refused_with_exactly_the_codes_that_are_expected() -> None:
    reading, expected = claim("CLM-P08")
    found: dict[str, list[str]] = {}
    for error in reading.errors:
        found.setdefault(error.field, []).append(error.code)
    listed = ", ".join(f"{name}: {'+'.join(codes)}" for name, codes in found.items())
    assert expected == f"422 {{{listed}}}"


def test_the_amount_of_an_estimate_is_a_number_in_the_case_file() -> None:
    reading, _ = claim("CLM-P01")
    estimates = reading.inputs["estimates"]
    assert isinstance(estimates, list)
    assert estimates[0]["amount"] == Decimal("612.40")
