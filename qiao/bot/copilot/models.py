"""Tables: what became of suggestions, and the meaning of resolved conversations' first questions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class AssistFeedback(Base):
    """One suggestion somebody did something with. `suggested` stays until the message it became is sent."""

    __tablename__ = "assist_feedback"
    __table_args__ = (
        Index("ix_assist_feedback_open", "conversation_id", "user_id", postgresql_where=text("outcome = 'inserted'")),
        Index("ix_assist_feedback_source", "source_id"),
        Index("ix_assist_feedback_rejected", "conversation_id", postgresql_where=text("outcome = 'rejected'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID]
    question: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    source_kind: Mapped[str] = mapped_column(String(10))
    source_id: Mapped[UUID]
    rank: Mapped[int] = mapped_column(SmallInteger)
    probability: Mapped[float]
    outcome: Mapped[str] = mapped_column(String(10))
    distance: Mapped[float | None]
    suggested: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[UUID | None]


class AssistCase(Base):
    """A resolved conversation: `vector` is the meaning of its first question (half precision), `seq` where that stands."""

    __tablename__ = "assist_cases"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
    embedder: Mapped[str] = mapped_column(String(60))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(index=True)
