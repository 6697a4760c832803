"""What happened, in chains that show a change: a row a command, and a row for what people do outside cases.

Rows are never updated or deleted: triggers refuse it, but for `body` and `salt`, which erasure makes NULL.
The hash covers neither, only their commitment, so that the chain still verifies.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import CHAR, BigInteger, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Key, also_create

LEDGER = "audit_entry"
"""The name of the installation's own chain among the heads."""


class JournalRow(Base):
    """One command on one case, whose version it made; `body` holds the command and its events by `codec`."""

    __tablename__ = "journal"
    case_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(120))
    via: Mapped[str] = mapped_column(String(40))
    command: Mapped[str] = mapped_column(String(40))
    command_key: Mapped[str | None] = mapped_column(String(300))
    commitment: Mapped[str] = mapped_column(CHAR(64))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    prev: Mapped[str] = mapped_column(CHAR(64))
    hash: Mapped[str] = mapped_column(CHAR(64))

    __table_args__ = (
        Index(
            "journal_once",
            "command_key",
            unique=True,
            postgresql_where=text("command_key IS NOT NULL"),
            sqlite_where=text("command_key IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )


class AuditEntryRow(Base):
    """What somebody changed outside cases, or that somebody signed in: one chain, numbered without gaps."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(120))
    via: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(String(120))
    commitment: Mapped[str] = mapped_column(CHAR(64))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    prev: Mapped[str] = mapped_column(CHAR(64))
    hash: Mapped[str] = mapped_column(CHAR(64))

    __table_args__ = (Index("ix_audit_entry_at", "at", "id"), Index("ix_audit_entry_subject", "subject"))


class ChainHeadRow(Base):
    """The end of a chain that is not a case's: who adds to it locks this row first."""

    __tablename__ = "chain_head"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(CHAR(64))


class CheckpointRow(Base):
    """A signed statement of how far the chains had come: it finds a tail that was cut off.

    `heads` lists, by `codec`, the chains that grew since the checkpoint before, each with its version and
    head; `root` is their Merkle root, chained with `prev`, the root before; `n` is how many they are.
    """

    __tablename__ = "checkpoint"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    upto: Mapped[datetime] = mapped_column(Instant)
    n: Mapped[int] = mapped_column(BigInteger)
    heads: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[str] = mapped_column(CHAR(64))
    root: Mapped[str] = mapped_column(CHAR(64))
    key_id: Mapped[str | None] = mapped_column(String(120))
    sig: Mapped[bytes | None] = mapped_column(LargeBinary)


_HASHED = ("case_id", "version", "at", "actor_id", "actor", "via", "command", "command_key")


def journal_fields(row: Mapping[str, object]) -> dict[str, object]:
    """What the hash of a row of the journal covers, besides its predecessor and its commitment."""
    return {name: _hashable(row[name]) for name in _HASHED}


def entry_fields(entry: AuditEntryRow) -> dict[str, object]:
    """What the hash of an entry of the ledger covers, besides its predecessor and its commitment."""
    names = ("id", "at", "actor_id", "actor", "via", "action", "subject", "family")
    return {name: _hashable(getattr(entry, name)) for name in names}


def _hashable(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


_GUARDED = {
    "journal": "case_id version at actor_id actor via command command_key commitment prev hash",
    "audit_entry": "id at actor_id actor via action subject family commitment prev hash",
    "checkpoint": "",
}


def sqlite_triggers() -> dict[str, str]:
    """Name -> text of every trigger that keeps a chain as it was written. Raised: `append-only`."""
    texts = {}
    for table, columns in _GUARDED.items():
        texts[f"{table}_kept"] = (
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        when = f" WHEN NOT ({_only_erases(columns.split(), 'IS')})" if columns else ""
        texts[f"{table}_fixed"] = (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table}{when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    return texts


def postgresql_triggers() -> dict[str, str]:
    """Name -> text of the functions, and of the triggers that call them, in the order of their making."""
    texts = {}
    for table, columns in _GUARDED.items():
        allowed = _only_erases(columns.split(), "IS NOT DISTINCT FROM") if columns else "false"
        texts[f"{table}_append_only"] = (
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' THEN IF {allowed} THEN RETURN NEW; END IF; END IF; "
            f"RAISE EXCEPTION '{table} is append-only' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        texts[f"{table}_fixed"] = (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
        )
        texts[f"{table}_kept"] = (
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
    return texts


def _only_erases(columns: list[str], same: str) -> str:
    """True of an update that changes nothing but `body` and `salt`, each kept or made NULL."""
    kept = [f"NEW.{name} {same} OLD.{name}" for name in columns]
    erased = [f"(NEW.{name} IS NULL OR NEW.{name} {same} OLD.{name})" for name in ("body", "salt")]
    return " AND ".join(kept + erased)


for _dialect, _texts in (("sqlite", sqlite_triggers()), ("postgresql", postgresql_triggers())):
    for _text in _texts.values():
        also_create(_dialect, _text)
