"""Car insurance claims, played on the real engine before any page is looked at (case-models 3.5, 3.6, 3.8).

Every answer that a form offers, every service failing, incidents retried, withdrawals: at random, and as the
walk-throughs tell it. A walk that breaks prints its seed and what happened.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from random import Random

import pytest

from cases import catalogue
from cases.caseapp import archive, reader
from cases.cmmn import instance
from cases.cmmn.metamodel import Program
from tests.acceptance import claims_walks
from tests.acceptance.claims_walks import CLAIMS, Broken, Walk, program

WALKS = 3_000
CURRENCIES = ("USD", "USD", "USD", "EUR")
NEVER = {
    # S3 ends with the event that makes this true; the milestone only keeps it open until then (3.8).
    "entry.M9.paid-or-denied",
    # DT-CLM-4 asks nobody to approve that nothing is paid; the model does not rely on it.
    "entry.M4.nothing-to-pay-approved",
}

SENT = {"messageId": "m-1", "status": "sent"}
NO_DUPLICATES = {"candidates": 0, "cases": []}
APPROVED = {"decision": "approve", "confidence": 0.94, "model": "mock", "modelVersion": "v3.2"}
REASONS = "The damage was looked at, and the cost of repair is plausible for this car."


def samples() -> Mapping[str, Mapping[str, object]]:
    """The payloads of the shipped app, with the facts that services know of them."""
    lines = (CLAIMS / "data" / "payloads.jsonl").read_text().splitlines()
    found = [json.loads(line, parse_float=Decimal) for line in lines]
    return {entry["id"]: entry for entry in found}


def reports(random: Random) -> Mapping[str, object]:
    """Some report of a loss: a payload, as it is, without an estimate, or with one in another currency."""
    good = [entry for entry in samples().values() if entry["facts"]]
    payload = dict(random.choice(good)["payload"])
    if random.random() < 0.15:
        payload["estimate"] = None
    else:
        payload["estimate"] = {**payload["estimate"], "currency": random.choice(CURRENCIES)}
    return payload


def walk(seed: int) -> Walk:
    """One walk from a seed to the end of its case."""
    random = Random(seed)
    one = Walk(random)
    one.start(reports(random))
    one.stroll()
    return one


def test_three_thousand_claims_end_paid_denied_or_closed_and_never_stuck_or_paid_twice() -> None:
    fired: set[str] = set()
    ends: Counter[str] = Counter()
    for seed in range(WALKS):
        try:
            one = walk(seed)
        except Broken as error:
            pytest.fail(f"seed {seed}: {error}")
        fired |= one.fired
        ends[next(milestone for milestone in ("M4", "M6", "M7", "NY4") if one.at(milestone) is not None)] += 1
    criteria = {criterion.id for criterion in program().definition.criteria}
    assert criteria - fired == NEVER
    assert min(ends[milestone] for milestone in ("M4", "M6", "M7", "NY4")) > WALKS // 50


# --- Would a walk notice? Each of these is a way in which the model could be wrong. ---

ANOTHER_APPROVAL = '<entryCriterion id="entry.T5.one-more" sentryRef="if.T5.one-more"/>'
REPEATED = "<itemControl><repetitionRule/></itemControl>\n        "
M9 = """<planItem id="M9" definitionRef="d.M9">
          <itemControl><requiredRule/></itemControl>
          <entryCriterion id="entry.M9.paid-or-denied" sentryRef="if.M9.paid-or-denied"/>
        </planItem>
