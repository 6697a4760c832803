"""The text by which a task is due, and when each rung of its ladder was climbed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("human_task", sa.Column("due_text", sa.Text(), nullable=True))
    op.add_column("human_task", sa.Column("climbed", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("human_task", "climbed")
    op.drop_column("human_task", "due_text")
