"""What people were told, and whether they have read it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Json, Key


class NotificationRow(Base):
    """One notice for one person: what happened (`kind`), to which task or case, and why (`details`).

    `by_id` is the person who did it, NULL where a rule did. `details` holds codes and numbers, and the note
    that a person wrote: the words are found when it is shown.
    """

    __tablename__ = "notification"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    family: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int | None] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(Key)
    by_id: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[Any | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("notification_of_user", "user_id", "id"),
        Index(
            "notification_unread",
            "user_id",
            "id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
    )
