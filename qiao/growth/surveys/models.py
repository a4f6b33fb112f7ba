"""Table of ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base


class RatingRow(Base):
    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_ratings_recent", "created_at", "conversation_id"),
        Index("ix_ratings_agent", "agent_id", "created_at"),
    )

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str] = mapped_column(Text, default="", info={"personal": "text"})
    agent_id: Mapped[UUID | None]
    queue_id: Mapped[UUID | None]
    inbox_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