"""
S5 = '<entryCriterion id="entry.S5.recommended"'
PAID_ON_APPROVAL = (
    'T5.decision = "approve" and T5.settlementVersion = settlement.version '
    "and T5.approvals >= D4.approvalsNeeded and settlement.net > 0"
)
FLAWS: Mapping[str, tuple[str, str]] = {
    "nothing creates the second approval": (ANOTHER_APPROVAL, ""),
    "one approval is enough for any amount": (PAID_ON_APPROVAL, 'T5.decision = "approve"'),
    "a returned settlement cannot be recommended again": (REPEATED + S5, S5),
    "the adjustment does not wait for the decision": (M9, ""),
    "other payments have the key of the first": (
        '"pay:" + string(settlement.version)',
        '"pay:" + string(now())',
    ),
    "a failed payment is nobody's task": (
        '<entryCriterion id="entry.T8.payment-failed" sentryRef="if.T8.payment-failed"/>',
        "",
    ),
    "a denial is not one until the letter is out": (
        '<planItemOnPart id="on.M6.letter-sent" sourceRef="T9"><standardEvent>complete',
        '<planItemOnPart id="on.M6.letter-sent" sourceRef="T9"><standardEvent>terminate',
    ),
    "an investigation that clears leads nowhere": ('NY4.next = "adjust"', 'NY4.next = "cleared"'),
    "payment does not listen to the first try's success": (
        '<entryCriterion id="entry.M4.paid" sentryRef="if.M4.paid"/>',
        "",
    ),
}


@pytest.fixture
def flawed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Program]:
    """Makes walks play a model in which one text is another."""

    def change(old: str, new: str) -> Program:
        files = dict(archive.folder(CLAIMS))
        text = files["claims.cmmn"].decode()
        assert old in text
        files["claims.cmmn"] = text.replace(old, new).encode()
        wrong = catalogue.program_of(reader.read(files), "claims")
        monkeypatch.setattr(claims_walks, "program", lambda: wrong)
        return wrong

    return change


def stroll_often(wrong: Program) -> None:
    """Far fewer walks than the model itself is played for: a flaw should not hide long."""
    for seed in range(600):
        random = Random(seed)
        one = Walk(random, instance.new(wrong, 1, "CLM-2026-000001"))
        one.start(reports(random))
        one.stroll()


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_model_with_a_flaw_does_not_pass_the_walks(
    flaw: str, flawed: Callable[[str, str], Program]
) -> None:
    wrong = flawed(*FLAWS[flaw])
    with pytest.raises(Broken):
        stroll_often(wrong)


# --- The walk-throughs ---


def begin(payload_id: str) -> tuple[Walk, Mapping[str, object]]:
    """A claim that was reported, and what the services know of it."""
    entry = samples()[payload_id]
    one = Walk(Random(0))
    one.start(entry["payload"])  # type: ignore[arg-type]
    facts = entry["facts"]
    assert isinstance(facts, Mapping)
    return one, facts


def look_around(one: Walk, facts: Mapping[str, object], duplicates: object = NO_DUPLICATES) -> None:
    """What every claim goes through: policy, message, duplicates, fraud."""
    one.serve("SV1", 200, {name: facts.get(name) for name in ("inForce", "paid", "peril", "age", "ded")})
    one.serve("SV2", 201, SENT)
    one.serve("SV8", 200, duplicates)
    names = ("pct", "police", "hour", "sev")
    flags = {name: facts.get(name, False) for name in ("dup", "shared", "watch")}
    one.serve(
        "SV3", 200, {"prior": facts.get("prior", 0), **{name: facts.get(name) for name in names}, **flags}
    )


def expected(payload_id: str) -> Iterator[tuple[str, object]]:
    """The decisions that the payload should meet, as answers in the case file."""
    found = samples()[payload_id]["expect"]
    assert isinstance(found, Mapping)
    for name in ("coverage", "reason"):
        yield f"D1.{name}", found["DT-CLM-1"][name]
    for name in ("track", "role", "priority", "decideWithinBusinessHours"):
        yield f"D2.{name}", found["DT-CLM-2"][name]
    for name in ("indemnityReserveUsd", "expenseReserveUsd", "reviewInDays"):
        yield f"D5.{name}", found["DT-CLM-5"][name]
    yield "D3.points", found["fraudPoints"]
    yield "D3.band", found["fraudBand"]


@pytest.mark.parametrize("payload_id", ["CLM-P01", "CLM-P02", "CLM-P03", "CLM-P07", "CLM-P09"])
def test_a_payload_meets_the_decisions_that_are_expected_of_it(payload_id: str) -> None:
    one, facts = begin(payload_id)
    look_around(one, facts)
    assert {path: one.at(path) for path, _ in expected(payload_id)} == dict(expected(payload_id))


def test_a_windshield_is_paid_without_a_human_hand() -> None:
    one, facts = begin("CLM-P01")
    look_around(one, facts)
    assert one.at("reserve") == [
        {
            "indemnity": 600,
            "expense": 50,
            "setBy": "DT-CLM-5",
            "at": "2026-03-02T14:02:11Z",
            "reason": "initial",
        }
    ]
    one.serve("SV4", 200, APPROVED | {"amount": 512.4})
    assert one.at("D4.approvalsNeeded") == 0
    assert one.work[one.open_work("SV6")].key == "pay:1"
    one.pay("SV6")
    assert not one.is_over  # the glass is still to be ordered
    one.serve("SV9", 201, {"jobId": "g-1", "status": "ordered"})
    assert one.is_over
    assert list(one.books.values()) == [Decimal("512.4")]
    assert not one.worked


def test_the_order_of_glass_and_payment_does_not_matter() -> None:
    one, facts = begin("CLM-P01")
    look_around(one, facts)
    one.serve("SV4", 200, APPROVED | {"amount": 512.4})
    one.serve("SV9", 201, {"jobId": "g-1", "status": "ordered"})
    assert not one.is_over
    one.pay("SV6")
    assert one.is_over


def settle_p02(one: Walk, *, liability: str) -> None:
    """The pile-up, to the point where its settlement waits for approval."""
    share = {"insuredSharePct": 30} if liability == "shared" else {}
    one.answer(
        "T3",
        "sven",
        {"liability": liability, **share, "severity": "total_loss", "repairCost": 41_000,
         "actualCashValue": 39_500,
         "inspection": "field"},
    )  # fmt: skip
    one.answer(
        "T4",
        "sven",
        {"recommendation": "pay_total_loss", "gross": 48_250, "payee": "split", "rationale": REASONS,
         "split": [{"payee": "lienholder", "pct": 60}, {"payee": "insured", "pct": 40}]},
    )  # fmt: skip


def test_a_pile_up_needs_two_approvals_and_is_paid_once() -> None:
    one, facts = begin("CLM-P02")
    look_around(one, facts)
    task = one.tasks[one.open_task("T3")]
    assert (task.roles, task.due, task.priority) == (("senior_adjuster",), "24 bh", 1)
    one.serve("SV5", 200, {"value": 39_500, "currency": "USD"})
    settle_p02(one, liability="insured")
    assert one.at("D6.settlementType") == "total_loss"
    assert one.at("settlement.net") == 47_750
    first = one.tasks[one.open_task("T5")]
    assert first.roles == ("claims_supervisor", "claims_director")
    assert first.amount == 47_750
    assert set(first.four_eyes) == {"T3", "T4", "T5"}
    one.answer("T5", "cora", {"amountSeen": 47_750, "decision": "approve"})
    assert not any(step.definition == "SV6" for step in one.work.values())
    one.answer("T5", "dora", {"amountSeen": 47_750, "decision": "approve"})
    one.fail("SV6", "TIMEOUT")
    one.retry("SV6")
    assert not any(task.definition == "T8" for task in one.tasks.values())
    one.pay("SV6", provider="pay2")
    assert one.is_over
    assert list(one.books.values()) == [47_750]


def test_shared_liability_leaves_recovery_to_somebody_before_the_case_completes() -> None:
    one, facts = begin("CLM-P02")
    look_around(one, facts)
    one.serve("SV5", 404, {})
    settle_p02(one, liability="shared")
    for person in ("cora", "dora"):
        one.answer("T5", person, {"amountSeen": 47_750, "decision": "approve"})
    one.pay("SV6")
    assert not one.is_over
    one.answer("NY7", "adam", {"note": "The other insurer was written to."})
    assert one.is_over


def test_a_changed_amount_needs_its_approvals_anew() -> None:
    one, facts = begin("CLM-P02")
    look_around(one, facts)
    one.serve("SV5", 404, {})
    settle_p02(one, liability="insured")
    one.answer("T5", "cora", {"amountSeen": 47_750, "decision": "approve"})
    one.answer(
        "T5", "dora", {"amountSeen": 47_750, "decision": "return", "comment": "The deductible is wrong."}
    )
    one.answer(
        "T4", "sven", {"recommendation": "pay_repair", "gross": 41_000, "payee": "shop", "rationale": REASONS}
    )
    assert (one.at("settlement.version"), one.at("settlement.net")) == (2, 40_500)
    one.answer("T5", "cora", {"amountSeen": 40_500, "decision": "approve"})
    assert (one.at("T5.approvals"), one.at("T5.settlementVersion")) == (1, 2)
    one.answer("T5", "dora", {"amountSeen": 40_500, "decision": "approve"})
    assert one.work[one.open_work("SV6")].key == "pay:2"


def test_another_method_is_another_payment_and_a_retry_is_the_same() -> None:
    one, facts = begin("CLM-P01")
    look_around(one, facts)
    one.serve("SV4", 200, APPROVED | {"amount": 512.4})
    one.serve("SV6", 402, {"error": "insufficient funds"})
    one.answer("T8", "paul", {"action": "retry"})
    assert one.work[one.open_work("SV6")].key == "pay:1"
    one.serve("SV6", 402, {"error": "insufficient funds"})
    one.answer("T8", "paul", {"action": "other_method"})
    assert one.work[one.open_work("SV6")].key == "pay:2"
    one.pay("SV6")
    one.serve("SV9", 201, {"jobId": "g-1", "status": "ordered"})
    assert one.is_over


def test_a_possible_duplicate_is_not_paid_before_somebody_looked() -> None:
    one, facts = begin("CLM-P09")
    look_around(one, facts, {"candidates": 1, "cases": [{"key": "CLM-2026-000001", "title": "Windshield"}]})
    assert not one.work
    one.answer("T10", "iris", {"decision": "link"})
    assert one.at("links") == ["CLM-2026-000001"]
    assert one.open_task("T3")


def test_an_amount_that_is_out_of_date_approves_nothing() -> None:
    one, facts = begin("CLM-P02")
    look_around(one, facts)
    one.serve("SV5", 404, {})
    settle_p02(one, liability="insured")
    with pytest.raises(Exception, match="amountSeen"):
        one.answer("T5", "cora", {"amountSeen": 47_000, "decision": "approve"})


def test_a_claim_can_be_withdrawn_until_it_is_decided() -> None:
    one, facts = begin("CLM-P01")
    look_around(one, facts)
    one.serve("SV4", 200, APPROVED | {"amount": 512.4})
    offered = one.case.live(program().definition.item("UE1").number)
    assert [one.case.state.items[iid].state.word for iid in offered] == ["Unavailable"]


def test_a_policy_that_is_not_found_twice_is_referred_not_asked_for_again() -> None:
    one, _ = begin("CLM-P01")
    one.serve("SV1", 404, {})
    one.serve("SV2", 201, SENT)
    one.serve("SV8", 200, NO_DUPLICATES)
    one.fall_back("SV3")
    one.answer("T1", "iris", {"policyNumber": "PA-0000001"})
    assert one.at("claim.policyNumber") == "PA-0000001"
    one.serve("SV1b", 404, {})
    assert (one.at("D1.reason"), one.at("D3.band"), one.at("D2.track")) == (
        "POLICY_NOT_FOUND",
        "medium",
        "standard",
    )
    assert {task.definition for task in one.tasks.values()} == {"T3"}
