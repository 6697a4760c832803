"""The journal's proof: canonical bytes (RFC 8785), salted commitments, a hash chain, Merkle roots (RFC 6962).

A row's hash covers the hash before it, its fields and the commitment to its body, never the body or its
salt. So both can be erased and the chain still holds. A chain alone does not miss its tail: roots that were
signed do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from json import JSONEncoder

GENESIS = "0" * 64
"""What stands before the first row."""

SALT_BYTES = 16
_EXACT = 2**53
_PLAIN = frozenset({str, bool})
_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a chain. `body` and `salt` are None together, once the row was erased."""

    prev: str
    hash: str
    commitment: str
    fields: Mapping[str, object]
    body: bytes | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold: the position of the row, from 0, and what is wrong with it."""

    position: int
    reason: str


def canonical(value: object) -> bytes:
    """The one text of a JSON value, in UTF-8: keys in the order of RFC 8785, no spaces.

    What JSON cannot say exactly is marked, so that two values never have one text: whole numbers from 2**53
    on and decimals as `{"$number": text}`, moments as `{"$at": text}`; a key that begins with `$` gets a
    second one. Raises TypeError of what is no such value (a float has no exact one), ValueError of a broken
    text.
    """
    return _ENCODER.encode(_marked(value)).encode()


def commitment(body: bytes, salt: bytes) -> str:
    """A promise about a body, which tells nothing of it once the salt is gone.

    Raises ValueError of a salt that is too short to hide anything.
    """
    if len(salt) < SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes or more")
    return hmac_digest(salt, body, "sha256").hex()


def row_hash(prev: str, fields: Mapping[str, object], commitment_: str) -> str:
    """The hash of a row. Raises as `canonical` does."""
    return sha256(canonical([prev, fields, commitment_])).hexdigest()


def verify(links: Iterable[Link], prev: str = GENESIS) -> Iterator[Break]:
    """Every place where a chain does not hold, from the row after `prev` on.

    A row that was changed, left out, put in or moved is found at its place. After a break the walk goes on
    from what the row says of itself, so that one fault is not reported for all that follow.
    """
    for position, link in enumerate(links):
        if not compare_digest(link.prev, prev):
            yield Break(position, "does not follow the row before it")
        if not compare_digest(link.hash, _hash_of(link)):
            yield Break(position, "does not have the hash of what it says")
        if (link.body is None) is not (link.salt is None):
            yield Break(position, "is erased by half")
        elif link.body is not None and link.salt is not None and not _keeps(link, link.body, link.salt):
            yield Break(position, "does not hold the body that it promised")
        prev = link.hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """A Merkle tree that only grows: its number of leaves, and the roots of its full subtrees."""

    count: int = 0
    peaks: tuple[bytes, ...] = ()

    def add(self, leaf: bytes) -> "Frontier":
        """The tree with one more leaf."""
        peaks, node, count = list(self.peaks), _leaf(leaf), self.count
        while count % 2:
            node = _node(peaks.pop(), node)
            count //= 2
        return Frontier(self.count + 1, (*peaks, node))

    def root(self) -> str:
        """The root over all leaves; of none, the hash of nothing (RFC 6962, 2.1)."""
        if not self.peaks:
            return sha256(b"").hexdigest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = _node(peak, node)
        return node.hex()


def merkle_root(leaves: Iterable[bytes]) -> str:
    """The root over leaves, in their order."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.add(leaf)
    return frontier.root()


def merkle_proof(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """What shows, with one leaf, that it is in the tree: the hashes beside its way up (RFC 6962, 2.1.1).

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return ()
    half = _half(len(leaves))
    if index < half:
        return (*merkle_proof(leaves[:half], index), merkle_root(leaves[half:]))
    return (*merkle_proof(leaves[half:], index - half), merkle_root(leaves[:half]))


def is_proven(leaf: bytes, index: int, count: int, proof: Sequence[str], root: str) -> bool:
    """Whether a proof shows that the leaf is the `index`-th of `count` under this root."""
    if not 0 <= index < count:
        return False
    sides = _sides(index, count)
    if len(sides) != len(proof):
        return False
    node = _leaf(leaf)
    for is_left, beside in zip(sides, proof, strict=True):
        other = bytes.fromhex(beside)
        node = _node(node, other) if is_left else _node(other, node)
    return compare_digest(node.hex(), root)


def _marked(value: object) -> object:
    if value is None or value.__class__ in _PLAIN:
        return value
    match value:
        case bool() | str():
            return value
        case int():
            return value if -_EXACT < value < _EXACT else {"$number": str(value)}
        case Decimal():
            return {"$number": str(value)}
        case datetime():
            return {"$at": value.astimezone(UTC).isoformat()}
        case Mapping():
            return _marked_mapping(value)
        case list() | tuple():
            return [_marked(part) for part in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical text")


def _marked_mapping(value: Mapping[str, object]) -> dict[str, object]:
    """Keys in the order of their UTF-16 code units, as RFC 8785, 3.2.3 wants it."""
    keys = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_code_units)
    return {"$" + key if key.startswith("$") else key: _marked(value[key]) for key in keys}


def _code_units(key: str) -> bytes:
    return key.encode("utf-16-be")


def _hash_of(link: Link) -> str:
    return row_hash(link.prev, link.fields, link.commitment)


def _keeps(link: Link, body: bytes, salt: bytes) -> bool:
    return len(salt) >= SALT_BYTES and compare_digest(link.commitment, commitment(body, salt))


def _leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _half(count: int) -> int:
    """The largest power of two below `count`."""
    half: int = 1 << (count - 1).bit_length() - 1
    return half


def _sides(index: int, count: int) -> list[bool]:
    """On the way from a leaf to the root: whether one comes from the left."""
    sides: list[bool] = []
    while count > 1:
        half = _half(count)
        is_left = index < half
        sides.append(is_left)
        index, count = (index, half) if is_left else (index - half, count - half)
    return sides[::-1]
