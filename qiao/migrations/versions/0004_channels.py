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
        "intake_rules",
        sa.Column("scope", sa.String(length=36), nullable=False),
        sa.Column("handling", sa.String(length=6), nullable=True),
        sa.Column("per_minute", sa.SmallInteger(), nullable=True),
        sa.Column("per_hour", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("handling IN ('refuse','keep')", name=op.f("ck_intake_rules_handling")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_intake_rules")),
    )
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("survivor_id", sa.UUID(), nullable=False),
        sa.Column("merged_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("by_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_name", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["customers.id"], name=op.f("fk_customer_merges_merged_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["survivor_id"], ["customers.id"], name=op.f("fk_customer_merges_survivor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
    )
    op.create_index("ix_customer_merges_recent", "customer_merges", ["at"], unique=False)
    op.create_index("ix_customer_merges_survivor", "customer_merges", ["survivor_id", "at"], unique=False)
    op.create_index(
        "uq_customer_merges_merged",
        "customer_merges",
        ["merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "customer_suggestions",
        sa.Column("first_id", sa.UUID(), nullable=False),
        sa.Column("second_id", sa.UUID(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("decided_by_name", sa.String(length=120), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('open','dismissed')", name=op.f("ck_customer_suggestions_state")),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_customer_suggestions_ordered")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["customers.id"], name=op.f("fk_customer_suggestions_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["customers.id"], name=op.f("fk_customer_suggestions_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_customer_suggestions")),
    )
    op.create_index("ix_customer_suggestions_second", "customer_suggestions", ["second_id"], unique=False)
    op.create_table(
        "blocks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=254), server_default="", nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("inbox_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_name", sa.String(length=120), nullable=True),
        sa.CheckConstraint("(kind = 'customer') = (customer_id IS NOT NULL)", name=op.f("ck_blocks_customer")),
        sa.CheckConstraint("kind IN ('customer','address','domain','phone_prefix')", name=op.f("ck_blocks_kind")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_blocks_customer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_blocks_inbox_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_index(
        "ix_blocks_customer",
        "blocks",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_blocks_inbox_id"), "blocks", ["inbox_id"], unique=False)
    op.create_index("ix_blocks_standing", "blocks", ["id"], unique=False, postgresql_where=sa.text("lifted_at IS NULL"))
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
    op.create_index(
        "ix_channel_remote_messages_address",
        "channel_remote_messages",
        ["inbox_id", "address", "message_id"],
        unique=False,
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
        "channel_switches",
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('waiting','sent','failed','dropped')", name=op.f("ck_channel_switches_state")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_channel_switches_inbox_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_channel_switches")),
    )
    op.create_index(
        "ix_channel_switches_due",
        "channel_switches",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
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
    op.create_table(
        "customer_consents",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("identity_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("by_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('in','out')", name=op.f("ck_customer_consents_state")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["customer_identities.id"],
            name=op.f("fk_customer_consents_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_consents")),
    )
    op.create_index("ix_customer_consents_identity", "customer_consents", ["identity_id", "at", "id"], unique=False)
    op.create_table(
        "customer_merge_moves",
        sa.Column("merge_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("row_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["customer_merges.id"], name=op.f("fk_customer_merge_moves_merge_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("merge_id", "place", name=op.f("pk_customer_merge_moves")),
    )
    op.create_table(
        "email_automatic",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("address_key", sa.String(length=43), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_email_automatic_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "address_key", name=op.f("pk_email_automatic")),
    )
    op.create_index("ix_email_automatic_sent", "email_automatic", ["sent_at"], unique=False)
    op.create_table(
        "email_ticket_threads",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_email_ticket_threads_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "name", name=op.f("pk_email_ticket_threads")),
    )
    op.create_index("ix_email_ticket_threads_ticket", "email_ticket_threads", ["ticket_id", "at"], unique=False)
    op.create_table(
        "email_tickets",
        sa.Column("ticket_id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("received_as", sa.String(length=254), nullable=True),
        sa.Column("answers_to", postgresql.ARRAY(sa.String(length=254)), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_email_tickets_inbox_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_email_tickets")),
    )
    op.create_table(
        "held_messages",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("client_id", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by_name", sa.String(length=120), nullable=True),
        sa.CheckConstraint("why IN ('blocked','fast')", name=op.f("ck_held_messages_why")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_held_messages_customer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("fk_held_messages_inbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_messages")),
    )
    op.create_index("ix_held_messages_conversation", "held_messages", ["conversation_id", "id"], unique=False)
    op.create_index("ix_held_messages_customer", "held_messages", ["customer_id", "inbox_id", "at"], unique=False)
    op.create_index(
        "ix_held_messages_waiting",
        "held_messages",
        ["why", "id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index("uq_held_messages_client", "held_messages", ["inbox_id", "client_id", "customer_id"], unique=True)
    op.create_table(
        "invitations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "conditions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("text_zh", sa.String(length=300), server_default="", nullable=False),
        sa.Column("text_en", sa.String(length=300), server_default="", nullable=False),
        sa.Column("caps", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_invitations_inbox_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_inbox", "invitations", ["inbox_id", "position", "id"], unique=False)
    op.create_table(
        "notification_ways",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("problem", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_ways_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "way", name=op.f("pk_notification_ways")),
    )
    op.create_table(
        "phone_dials",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("callback_id", sa.UUID(), nullable=True),
        sa.Column("extension", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=300), server_default="", nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('asked','accepted','refused','unknown')", name=op.f("ck_phone_dials_state")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_phone_dials_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_dials")),
        sa.UniqueConstraint("user_id", "client_id", name=op.f("uq_phone_dials_user_id_client_id")),
    )
    op.create_table(
        "phone_extensions",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("extension", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inboxes.id"], name=op.f("fk_phone_extensions_inbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("inbox_id", "extension", name=op.f("pk_phone_extensions")),
    )
    op.create_index("ix_phone_extensions_user", "phone_extensions", ["user_id"], unique=False)
    op.create_table(
        "walkin_sites",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("kiosk_key", sa.String(length=40), nullable=False),
        sa.Column("join_key", sa.String(length=40), nullable=False),
        sa.Column("display_key", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_walkin_sites_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkin_sites")),
        sa.UniqueConstraint("display_key", name=op.f("uq_walkin_sites_display_key")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_walkin_sites_inbox_id")),
        sa.UniqueConstraint("join_key", name=op.f("uq_walkin_sites_join_key")),
        sa.UniqueConstraint("kiosk_key", name=op.f("uq_walkin_sites_kiosk_key")),
    )
    op.create_table(
        "wechat_entries",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("scene", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("queue_id", sa.UUID(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("welcome", sa.Text(), server_default="", nullable=False),
        sa.Column("ticket", sa.String(length=300), server_default="", nullable=False),
        sa.Column("url", sa.String(length=500), server_default="", nullable=False),
        sa.Column("page", sa.String(length=200), server_default="", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scans", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_wechat_entries_inbox_id")),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_wechat_entries_queue_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_wechat_entries_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_entries")),
    )
    op.create_index(op.f("ix_wechat_entries_queue_id"), "wechat_entries", ["queue_id"], unique=False)
    op.create_index(op.f("ix_wechat_entries_user_id"), "wechat_entries", ["user_id"], unique=False)
    op.create_index("uq_wechat_entries_scene", "wechat_entries", ["inbox_id", "scene"], unique=True)
    op.create_table(
        "invitation_days",
        sa.Column("invitation_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dismissed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conversations", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_invitation_days_invitation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("invitation_id", "day", name=op.f("pk_invitation_days")),
    )
    op.create_table(
        "notification_errands",
        sa.Column("notification_id", sa.UUID(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_errands_notification_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "way", name=op.f("pk_notification_errands")),
    )
    op.create_index("ix_notification_errands_due", "notification_errands", ["due_at"], unique=False)
    op.create_index("ix_notification_errands_person", "notification_errands", ["user_id", "way"], unique=False)
    op.create_table(
        "phone_callbacks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("queue_id", sa.UUID(), nullable=True),
        sa.Column("assignee_id", sa.UUID(), nullable=True),
        sa.Column("promised_by", sa.UUID(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts_most", sa.SmallInteger(), nullable=False),
        sa.Column("gap_minutes", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=500), server_default="", nullable=False),
        sa.Column("broken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.UUID(), nullable=True),
        sa.Column("locale", sa.String(length=10), server_default="zh-CN", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('customer','pbx','agent','missed')", name=op.f("ck_phone_callbacks_source")),
        sa.CheckConstraint("state IN ('open','done','failed','cancelled')", name=op.f("ck_phone_callbacks_state")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_phone_callbacks_conversation_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_phone_callbacks_customer_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_phone_callbacks_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_callbacks")),
        sa.UniqueConstraint("inbox_id", "key", name=op.f("uq_phone_callbacks_inbox_id_key")),
    )
    op.create_index(
        "ix_phone_callbacks_broken",
        "phone_callbacks",
        [sa.literal_column("broken_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("broken_at IS NOT NULL"),
    )
    op.create_index("ix_phone_callbacks_conversation", "phone_callbacks", ["conversation_id"], unique=False)
    op.create_index("ix_phone_callbacks_customer", "phone_callbacks", ["customer_id", "created_at"], unique=False)
    op.create_index(
        "ix_phone_callbacks_due",
        "phone_callbacks",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND queued_at IS NULL"),
    )
    op.create_index(
        "ix_phone_callbacks_open",
        "phone_callbacks",
        ["waiting_since", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_phone_callbacks_over",
        "phone_callbacks",
        [sa.literal_column("closed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_phone_callbacks_promise",
        "phone_callbacks",
        ["promised_until"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND broken_at IS NULL"),
    )
    op.create_table(
        "phone_calls",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("caller_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("line", sa.String(length=32), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("sure", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("extension", sa.String(length=32), nullable=True),
        sa.Column("ringing", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rang", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("talk_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hung_up_by", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("transfers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("recording", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("voicemail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("callback_id", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("direction IN ('inbound','outbound')", name=op.f("ck_phone_calls_direction")),
        sa.CheckConstraint(
            "state IN ('ringing','active','held','ended','missed','abandoned')", name=op.f("ck_phone_calls_state")
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_phone_calls_conversation_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_phone_calls_customer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_phone_calls_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_calls")),
        sa.UniqueConstraint("inbox_id", "external_id", name=op.f("uq_phone_calls_inbox_id_external_id")),
    )
    op.create_index("ix_phone_calls_conversation", "phone_calls", ["conversation_id"], unique=False)
    op.create_index(
        "ix_phone_calls_customer", "phone_calls", ["customer_id", sa.literal_column("started_at DESC")], unique=False
    )
    op.create_index(
        "ix_phone_calls_live",
        "phone_calls",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('ringing','active','held')"),
    )
    op.create_index("ix_phone_calls_number", "phone_calls", ["number"], unique=False)
    op.create_index(
        "ix_phone_calls_recent",
        "phone_calls",
        [sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_phone_calls_user", "phone_calls", ["user_id", sa.literal_column("started_at DESC")], unique=False
    )
    op.create_table(
        "walkin_counters",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("service_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("taking", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["walkin_sites.id"], name=op.f("fk_walkin_counters_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkin_counters")),
    )
    op.create_index(op.f("ix_walkin_counters_site_id"), "walkin_counters", ["site_id"], unique=False)
    op.create_index(
        "uq_walkin_counters_name",
        "walkin_counters",
        ["site_id", "name"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_index(
        "uq_walkin_counters_staff",
        "walkin_counters",
        ["staff_id"],
        unique=True,
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.create_table(
        "walkin_numbers",
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("prefix", sa.String(length=2), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["walkin_sites.id"], name=op.f("fk_walkin_numbers_site_id")),
        sa.PrimaryKeyConstraint("site_id", "prefix", "day", name=op.f("pk_walkin_numbers")),
    )
    op.create_table(
        "walkin_services",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prefix", sa.String(length=2), nullable=False),
        sa.Column("queue_id", sa.UUID(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("handle_s", sa.Integer(), server_default="600", nullable=False),
        sa.Column("slot_minutes", sa.Integer(), server_default="30", nullable=False),
        sa.Column("slot_capacity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("days_ahead", sa.Integer(), server_default="14", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("handle_s > 0", name=op.f("ck_walkin_services_handle_s")),
        sa.CheckConstraint("slot_minutes > 0 AND slot_capacity >= 0", name=op.f("ck_walkin_services_slots")),
        sa.ForeignKeyConstraint(["site_id"], ["walkin_sites.id"], name=op.f("fk_walkin_services_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkin_services")),
    )
    op.create_index(op.f("ix_walkin_services_site_id"), "walkin_services", ["site_id"], unique=False)
    op.create_index(
        "uq_walkin_services_prefix",
        "walkin_services",
        ["site_id", "prefix"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "wechat_visits",
        sa.Column("inbox_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_wechat_visits_customer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["wechat_entries.id"], name=op.f("fk_wechat_visits_entry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_wechat_visits_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "customer_id", name=op.f("pk_wechat_visits")),
    )
    op.create_index(op.f("ix_wechat_visits_at"), "wechat_visits", ["at"], unique=False)
    op.create_index(op.f("ix_wechat_visits_customer_id"), "wechat_visits", ["customer_id"], unique=False)
    op.create_index(op.f("ix_wechat_visits_entry_id"), "wechat_visits", ["entry_id"], unique=False)
    op.create_table(
        "message_versions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("by_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_versions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_versions")),
    )
    op.create_index(op.f("ix_message_versions_message_id"), "message_versions", ["message_id"], unique=False)
    op.create_table(
        "phone_attempts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("callback_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["phone_callbacks.id"], name=op.f("fk_phone_attempts_callback_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_attempts")),
    )
    op.create_index("ix_phone_attempts_callback", "phone_attempts", ["callback_id", "at"], unique=False)
    op.create_table(
        "phone_call_facts",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["phone_calls.id"], name=op.f("fk_phone_call_facts_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "key", name=op.f("pk_phone_call_facts")),
    )
    op.create_table(
        "walkin_appointments",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("service_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.String(length=40), nullable=False),
        sa.Column("client_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("booked_by", sa.UUID(), nullable=True),
        sa.Column("visit_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('booked', 'checked_in', 'no_show', 'cancelled')", name=op.f("ck_walkin_appointments_state")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["walkin_services.id"], name=op.f("fk_walkin_appointments_service_id")),
        sa.ForeignKeyConstraint(["site_id"], ["walkin_sites.id"], name=op.f("fk_walkin_appointments_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkin_appointments")),
        sa.UniqueConstraint("secret", name=op.f("uq_walkin_appointments_secret")),
        sa.UniqueConstraint("site_id", "client_key", name=op.f("uq_walkin_appointments_site_id_client_key")),
    )
    op.create_index(op.f("ix_walkin_appointments_customer_id"), "walkin_appointments", ["customer_id"], unique=False)
    op.create_index("ix_walkin_appointments_day", "walkin_appointments", ["site_id", "starts_at", "id"], unique=False)
    op.create_index(
        "ix_walkin_appointments_due",
        "walkin_appointments",
        ["starts_at"],
        unique=False,
        postgresql_where=sa.text("state = 'booked'"),
    )
    op.create_index(
        "uq_walkin_appointments_code",
        "walkin_appointments",
        ["site_id", "code"],
        unique=True,
        postgresql_where=sa.text("state = 'booked'"),
    )
    op.create_table(
        "walkin_slots",
        sa.Column("service_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["walkin_services.id"], name=op.f("fk_walkin_slots_service_id")),
        sa.PrimaryKeyConstraint("service_id", "starts_at", name=op.f("pk_walkin_slots")),
    )
    op.create_table(
        "walkin_visits",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("service_id", sa.UUID(), nullable=False),
        sa.Column("first_service_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("appointment_id", sa.UUID(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.String(length=40), nullable=False),
        sa.Column("client_key", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("sort_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counter_id", sa.UUID(), nullable=True),
        sa.Column("wanted_counter_id", sa.UUID(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("postponed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("verified_by", sa.UUID(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("near_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_s", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "source IN ('kiosk', 'phone', 'staff', 'appointment')", name=op.f("ck_walkin_visits_source")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'called', 'serving', 'parked', 'served', 'missed', 'cancelled')",
            name=op.f("ck_walkin_visits_state"),
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 3", name=op.f("ck_walkin_visits_priority")),
        sa.ForeignKeyConstraint(["counter_id"], ["walkin_counters.id"], name=op.f("fk_walkin_visits_counter_id")),
        sa.ForeignKeyConstraint(["service_id"], ["walkin_services.id"], name=op.f("fk_walkin_visits_service_id")),
        sa.ForeignKeyConstraint(["site_id"], ["walkin_sites.id"], name=op.f("fk_walkin_visits_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walkin_visits")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_walkin_visits_conversation_id")),
        sa.UniqueConstraint("secret", name=op.f("uq_walkin_visits_secret")),
        sa.UniqueConstraint("site_id", "client_key", name=op.f("uq_walkin_visits_site_id_client_key")),
    )
    op.create_index(op.f("ix_walkin_visits_appointment_id"), "walkin_visits", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_walkin_visits_customer_id"), "walkin_visits", ["customer_id"], unique=False)
    op.create_index("ix_walkin_visits_day", "walkin_visits", ["site_id", "day", "id"], unique=False)
    op.create_index(
        "ix_walkin_visits_ended",
        "walkin_visits",
        ["service_id", "ended_at"],
        unique=False,
        postgresql_where=sa.text("state = 'served'"),
    )
    op.create_index(
        "ix_walkin_visits_line",
        "walkin_visits",
        ["site_id", "sort_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_walkin_visits_live",
        "walkin_visits",
        ["site_id", "state"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'called', 'serving', 'parked') OR return_by IS NOT NULL"),
    )
    op.create_index(
        "ix_walkin_visits_return",
        "walkin_visits",
        ["return_by"],
        unique=False,
        postgresql_where=sa.text("return_by IS NOT NULL"),
    )
    op.create_index(
        "uq_walkin_visits_at_counter",
        "walkin_visits",
        ["counter_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('called', 'serving')"),
    )
    op.create_index("uq_walkin_visits_code", "walkin_visits", ["site_id", "day", "code"], unique=True)
    op.create_index(
        "ix_certainty_evidence_marked",
        "certainty_evidence",
        ["noted_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'marked'"),
    )
    op.add_column("customer_identities", sa.Column("consent", sa.String(length=3), nullable=True))
    op.alter_column(
        "customer_identities",
        "kind",
        existing_type=sa.VARCHAR(length=10),
        type_=sa.String(length=20),
        existing_nullable=False,
    )
    op.add_column("customers", sa.Column("phone_vouched", sa.Boolean(), nullable=True))
    op.add_column("customers", sa.Column("email_vouched", sa.Boolean(), nullable=True))
    op.add_column("customers", sa.Column("merged_into", sa.UUID(), nullable=True))
    op.add_column(
        "customers",
        sa.Column("also_tokens", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(
        "ix_customers_attributes",
        "customers",
        ["attributes"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"attributes": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_customers_merged",
        "customers",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_customers_merged_into"), "customers", "customers", ["merged_into"], ["id"])
    op.add_column("inboxes", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "inboxes",
        sa.Column(
            "sealed_names", postgresql.ARRAY(sa.String(length=40)), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column("messages", sa.Column("recall", sa.String(length=6), nullable=True))
    op.add_column("messages", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notification_choices", sa.Column("app", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_sla_clocks_conversations",
        "sla_clocks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("subject_kind = 'conversation' AND state IN ('running', 'breached')"),
    )
    op.add_column("sla_policies", sa.Column("subject", sa.String(length=12), server_default="ticket", nullable=False))
    op.drop_index(
        op.f("ix_tickets_breached"),
        table_name="tickets",
        postgresql_where="(breached AND ((status)::text = ANY ((ARRAY['new'::character varying, 'open'::character varying, 'pending'::character varying, 'on_hold'::character varying])::text[])))",
    )
