"""Cases that call cases, what a case says of itself, work that programs take, listeners, definitions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

HAS_KEY = "given_key IS NOT NULL"
WAITING = "state = 'waiting' AND topic IS NOT NULL"

OF_CASES = (
    ("name", sa.Text),
    ("given_key", sa.Text),
    ("status", sa.Text),
    ("due_at", lambda: INSTANT),
    ("owner_id", sa.Integer),
    ("assignee_id", sa.Integer),
)
OF_TASKS = (
    ("description", sa.Text),
    ("category", sa.Text),
    ("owner_id", sa.Integer),
    ("claimed_by", sa.Integer),
    ("begun_at", lambda: INSTANT),
    ("begun_by", sa.Integer),
    ("paused_by", sa.Integer),
    ("facts", sa.Text),
)


def upgrade() -> None:
    for name, type_ in OF_CASES:
        op.add_column("case_instance", sa.Column(name, type_(), nullable=True))
    _create_partial("case_given_key", "case_instance", ["given_key"], HAS_KEY)

    op.add_column("case_link", sa.Column("plan_item", sa.Integer(), nullable=True))
    op.add_column("case_link", sa.Column("waits", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("case_link", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column("job", sa.Column("topic", sa.String(length=200), nullable=True))
    _create_partial("job_topic", "job", ["topic", "prio", "id"], WAITING)

    for name, type_ in OF_TASKS:
        op.add_column("human_task", sa.Column(name, type_(), nullable=True))

    op.create_table(
        "subscription",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("plan_item", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_instance.id"],
            name="fk_subscription_case_id_case_instance",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "plan_item", name="pk_subscription"),
    )
    op.create_index("subscription_of_subject", "subscription", ["kind", "subject", "case_id"], unique=False)

    op.create_table(
        "case_definition",
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("tenant", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name="fk_case_definition_deployment_id_deployment"
        ),
        sa.PrimaryKeyConstraint("deployment_id", "key", name="pk_case_definition"),
    )
    op.create_index("case_definition_of_key", "case_definition", ["key", "tenant", "version"], unique=True)


def downgrade() -> None:
    op.drop_table("case_definition")
    op.drop_table("subscription")
    for name, _ in reversed(OF_TASKS):
        op.drop_column("human_task", name)
    op.drop_index("job_topic", table_name="job")
    op.drop_column("job", "topic")
    for name in ("paused", "waits", "plan_item"):
        op.drop_column("case_link", name)
    op.drop_index("case_given_key", table_name="case_instance")
    for name, _ in reversed(OF_CASES):
        op.drop_column("case_instance", name)


def _create_partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, postgresql_where=condition, sqlite_where=condition)
