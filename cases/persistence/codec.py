"""The one border where values become bytes: engine state, journal entries, payloads, and all of them back.

Two bytes stand before each document: how it is packed, and the version of what it holds. A version that is no
longer written is brought up step by step (`_STEPS`), one function for each.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from typing import Any, get_args

import msgspec
import zstandard

from cases.cmmn.casefile import CaseFile
from cases.cmmn.commands import AnyCommand, Command, Migrate
from cases.cmmn.events import AnyEvent
from cases.cmmn.instance import CaseState

VERSION = 1
COMPRESS_OVER = 512
"""Less is not worth the microseconds. A fresh case of a dozen items is worth them: it halves its row."""
APART_OVER = 4_096
"""A root item of the case file whose JSON is longer lives in a row of its own, written when it changed."""

_PLAIN = 0
_ZSTD = 1
_HAS_APART = 16
"""Added to the first byte of a document that refers to values apart: seen without unpacking it."""

_LEVEL = 1
_HEAD = 2

Apart = dict[str, str]
"""Root items that live apart, each with the digest of its bytes."""

_COMMANDS: dict[str, type[Command]] = {kind.__name__: kind for kind in (*get_args(AnyCommand), Migrate)}


class Unreadable(ValueError):
    """Bytes that this version of the code did not write, and cannot bring up."""


class _Document(msgspec.Struct, array_like=True, gc=False):
    state: CaseState
    apart: Apart = {}


class _Entry(msgspec.Struct, array_like=True, gc=False):
    command: str
    arguments: dict[str, Any]  # a JSON border
    events: list[AnyEvent]


@dataclass(frozen=True, slots=True)
class PackedState:
    """A state as its row takes it: the document, and the values that live apart (all of them, by name)."""

    doc: bytes
    apart: Apart
    values: Mapping[str, bytes]


def pack_state(state: CaseState) -> PackedState:
    """The state as bytes. The state itself is left as it is."""
    whole = _ENCODER.encode(_Document(state))
    if len(whole) <= APART_OVER:  # then no value of it is longer
        return PackedState(_packed(whole), {}, {})
    raw = {name: msgspec.Raw(_ENCODER.encode(value)) for name, value in state.file.values.items()}
    far = {name: bytes(value) for name, value in raw.items() if len(bytes(value)) > APART_OVER}
    if far:
        raw = {name: value for name, value in raw.items() if name not in far}
    near = msgspec.structs.replace(
        state, file=CaseFile(dict(raw), state.file.discarded, state.file.references)
    )
    apart = {name: digest(value) for name, value in far.items()}
    flag = _HAS_APART if apart else 0
    return PackedState(
        _packed(_ENCODER.encode(_Document(near, apart)), flag),
        apart,
        {name: _packed(value) for name, value in far.items()},
    )


def unpack_state(doc: bytes, values: Mapping[str, bytes]) -> CaseState:
    """The state again. Raises Unreadable, also where a value that lives apart is missing or another one."""
    document = _document(doc)
    for name, expected in document.apart.items():
        text = _unpacked(values[name]) if name in values else b""
        if digest(text) != expected:
            raise Unreadable(f"the value {name!r} does not belong to this state")
        document.state.file.values[name] = _ANY.decode(text)
    return document.state


def has_apart(doc: bytes) -> bool:
    """Whether root items of this document live apart."""
    return bool(doc[0] & _HAS_APART)


def apart_of(doc: bytes) -> Apart:
    """Which root items of this document live apart."""
    return _document(doc).apart if has_apart(doc) else {}


def pack_entry(command: Command, events: Sequence[AnyEvent]) -> bytes:
    """What one row of the journal says: the command, and what came of it."""
    return _packed(_ENCODER.encode(_Entry(type(command).__name__, _arguments(command), list(events))))


def unpack_entry(body: bytes) -> tuple[AnyCommand, list[AnyEvent]]:
    """The command and its events again. Raises Unreadable."""
    try:
        entry = _ENTRY.decode(_unpacked(body))
        kind = _COMMANDS[entry.command]
        command = msgspec.convert(entry.arguments, kind)
    except (msgspec.DecodeError, KeyError) as error:
        raise Unreadable(str(error)) from None
    # The names of `_COMMANDS` are those of the union, which mypy cannot know.
    return command, entry.events  # type: ignore[return-value]


def pack(value: object) -> bytes:
    """Any JSON value: the payload of a job, a draft, a message."""
    return _packed(_ENCODER.encode(value))


def unpack(data: bytes) -> Any:  # noqa: ANN401 - a JSON border
    """The JSON value again, with numbers as `Decimal`s or `int`s. Raises Unreadable."""
    try:
        return _ANY.decode(_unpacked(data))
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None


def digest(text: bytes) -> str:
    """By what a value that lives apart is known."""
    return hashlib.sha256(text).hexdigest()[:32]


def _document(doc: bytes) -> _Document:
    try:
        return _DOCUMENT.decode(_unpacked(doc))
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None


def _arguments(command: Command) -> dict[str, object]:
    """The fields that say more than their default. The actor is a column of the row."""
    said: dict[str, object] = {}
    for name, default in _DEFAULTS[type(command).__name__]:
        value = getattr(command, name)
        if value != default:
            said[name] = sorted(value) if isinstance(value, frozenset) else value
    return said


def _defaults_of(kind: type[Command]) -> tuple[tuple[str, object], ...]:
    return tuple(
        (field.name, field.default_factory() if field.default_factory is not MISSING else field.default)
        for field in fields(kind)
        if field.name != "actor"
    )


_DEFAULTS = {name: _defaults_of(kind) for name, kind in _COMMANDS.items()}


def _packed(text: bytes, flag: int = 0) -> bytes:
    if len(text) <= COMPRESS_OVER:
        return bytes((_PLAIN | flag, VERSION)) + text
    return bytes((_ZSTD | flag, VERSION)) + _TOOLS.compressor.compress(text)


def _unpacked(data: bytes) -> bytes:
    packing = data[0] & ~_HAS_APART if len(data) >= _HEAD else -1
    if packing not in (_PLAIN, _ZSTD):
        raise Unreadable("this was not written by the codec")
    try:
        text = data[_HEAD:] if packing == _PLAIN else _TOOLS.decompressor.decompress(data[_HEAD:])
    except zstandard.ZstdError as error:
        raise Unreadable(str(error)) from None
    for version in range(data[1], VERSION):
        text = _STEPS[version](text)
    if data[1] > VERSION:
        raise Unreadable(f"written by a newer version of the codec: {data[1]}")
    return text


_STEPS: dict[int, Callable[[bytes], bytes]] = {}
"""Version -> what makes the JSON of the next one of it."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ANY = msgspec.json.Decoder(float_hook=Decimal)
_DOCUMENT = msgspec.json.Decoder(_Document, float_hook=Decimal)
_ENTRY = msgspec.json.Decoder(_Entry, float_hook=Decimal)


class _Tools(threading.local):
    """Compressors of this thread: one must not be used by two at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_TOOLS = _Tools()
