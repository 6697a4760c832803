"""Values as bytes, and back."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.cmmn.casefile import CaseFile
from cases.cmmn.commands import AnyCommand, Complete, FireTimer, Note, StartCase, SuspendCase, WriteFile
from cases.cmmn.events import AnyEvent, FileTransitioned, ItemTransitioned, Noted
from cases.cmmn.instance import CaseState, ItemState, Memory, Seed, Timer
from cases.cmmn.lifecycle import FileTransition, State, Transition
from cases.persistence import codec

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4).filter(
    lambda value: value != value.to_integral_value()
)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | decimals | st.text(max_size=40)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
files = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=5)
memories = st.builds(Memory, st.lists(st.integers(0, 99), min_size=1, max_size=3))
items = st.builds(
    ItemState,
    iid=st.integers(0, 999),
    number=st.integers(0, 999),
    parent=st.integers(-1, 999),
    index=st.integers(0, 99),
    state=st.sampled_from(State),
    before=st.none() | st.sampled_from(State),
    entered_by=st.none() | st.text(max_size=10),
    memory=st.dictionaries(st.integers(0, 99), memories, max_size=2),
    spent=st.lists(st.integers(0, 99), max_size=3),
    timer=st.none() | st.builds(Timer, st.integers(1, 9), st.text(), st.text(), st.text()),
)
states = st.builds(
    CaseState,
    case_id=st.integers(1, 2**62),
    business_key=st.text(max_size=20),
    seq=st.integers(0, 2**40),
    items=st.lists(items, max_size=5),
    seeds=st.dictionaries(
        st.integers(0, 99), st.lists(st.builds(Seed, *[st.integers(0, 99)] * 3), max_size=2), max_size=2
    ),
    slots=st.dictionaries(
        st.integers(0, 99), st.dictionaries(st.integers(0, 99), memories, max_size=2), max_size=2
    ),
    file=st.builds(CaseFile, files, st.lists(st.text(max_size=9), max_size=2)),
)


@given(states)
def test_any_state_comes_back_and_is_left_as_it_was(state: CaseState) -> None:
    packed = codec.pack_state(state)
    again = codec.unpack_state(packed.doc, packed.values)
    assert again == state
    assert codec.pack_state(again).doc == packed.doc


@given(values)
def test_any_json_value_comes_back(value: object) -> None:
    assert codec.unpack(codec.pack(value)) == value


def test_numbers_keep_their_digits() -> None:
    assert str(codec.unpack(codec.pack({"x": Decimal("612.40")}))["x"]) == "612.40"
    assert codec.unpack(codec.pack(2**60)) == 2**60


def test_only_what_is_long_is_compressed() -> None:
    assert codec.pack("x" * 100)[0] == 0
    long = codec.pack("x" * 5_000)
    assert (long[0], len(long) < 200) == (1, True)
    assert codec.unpack(long) == "x" * 5_000


def test_root_items_over_four_kilobytes_live_apart() -> None:
    state = CaseState(1, "K", file=CaseFile({"small": "x" * 4_000, "large": "x" * 4_097}))
    packed = codec.pack_state(state)
    assert list(packed.values) == list(codec.apart_of(packed.doc)) == ["large"]
    assert codec.has_apart(packed.doc)
    with pytest.raises(codec.Unreadable):
        codec.unpack_state(packed.doc, {})


@pytest.mark.parametrize(
    "command",
    [
        StartCase({"claim": {"net": Decimal("1.10")}}),
        Complete(3, {"outcome": "grant"}),
        Complete(3),
        FireTimer(4, 2),
        WriteFile(("claim", "net"), Decimal("2.5"), mode="update"),
        Note("claimed", {"user": 7}, {"T3": {"by": 7}}),
        SuspendCase(),
        Complete(3, {}, roles=frozenset({"b", "a"})),
    ],
)
def test_a_command_and_its_events_come_back(command: AnyCommand) -> None:
    events: list[AnyEvent] = [
        ItemTransitioned(1, 1, 3, "T3", Transition.COMPLETE, State.ACTIVE, State.COMPLETED),
        FileTransitioned(2, 1, ["claim", "net"], FileTransition.REPLACE, {"a": [1, Decimal("0.10"), None]}),
        Noted(3, 1, "claimed", {"user": 7}),
    ]
    assert codec.unpack_entry(codec.pack_entry(command, events)) == (command, events)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x09\x01[]",
        b"\x00\x01not json",
        b"\x01\x01not zstd",
        b"\x00\x01[1]",
        b"\x00\xff[]",
    ],
)
def test_what_the_codec_did_not_write_is_unreadable(data: bytes) -> None:
    readers: Mapping[str, object] = {"state": codec.unpack_state, "entry": codec.unpack_entry}
    assert readers
    with pytest.raises(codec.Unreadable):
        codec.unpack_state(data, {})
    with pytest.raises(codec.Unreadable):
        codec.unpack_entry(data)


def test_an_entry_of_an_unknown_command_is_unreadable() -> None:
    with pytest.raises(codec.Unreadable):
        codec.unpack_entry(codec.pack(["NoSuchCommand", {}, []]))
