"""Tables: what the bot decided, what later showed whether it was right, and what was fitted on that."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, REAL, CheckConstraint, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base

DECISIONS = ("answer", "choices", "none")
STATES = ("active", "kept")


class CertaintyDecision(Base):
    """One decision on one question of a customer; what was said is read where it stands.

    `items` are the best texts, best first, and `chances` their probabilities as the engine gave them. `usable`: one question
    with one first text. `reckoned`: worked out afterwards, for an answer from before decisions were noted.
    """

    __tablename__ = "certainty_decisions"
    __table_args__ = (
        CheckConstraint(f"kind IN {DECISIONS!r}", name="kind"),
        Index("ix_certainty_decisions_conversation", "conversation_id", "seq"),
        Index("uq_certainty_decisions_answer", "answer_id", unique=True),
        Index("ix_certainty_decisions_at", "at"),
        Index("ix_certainty_decisions_lot", "lot", postgresql_where=text("usable AND NOT reviewed")),
    )

    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    answer_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID]
    seq: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8))
    action: Mapped[str] = mapped_column(String(12))
    items: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    chances: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    known: Mapped[float]
    shown: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    used: Mapped[float]
    topic: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(20))
    engine: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=0)
    """Of the fit that applied; 0 for none."""
    usable: Mapped[bool] = mapped_column(default=True)
    reckoned: Mapped[bool] = mapped_column(default=False)
    lot: Mapped[float]
    """Where it stands in the queue of reviews: by chance, and for good."""
    reviewed: Mapped[bool] = mapped_column(default=False)


class CertaintyEvidence(Base):
    """What showed whether a decision was right. `right`: its first text; `useful`: its offer; None: says nothing of it."""

    __tablename__ = "certainty_evidence"
    __table_args__ = (
        Index("ix_certainty_evidence_noted", "noted_at"),
        Index("ix_certainty_evidence_marked", "noted_at", postgresql_where=text("kind = 'marked'")),
    )

    question_id: Mapped[UUID] = mapped_column(
        ForeignKey("certainty_decisions.question_id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    right: Mapped[bool | None]
    useful: Mapped[bool | None]
    at: Mapped[datetime]
    noted_at: Mapped[datetime]
    user_id: Mapped[UUID | None]


class CertaintyFit(Base):
    """One version. `curves`: a and b by locale, "" for all; `answers`, `offers`: steps of risk control; `figures`: what it
    rests on and whether it helps; `plain`: the layer did worse than none, so there is none."""

    __tablename__ = "certainty_fits"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES!r}", name="state"),
        Index("uq_certainty_fits_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    version: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    engine: Mapped[str] = mapped_column(String(80))
    curves: Mapped[dict[str, Any]]
    answers: Mapped[list[Any]]
    offers: Mapped[list[Any]]
    figures: Mapped[dict[str, Any]]
    evidence_at: Mapped[datetime | None]
    """When the newest evidence it has seen was noted."""
    made_by: Mapped[UUID | None]


class CertaintySettings(Base):
    """One row. `automatic`: a new fit replaces the one that applies."""

    __tablename__ = "certainty_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    automatic: Mapped[bool] = mapped_column(default=True)
    max_useless: Mapped[float] = mapped_column(default=0.5)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
