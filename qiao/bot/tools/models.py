"""Tables of tools: those the company has connected, and every call of any."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class ToolRow(Base):
    """A connected tool. `secret` is sealed; settings refer to its entries by name and never hold a value."""

    __tablename__ = "bot_tools"
    __table_args__ = (CheckConstraint("kind IN ('http','sql')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(81), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    spec: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary, info={"secret": True})
    secret_names: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class ToolCallRow(Base):
    """One call: inputs with personal data masked, size and time of the answer, what went wrong.

    `key` stands once per call of a flow; the kept `output` of a remote call that changes something lets a repetition
    after a crash go on with the first answer instead of calling twice.
    """

    __tablename__ = "bot_tool_calls"
    __table_args__ = (
        Index("ix_bot_tool_calls_tool", "tool", text("at DESC"), text("id DESC")),
        Index("ix_bot_tool_calls_recent", text("at DESC"), text("id DESC")),
        Index("uq_bot_tool_calls_key", "key", unique=True, postgresql_where=text("output IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tool: Mapped[str] = mapped_column(String(81))
    key: Mapped[str] = mapped_column(String(160))
    conversation_id: Mapped[UUID | None]
    inputs: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(500), default="", server_default="")
    output_bytes: Mapped[int] = mapped_column(default=0)
    output: Mapped[dict[str, Any] | None]
    ms: Mapped[int] = mapped_column(default=0)
    tried_by: Mapped[UUID | None]
    """Who pressed the try button; none for a conversation."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())
