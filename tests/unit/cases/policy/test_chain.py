from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cases.policy.access import Permission
from cases.policy.chain import (
    GENESIS,
    Break,
    Frontier,
    Link,
    canonical,
    commitment,
    is_proven,
    merkle_proof,
    merkle_root,
    row_hash,
    verify,
)

SALT = bytes(range(16))


def chain(length: int = 6) -> list[Link]:
    links, prev = [], GENESIS
    for version in range(1, length + 1):
        fields = {
            "case_id": 5,
            "version": version,
            "at": f"2026-03-02T09:0{version}:00Z",
            "actor": "ada",
            "key": None,
        }
        body, salt = b'{"events":[%d]}' % version, SALT + bytes([version])
        promise = commitment(body, salt)
        links.append(Link(prev, row_hash(prev, fields, promise), promise, fields, body, salt))
        prev = links[-1].hash
    return links


def breaks(links: Iterable[Link]) -> list[Break]:
    return list(verify(links))


def test_a_chain_that_nobody_touched_holds() -> None:
    assert breaks(chain()) == []
    assert breaks([]) == []


def test_a_chain_can_be_verified_from_any_row_on() -> None:
    links = chain()
    assert list(verify(links[3:], prev=links[2].hash)) == []
    assert list(verify(links[3:])) == [Break(0, "does not follow the row before it")]


def test_an_erased_row_keeps_the_proof() -> None:
    erased = [replace(link, body=None, salt=None) for link in chain()]
    assert breaks(erased) == []
    assert breaks([erased[0], *chain()[1:]]) == []


FIELDS = ["case_id", "version", "at", "actor", "key"]
CHANGES = {
    **{
        f"field {name}": (lambda link, name=name: replace(link, fields={**link.fields, name: "x"}))
        for name in FIELDS
    },
    "a field less": lambda link: replace(link, fields={name: link.fields[name] for name in FIELDS[1:]}),
    "a field more": lambda link: replace(link, fields={**link.fields, "via": "web"}),
    "body": lambda link: replace(link, body=link.body + b" "),
    "salt": lambda link: replace(link, salt=bytes(16)),
    "short salt": lambda link: replace(link, salt=b""),
    "body only": lambda link: replace(link, salt=None),
    "salt only": lambda link: replace(link, body=None),
    "commitment": lambda link: replace(link, commitment="0" * 64),
    "body and its commitment": lambda link: replace(
        link, body=b"{}", commitment=commitment(b"{}", link.salt)
    ),
    "prev": lambda link: replace(link, prev="1" * 64),
    "hash": lambda link: replace(link, hash="1" * 64),
}


@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("change", CHANGES)
def test_every_single_change_is_found_at_its_row(change: str, position: int) -> None:
    links = chain()
    links[position] = CHANGES[change](links[position])
    found = breaks(links)
    assert found[0].position == position
    assert {one.position for one in found} <= {position, position + 1}


@pytest.mark.parametrize("position", range(5))
def test_a_row_that_was_taken_out_is_missed_at_its_place(position: int) -> None:
    links = chain()
    del links[position]
    assert breaks(links) == [Break(position, "does not follow the row before it")]


def test_a_row_that_was_put_in_or_moved_is_found() -> None:
    links = chain()
    for position in range(5):
        doubled = [*links[: position + 1], links[position], *links[position + 1 :]]
        assert breaks(doubled) == [Break(position + 1, "does not follow the row before it")]
        swapped = [*links[:position], links[position + 1], links[position], *links[position + 2 :]]
        assert breaks(swapped)[0].position == position


def test_a_row_that_was_made_anew_with_a_right_hash_is_betrayed_by_the_next() -> None:
    links = chain()
    old = links[2]
    fields = {**old.fields, "actor": "eve"}
    links[2] = replace(old, fields=fields, hash=row_hash(old.prev, fields, old.commitment))
    assert breaks(links) == [Break(3, "does not follow the row before it")]


