"""What was done to the history of a case by right: its erasure."""

from datetime import datetime

from sqlalchemy import CHAR, BigInteger, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Key


class ErasureRow(Base):
    """A case whose data were erased: who, why, and the signed state from which its replay begins.

    The rows of its journal up to `version` have no body any more, `head` is the hash of the last of them;
    `snapshot` is the state after it by `codec`, without any data; `sig` covers all of that.
    """

    __tablename__ = "erasure"
    case_id: Mapped[int] = mapped_column(
        Key, ForeignKey("case_instance.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(CHAR(64))
    snapshot: Mapped[bytes] = mapped_column(LargeBinary)
    sig: Mapped[bytes] = mapped_column(LargeBinary)
