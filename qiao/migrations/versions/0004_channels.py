"""Channels: what arrives and leaves, its files, states and tokens; visits to counters; calls; links between customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_customer_identities_kind"), "customer_identities", type_="check")
    op.create_table(
        "channel_bodies",
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("inline", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_channel_bodies")),
    )
    op.create_table(
        "channel_correspondents",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_channel_correspondents")),
    )
    op.create_table(
        "channel_arrivals",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("remote_key", sa.String(length=100), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting','done','dead','dismissed')", name=op.f("ck_channel_arrivals_state")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_arrivals_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_arrivals")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_channel_arrivals_dead",
        "channel_arrivals",
        ["inbox_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_channel_arrivals_finished",
        "channel_arrivals",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_channel_arrivals_waiting",
        "channel_arrivals",
        ["inbox_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_channel_arrivals_remote",
        "channel_arrivals",
        ["inbox_id", "remote_key"],
        unique=True,
        postgresql_where=sa.text("remote_key IS NOT NULL"),
    )
    op.create_table(
        "channel_contacts",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_contacts_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "address", name=op.f("pk_channel_contacts")),
    )
    op.create_table(
        "channel_deliveries",
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("final", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','sent','delivered','read','failed')", name=op.f("ck_channel_deliveries_state")
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_deliveries_inbox_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_channel_deliveries")),
    )
    op.create_index(
        "ix_channel_deliveries_failed",
        "channel_deliveries",
        ["inbox_id", "at"],
        unique=False,
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_table(
        "channel_health",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("last_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fine_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_health_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_channel_health")),
    )
    op.create_table(
        "channel_remote_messages",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("remote_id", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_remote_messages_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "remote_id", name=op.f("pk_channel_remote_messages")),
    )
    op.create_index("ix_channel_remote_messages_message", "channel_remote_messages", ["message_id"], unique=False)
    op.create_table(
        "channel_sources",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_sources_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_channel_sources")),
    )
    op.create_table(
        "channel_threads",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_threads_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "name", name=op.f("pk_channel_threads")),
    )
    op.create_index("ix_channel_threads_conversation", "channel_threads", ["conversation_id", "at"], unique=False)
    op.create_table(
        "channel_tokens",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_tokens_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "name", name=op.f("pk_channel_tokens")),
    )
    op.alter_column(
        "customer_identities",
        "kind",
        existing_type=sa.VARCHAR(length=10),
        type_=sa.String(length=20),
        existing_nullable=False,
    )
    op.add_column("inboxes", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "inboxes",
        sa.Column(
            "sealed_names", postgresql.ARRAY(sa.String(length=40)), server_default=sa.text("'{}'"), nullable=False
        ),
    )
