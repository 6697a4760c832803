"""The decision tables of the product, as DMN, decide its payloads as expected."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from cases import xmldoc
from cases.dmn import Decided, Definitions, read
from cases.dmn.validation import validate
from tests.shared import MISSING, SHARED

DATA = SHARED / "product" / "data"
DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"
POLICIES = {
    "F": {"hitPolicy": "FIRST"},
    "U": {"hitPolicy": "UNIQUE"},
    "C": {"hitPolicy": "COLLECT"},
    "C+": {"hitPolicy": "COLLECT", "aggregation": "SUM"},
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=MISSING)


def as_dmn(table: Mapping[str, Any]) -> Definitions:
    """The table as a DMN file with one decision, read back."""
    root = xmldoc.new(f"{{{DMN}}}definitions", {None: DMN})
    root.set("namespace", "urn:product")
    root.set("name", table["id"])
    for name in table["inputs"]:
        xmldoc.add(root, f"{{{DMN}}}inputData", {"id": f"input-{name}", "name": name})
    decision = xmldoc.add(root, f"{{{DMN}}}decision", {"id": table["id"], "name": table["name"]})
    for name in table["inputs"]:
        requirement = xmldoc.add(decision, f"{{{DMN}}}informationRequirement")
        xmldoc.add(requirement, f"{{{DMN}}}requiredInput", {"href": f"#input-{name}"})
    logic = xmldoc.add(decision, f"{{{DMN}}}decisionTable", POLICIES[table["hit"]])
    for name in table["inputs"]:
        with_text(xmldoc.add(logic, f"{{{DMN}}}input"), "inputExpression", name)
    for name in table["outputs"]:
        xmldoc.add(logic, f"{{{DMN}}}output", {"name": name})
    for rule in table["rules"]:
        row = xmldoc.add(logic, f"{{{DMN}}}rule")
        for test in rule["when"]:
            with_text(row, "inputEntry", test)
        for value in rule["then"]:
            with_text(row, "outputEntry", json.dumps(value))
    return read(xmldoc.tostring(root), f"{table['id']}.dmn")


def with_text(parent: xmldoc.Element, tag: str, text: str) -> None:
    xmldoc.add(xmldoc.add(parent, f"{{{DMN}}}{tag}"), f"{{{DMN}}}text", text=text)


def table(number: str) -> Definitions:
    return as_dmn(json.loads((DATA / "decisions" / f"{number}.json").read_text()))


def tables() -> list[str]:
    return sorted(path.stem for path in (DATA / "decisions").glob("DT-*.json")) if DATA.is_dir() else []


def payloads() -> list[Any]:
    if not DATA.is_dir():
        return []
    lines = (DATA / "payloads" / "claims.auto.jsonl").read_text().splitlines()
    found = [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]
    return [pytest.param(each, id=each["id"]) for each in found if each["facts"]]


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


@pytest.mark.parametrize("number", tables())
def test_every_table_of_the_product_is_read_and_has_no_fault(number: str) -> None:
    problems = [problem for problem in validate(table(number)) if problem.code != "DMN-GAP"]
    assert problems == []


@pytest.mark.parametrize("payload", payloads())
def test_a_claim_is_decided_as_its_payload_expects(payload: dict[str, Any]) -> None:
    facts, expected = payload["facts"], payload["expect"]
    coverage = decide("DT-CLM-1", coverage_inputs(facts))
    assert row(coverage) == expected["DT-CLM-1"]
    points = min(100, decide("DT-CLM-3", fraud_inputs(facts)).value)
    band = "low" if points < 30 else "medium" if points < 60 else "high"
    assert (points, band) == (expected["fraudPoints"], expected["fraudBand"])
    triage = decide("DT-CLM-2", {
        "coverage": coverage.value["coverage"], "fraudBand": band, "injuries": facts.get("injuries"),
        "vehicles": facts.get("vehicles"), "lossType": facts.get("type"), "estimateUsd": facts.get("est"),
    })  # fmt: skip
    assert row(triage) == expected["DT-CLM-2"]
    reserve = decide("DT-CLM-5", {
        "track": triage.value["track"], "severity": facts.get("sev"), "injuries": facts.get("injuries"),
    })  # fmt: skip
    assert row(reserve) == expected["DT-CLM-5"]
    estimate, deductible = money(facts.get("est")), money(facts.get("ded"))
    if estimate is None or deductible is None:
        assert "DT-CLM-4" not in expected
        return
    net = max(Decimal(0), estimate - deductible).quantize(Decimal("0.01"))
    assert net == money(expected["netPayableUsd"])
    assert row(decide("DT-CLM-4", {"netPayableUsd": net})) == expected["DT-CLM-4"]


def coverage_inputs(facts: dict[str, Any]) -> dict[str, object]:
    return {
        "policyInForceAtLoss": facts.get("inForce"),
        "premiumPaid": facts.get("paid"),
        "perilCovered": facts.get("peril"),
        "reportDelayDays": facts.get("delay"),
        "daysPolicyStartToLoss": facts.get("age"),
    }


def fraud_inputs(facts: dict[str, Any]) -> dict[str, object]:
    return {
        "daysPolicyStartToLoss": facts.get("age"),
        "priorClaims24m": facts.get("prior", 0),
        "reportDelayDays": facts.get("delay"),
        "estimateToValuePct": facts.get("pct"),
        "policeReport": facts.get("police"),
        "vehicles": facts.get("vehicles"),
        "injuries": facts.get("injuries"),
        "duplicatePhoto": facts.get("dup", False),
        "sharedBankOrAddress": facts.get("shared", False),
        "lossHour": facts.get("hour"),
        "watchlistHit": facts.get("watch", False),
    }


def decide(number: str, inputs: dict[str, object]) -> Decided:
    return table(number).evaluate(number, inputs)


def row(decided: Decided) -> dict[str, object]:
    """The outputs with the number of the rule, as the payloads have them."""
    (trace,) = decided.trace
    assert isinstance(decided.value, dict)
    return {**decided.value, "_rule": trace.rules[0]}


@pytest.mark.parametrize(
    ("cost", "value", "percent", "settlement", "rule"),
    [
        (None, 9000, None, "inspect", 1),
        (5000, None, None, "inspect", 2),
        (5000, 0, None, "inspect", 3),
        (7500, 10000, 75, "total_loss", 4),
        (7499, 10000, Decimal("74.99"), "refer_senior", 5),
        (7000, 10000, 70, "refer_senior", 5),
        (6999, 10000, Decimal("69.99"), "repair", 6),
        (100, 10000, None, "repair", 6),
    ],
)
def test_a_car_is_repaired_or_lost_by_its_value(
    cost: object, value: object, percent: object, settlement: str, rule: int
) -> None:
    decided = decide(
        "DT-CLM-6", {"repairCostUsd": cost, "actualCashValueUsd": value, "repairToValuePct": percent}
    )
    assert (decided.value["settlementType"], decided.trace[0].rules) == (settlement, (rule,))


def test_a_sum_over_no_rule_is_nothing() -> None:
    assert decide("DT-CLM-3", {"daysPolicyStartToLoss": 400}).value == 0


def test_a_number_test_never_matches_a_text_or_a_boolean() -> None:
    for strange in ("5000", True, [5000, 1], {"a": 1}):
        assert decide("DT-CLM-4", {"netPayableUsd": strange}).trace[0].rules == ()
