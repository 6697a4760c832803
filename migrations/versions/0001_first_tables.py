"""The first tables, with the triggers and full-text indexes that each database gives in its own words."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

TABLES = (
    "family",
    "user",
    "role",
    "membership",
    "user_session",
    "throttle",
    "deployment",
    "connection",
    "secret",
    "allowed_target",
    "breaker",
    "bucket",
    "key_block",
    "key_counter",
    "case_instance",
    "case_value",
    "case_intake",
    "case_link",
    "case_search",
    "case_field",
    "sla_clock",
    "journal",
    "audit_entry",
    "chain_head",
    "checkpoint",
    "queue",
    "queue_member",
    "human_task",
    "job",
    "incident",
    "worker",
    "endpoint",
    "inbox",
    "correlation",
    "idempotency",
    "outbox",
)

ON_POSTGRESQL = (
    """CREATE SEQUENCE key_sequence INCREMENT BY 1000 START WITH 1""",
    """CREATE INDEX case_search_tsv ON case_search USING gin (to_tsvector('simple', words))""",
    """ALTER TABLE case_instance ALTER COLUMN doc SET STORAGE EXTERNAL""",
    """ALTER TABLE case_value ALTER COLUMN bytes SET STORAGE EXTERNAL""",
    """ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL""",
    """CREATE OR REPLACE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF
    TG_OP = 'UPDATE' THEN IF NEW.case_id IS NOT DISTINCT FROM OLD.case_id AND NEW.version IS NOT
    DISTINCT FROM OLD.version AND NEW.at IS NOT DISTINCT FROM OLD.at AND NEW.actor_id IS NOT DISTINCT
    FROM OLD.actor_id AND NEW.actor IS NOT DISTINCT FROM OLD.actor AND NEW.via IS NOT DISTINCT FROM
    OLD.via AND NEW.command IS NOT DISTINCT FROM OLD.command AND NEW.command_key IS NOT DISTINCT FROM
    OLD.command_key AND NEW.commitment IS NOT DISTINCT FROM OLD.commitment AND NEW.prev IS NOT
    DISTINCT FROM OLD.prev AND NEW.hash IS NOT DISTINCT FROM OLD.hash AND (NEW.body IS NULL OR
    NEW.body IS NOT DISTINCT FROM OLD.body) AND (NEW.salt IS NULL OR NEW.salt IS NOT DISTINCT FROM
    OLD.salt) THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'journal is append-only' USING ERRCODE
    = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER journal_fixed BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION
    journal_append_only()""",
    """CREATE TRIGGER journal_kept BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION
    journal_append_only()""",
    """CREATE OR REPLACE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN IF NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.at IS NOT DISTINCT FROM
    OLD.at AND NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id AND NEW.actor IS NOT DISTINCT FROM
    OLD.actor AND NEW.via IS NOT DISTINCT FROM OLD.via AND NEW.action IS NOT DISTINCT FROM OLD.action
    AND NEW.subject IS NOT DISTINCT FROM OLD.subject AND NEW.family IS NOT DISTINCT FROM OLD.family
    AND NEW.commitment IS NOT DISTINCT FROM OLD.commitment AND NEW.prev IS NOT DISTINCT FROM OLD.prev
    AND NEW.hash IS NOT DISTINCT FROM OLD.hash AND (NEW.body IS NULL OR NEW.body IS NOT DISTINCT FROM
    OLD.body) AND (NEW.salt IS NULL OR NEW.salt IS NOT DISTINCT FROM OLD.salt) THEN RETURN NEW; END
    IF; END IF; RAISE EXCEPTION 'audit_entry is append-only' USING ERRCODE =
    'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER audit_entry_fixed BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE
    FUNCTION audit_entry_append_only()""",
    """CREATE TRIGGER audit_entry_kept BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION
    audit_entry_append_only()""",
    """CREATE OR REPLACE FUNCTION checkpoint_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN IF false THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION
    'checkpoint is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER checkpoint_fixed BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW EXECUTE
    FUNCTION checkpoint_append_only()""",
    """CREATE TRIGGER checkpoint_kept BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION
    checkpoint_append_only()""",
)

ON_SQLITE = (
    """INSERT INTO sqlite_sequence (name, seq) VALUES ('human_task', 0), ('job', 0)""",
    """CREATE VIRTUAL TABLE case_search_words USING fts5(words, content='case_search',
    content_rowid='case_id', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER case_search_in AFTER INSERT ON case_search BEGIN INSERT INTO
    case_search_words(rowid, words) VALUES (new.case_id, new.words); END""",
    """CREATE TRIGGER case_search_out AFTER DELETE ON case_search BEGIN INSERT INTO
    case_search_words(case_search_words, rowid, words) VALUES ('delete', old.case_id, old.words); END""",
    """CREATE TRIGGER case_search_new AFTER UPDATE ON case_search BEGIN INSERT INTO
    case_search_words(case_search_words, rowid, words) VALUES ('delete', old.case_id, old.words);
    INSERT INTO case_search_words(rowid, words) VALUES (new.case_id, new.words); END""",
    """CREATE TRIGGER journal_kept BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT,
    'journal is append-only'); END""",
    """CREATE TRIGGER journal_fixed BEFORE UPDATE ON journal WHEN NOT (NEW.case_id IS OLD.case_id AND
    NEW.version IS OLD.version AND NEW.at IS OLD.at AND NEW.actor_id IS OLD.actor_id AND NEW.actor IS
    OLD.actor AND NEW.via IS OLD.via AND NEW.command IS OLD.command AND NEW.command_key IS
    OLD.command_key AND NEW.commitment IS OLD.commitment AND NEW.prev IS OLD.prev AND NEW.hash IS
    OLD.hash AND (NEW.body IS NULL OR NEW.body IS OLD.body) AND (NEW.salt IS NULL OR NEW.salt IS
    OLD.salt)) BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END""",
    """CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT,
    'audit_entry is append-only'); END""",
    """CREATE TRIGGER audit_entry_fixed BEFORE UPDATE ON audit_entry WHEN NOT (NEW.id IS OLD.id AND
    NEW.at IS OLD.at AND NEW.actor_id IS OLD.actor_id AND NEW.actor IS OLD.actor AND NEW.via IS
    OLD.via AND NEW.action IS OLD.action AND NEW.subject IS OLD.subject AND NEW.family IS OLD.family
    AND NEW.commitment IS OLD.commitment AND NEW.prev IS OLD.prev AND NEW.hash IS OLD.hash AND
    (NEW.body IS NULL OR NEW.body IS OLD.body) AND (NEW.salt IS NULL OR NEW.salt IS OLD.salt)) BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only'); END""",
    """CREATE TRIGGER checkpoint_kept BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT,
    'checkpoint is append-only'); END""",
    """CREATE TRIGGER checkpoint_fixed BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT,
    'checkpoint is append-only'); END""",
)


