"""What cases are found by: a text for the words in it, and the values that a case app declares."""

from re import compile as compile_fixed

from sqlalchemy import (
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from cases.persistence.base import Base, Key, also_create

_WORD = compile_fixed(r"[^\W_]+")
_MOST_WORDS = 8


class CaseSearchRow(Base):
    """The words of a case: key, title, searchable values. Written only when one of them changed."""

    __tablename__ = "case_search"
    case_id: Mapped[int] = mapped_column(
        Key, ForeignKey("case_instance.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    family: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(Text)


class CaseFieldRow(Base):
    """A declared value of a case, such as its policy number; a number also as such, to be ordered by."""

    __tablename__ = "case_field"
    case_id: Mapped[int] = mapped_column(
        Key, ForeignKey("case_instance.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    family: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    number: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (
        Index("ix_case_field_family_name_text", "family", "name", "text"),
        {"sqlite_with_rowid": False},
    )


def sqlite_full_text() -> dict[str, str]:
    """Name -> text of SQLite's full-text table, an index only, and of the triggers that feed it."""
    put = "INSERT INTO case_search_words(rowid, words) VALUES (new.case_id, new.words);"
    take = (
        "INSERT INTO case_search_words(case_search_words, rowid, words) "
        "VALUES ('delete', old.case_id, old.words);"
    )
    return {
        "case_search_words": (
            "CREATE VIRTUAL TABLE case_search_words USING fts5"
            "(words, content='case_search', content_rowid='case_id', "
            "tokenize='unicode61 remove_diacritics 2')"
        ),
        "case_search_in": f"CREATE TRIGGER case_search_in AFTER INSERT ON case_search BEGIN {put} END",
        "case_search_out": f"CREATE TRIGGER case_search_out AFTER DELETE ON case_search BEGIN {take} END",
        "case_search_new": (
            f"CREATE TRIGGER case_search_new AFTER UPDATE ON case_search BEGIN {take} {put} END"
        ),
    }


def found_by(session: Session, text: str) -> Select[int] | None:
    """The cases that have, for each word of a text, one that begins so; None where the text has no word."""
    words = _WORD.findall(text)[:_MOST_WORDS]
    if not words:
        return None
    if session.connection().dialect.name == "sqlite":
        index = table("case_search_words", column("rowid", Key))
        match = literal_column("case_search_words").op("MATCH")(" ".join(f'"{word}"*' for word in words))
        return select(index.c.rowid).where(match)
    # The parser of PostgreSQL reads the number behind a hyphen as a negative one: `PB-1000` is pb and -1000.
    query = " & ".join(f"('{word}':* | '-{word}':*)" for word in words)
    simple: ColumnElement[str] = literal_column("'simple'")
    match = func.to_tsvector(simple, CaseSearchRow.words).op("@@")(func.to_tsquery(simple, query))
    return select(CaseSearchRow.case_id).where(match)


def forget_old_words(session: Session) -> None:
    """Have SQLite's full-text index drop the words that no row has any more: it only strikes them out."""
    if session.connection().dialect.name == "sqlite":
        session.execute(sql("INSERT INTO case_search_words(case_search_words) VALUES ('optimize')"))


for _text in sqlite_full_text().values():
    also_create("sqlite", _text)
also_create(
    "postgresql", "CREATE INDEX case_search_tsv ON case_search USING gin (to_tsvector('simple', words))"
)
