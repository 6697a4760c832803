"""Verify the chains, replay cases against their state, sign checkpoints of how far the chains have come.

A chain shows what was changed, left out, put in or moved; a checkpoint that its tail was cut off; the replay
that the state of a case is what its journal says.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn import replay
from cases.cmmn.events import AnyEvent, Noted
from cases.cmmn.instance import CaseInstance, CaseState, new
from cases.errors import NotFound
from cases.persistence import codec, store
from cases.persistence.governance import ErasureRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.journal import (
    LEDGER,
    AuditEntryRow,
    ChainHeadRow,
    CheckpointRow,
    JournalRow,
    entry_fields,
    journal_fields,
)
from cases.persistence.writes import StoredCase
from cases.policy import chain
from cases.policy.chain import GENESIS, Link
from cases.vault import signatures
from cases.vault.keyring import Keyring

ERASED = "erased"
"""The kind of the note that is the first row of a case after its erasure."""

_AT_ONCE = 500
_OVERLAP = timedelta(hours=1)
"""A checkpoint takes up again what began before the last one and was committed after it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: of which chain, at which row, and what."""

    chain: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.chain}, row {self.row}: {self.reason}"


@dataclass(slots=True)
class Report:
    """What a verification saw."""

    findings: list[Finding]
    cases: int = 0
    rows: int = 0
    entries: int = 0
    checkpoints: int = 0
    erased: int = 0


def verify(session: Session, ring: Keyring | None) -> Report:
    """Verify chains, states, ledger, checkpoints; without a ring, signatures are not looked at."""
    report = Report([])
    for case_id, rows in _journals(session):
        report.cases += 1
        report.rows += len(rows)
        report.erased += any(row.body is None for row in rows)
        report.findings.extend(_case_findings(session, case_id, rows, ring))
    report.findings.extend(_without_journal(session))
    report.findings.extend(_ledger_findings(session, report))
    report.findings.extend(_checkpoint_findings(session, ring, report))
    return report


def checkpoint(session: Session, ring: Keyring, now: datetime) -> int | None:
    """Sign how far the chains have come since the last checkpoint; its number, None where nothing grew."""
    last = session.scalars(select(CheckpointRow).order_by(CheckpointRow.id.desc()).limit(1)).first()
    heads = _heads(session, last)
    if not heads:
        return None
    prev = GENESIS if last is None else last.root
    row = CheckpointRow(
        id=1 if last is None else last.id + 1,
        at=now,
        upto=now,
        n=len(heads),
        heads=codec.pack(heads),
        prev=prev,
        root=_root(prev, heads),
        key_id=ring.current,
    )
    row.sig = signatures.sign(ring, _statement(row)).encode()
    session.add(row)
    session.flush()
    return row.id


# --- cases


def _journals(session: Session) -> Iterator[tuple[int, list[JournalRow]]]:
    rows = session.scalars(
        select(JournalRow)
        .order_by(JournalRow.case_id, JournalRow.version)
        .execution_options(yield_per=_AT_ONCE)
    )
    for case_id, of_case in groupby(rows, key=lambda row: row.case_id):
        kept = list(of_case)
        yield case_id, kept
        for row in kept:
            session.expunge(row)


def _case_findings(
    session: Session, case_id: int, rows: list[JournalRow], ring: Keyring | None
) -> Iterator[Finding]:
    name = f"case {case_id}"
    for broken in chain.verify(_link(row) for row in rows):
        yield Finding(name, rows[broken.position].version, broken.reason)
    for expected, row in enumerate(rows, start=1):
        if row.version != expected:
            yield Finding(name, expected, "is missing")
            break
    stored = store.peek(session, case_id)
    if stored is None:
        yield Finding(name, rows[-1].version, "belongs to a case that is gone")
    elif (stored.version, stored.head) != (rows[-1].version, rows[-1].hash):
        yield Finding(name, stored.version, "the case does not end where its journal ends")
    erasure = session.get(ErasureRow, case_id)
    if erasure is not None:
        yield from _erasure_findings(name, erasure, rows, ring)
    elif any(row.body is None for row in rows) and _tells_of_erasure(rows):
        yield Finding(name, rows[-1].version, "the state that its erasure left is missing")
    if stored is not None and (erasure is not None or all(row.body is not None for row in rows)):
        yield from _state_findings(session, name, stored, rows, erasure)


def _erasure_findings(
    name: str, erasure: ErasureRow, rows: list[JournalRow], ring: Keyring | None
) -> Iterator[Finding]:
    """An erased case: what was to go is gone, and what is left in its place is what was signed."""
    for row in rows:
        if row.version <= erasure.version and row.body is not None:
            yield Finding(name, row.version, "was to be erased and is not")
        elif row.version > erasure.version and row.body is None:
            yield Finding(name, row.version, "was erased though it came after the erasure")
    if not any((row.version, row.hash) == (erasure.version, erasure.head) for row in rows):
        yield Finding(name, erasure.version, "is not as its erasure saw it")
    if ring is not None and not signatures.verify(ring, erasure_statement(erasure), erasure.sig.decode()):
        yield Finding(name, erasure.version, "the state that its erasure left is not as it was signed")


def _tells_of_erasure(rows: list[JournalRow]) -> bool:
    return any(
        isinstance(event, Noted) and event.kind == ERASED for events in _events(rows) for event in events
    )


def _state_findings(
    session: Session, name: str, stored: StoredCase, rows: list[JournalRow], erasure: ErasureRow | None
) -> Iterator[Finding]:
    """Fold the events anew, from the start or from what an erasure left: the stored state must come out."""
    try:
        versions = catalogue.Versions(session)
        first = replay.first_version(_events(rows))
        current = catalogue.version_name(stored.deployment_id, stored.definition)
        program = versions[current if first is None else first]
        state = codec.unpack_state(stored.doc, stored.values)
        begin = new(program, stored.id, stored.business_key)
        if erasure is not None:
            begin = CaseInstance(program, codec.unpack_state(erasure.snapshot, {}))
        folded: CaseState = replay.fold_onto(begin, _events(rows), versions)
    except (codec.Unreadable, NotFound, LookupError) as error:
        yield Finding(name, stored.version, f"cannot be replayed: {error}")
        return
    state.seq = stored.seq
    if folded != state:
        yield Finding(name, stored.version, "the state is not what the journal says")


def _events(rows: Iterable[JournalRow]) -> Iterator[list[AnyEvent]]:
    return (codec.unpack_entry(row.body)[1] for row in rows if row.body is not None)


def _link(row: JournalRow) -> Link:
    fields = journal_fields(
        {
            "case_id": row.case_id,
            "version": row.version,
            "at": row.at,
            "actor_id": row.actor_id,
            "actor": row.actor,
            "via": row.via,
            "command": row.command,
            "command_key": row.command_key,
        }
    )
    return Link(row.prev, row.hash, row.commitment, fields, row.body, row.salt)


def erasure_statement(erasure: ErasureRow) -> bytes:
    """What is signed of an erasure: everything that its row says, of the state its digest."""
    return chain.canonical(
        {
            "case": erasure.case_id,
            "at": erasure.at.astimezone(UTC).isoformat(),
            "actor": [erasure.actor_id, erasure.actor],
            "reason": erasure.reason,
            "version": erasure.version,
            "head": erasure.head,
            "snapshot": hashlib.sha256(erasure.snapshot).hexdigest(),
        }
    )


def _without_journal(session: Session) -> Iterator[Finding]:
    """Every case has a journal: one that has none lost it."""
    lost = (
        select(CaseInstanceRow.id, CaseInstanceRow.version)
        .outerjoin(JournalRow, JournalRow.case_id == CaseInstanceRow.id)
        .where(JournalRow.case_id.is_(None))
        .order_by(CaseInstanceRow.id)
    )
    for case_id, version in session.execute(lost):
        yield Finding(f"case {case_id}", version, "has no journal")


# --- the ledger


def _ledger_findings(session: Session, report: Report) -> Iterator[Finding]:
    entries = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.id)).all()
    report.entries = len(entries)
    links = (
        Link(entry.prev, entry.hash, entry.commitment, entry_fields(entry), entry.body, entry.salt)
        for entry in entries
    )
    for broken in chain.verify(links):
        yield Finding(LEDGER, entries[broken.position].id, broken.reason)
    head = session.get(ChainHeadRow, LEDGER)
    end = (entries[-1].id, entries[-1].hash) if entries else (0, GENESIS)
    if (end if head is None else (head.n, head.hash)) != end:
        yield Finding(LEDGER, end[0], "the chain does not end at its head")
    if len(entries) != end[0]:
        yield Finding(LEDGER, end[0], "numbers are missing")


# --- checkpoints


def _heads(session: Session, last: CheckpointRow | None) -> list[list[object]]:
    """The chains that grew: name, number of the last row, its hash. Cases first, by id."""
    grown = select(CaseInstanceRow.id, CaseInstanceRow.version, CaseInstanceRow.head)
    if last is not None:
        grown = grown.where(CaseInstanceRow.changed_at > last.upto - _OVERLAP)
    heads: list[list[object]] = [
        [f"case {id_}", version, head]
        for id_, version, head in session.execute(grown.order_by(CaseInstanceRow.id))
    ]
    head = session.get(ChainHeadRow, LEDGER)
    if head is not None:
        heads.append([LEDGER, head.n, head.hash])
    known = [] if last is None else codec.unpack(last.heads)
    return [] if heads == known else heads


def _root(prev: str, heads: Iterable[object]) -> str:
    return chain.merkle_root([prev.encode(), *(chain.canonical(head) for head in heads)])


def _statement(row: CheckpointRow) -> bytes:
    """What is signed: everything that the checkpoint says."""
    at = row.at.astimezone(UTC).isoformat()
    return chain.canonical({"id": row.id, "at": at, "n": row.n, "prev": row.prev, "root": row.root})


def _checkpoint_findings(session: Session, ring: Keyring | None, report: Report) -> Iterator[Finding]:
    prev = GENESIS
    for expected, row in enumerate(
        session.scalars(select(CheckpointRow).order_by(CheckpointRow.id)), start=1
    ):
        report.checkpoints += 1
        heads = codec.unpack(row.heads)
        if (
            row.id != expected
            or row.prev != prev
            or row.root != _root(row.prev, heads)
            or row.n != len(heads)
        ):
            yield Finding(
                "checkpoints", row.id, "does not follow the one before it, or does not hold its root"
            )
        if ring is not None and not signatures.verify(ring, _statement(row), (row.sig or b"").decode()):
            yield Finding("checkpoints", row.id, "is not signed by this installation")
        for name, number, hash_ in heads:
            if _hash_at(session, name, number) != hash_:
                yield Finding(name, number, f"is not as checkpoint {row.id} saw it")
        prev = row.root


def _hash_at(session: Session, name: str, number: int) -> str | None:
    if name == LEDGER:
        entry = select(AuditEntryRow.hash).where(AuditEntryRow.id == number)
        return GENESIS if number == 0 else session.scalar(entry)
    case_id = int(name.removeprefix("case "))
    row = select(JournalRow.hash).where(JournalRow.case_id == case_id, JournalRow.version == number)
    return session.scalar(row)
