"""Who is signed in, and who knocks too often. Of a token only its hash is kept."""

from datetime import datetime

from sqlalchemy import CHAR, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant


class UserSessionRow(Base):
    """One signed-in browser or program."""

    __tablename__ = "user_session"
    token_hash: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    fresh_at: Mapped[datetime | None] = mapped_column(Instant)
    address: Mapped[str | None] = mapped_column(String(80))
    agent: Mapped[str | None] = mapped_column(Text)


class ThrottleRow(Base):
    """How often something failed lately, by what is counted (a name, an address)."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    window_at: Mapped[datetime] = mapped_column(Instant)
    blocked_until: Mapped[datetime | None] = mapped_column(Instant)
