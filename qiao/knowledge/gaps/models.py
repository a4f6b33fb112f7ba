"""Tables of knowledge gaps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATUSES = ("open", "drafted", "answered", "dismissed")
NAMERS = ("question", "model", "person")
KINDS = ("missed", "choices", "rejected", "disliked", "handed_over", "assist", "search", "answered")


class GapRow(Base):
    """A cluster. `centroid` is the sum of its questions' vectors; `weight`: how many questions had no good answer."""

    __tablename__ = "gaps"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"named_by IN {NAMERS!r}", name="named_by"),
        Index("ix_gaps_last", "last_at", "id"),
        Index("ix_gaps_faq", "faq_id", postgresql_where=sql("faq_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), info={"personal": "text"})
    named_by: Mapped[str] = mapped_column(String(10), default="question")
    status: Mapped[str] = mapped_column(String(10), default="open")
    embedder: Mapped[str] = mapped_column(String(60))
    centroid: Mapped[bytes] = mapped_column(LargeBinary)
    weight: Mapped[int] = mapped_column(default=0)
    shaped: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """A person has merged or split it: the periodic tidying leaves it as it is."""
    last_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[UUID | None]
    dismiss_reason: Mapped[str | None] = mapped_column(String(20))
    dismiss_note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    dismissed_weight: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    elsewhere_id: Mapped[UUID | None]
    """The text that answers it already, where that is why it was dismissed."""
    returned_at: Mapped[datetime | None]

    faq_id: Mapped[UUID | None]
    drafted_at: Mapped[datetime | None]
    drafted_by: Mapped[UUID | None]
    draft_sources: Mapped[list[UUID]] = mapped_column(
        ARRAY(PgUuid(as_uuid=True)), default=list, server_default=sql("'{}'")
    )
    published_at: Mapped[datetime | None]


class GapQuestionRow(Base):
    """One question, masked. `key` tells it from all others, so that what is told twice counts once."""

    __tablename__ = "gap_questions"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        Index("ix_gap_questions_gap", "gap_id", "asked_at", "id"),
        Index("ix_gap_questions_conversation", "conversation_id"),
        Index("ix_gap_questions_asked", "asked_at", "gap_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    gap_id: Mapped[UUID | None] = mapped_column(ForeignKey("gaps.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(12))
    conversation_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(30))
    locale: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(String(500), info={"personal": "text"})
    times: Mapped[int] = mapped_column(default=1)
    embedder: Mapped[str] = mapped_column(String(60))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    space_id: Mapped[UUID | None]
    """The space of the text that came closest."""
    handed_over: Mapped[bool] = mapped_column(default=False)
    ended: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[float] = mapped_column(default=0.0)
    """What people spent on it: the conversation's minutes, shared among its questions that went to people."""
    score: Mapped[int | None] = mapped_column(SmallInteger)
    excluded: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """A person said that it is no question of ours."""


class GapSettingsRow(Base):
    """One row."""

    __tablename__ = "gap_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    settings: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
