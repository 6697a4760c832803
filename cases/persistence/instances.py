"""Running and ended cases: one row each, with the whole engine state as a document."""

from datetime import datetime

from sqlalchemy import (
    CHAR,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Key, also_create


class CaseInstanceRow(Base):
    """A case. `version` counts its commands, `seq` its events, `head` is the hash of its last journal row.

    `doc` is the state by `codec`, `state` a number of `cmmn.lifecycle.State`; `definition` names the case
    in its model. `business_key` is its number and never changes; `name`, `given_key` and `status` are what it
    says of itself: its name, its business key and its business status in the words of a model.
    """

    __tablename__ = "case_instance"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    family: Mapped[str] = mapped_column(String(120))
    # No foreign key: PostgreSQL would lock the deployment's row in each transaction that opens a case of it.
    deployment_id: Mapped[int] = mapped_column(Integer, index=True)
    definition: Mapped[str] = mapped_column(String(200))
    business_key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[int] = mapped_column(SmallInteger)
    suspended: Mapped[bool]
    hold_until: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(BigInteger)
    # Beside the document, which a command that moves no plan item leaves as it is.
    seq: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(CHAR(64))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    doc: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str | None] = mapped_column(Text)
    given_key: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    owner_id: Mapped[int | None] = mapped_column(Integer)
    assignee_id: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        Index("case_key", "business_key", unique=True, postgresql_ops={"business_key": "text_pattern_ops"}),
        Index("case_of_family", "family", "opened_at", "id"),
        Index(
            "case_given_key",
            "given_key",
            postgresql_where=text("given_key IS NOT NULL"),
            sqlite_where=text("given_key IS NOT NULL"),
        ),
        # Pages rewrite the row at each command: room on its page keeps the update off the indexes.
        {"postgresql_with": {"fillfactor": 70}},
    )


class CaseValueRow(Base):
    """A value of more than 4 kB that the document only refers to."""

    __tablename__ = "case_value"
    case_id: Mapped[int] = mapped_column(
        Key, ForeignKey("case_instance.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    bytes: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = {"sqlite_with_rowid": False}


class CaseIntakeRow(Base):
    """The key that a sender gave what became a case: the same may come again and makes no second case."""

    __tablename__ = "case_intake"
    app_key: Mapped[str] = mapped_column(String(120), primary_key=True)
    intake_key: Mapped[str] = mapped_column(String(300), primary_key=True)
    sha256: Mapped[str] = mapped_column(CHAR(64))
    case_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)


CHILD = "child"
"""The kind of link from a case to one that it has called."""


class CaseLinkRow(Base):
    """Two cases that have to do with each other; `kind` says how, read from `case_id` to `other_id`.

    Of a case that called another one, `plan_item` is the instance of its case task. `waits`: the task waits
    for the end of the other case; `paused`: it is this task that suspended the other case.
    """

    __tablename__ = "case_link"
    case_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int] = mapped_column(Integer, server_default="0")
    plan_item: Mapped[int | None] = mapped_column(Integer)
    waits: Mapped[bool] = mapped_column(server_default=false())
    paused: Mapped[bool] = mapped_column(server_default=false())


# The codec has compressed what is worth it: the server need not try again.
for _place in (
    "case_instance ALTER COLUMN doc",
    "case_value ALTER COLUMN bytes",
    "journal ALTER COLUMN body",
):
    also_create("postgresql", f"ALTER TABLE {_place} SET STORAGE EXTERNAL")
