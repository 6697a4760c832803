"""What a person chose for their own pages."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence.people import UserRow
from cases.policy import preferences
from cases.policy.access import Actor
from cases.policy.preferences import Preferences


def of(session: Session, actor: Actor) -> Preferences:
    """The preferences of this person."""
    kept = session.execute(
        select(UserRow.preferences).where(UserRow.id == actor.user_id)
    ).scalar_one_or_none()
    return preferences.of(kept)