def upgrade() -> None:
    _create_people()
    _create_definitions()
    _create_cases()
    _create_chains()
    _create_work()
    _create_messages()
    for text in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.get_bind().exec_driver_sql(text)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TABLE case_search_words" if on_sqlite else "DROP SEQUENCE key_sequence")
    for table in reversed(TABLES):
        op.drop_table(table)
    if not on_sqlite:
        for table in ("journal", "audit_entry", "checkpoint"):
            op.execute(f"DROP FUNCTION {table}_append_only")


def _create_people() -> None:
    op.create_table(
        "family",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_family"),
        sa.UniqueConstraint("key", name="uq_family_key"),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_at", INSTANT, nullable=True),
        sa.Column("state", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=True),
        sa.Column("preferences", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("name", name="uq_user_name"),
    )
    op.create_table(
        "role",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("supervisor", sa.Boolean(), nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("family", "name", name="pk_role"),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("granted_by", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["family", "role"],
            ["role.family", "role.name"],
            name="fk_membership_family_role_role",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_membership_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "family", "role", name="pk_membership"),
    )
    op.create_index("ix_membership_family_role", "membership", ["family", "role"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.CHAR(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("fresh_at", INSTANT, nullable=True),
        sa.Column("address", sa.String(length=80), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_user_session_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_user_session"),
    )
    op.create_index("ix_user_session_expires_at", "user_session", ["expires_at"], unique=False)
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_at", INSTANT, nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_throttle"),
    )


def _create_definitions() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("app_key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.CHAR(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.Column("deployed_by", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.UniqueConstraint("app_key", "version", name="uq_deployment_app_key_version"),
    )
    op.create_index("ix_deployment_family", "deployment", ["family"], unique=False)
    op.create_table(
        "connection",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("options", sa.Text(), nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_connection"),
    )
    op.create_table(
        "secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=120), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_secret"),
    )
    op.create_index("ix_secret_owner_name", "secret", ["owner", "name"], unique=False)
    op.create_table(
        "allowed_target",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("host", "port", name="pk_allowed_target"),
    )
    op.create_table(
        "breaker",
        sa.Column("connector", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="closed", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("probe_owner", sa.String(length=120), nullable=True),
        sa.Column("probe_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("connector", name="pk_breaker"),
    )
    op.create_table(
        "bucket",
        sa.Column("connector", sa.String(length=120), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("connector", name="pk_bucket"),
    )


def _create_cases() -> None:
    op.create_table(
        "key_block",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_key_block"),
    )
    op.create_table(
        "key_counter",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_key_counter"),
    )
    op.create_table(
        "case_instance",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("definition", sa.String(length=200), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("hold_until", INSTANT, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.CHAR(length=64), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_instance"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "case_key",
        "case_instance",
        ["business_key"],
        unique=True,
        postgresql_ops={"business_key": "text_pattern_ops"},
    )
    op.create_index("case_of_family", "case_instance", ["family", "opened_at", "id"], unique=False)
    op.create_index("ix_case_instance_deployment_id", "case_instance", ["deployment_id"], unique=False)
    op.create_table(
        "case_value",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_case_value_case_id_case_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "name", name="pk_case_value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_intake",
        sa.Column("app_key", sa.String(length=120), nullable=False),
        sa.Column("intake_key", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_case_intake_case_id_case_instance"
        ),
        sa.PrimaryKeyConstraint("app_key", "intake_key", name="pk_case_intake"),
    )
    op.create_index("ix_case_intake_case_id", "case_intake", ["case_id"], unique=False)
    op.create_table(
        "case_link",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_instance.id"], name="fk_case_link_case_id_case_instance"),
        sa.ForeignKeyConstraint(
            ["other_id"], ["case_instance.id"], name="fk_case_link_other_id_case_instance"
        ),
        sa.PrimaryKeyConstraint("case_id", "other_id", "kind", name="pk_case_link"),
    )
    op.create_index("ix_case_link_other_id", "case_link", ["other_id"], unique=False)
    op.create_table(
        "case_search",
        sa.Column("case_id", KEY, autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_case_search_case_id_case_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_search"),
    )
    op.create_table(
        "case_field",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_case_field_case_id_case_instance", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "name", "ordinal", name="pk_case_field"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_field_family_name_text", "case_field", ["family", "name", "text"], unique=False)
    op.create_table(
        "sla_clock",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("plan_item", sa.Integer(), nullable=False),
        sa.Column("sla", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("used_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("rung", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_instance.id"], name="fk_sla_clock_case_id_case_instance"),
        sa.PrimaryKeyConstraint("case_id", "plan_item", "sla", name="pk_sla_clock"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sla_clock_state_due_at", "sla_clock", ["state", "due_at"], unique=False)


def _create_chains() -> None:
    op.create_table(
        "journal",
        sa.Column("case_id", KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("command", sa.String(length=40), nullable=False),
        sa.Column("command_key", sa.String(length=300), nullable=True),
        sa.Column("commitment", sa.CHAR(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("prev", sa.CHAR(length=64), nullable=False),
        sa.Column("hash", sa.CHAR(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "version", name="pk_journal"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "journal_once",
        "journal",
        ["command_key"],
        unique=True,
        postgresql_where=sa.text("command_key IS NOT NULL"),
        sqlite_where=sa.text("command_key IS NOT NULL"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=True),
        sa.Column("commitment", sa.CHAR(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("prev", sa.CHAR(length=64), nullable=False),
        sa.Column("hash", sa.CHAR(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at", "id"], unique=False)
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"], unique=False)
    op.create_table(
        "chain_head",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.CHAR(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chain_head"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("upto", INSTANT, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("heads", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.CHAR(length=64), nullable=False),
        sa.Column("root", sa.CHAR(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=120), nullable=True),
        sa.Column("sig", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint"),
    )


def _create_work() -> None:
    op.create_table(
        "queue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queue"),
        sa.UniqueConstraint("key", name="uq_queue_key"),
    )
    op.create_table(
        "queue_member",
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("queue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name="fk_queue_member_queue_id_queue"),
        sa.PrimaryKeyConstraint("family", "role", "queue_id", name="pk_queue_member"),
    )
    op.create_index("ix_queue_member_queue_id", "queue_member", ["queue_id"], unique=False)
    op.create_table(
        "human_task",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("plan_item", sa.Integer(), nullable=False),
        sa.Column("definition", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("form", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("queue_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("completed_by", sa.Integer(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("four_eyes", sa.Text(), nullable=True),
        sa.Column("amount", sa.String(length=40), nullable=True),
        sa.Column("sla", sa.String(length=120), nullable=True),
        sa.Column("ladder", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_human_task_case_id_case_instance"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_human_task"),
        postgresql_with={
            "fillfactor": 90,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_insert_scale_factor": 0.02,
        },
        sqlite_autoincrement=True,
    )
    op.create_index("ix_human_task_case_id", "human_task", ["case_id"], unique=False)
    op.create_index(
        "task_mine",
        "human_task",
        ["assignee_id", "due_at", "priority", "id"],
        unique=False,
        postgresql_where=sa.text("state = 2 AND assignee_id IS NOT NULL"),
        sqlite_where=sa.text("state = 2 AND assignee_id IS NOT NULL"),
    )
    op.create_index(
        "task_queue",
        "human_task",
        ["queue_id", "due_at", "priority", "id"],
        unique=False,
        postgresql_where=sa.text("state = 2 AND assignee_id IS NULL"),
        sqlite_where=sa.text("state = 2 AND assignee_id IS NULL"),
    )
    op.create_table(
        "job",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("plan_item", sa.Integer(), nullable=True),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("lane", sa.String(length=40), server_default="default", nullable=False),
        sa.Column("prio", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("run_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="ready", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), server_default="8", nullable=False),
        sa.Column("crash_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("dedup_key", sa.String(length=300), nullable=True),
        sa.Column("idem_key", sa.String(length=300), nullable=True),
        sa.Column("connection", sa.String(length=120), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_instance.id"], name="fk_job_case_id_case_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        postgresql_with={"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01},
        sqlite_autoincrement=True,
    )
    op.create_index(
        "job_dedup",
        "job",
        ["dedup_key"],
        unique=True,
        postgresql_where=sa.text("dedup_key IS NOT NULL"),
        sqlite_where=sa.text("dedup_key IS NOT NULL"),
    )
    op.create_index(
        "job_due",
        "job",
        ["run_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "job_leased",
        "job",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'leased'"),
        sqlite_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "job_of_case",
        "job",
        ["case_id", "plan_item"],
        unique=False,
        postgresql_where=sa.text("case_id IS NOT NULL"),
        sqlite_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(
        "job_ready",
        "job",
        ["mode", "prio", "run_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("family", sa.String(length=120), nullable=True),
        sa.Column("plan_item", sa.Integer(), nullable=True),
        sa.Column("definition", sa.String(length=200), nullable=True),
        sa.Column("connection", sa.String(length=120), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=120), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("fingerprint", sa.String(length=120), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_instance.id"], name="fk_incident_case_id_case_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index(
        "incident_open",
        "incident",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "incident_open_of_job",
        "incident",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND job_id IS NOT NULL"),
        sqlite_where=sa.text("state = 'open' AND job_id IS NOT NULL"),
    )
    op.create_index("ix_incident_case_id", "incident", ["case_id"], unique=False)
    op.create_index("ix_incident_fingerprint", "incident", ["fingerprint"], unique=False)
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.Column("tick_at", INSTANT, nullable=True),
        sa.Column("current_batch", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )


def _create_messages() -> None:
    op.create_table(
        "endpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("family", sa.String(length=120), nullable=False),
        sa.Column("app_key", sa.String(length=120), nullable=False),
        sa.Column("intake", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="active", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_endpoint"),
        sa.UniqueConstraint("key", name="uq_endpoint_key"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=True),
        sa.Column("msg_id", sa.String(length=300), nullable=True),
        sa.Column("corr", sa.String(length=120), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("code", sa.String(length=120), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name="fk_inbox_endpoint_id_endpoint"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
    )
    op.create_index(
        "inbox_once",
        "inbox",
        ["endpoint_id", "msg_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'rejected'"),
        sqlite_where=sa.text("state <> 'rejected'"),
    )
    op.create_index("ix_inbox_case_id", "inbox", ["case_id"], unique=False)
    op.create_index("ix_inbox_corr", "inbox", ["corr"], unique=False)
    op.create_index("ix_inbox_endpoint_id", "inbox", ["endpoint_id"], unique=False)
    op.create_table(
        "correlation",
        sa.Column("corr_id", sa.String(length=120), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("plan_item", sa.Integer(), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("token", sa.CHAR(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_instance.id"], name="fk_correlation_case_id_case_instance"
        ),
        sa.PrimaryKeyConstraint("corr_id", name="pk_correlation"),
        sa.UniqueConstraint("token", name="uq_correlation_token"),
    )
    op.create_index("ix_correlation_case_id_plan_item", "correlation", ["case_id", "plan_item"], unique=False)
    op.create_index("ix_correlation_expires_at", "correlation", ["expires_at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("fingerprint", sa.CHAR(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_expires_at", "idempotency", ["expires_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("msg_id", sa.String(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_instance.id"], name="fk_outbox_case_id_case_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("msg_id", name="uq_outbox_msg_id"),
        postgresql_with={"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01},
    )
    op.create_index("ix_outbox_case_id", "outbox", ["case_id"], unique=False)
    op.create_index("ix_outbox_job_id", "outbox", ["job_id"], unique=False)
    op.create_index("outbox_order", "outbox", ["subscription_id", "case_id", "seq"], unique=False)
