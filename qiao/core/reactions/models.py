"""Tables of reactions: how far each has come, and what it could not handle."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class ReactionPosition(Base):
    __tablename__ = "reaction_positions"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeadLetter(Base):
    """An event a reaction could not handle: `retrying` (or waiting behind one that is) or `dead`."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index(None, "state", "next_at"),
        Index(None, "reaction", "conversation_id"),
        Index("uq_dead_letters_event", "reaction", "event_xid", "event_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reaction: Mapped[str] = mapped_column(String(120))
    event_xid: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    next_at: Mapped[datetime]
    event_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
