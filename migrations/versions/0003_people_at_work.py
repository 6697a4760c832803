"""What people were told, wishes over many tasks at once, and the rungs that a task has climbed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("undo_of", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name="fk_batch_by_id_user"),
        sa.ForeignKeyConstraint(["undo_of"], ["batch.id"], name="fk_batch_undo_of_batch"),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
        sa.UniqueConstraint("undo_of", name="uq_batch_undo_of"),
    )
    op.create_index("ix_batch_by_id", "batch", ["by_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("task_id", KEY, nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_notification_case_id_case_instance"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_notification_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
    )
    op.create_index("ix_notification_case_id", "notification", ["case_id"], unique=False)
    op.create_index("notification_of_user", "notification", ["user_id", "id"], unique=False)
    op.create_index(
        "notification_unread",
        "notification",
        ["user_id", "id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
        sqlite_where=sa.text("read_at IS NULL"),
    )

    op.create_table(
        "batch_item",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("task_id", KEY, nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("code", sa.String(length=60), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name="fk_batch_item_batch_id_batch", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_batch_item_case_id_case_instance"
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_batch_item"),
    )
    op.create_index("ix_batch_item_case_id", "batch_item", ["case_id"], unique=False)

    op.add_column("human_task", sa.Column("warn_at", INSTANT, nullable=True))
    op.add_column("human_task", sa.Column("rung", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("human_task", "rung")
    op.drop_column("human_task", "warn_at")
    op.drop_table("batch_item")
    op.drop_table("notification")
    op.drop_table("batch")
