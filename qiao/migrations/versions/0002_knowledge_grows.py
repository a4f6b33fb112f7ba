"""Imports of documents and sites, gaps, test sets, shadow runs and what the engine learns from feedback."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certainty_decisions",
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("answer_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("items", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("chances", sa.ARRAY(sa.REAL()), nullable=False),
        sa.Column("known", sa.Double(), nullable=False),
        sa.Column("shown", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("used", sa.Double(), nullable=False),
        sa.Column("topic", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("reckoned", sa.Boolean(), nullable=False),
        sa.Column("lot", sa.Double(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('answer', 'choices', 'none')", name=op.f("ck_certainty_decisions_kind")),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_certainty_decisions")),
    )
    op.create_index("ix_certainty_decisions_at", "certainty_decisions", ["at"], unique=False)
    op.create_index(
        "ix_certainty_decisions_conversation", "certainty_decisions", ["conversation_id", "seq"], unique=False
    )
    op.create_index(
        "ix_certainty_decisions_lot",
        "certainty_decisions",
        ["lot"],
        unique=False,
        postgresql_where=sa.text("usable AND NOT reviewed"),
    )
    op.create_index("uq_certainty_decisions_answer", "certainty_decisions", ["answer_id"], unique=True)
    op.create_table(
        "certainty_fits",
        sa.Column("version", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("engine", sa.String(length=80), nullable=False),
        sa.Column("curves", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'kept')", name=op.f("ck_certainty_fits_state")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_certainty_fits")),
    )
    op.create_index(
        "uq_certainty_fits_active",
        "certainty_fits",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "certainty_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("max_useless", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certainty_settings")),
    )
    op.create_table(
        "eval_checks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overridden_by", sa.UUID(), nullable=True),
        sa.Column("override_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("state IN ('running', 'passed', 'failed', 'broken')", name=op.f("ck_eval_checks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_checks")),
    )
    op.create_index("ix_eval_checks_subject", "eval_checks", ["subject_id", "id"], unique=False)
    op.create_table(
        "eval_sets",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("gate", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_eval_sets_name")),
    )
    op.create_index(op.f("ix_eval_sets_updated_at"), "eval_sets", ["updated_at"], unique=False)
    op.create_table(
        "eval_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_settings")),
    )
    op.create_table(
        "eval_shadows",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'ended', 'adopted')", name=op.f("ck_eval_shadows_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_shadows")),
    )
    op.create_index(
        "uq_eval_shadows_running", "eval_shadows", ["state"], unique=True, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "eval_votes",
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_eval_votes")),
    )
    op.create_index("ix_eval_votes_recent", "eval_votes", ["at", "message_id"], unique=False)
    op.create_table(
        "gap_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_settings")),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("named_by", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("embedder", sa.String(length=60), nullable=False),
        sa.Column("centroid", sa.LargeBinary(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("shaped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by", sa.UUID(), nullable=True),
        sa.Column("dismiss_reason", sa.String(length=20), nullable=True),
        sa.Column("dismiss_note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("dismissed_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("elsewhere_id", sa.UUID(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("faq_id", sa.UUID(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drafted_by", sa.UUID(), nullable=True),
        sa.Column("draft_sources", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("named_by IN ('question', 'model', 'person')", name=op.f("ck_gaps_named_by")),
        sa.CheckConstraint("status IN ('open', 'drafted', 'answered', 'dismissed')", name=op.f("ck_gaps_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index("ix_gaps_faq", "gaps", ["faq_id"], unique=False, postgresql_where=sa.text("faq_id IS NOT NULL"))
    op.create_index("ix_gaps_last", "gaps", ["last_at", "id"], unique=False)
    op.create_table(
        "knowledge_sources",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("urls", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("only", sa.String(length=300), nullable=False),
        sa.Column("most_pages", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.UUID(), nullable=True),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("after IN ('review', 'publish')", name=op.f("ck_knowledge_sources_after")),
        sa.CheckConstraint("every IN ('never', 'daily', 'weekly')", name=op.f("ck_knowledge_sources_every")),
        sa.CheckConstraint("kind IN ('sitemap', 'pages', 'feed')", name=op.f("ck_knowledge_sources_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_sources")),
    )
    op.create_index(
        "ix_knowledge_sources_due",
        "knowledge_sources",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "certainty_evidence",
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["certainty_decisions.question_id"],
            name=op.f("fk_certainty_evidence_question_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("question_id", "kind", name=op.f("pk_certainty_evidence")),
    )
    op.create_index("ix_certainty_evidence_noted", "certainty_evidence", ["noted_at"], unique=False)
    op.create_table(
        "eval_cases",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("set_id", sa.UUID(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("reader", sa.String(length=10), nullable=False),
        sa.Column("expects", sa.String(length=6), nullable=False),
        sa.Column("expected", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("flow", sa.String(length=60), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("source", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("expects IN ('texts', 'none', 'flow')", name=op.f("ck_eval_cases_expects")),
        sa.CheckConstraint("reader IN ('public', 'customers', 'internal')", name=op.f("ck_eval_cases_reader")),
        sa.ForeignKeyConstraint(["set_id"], ["eval_sets.id"], name=op.f("fk_eval_cases_set_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_cases")),
    )
    op.create_index("uq_eval_cases_key", "eval_cases", ["set_id", "key"], unique=True)
    op.create_table(
        "eval_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("set_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=True),
        sa.Column("figures", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('manual', 'gate')", name=op.f("ck_eval_runs_purpose")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_eval_runs_state")
        ),
        sa.ForeignKeyConstraint(["set_id"], ["eval_sets.id"], name=op.f("fk_eval_runs_set_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eval_runs")),
    )
    op.create_index("ix_eval_runs_set", "eval_runs", ["set_id", "id"], unique=False)
    op.create_table(
        "eval_shadow_answers",
        sa.Column("shadow_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("answer_id", sa.UUID(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("live", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("candidate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("ms", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("agent_texts", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("favours", sa.String(length=10), nullable=False),
        sa.CheckConstraint("favours IN ('live', 'candidate', 'neither')", name=op.f("ck_eval_shadow_answers_favours")),
        sa.CheckConstraint(
            "outcome IN ('open', 'quiet', 'resolved', 'handed_over', 'helpful', 'unhelpful', 'agent_text')",
            name=op.f("ck_eval_shadow_answers_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["shadow_id"], ["eval_shadows.id"], name=op.f("fk_eval_shadow_answers_shadow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shadow_id", "message_id", name=op.f("pk_eval_shadow_answers")),
    )
    op.create_index(
        "ix_eval_shadow_answers_open",
        "eval_shadow_answers",
        ["at"],
        unique=False,
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_index(
        "ix_eval_shadow_answers_recent", "eval_shadow_answers", ["shadow_id", "at", "message_id"], unique=False
    )
    op.create_table(
        "gap_questions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("gap_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("embedder", sa.String(length=60), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("space_id", sa.UUID(), nullable=True),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("excluded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('missed', 'choices', 'rejected', 'disliked', 'handed_over', 'assist', 'search', 'answered')",
            name=op.f("ck_gap_questions_kind"),
        ),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.id"], name=op.f("fk_gap_questions_gap_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_questions")),
        sa.UniqueConstraint("key", name=op.f("uq_gap_questions_key")),
    )
    op.create_index("ix_gap_questions_asked", "gap_questions", ["asked_at", "gap_id"], unique=False)
    op.create_index("ix_gap_questions_conversation", "gap_questions", ["conversation_id"], unique=False)
    op.create_index("ix_gap_questions_gap", "gap_questions", ["gap_id", "asked_at", "id"], unique=False)
    op.create_table(
        "knowledge_source_pages",
        sa.Column("source_id", sa.UUID(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("article_id", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("etag", sa.String(length=300), nullable=True),
        sa.Column("modified", sa.String(length=100), nullable=True),
        sa.Column("problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('new', 'kept', 'failed', 'gone')", name=op.f("ck_knowledge_source_pages_state")),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_knowledge_source_pages_source_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", "url", name=op.f("pk_knowledge_source_pages")),
    )
    op.create_index(
        "ix_knowledge_source_pages_state", "knowledge_source_pages", ["source_id", "state", "url"], unique=False
    )
    op.create_table(
        "eval_results",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("reader", sa.String(length=10), nullable=False),
        sa.Column("expects", sa.String(length=6), nullable=False),
        sa.Column("expected", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("flow", sa.String(length=60), nullable=True),
        sa.Column("space_id", sa.UUID(), nullable=True),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("given", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("given_flow", sa.String(length=60), nullable=True),
        sa.Column("verdict", sa.String(length=14), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ms", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["eval_runs.id"], name=op.f("fk_eval_results_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "case_id", name=op.f("pk_eval_results")),
    )
    op.create_index("ix_eval_results_position", "eval_results", ["run_id", "position"], unique=False)
    op.create_index("ix_eval_results_verdict", "eval_results", ["run_id", "verdict", "position"], unique=False)
    op.create_table(
        "knowledge_import_pictures",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", sa.UUID(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["knowledge_imports.id"],
            name=op.f("fk_knowledge_import_pictures_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "row", "number", name=op.f("pk_knowledge_import_pictures")),
    )
    op.create_table(
        "knowledge_import_uploads",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["knowledge_imports.id"],
            name=op.f("fk_knowledge_import_uploads_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_knowledge_import_uploads")),
    )
    op.create_index(
        "ix_assist_feedback_rejected",
        "assist_feedback",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("outcome = 'rejected'"),
    )
    op.add_column("knowledge_import_rows", sa.Column("choice", sa.String(length=10), nullable=True))
    op.add_column(
        "knowledge_import_rows",
        sa.Column("similar", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "knowledge_import_rows", sa.Column("pictures", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("knowledge_import_rows", sa.Column("url", sa.Text(), nullable=True))
    op.add_column("knowledge_import_rows", sa.Column("digest", sa.String(length=64), nullable=True))
    op.add_column("knowledge_imports", sa.Column("stage", sa.String(length=10), nullable=True))
    op.add_column(
        "knowledge_imports",
        sa.Column("problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column("knowledge_imports", sa.Column("source_id", sa.UUID(), nullable=True))
    op.create_index(op.f("ix_knowledge_imports_source_id"), "knowledge_imports", ["source_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_knowledge_imports_source_id"),
        "knowledge_imports",
        "knowledge_sources",
        ["source_id"],
        ["id"],
        ondelete="SET NULL",
    )
