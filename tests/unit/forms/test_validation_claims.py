"""The forms of the claims tasks T3, T4, T5 and T8, with the product's own language."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import feel
from forms.builder import build
from forms.definition import FormDefinition
from forms.errors import InvalidAnswers, InvalidForm
from forms.reader import read_form
from forms.validation import accept, draft

JSON = Mapping[str, object]
ROLES = {"adjuster"}


def options(*names: str) -> list[JSON]:
    return [{"value": name, "label": name.replace("_", " ")} for name in names]


def form(key: str, *fields: JSON) -> FormDefinition:
    return read_form({"key": key, "title": key, "fields": list(fields)}, feel.parse, feel.FeelError)


def field(key: str, type_: str, **more: object) -> JSON:
    return {"key": key, "type": type_, "label": key, **more}


T3 = form(
    "T3",
    field(
        "liability",
        "choice",
        required=True,
        choices=options("insured", "third_party", "shared", "unknown"),
    ),
    field("insuredSharePct", "integer", min=0, max=100, visible_if='liability = "shared"', required=True),
    field("repairCost", "money", required=True, min=0),
    field(
        "actualCashValue",
        "money",
        required=True,
        check="actualCashValue > 0",
        message="The value must be more than 0.",
    ),
)
PAYS = 'recommendation in ("pay_repair", "pay_total_loss")'
T4 = form(
    "T4",
    field(
        "recommendation",
        "choice",
        required=True,
        choices=[
            *options("pay_repair", "pay_total_loss", "deny"),
            {"value": "refer_siu", "label": "refer", "offer_if": "features.siu = true"},
        ],
    ),
    field("liability", "text", value="T3.liability", editable_by=[]),
    field("gross", "money", min=0, required=PAYS, visible_if=PAYS),
    field("deductible", "computed", value="policy.deductible", visible_if=PAYS, **{"as": "money"}),
    field("net", "computed", value="max(0, gross - deductible)", visible_if=PAYS, **{"as": "money"}),
    field(
        "payee",
        "choice",
        choices=options("insured", "shop", "lienholder", "split"),
        visible_if=PAYS,
        required=True,
    ),
    field(
        "split",
        "rows",
        visible_if='payee = "split"',
        required=True,
        check="sum(split.pct) = 100",
        message="The shares must add up to 100.",
        columns=[
            field("payee", "text", required=True),
            field("pct", "decimal", required=True, min=0, max=100),
        ],
    ),
    field("rationale", "long_text", required=True, min_length=50, max_length=4000),
)
T5 = form(
    "T5",
    field("decision", "choice", required=True, choices=options("approve", "return", "reject")),
    field("comment", "long_text", required='decision in ("return", "reject")'),
    field(
        "amountSeen",
        "money",
        required=True,
        check="amountSeen = settlement.net",
        message="The amount has changed: look at the settlement again.",
    ),
    field("settlementVersion", "computed", value="settlement.version", hidden=True, **{"as": "integer"}),
    field(
        "approvals",
        "computed",
        value="(if T5.settlementVersion = settlement.version then T5.approvals else 0)"
        ' + (if decision = "approve" then 1 else 0)',
        hidden=True,
        **{"as": "integer"},
    ),
)
T8 = form(
    "T8",
    field("failedStep", "text", value="SV6.step", editable_by=[]),
    field(
        "providerResponses",
        "rows",
        value="SV6.responses",
        editable_by=[],
        columns=[field("at", "datetime"), field("status", "integer")],
    ),
    field(
        "action", "choice", required=True, choices=options("retry", "other_method", "manual_bank_transfer")
    ),
    field(
        "reference",
        "text",
        visible_if='action = "manual_bank_transfer"',
        required='action = "manual_bank_transfer"',
        max_length=35,
    ),
)


def faults(definition: FormDefinition, answers: JSON, file: JSON) -> set[str]:
    with pytest.raises(InvalidAnswers) as caught:
        accept(definition, answers, ROLES, file)
    return set(caught.value.errors)


def test_a_share_is_asked_where_liability_is_shared() -> None:
    sums = {"repairCost": "0", "actualCashValue": "12000"}
    assert faults(T3, {"liability": "shared", **sums}, {}) == {"insuredSharePct"}
    for share in ("-1", "101", "x", "50.5"):
        assert faults(T3, {"liability": "shared", "insuredSharePct": share, **sums}, {}) == {
            "insuredSharePct"
        }
    alone = accept(T3, {"liability": "insured", "insuredSharePct": "40", **sums}, ROLES, {}).values
    assert "insuredSharePct" not in alone
    shared = accept(T3, {"liability": "shared", "insuredSharePct": "40", **sums}, ROLES, {}).values
    assert shared["insuredSharePct"] == 40
    assert faults(T3, {"liability": "insured", "repairCost": "1", "actualCashValue": "0"}, {}) == {
        "actualCashValue"
    }


FILE = {"policy": {"deductible": 500}, "T3": {"liability": "shared"}}
WHY = "The shop's estimate was checked against the photographs of the car."


@pytest.mark.parametrize(("gross", "net"), [("4750", "4250.00"), ("500.10", "0.10"), ("200", "0.00")])
def test_the_net_amount_is_worked_out_to_the_cent(gross: str, net: str) -> None:
    answers = {"recommendation": "pay_repair", "gross": gross, "payee": "shop", "rationale": WHY}
    values = accept(T4, answers, ROLES, FILE).values
    assert str(values["net"]) == net
    assert values["deductible"] == Decimal("500.00")
    assert values["liability"] == "shared"


def test_a_denial_names_no_amount() -> None:
    values = accept(T4, {"recommendation": "deny", "gross": "4750", "rationale": WHY}, ROLES, FILE).values
    assert values == {"recommendation": "deny", "liability": "shared", "rationale": WHY}


def test_a_payment_needs_an_amount_and_a_payee() -> None:
    assert faults(T4, {"recommendation": "pay_total_loss", "rationale": WHY}, FILE) == {"gross", "payee"}


def test_what_is_worked_out_cannot_be_sent() -> None:
    answers = {"recommendation": "pay_repair", "gross": "1", "payee": "shop", "rationale": WHY, "net": "9999"}
    assert faults(T4, answers, FILE) == {"net"}


def test_a_choice_that_leads_nowhere_is_not_offered() -> None:
    answers = {"recommendation": "refer_siu", "rationale": WHY}
    assert faults(T4, answers, FILE) == {"recommendation"}
    assert (
        accept(T4, answers, ROLES, {**FILE, "features": {"siu": True}}).values["recommendation"]
        == "refer_siu"
    )


@pytest.mark.parametrize(
    ("shares", "good"), [(["60", "40"], True), (["33.3", "66.7"], True), (["60", "30"], False)]
)
def test_shares_add_up(shares: list[str], good: bool) -> None:
    answers = {"recommendation": "pay_repair", "gross": "900", "payee": "split", "rationale": WHY}
    for number, share in enumerate(shares):
        answers |= {f"split-{number}-payee": f"p{number}", f"split-{number}-pct": share}
    if good:
        assert len(accept(T4, answers, ROLES, FILE).values["split"]) == 2
    else:
        assert faults(T4, answers, FILE) == {"split"}


def approve(file: JSON, **more: object) -> JSON:
    return accept(T5, {"decision": "approve", "amountSeen": "4250", **more}, ROLES, file).values


def test_an_approval_counts_for_the_settlement_that_was_seen() -> None:
    file = {"settlement": {"net": Decimal("4250.00"), "version": 1}}
    first = approve(file)
    assert (first["settlementVersion"], first["approvals"]) == (1, 1)
    assert approve({**file, "T5": first})["approvals"] == 2
    changed = {"settlement": {"net": 4250, "version": 2}, "T5": first}
    assert (approve(changed)["settlementVersion"], approve(changed)["approvals"]) == (2, 1)


def test_an_approval_of_another_amount_is_refused() -> None:
    file = {"settlement": {"net": Decimal("4250.01"), "version": 1}}
    assert faults(T5, {"decision": "approve", "amountSeen": "4250.00"}, file) == {"amountSeen"}


def test_who_returns_a_settlement_says_why() -> None:
    file = {"settlement": {"net": 10, "version": 1}}
    assert faults(T5, {"decision": "return", "amountSeen": "10"}, file) == {"comment"}
    returned = accept(
        T5, {"decision": "return", "amountSeen": "10", "comment": "Too high."}, ROLES, file
    ).values
    assert returned["approvals"] == 0


def test_a_transfer_by_hand_has_a_reference() -> None:
    file = {
        "SV6": {"step": "Pay", "responses": [{"at": "2026-03-10T15:00:00Z", "status": 503, "body": "secret"}]}
    }
    assert faults(T8, {"action": "manual_bank_transfer"}, file) == {"reference"}
    values = accept(T8, {"action": "retry", "reference": "x"}, ROLES, file).values
    assert values == {
        "failedStep": "Pay",
        "providerResponses": [{"at": "2026-03-10T15:00:00Z", "status": 503}],
        "action": "retry",
    }


def test_an_expression_that_cannot_be_read_is_one_of_the_problems() -> None:
    with pytest.raises(InvalidForm, match="'required'"):
        form("x", field("a", "text", required="1 +"))


def test_now_and_today_are_those_of_the_form_and_its_zone() -> None:
    letter = form(
        "T9",
        field("sent", "date", required=True, check="sent <= today()", message="Not yet."),
        field("appealUntil", "computed", value='sent + duration("P60D")', **{"as": "date"}),
        field("at", "computed", value="now()", **{"as": "datetime"}),
    )
    zone = ZoneInfo("America/New_York")
    evening = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    found = accept(letter, {"sent": "2026-03-02"}, ROLES, {}, zone=zone, now=evening).values
    assert found == {"sent": "2026-03-02", "appealUntil": "2026-05-01", "at": "2026-03-03T02:30:00Z"}
    with pytest.raises(InvalidAnswers, match="Not yet"):
        accept(letter, {"sent": "2026-03-03"}, ROLES, {}, zone=zone, now=evening)
    drawn = build(letter, ROLES, {"sent": "2026-03-02"}, {}, zone=zone, now=evening)
    assert drawn["at"].text() == "2026-03-02T21:30"


answers_of_t4 = st.fixed_dictionaries(
    {"rationale": st.just(WHY)},
    optional={
        "recommendation": st.sampled_from(["pay_repair", "pay_total_loss", "deny", "refer_siu", ""]),
        "gross": st.sampled_from(["100", "4750.00", "x", "", None]),
        "payee": st.sampled_from(["insured", "split", "nobody"]),
        "split-0-payee": st.sampled_from(["A", ""]),
        "split-0-pct": st.sampled_from(["100", "60", "x", ""]),
    },
)


@given(answers_of_t4)
def test_what_is_accepted_has_a_value_for_each_field_that_is_shown_and_for_no_other(answers: JSON) -> None:
    try:
        values = accept(T4, answers, ROLES, FILE).values
    except InvalidAnswers:
        return
    scope = {**FILE, **{one.key: values.get(one.key) for one in T4.fields}}
    for one in T4.fields:
        shown = one.visible_if is None or one.visible_if.evaluate(scope) is True
        assert (one.key in values) is shown, one.key
    assert accept(T4, draft(T4, answers, ROLES, FILE), ROLES, FILE).values == values
