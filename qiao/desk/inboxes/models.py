"""Table of inboxes: one configured endpoint of a channel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class InboxRow(Base):
    """`key` is public: it is in the web page. `secret` signs identity tokens and webhooks, for administrators only."""

    __tablename__ = "inboxes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    secret: Mapped[str] = mapped_column(String(80), info={"secret": True})
    queue_id: Mapped[UUID | None] = mapped_column(index=True)
    """Where handoffs go. A plain id: queues belong to routing, which stands on this room."""
    calendar_id: Mapped[UUID | None] = mapped_column(ForeignKey("calendars.id"), index=True)
    bot_enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    sealed: Mapped[bytes | None] = mapped_column(info={"secret": True})
    """The secret settings (passwords, app secrets) as sealed JSON."""
    sealed_names: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
