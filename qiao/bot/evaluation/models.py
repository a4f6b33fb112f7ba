"""Tables: test sets and cases, runs and results, checks before publishing, and what ran silently beside the bot."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

EXPECTS = ("texts", "none", "flow")
READERS = ("public", "customers", "internal")
RUN_STATES = ("queued", "running", "done", "failed", "cancelled")
PURPOSES = ("manual", "gate")
CHECK_STATES = ("running", "passed", "failed", "broken")
SHADOW_STATES = ("running", "ended", "adopted")
OUTCOMES = ("open", "quiet", "resolved", "handed_over", "helpful", "unhelpful", "agent_text")
SIDES = ("live", "candidate", "neither")


class EvalSet(Base):
    """A named set of cases. `gate`: asked before many texts are published at once."""

    __tablename__ = "eval_sets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    gate: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), index=True)


class EvalCase(Base):
    """One question and what should come of it. `key` is the question as it is compared, `source` where it comes from
    ({kind, conversation_id?, message_id?, faq_id?}). Customers' words are kept without their personal data."""

    __tablename__ = "eval_cases"
    __table_args__ = (
        CheckConstraint(f"expects IN {EXPECTS!r}", name="expects"),
        CheckConstraint(f"reader IN {READERS!r}", name="reader"),
        Index("uq_eval_cases_key", "set_id", "key", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    set_id: Mapped[UUID] = mapped_column(ForeignKey("eval_sets.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    context: Mapped[str | None] = mapped_column(Text, info={"personal": "text"})
    key: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN")
    channel: Mapped[str] = mapped_column(String(20), default="webchat")
    reader: Mapped[str] = mapped_column(String(10), default="public")
    expects: Mapped[str] = mapped_column(String(6))
    expected: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)), default=list)
    flow: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(500), default="")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class EvalRun(Base):
    """A set asked of a configuration: the knowledge (live, with what is being worked on, as of a moment, with an import)
    and the settings. `figures` are there when it is done."""

    __tablename__ = "eval_runs"
    __table_args__ = (
        CheckConstraint(f"state IN {RUN_STATES!r}", name="state"),
        CheckConstraint(f"purpose IN {PURPOSES!r}", name="purpose"),
        Index("ix_eval_runs_set", "set_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    set_id: Mapped[UUID] = mapped_column(ForeignKey("eval_sets.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(8), default="manual")
    name: Mapped[str] = mapped_column(String(120), default="")
    config: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    texts: Mapped[int | None]
    """How many texts it could find."""
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None] = mapped_column(String(500))
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class EvalResult(Base):
    """What came of one case in one run; the case as it was then is kept with it, because cases are edited.

    `found` are the best texts: {id, kind, title, matched, probability, readers}. `verdict`, `weight`: see policy.py.
    """

    __tablename__ = "eval_results"
    __table_args__ = (
        PrimaryKeyConstraint("run_id", "case_id"),
        Index("ix_eval_results_verdict", "run_id", "verdict", "position"),
        Index("ix_eval_results_position", "run_id", "position"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eval_runs.id", ondelete="CASCADE"))
    case_id: Mapped[UUID]
    position: Mapped[int]
    question: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    context: Mapped[str | None] = mapped_column(Text, info={"personal": "text"})
    locale: Mapped[str] = mapped_column(String(10))
    reader: Mapped[str] = mapped_column(String(10))
    expects: Mapped[str] = mapped_column(String(6))
    expected: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    flow: Mapped[str | None] = mapped_column(String(60))
    space_id: Mapped[UUID | None]
    """Where the expected text stands."""
    decision: Mapped[str] = mapped_column(String(12))
    given: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    """What was answered or offered."""
    given_flow: Mapped[str | None] = mapped_column(String(60))
    verdict: Mapped[str] = mapped_column(String(14))
    weight: Mapped[int] = mapped_column(SmallInteger)
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    """Place of the first expected text among the best ten, from 1."""
    probability: Mapped[float]
    found: Mapped[list[Any]]
    why: Mapped[dict[str, Any]]
    ms: Mapped[float]


class EvalSettings(Base):
    """One row: what must hold before many texts are published at once."""

    __tablename__ = "eval_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    settings: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class EvalCheck(Base):
    """The gate sets asked before and with an import's texts. `key` says of exactly what: another choice is another check."""

    __tablename__ = "eval_checks"
    __table_args__ = (
        CheckConstraint(f"state IN {CHECK_STATES!r}", name="state"),
        Index("ix_eval_checks_subject", "subject_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8), default="running")
    pairs: Mapped[list[Any]] = mapped_column(default=list)
    """Per set: {set_id, before, after} runs, and what they came to."""
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    overridden_by: Mapped[UUID | None]
    override_reason: Mapped[str | None] = mapped_column(String(500))


class EvalShadow(Base):
    """A configuration that answers a share of the customers' questions silently, beside the one that is live."""

    __tablename__ = "eval_shadows"
    __table_args__ = (
        CheckConstraint(f"state IN {SHADOW_STATES!r}", name="state"),
        Index("uq_eval_shadows_running", "state", unique=True, postgresql_where=text("state = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    config: Mapped[dict[str, Any]]
    share: Mapped[float]
    most: Mapped[int]
    per_minute: Mapped[int]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="running")
    skipped: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class EvalShadowAnswer(Base):
    """One question of a customer as both answered it. `live` and `candidate` are {decision, given, flow, probability}."""

    __tablename__ = "eval_shadow_answers"
    __table_args__ = (
        PrimaryKeyConstraint("shadow_id", "message_id"),
        CheckConstraint(f"outcome IN {OUTCOMES!r}", name="outcome"),
        CheckConstraint(f"favours IN {SIDES!r}", name="favours"),
        Index("ix_eval_shadow_answers_recent", "shadow_id", "at", "message_id"),
        Index("ix_eval_shadow_answers_open", "at", postgresql_where=text("outcome = 'open'")),
    )

    shadow_id: Mapped[UUID] = mapped_column(ForeignKey("eval_shadows.id", ondelete="CASCADE"))
    message_id: Mapped[UUID]
    answer_id: Mapped[UUID]
    """The bot's message."""
    conversation_id: Mapped[UUID]
    at: Mapped[datetime]
    question: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    live: Mapped[dict[str, Any]]
    candidate: Mapped[dict[str, Any]]
    agrees: Mapped[bool]
    ms: Mapped[float]
    outcome: Mapped[str] = mapped_column(String(12), default="open")
    agent_texts: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)), default=list)
    favours: Mapped[str] = mapped_column(String(10), default="neither")


class EvalVote(Base):
    """A bot answer a customer judged, to make a case of; what was said is read where it stands."""

    __tablename__ = "eval_votes"
    __table_args__ = (Index("ix_eval_votes_recent", "at", "message_id"),)

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    helpful: Mapped[bool]
    at: Mapped[datetime]
