"""The indexes of the supervisors' board: the most overdue of a family, what is at risk, a person's load."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HELD = "state = 2 AND assignee_id IS NOT NULL"
OPEN = "state = 2"
WARNED = "state = 2 AND warn_at IS NOT NULL"


def upgrade() -> None:
    op.drop_index("task_mine", table_name="human_task")
    _create("task_mine", ["assignee_id", "due_at", "priority", "id", "family", "warn_at", "state"], HELD)
    _create("task_due", ["family", "due_at", "priority", "id", "state"], OPEN)
    _create("task_risk", ["family", "warn_at", "due_at", "priority", "id", "state"], WARNED)


def downgrade() -> None:
    op.drop_index("task_risk", table_name="human_task")
    op.drop_index("task_due", table_name="human_task")
    op.drop_index("task_mine", table_name="human_task")
    _create("task_mine", ["assignee_id", "due_at", "priority", "id"], HELD)


def _create(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "human_task", columns, unique=False, postgresql_where=condition, sqlite_where=condition
    )
