"""Deployed case apps: immutable, versioned, each whole in one row; and the cases that they define."""

from datetime import datetime

from sqlalchemy import CHAR, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant


class DeploymentRow(Base):
    """A version of a case app: its canonical zip with its SHA-256; `state` is active or withdrawn."""

    __tablename__ = "deployment"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    family: Mapped[str] = mapped_column(String(120))
    app_key: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(CHAR(64))
    title: Mapped[str] = mapped_column(Text)
    archive: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    deployed_at: Mapped[datetime] = mapped_column(Instant)
    deployed_by: Mapped[int] = mapped_column(Integer, server_default="0")

    __table_args__ = (
        UniqueConstraint("app_key", "version"),
        Index("ix_deployment_family", "family"),
    )


class CaseDefinitionRow(Base):
    """A case that a deployment defines: by `key` other cases call it, and `version` counts its deployments.

    `tenant` is the family in which it is found by its key alone, empty where every family may call it so.
    """

    __tablename__ = "case_definition"
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (Index("case_definition_of_key", "key", "tenant", "version", unique=True),)
