"""Tickets: types, timelines, tasks of departments, approvals, SLA clocks, automation, procedures, notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "automation_outbox",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('mail','webhook')", name=op.f("ck_automation_outbox_kind")),
        sa.CheckConstraint("state IN ('queued','sent','refused')", name=op.f("ck_automation_outbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_outbox")),
    )
    op.create_index("ix_automation_outbox_recent", "automation_outbox", ["kind", "created_at"], unique=False)
    op.create_index(
        "uq_automation_outbox_mail",
        "automation_outbox",
        ["rule_id", "address_key", "day"],
        unique=True,
        postgresql_where=sa.text("kind = 'mail'"),
    )
    op.create_table(
        "automation_rules",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), server_default="", nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("trigger", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stop", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("subject IN ('ticket','conversation','none')", name=op.f("ck_automation_rules_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_rules")),
    )
    op.create_index("ix_automation_rules_position", "automation_rules", ["position", "id"], unique=False)
    op.create_index(
        "uq_automation_rules_key", "automation_rules", ["key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
    op.create_table(
        "automation_settings",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("mails_per_hour", sa.Integer(), server_default="200", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_automation_settings_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_settings")),
    )
    op.create_table(
        "automation_watch",
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("subject IN ('ticket','conversation')", name=op.f("ck_automation_watch_subject")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_automation_watch")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("ix_automation_watch_created", "automation_watch", ["subject", "created_at"], unique=False)
    op.create_index(
        "ix_automation_watch_customer",
        "automation_watch",
        ["subject", "customer_at"],
        unique=False,
        postgresql_where=sa.text("customer_at IS NOT NULL"),
    )
    op.create_index(
        "ix_automation_watch_due",
        "automation_watch",
        ["subject", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_automation_watch_staff",
        "automation_watch",
        ["subject", "staff_at"],
        unique=False,
        postgresql_where=sa.text("staff_at IS NOT NULL"),
    )
    op.create_index("ix_automation_watch_status", "automation_watch", ["subject", "status", "status_at"], unique=False)
    op.create_table(
        "macro_presses",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("macro_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "client_id", name=op.f("pk_macro_presses")),
    )
    op.create_index("ix_macro_presses_at", "macro_presses", ["at"], unique=False)
    op.create_table(
        "macros",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=300), server_default="", nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_user_id", sa.UUID(), nullable=True),
        sa.Column("department_id", sa.UUID(), nullable=True),
        sa.Column("usage_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
    )
    op.create_index("ix_macros_name", "macros", ["name", "id"], unique=False)
    op.create_index(
        "ix_macros_owner",
        "macros",
        ["owner_user_id"],
        unique=False,
        postgresql_where=sa.text("owner_user_id IS NOT NULL"),
    )
    op.create_table(
        "portal_codes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_codes")),
    )
    op.create_index(op.f("ix_portal_codes_created_at"), "portal_codes", ["created_at"], unique=False)
    op.create_index("ix_portal_codes_email", "portal_codes", ["email", "created_at"], unique=False)
    op.create_table(
        "sla_clocks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("subject_kind", sa.String(length=12), server_default="ticket", nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("policy_id", sa.UUID(), nullable=True),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("target_s", sa.Integer(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_why", sa.String(length=12), nullable=True),
        sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("segments", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("fired", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("acted", postgresql.ARRAY(sa.String(length=12)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reason_key", sa.String(length=40), nullable=True),
        sa.Column("reason_text", sa.String(length=500), nullable=True),
        sa.Column("reason_by", sa.UUID(), nullable=True),
        sa.Column("reason_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('first_response', 'next_response', 'resolution')", name=op.f("ck_sla_clocks_kind")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'met', 'breached', 'cancelled')", name=op.f("ck_sla_clocks_state")
        ),
        sa.CheckConstraint("(next_at IS NULL) OR (since IS NOT NULL)", name=op.f("ck_sla_clocks_standing_still")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clocks")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_sla_clocks_breached",
        "sla_clocks",
        [sa.literal_column("breached_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    )
    op.create_index(
        "ix_sla_clocks_next",
        "sla_clocks",
        ["next_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_sla_clocks_subject", "sla_clocks", ["subject_id", "started_at"], unique=False)
    op.create_index(
        "uq_sla_clocks_open",
        "sla_clocks",
        ["subject_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'paused', 'breached')"),
    )
    op.create_table(
        "sla_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("seeded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sla_settings_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_settings")),
    )
    op.create_table(
        "sop_procedures",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_procedures")),
        sa.UniqueConstraint("key", name=op.f("uq_sop_procedures_key")),
    )
    op.create_table(
        "ticket_bulks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("action", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("selection", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="collecting", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_bulks")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_bulks_key")),
    )
    op.create_index(
        "ix_ticket_bulks_asker", "ticket_bulks", ["asked_by", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_table(
        "ticket_exports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("blob", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="queued", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("format IN ('xlsx','csv')", name=op.f("ck_ticket_exports_format")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_exports")),
    )
    op.create_index(
        "ix_ticket_exports_asker", "ticket_exports", ["asked_by", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(
        "ix_ticket_exports_expires",
        "ticket_exports",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("blob IS NOT NULL"),
    )
    op.create_table(
        "ticket_list_views",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("shipped", sa.String(length=40), nullable=True),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("department_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("scope IN ('own','department','everyone')", name=op.f("ck_ticket_list_views_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_list_views")),
    )
    op.create_index("ix_ticket_list_views_owner", "ticket_list_views", ["owner_id"], unique=False)
    op.create_index(
        "uq_ticket_list_views_shipped",
        "ticket_list_views",
        ["shipped"],
        unique=True,
        postgresql_where=sa.text("shipped IS NOT NULL"),
    )
    op.create_table(
        "ticket_turns",
        sa.Column("department_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_ticket_turns")),
    )
    op.create_table(
        "ticket_types",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_types")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_types_key")),
    )
    op.create_table(
        "automation_looks",
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("anchor", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["automation_rules.id"], name=op.f("fk_automation_looks_rule_id")),
        sa.PrimaryKeyConstraint("rule_id", "subject_id", "anchor", name=op.f("pk_automation_looks")),
    )
    op.create_index("ix_automation_looks_subject", "automation_looks", ["subject_id"], unique=False)
    op.create_table(
        "automation_rule_versions",
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["rule_id"], ["automation_rules.id"], name=op.f("fk_automation_rule_versions_rule_id")),
        sa.PrimaryKeyConstraint("rule_id", "revision", name=op.f("pk_automation_rule_versions")),
    )
    op.create_table(
        "automation_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rule_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("occasion", sa.String(length=80), nullable=False),
        sa.Column("trigger", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("actions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("chain_id", sa.UUID(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("microseconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done','unmatched','failed','limited')", name=op.f("ck_automation_runs_outcome")
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["automation_rules.id"], name=op.f("fk_automation_runs_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_runs")),
    )
    op.create_index(
        "ix_automation_runs_recent",
        "automation_runs",
        [sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_automation_runs_rule",
        "automation_runs",
        ["rule_id", sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_automation_runs_subject",
        "automation_runs",
        ["subject_id", sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "uq_automation_runs_occasion", "automation_runs", ["rule_id", "subject_id", "occasion"], unique=True
    )
    op.create_table(
        "portal_suggestions",
        sa.Column("form", sa.UUID(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_portal_suggestions_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("form", "item_id", name=op.f("pk_portal_suggestions")),
    )
    op.create_index(op.f("ix_portal_suggestions_customer_id"), "portal_suggestions", ["customer_id"], unique=False)
    op.create_index("ix_portal_suggestions_opened", "portal_suggestions", ["opened_at"], unique=False)
    op.create_table(
        "sla_policies",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=300), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("pause_on", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column("ladder", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_sla_policies_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_sla_policies_name")),
    )
    op.create_index("ix_sla_policies_position", "sla_policies", ["position"], unique=False)
    op.create_table(
        "sop_versions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("procedure_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["procedure_id"], ["sop_procedures.id"], name=op.f("fk_sop_versions_procedure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_versions")),
        sa.UniqueConstraint("procedure_id", "number", name=op.f("uq_sop_versions_procedure_id_number")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=10001), nullable=False),
        sa.Column("type_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("tier", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=True),
        sa.Column("locale", sa.String(length=10), server_default="zh-CN", nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("requester_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("assignee_id", sa.UUID(), nullable=True),
        sa.Column("department_id", sa.UUID(), nullable=True),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("merged_into_id", sa.UUID(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("waiting_on", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_kind", sa.String(length=20), nullable=True),
        sa.Column("breached", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("rating_comment", sa.String(length=2000), nullable=True),
        sa.Column("key", sa.String(length=160), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reopened", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_by_kind", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_wrote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name=op.f("ck_tickets_status")
        ),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name=op.f("ck_tickets_priority")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_tickets_rating")),
        sa.CheckConstraint("tier BETWEEN 1 AND 3", name=op.f("ck_tickets_tier")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tickets_customer_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["tickets.id"], name=op.f("fk_tickets_merged_into_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["tickets.id"], name=op.f("fk_tickets_parent_id")),
        sa.ForeignKeyConstraint(["type_id"], ["ticket_types.id"], name=op.f("fk_tickets_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_tickets_assignee",
        "tickets",
        ["assignee_id", "status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tickets_breached",
        "tickets",
        ["id"],
        unique=False,
        postgresql_where=sa.text("breached AND status IN ('new','open','pending','on_hold')"),
    )
    op.create_index(
        "ix_tickets_conversation",
        "tickets",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index("ix_tickets_created", "tickets", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_tickets_creator",
        "tickets",
        ["created_by"],
        unique=False,
        postgresql_where=sa.text("created_by IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_customer",
        "tickets",
        ["customer_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tickets_data",
        "tickets",
        ["data"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"data": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_tickets_department",
        "tickets",
        ["department_id", "status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tickets_due", "tickets", ["due_at", "id"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_tickets_live",
        "tickets",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new','open','pending','on_hold')"),
    )
    op.create_index(
        "ix_tickets_live_created",
        "tickets",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('new','open','pending','on_hold')"),
    )
    op.create_index(
        "ix_tickets_merged",
        "tickets",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_next_due",
        "tickets",
        ["next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_parent", "tickets", ["parent_id"], unique=False, postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_index("ix_tickets_priority", "tickets", ["priority", "updated_at", "id"], unique=False)
    op.create_index(
        "ix_tickets_recent",
        "tickets",
        [sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tickets_requester",
        "tickets",
        ["requester_id"],
        unique=False,
        postgresql_where=sa.text("requester_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_status",
        "tickets",
        ["status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_tickets_tags", "tickets", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_tickets_type",
        "tickets",
        ["type_id", "status", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tickets_wrote",
        "tickets",
        ["customer_wrote_at", "id"],
        unique=False,
        postgresql_where=sa.text("customer_wrote_at IS NOT NULL"),
    )
    op.create_index("uq_tickets_key", "tickets", ["key"], unique=True, postgresql_where=sa.text("key IS NOT NULL"))
    op.create_table(
        "approval_deputies",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("deputy_id", sa.UUID(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_approval_deputies_span")),
        sa.CheckConstraint("user_id <> deputy_id", name=op.f("ck_approval_deputies_not_oneself")),
        sa.ForeignKeyConstraint(
            ["deputy_id"], ["users.id"], name=op.f("fk_approval_deputies_deputy_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_approval_deputies_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_deputies")),
    )
    op.create_index("ix_approval_deputies_deputy", "approval_deputies", ["deputy_id", "until_at"], unique=False)
    op.create_index("ix_approval_deputies_user", "approval_deputies", ["user_id", "until_at"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.String(length=6), nullable=False),
        sa.Column("transition", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("order", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_by_kind", sa.String(length=10), nullable=False),
        sa.Column("requested_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('rule','named')", name=op.f("ck_approvals_source")),
        sa.CheckConstraint(
            "state IN ('open','granted','rejected','cancelled','void','expired')", name=op.f("ck_approvals_state")
        ),
        sa.CheckConstraint("\"order\" IN ('sequence','parallel')", name=op.f("ck_approvals_order")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_approvals_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(
        "ix_approvals_open", "approvals", ["expires_at", "id"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "ix_approvals_requester",
        "approvals",
        ["requested_by", "id"],
        unique=False,
        postgresql_where=sa.text("requested_by IS NOT NULL"),
    )
    op.create_index("ix_approvals_ticket", "approvals", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_approvals_open_rule",
        "approvals",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND source = 'rule'"),
    )
    op.create_table(
        "notification_choices",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("console", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_choices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_notification_choices")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=True),
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("console", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_age", "notifications", ["at"], unique=False)
    op.create_index("ix_notifications_batch", "notifications", ["batch_id", "user_id"], unique=False)
    op.create_index(
        "ix_notifications_list",
        "notifications",
        ["user_id", sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("console"),
    )
    op.create_index(
        "ix_notifications_mail",
        "notifications",
        ["mail_at", "user_id"],
        unique=False,
        postgresql_where=sa.text("mail_at IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id", "kind", "link"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "sop_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("procedure_id", sa.UUID(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("subject_kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=True),
        sa.Column("step_version_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("good", sa.Boolean(), nullable=True),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("start_reason", sa.String(length=12), nullable=False),
        sa.Column("started_by_kind", sa.String(length=10), nullable=False),
        sa.Column("started_by", sa.UUID(), nullable=True),
        sa.Column("deviations", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'finished', 'stopped')", name=op.f("ck_sop_runs_state")),
        sa.CheckConstraint("subject_kind IN ('ticket','conversation')", name=op.f("ck_sop_runs_subject_kind")),
        sa.ForeignKeyConstraint(["procedure_id"], ["sop_procedures.id"], name=op.f("fk_sop_runs_procedure_id")),
        sa.ForeignKeyConstraint(["version_id"], ["sop_versions.id"], name=op.f("fk_sop_runs_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_runs")),
    )
    op.create_index(
        "ix_sop_runs_owner",
        "sop_runs",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('active','paused')"),
    )
    op.create_index(
        "ix_sop_runs_procedure",
        "sop_runs",
        ["procedure_id", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_sop_runs_remind", "sop_runs", ["remind_at"], unique=False, postgresql_where=sa.text("remind_at IS NOT NULL")
    )
    op.create_index(
        "ix_sop_runs_subject",
        "sop_runs",
        ["subject_kind", "subject_id", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_index(
        "uq_sop_runs_open",
        "sop_runs",
        ["subject_kind", "subject_id", "procedure_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('active','paused')"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("department_id", sa.UUID(), nullable=False),
        sa.Column("assignee_id", sa.UUID(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocking", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by_kind", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.UUID(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting','doing','done','returned','cancelled')", name=op.f("ck_tasks_state")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_tasks_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_assignee_open",
        "tasks",
        ["assignee_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting','doing')"),
    )
    op.create_index(
        "ix_tasks_assignee_over",
        "tasks",
        ["assignee_id", sa.literal_column("closed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_tasks_creator", "tasks", ["created_by", "id"], unique=False)
    op.create_index(
        "ix_tasks_department_open",
        "tasks",
        ["department_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting','doing')"),
    )
    op.create_index(
        "ix_tasks_department_over",
        "tasks",
        ["department_id", sa.literal_column("closed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting','doing')"),
    )
    op.create_index(
        "ix_tasks_over",
        "tasks",
        [sa.literal_column("closed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_tasks_ticket", "tasks", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_bulk_items",
        sa.Column("bulk_id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("why", sa.String(length=80), nullable=True),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["ticket_bulks.id"], name=op.f("fk_ticket_bulk_items_bulk_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_bulk_items_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bulk_id", "ticket_id", name=op.f("pk_ticket_bulk_items")),
    )
    op.create_index("ix_ticket_bulk_items_state", "ticket_bulk_items", ["bulk_id", "state", "ticket_id"], unique=False)
    op.create_index("ix_ticket_bulk_items_ticket", "ticket_bulk_items", ["ticket_id"], unique=False)
    op.create_table(
        "ticket_checklist",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_checklist_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_checklist")),
    )
    op.create_index("ix_ticket_checklist_ticket", "ticket_checklist", ["ticket_id", "position"], unique=False)
    op.create_table(
        "ticket_entries",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("author_kind", sa.String(length=10), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("author_name", sa.String(length=120), nullable=True),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("client_id", sa.String(length=80), nullable=True),
        sa.Column("origin_ticket_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('comment','note','change','event')", name=op.f("ck_ticket_entries_kind")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_entries_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_entries")),
    )
    op.create_index(
        "ix_ticket_entries_origin",
        "ticket_entries",
        ["origin_ticket_id"],
        unique=False,
        postgresql_where=sa.text("origin_ticket_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ticket_entries_client_id",
        "ticket_entries",
        ["ticket_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
    op.create_index("uq_ticket_entries_seq", "ticket_entries", ["ticket_id", "seq"], unique=True)
    op.create_table(
        "ticket_involved",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.String(length=12)), nullable=False),
        sa.Column("watching", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('user','department')", name=op.f("ck_ticket_involved_kind")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_involved_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "kind", "party_id", name=op.f("pk_ticket_involved")),
    )
    op.create_index("ix_ticket_involved_party", "ticket_involved", ["kind", "party_id", "ticket_id"], unique=False)
    op.create_table(
        "ticket_links",
        sa.Column("from_id", sa.UUID(), nullable=False),
        sa.Column("to_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind IN ('relates','duplicates','blocks','causes')", name=op.f("ck_ticket_links_kind")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_ticket_links_not_itself")),
        sa.ForeignKeyConstraint(["from_id"], ["tickets.id"], name=op.f("fk_ticket_links_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["tickets.id"], name=op.f("fk_ticket_links_to_id")),
        sa.PrimaryKeyConstraint("from_id", "to_id", "kind", name=op.f("pk_ticket_links")),
    )
    op.create_index(op.f("ix_ticket_links_to_id"), "ticket_links", ["to_id"], unique=False)
    op.create_table(
        "ticket_search",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("tokens", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_search_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_search")),
    )
    op.create_index("ix_ticket_search_tokens", "ticket_search", ["tokens"], unique=False, postgresql_using="gin")
    op.create_table(
        "ticket_worklogs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("origin_ticket_id", sa.UUID(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_worklogs_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_worklogs")),
    )
    op.create_index("ix_ticket_worklogs_ticket", "ticket_worklogs", ["ticket_id", "started_at"], unique=False)
    op.create_table(
        "approval_steps",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("approval_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("label", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("users", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("needs", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("needs IN ('one','all')", name=op.f("ck_approval_steps_needs")),
        sa.CheckConstraint(
            "state IN ('waiting','active','approved','rejected','skipped')", name=op.f("ck_approval_steps_state")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_steps_approval_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_steps")),
    )
    op.create_index(
        "ix_approval_steps_roles",
        "approval_steps",
        ["roles"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_approval_steps_users",
        "approval_steps",
        ["users"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("uq_approval_steps_position", "approval_steps", ["approval_id", "position"], unique=True)
    op.create_table(
        "sop_run_steps",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=True),
        sa.Column("step", sa.String(length=40), nullable=True),
        sa.Column("came_from", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("went_to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("to_version_id", sa.UUID(), nullable=True),
        sa.Column("to_step", sa.String(length=40), nullable=True),
        sa.Column("via", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("deviation", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("by_kind", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.UUID(), nullable=True),
        sa.Column("client_id", sa.String(length=80), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "act IN ('answered', 'skipped', 'against', 'jumped', 'back', 'paused', 'resumed', 'handed_over', 'stopped', 'noted')",
            name=op.f("ck_sop_run_steps_act"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["sop_runs.id"], name=op.f("fk_sop_run_steps_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_run_steps")),
    )
    op.create_index("ix_sop_run_steps_step", "sop_run_steps", ["version_id", "step"], unique=False)
    op.create_index(
        "uq_sop_run_steps_client_id",
        "sop_run_steps",
        ["run_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
    op.create_index("uq_sop_run_steps_seq", "sop_run_steps", ["run_id", "seq"], unique=True)
    op.create_table(
        "approval_decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("approval_id", sa.UUID(), nullable=False),
        sa.Column("step_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("for_id", sa.UUID(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('approve','reject')", name=op.f("ck_approval_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_decisions_approval_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["approval_steps.id"], name=op.f("fk_approval_decisions_step_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_decisions")),
    )
    op.create_index("ix_approval_decisions_approval", "approval_decisions", ["approval_id", "id"], unique=False)
    op.create_index("ix_approval_decisions_user", "approval_decisions", ["user_id", "approval_id"], unique=False)
    op.create_index("uq_approval_decisions_right", "approval_decisions", ["step_id", "for_id"], unique=True)
    op.create_table(
        "approval_links",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("approval_id", sa.UUID(), nullable=False),
        sa.Column("step_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("reminder", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_links_approval_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["approval_steps.id"], name=op.f("fk_approval_links_step_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_links")),
    )
    op.create_index("ix_approval_links_step", "approval_links", ["step_id", "user_id"], unique=False)