def test_a_tail_that_was_cut_off_is_found_by_the_root_and_not_by_the_chain() -> None:
    links = chain()
    assert breaks(links[:-1]) == []
    leaves = [link.hash.encode() for link in links]
    assert merkle_root(leaves) != merkle_root(leaves[:-1])


@given(st.data())
def test_any_flipped_bit_of_what_is_stored_is_found(data: st.DataObject) -> None:
    links = chain(3)
    position = data.draw(st.integers(0, 2))
    name = data.draw(st.sampled_from(["prev", "hash", "commitment", "body", "salt"]))
    value = getattr(links[position], name)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1
    changed = raw.decode() if isinstance(value, str) else bytes(raw)
    links[position] = replace(links[position], **{name: changed})
    assert breaks(links)[0].position == position


def test_a_commitment_depends_on_its_salt_and_wants_a_long_one() -> None:
    assert commitment(b"x", SALT) != commitment(b"x", SALT[::-1])
    assert commitment(b"x", SALT) != sha256(b"x").hexdigest()
    with pytest.raises(ValueError, match="16 bytes"):
        commitment(b"x", b"short")


# Canonical bytes.

keys = st.text(st.sampled_from("ab$\u20ac\u00e9\ufb33\U0001f600\n\x7f"), max_size=3)
texts = st.text(st.sampled_from('a"\\/\b\t\n\x00\x1f\x7f\u2028\u20ac\U0001f600'), max_size=5)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys.filter(lambda k: not k.startswith("$")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_canonical_bytes_are_those_of_the_standard(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


rich = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | texts
    | st.decimals("-5", "5", allow_nan=False, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.just("$number"), inner, max_size=3),
    max_leaves=5,
)


@given(rich, rich)
def test_two_values_never_have_one_text(one: object, other: object) -> None:
    if canonical(one) == canonical(other):
        assert repr(_ordered(one)) == repr(_ordered(other))


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return [(key, _ordered(value[key])) for key in sorted(value)]
    return [_ordered(part) for part in value] if isinstance(value, list) else value


def test_what_json_cannot_say_exactly_is_marked() -> None:
    assert canonical(Decimal("12.50")) == b'{"$number":"12.50"}'
    assert canonical(2**53) == b'{"$number":"9007199254740992"}'
    assert canonical({"$number": "1"}) == b'{"$$number":"1"}'
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert canonical(moment) == canonical(moment.astimezone(timezone(timedelta(hours=5))))
    assert canonical((1, 2)) == canonical([1, 2])
    assert canonical(Permission.VIEW_CASE) == b'"view_case"'


@pytest.mark.parametrize("value", [0.1, b"x", {1, 2}, object(), {"a": 0.1}])
def test_what_has_no_exact_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_a_broken_text_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical("\ud800")


# Merkle trees: the vectors of the RFC's own reference (leaves of the certificate transparency test suite).

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("count", ROOTS)
def test_a_root_is_that_of_the_rfc(count: int) -> None:
    assert merkle_root(LEAVES[:count]) == ROOTS[count]


@given(st.integers(1, 40), st.data())
def test_a_proof_shows_its_leaf_in_its_place_and_nothing_else(count: int, data: st.DataObject) -> None:
    leaves = [bytes([number]) for number in range(count)]
    index = data.draw(st.integers(0, count - 1))
    root, proof = merkle_root(leaves), merkle_proof(leaves, index)
    assert is_proven(leaves[index], index, count, proof, root)
    assert not is_proven(b"other", index, count, proof, root)
    assert not is_proven(leaves[index], index, count, (*proof, root), root)
    assert not is_proven(leaves[index], count, count, proof, root)
    for elsewhere in set(range(count)) - {index}:
        assert not is_proven(leaves[index], elsewhere, count, proof, root)


def test_a_tree_grows_leaf_by_leaf() -> None:
    frontier = Frontier()
    for count, leaf in enumerate(LEAVES):
        assert frontier.root() == merkle_root(LEAVES[:count])
        frontier = frontier.add(leaf)
    assert (frontier.count, len(frontier.peaks)) == (8, 1)
    with pytest.raises(IndexError):
        merkle_proof(LEAVES, 8)
