from cases.cmmn.filemodel import FileItem
from cases.policy import masking
from cases.policy.masking import Masking, hidden_items, last_four, mask_file, may_show

SIU, ADJUSTER = {"siu"}, {"adjuster"}
RULES = Masking(
    {
        ("fraud",): frozenset({"siu"}),
        ("claimant", "phone"): frozenset({"siu"}),
        ("claimant", "account"): frozenset({"siu"}),
        ("parties", "contact"): frozenset({"siu"}),
        ("secret",): frozenset(),
    },
    frozenset({("claimant", "account")}),
)
DATA = {
    "claim": {"lossType": "glass"},
    "fraud": {"band": "high"},
    "claimant": {"name": "Ann", "phone": "555", "account": "DE89370400440532013000"},
    "parties": [{"name": "B", "contact": "x"}, {"name": "C", "contact": "y"}],
    "secret": 1,
}


def test_what_one_may_not_see_is_absent_and_what_is_masked_shows_its_end() -> None:
    assert mask_file(DATA, RULES, ADJUSTER) == {
        "claim": {"lossType": "glass"},
        "claimant": {"name": "Ann", "account": "••••3000"},
        "parties": [{"name": "B"}, {"name": "C"}],
    }


def test_who_may_see_it_sees_it_and_nobody_sees_what_no_role_does() -> None:
    assert mask_file(DATA, RULES, SIU) == {name: value for name, value in DATA.items() if name != "secret"}
    assert mask_file(DATA, RULES, {"siu", "adjuster"}) == mask_file(DATA, RULES, SIU)


def test_nothing_is_hidden_where_nothing_is_ruled_and_the_data_stays_as_it_is() -> None:
    before = repr(DATA)
    assert mask_file(DATA, Masking(), set()) == DATA
    mask_file(DATA, RULES, ADJUSTER)
    assert repr(DATA) == before


def test_a_path_is_hidden_with_what_is_around_it() -> None:
    sees = RULES.visible(ADJUSTER)
    hidden = [("fraud",), ("fraud", "band"), ("claimant", "phone"), ("claimant", "account"), ("secret", "x")]
    assert not any(sees(path) for path in hidden)
    assert all(sees(path) for path in [("claimant",), ("claimant", "name"), ("claim",), ("unknown",), ()])
    assert hidden_items(RULES, SIU) == {("secret",)}


def test_a_text_made_of_something_hidden_is_not_shown() -> None:
    shown = [[], [("claim", "lossType")], [("claimant", "name"), ("parties", "name")]]
    hidden = [
        [("fraud", "band")],
        [("claim", "lossType"), ("fraud",)],
        [("claimant",)],
        [("claimant", "phone", "x")],
        [("claimant", "account")],
        [()],
    ]
    assert all(may_show(paths, RULES, ADJUSTER) for paths in shown)
    assert not any(may_show(paths, RULES, ADJUSTER) for paths in hidden)
    assert may_show([("fraud", "band"), ("claimant",)], RULES, SIU)


def test_no_canary_gets_out() -> None:
    data = {"fraud": {"a": ["CANARY"]}, "parties": [[{"contact": "CANARY"}]], "secret": {"x": "CANARY"}}
    assert "CANARY" not in repr(mask_file(data, RULES, ADJUSTER))


def test_the_last_four_are_shown_of_what_is_longer() -> None:
    shown = {"12345": "••••2345", "1234": "••••", "": "••••", 12345: "••••", None: None, True: "••••"}
    for value, expected in shown.items():
        assert last_four(value) == expected
    assert last_four({"a": ["123456", {"b": 5}]}) == {"a": ["••••3456", {"b": "••••"}]}


def test_the_rules_are_those_that_the_model_declares() -> None:
    phone = FileItem("i2", "phone", ("claimant", "phone"), masked=True)
    claimant = FileItem("i1", "claimant", ("claimant",), children=(phone,))
    fraud = FileItem("i3", "fraud", ("fraud",), visible_to=frozenset({"siu"}))
    ssn = FileItem("i4", "ssn", ("ssn",), visible_to=frozenset({"hr"}), masked=True)
    assert masking.of((claimant, fraud, ssn)) == Masking(
        {("claimant", "phone"): frozenset(), ("fraud",): frozenset({"siu"}), ("ssn",): frozenset({"hr"})},
        frozenset({("claimant", "phone"), ("ssn",)}),
    )
