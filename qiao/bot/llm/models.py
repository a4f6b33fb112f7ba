"""Tables: how the language model is reached, every call to it, and the sums of each day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class LlmSettingsRow(Base):
    """One row. `key` is sealed."""

    __tablename__ = "llm_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    settings: Mapped[dict[str, Any]]
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class LlmCall(Base):
    """One call. `prompt` and `reply` only when the company stores texts."""

    __tablename__ = "llm_calls"
    __table_args__ = (Index("ix_llm_calls_conversation", "conversation_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    task: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(20))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    ms: Mapped[int]
    first_ms: Mapped[int | None]
    tries: Mapped[int] = mapped_column(SmallInteger, default=1)
    tokens_in: Mapped[int] = mapped_column(default=0)
    tokens_out: Mapped[int] = mapped_column(default=0)
    conversation_id: Mapped[UUID | None]
    prompt: Mapped[str | None] = mapped_column(Text, info={"personal": "text"})
    reply: Mapped[str | None] = mapped_column(Text, info={"personal": "text"})


class LlmDay(Base):
    """Sums of one day (the company's), task and model; they outlive the calls."""

    __tablename__ = "llm_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(20), primary_key=True)
    model: Mapped[str] = mapped_column(String(120), primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    ms: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_in: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens_out: Mapped[int] = mapped_column(BigInteger, default=0)
