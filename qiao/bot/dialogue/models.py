"""Tables of the bot: what it remembers of a conversation, and how the company set it up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base


class BotSession(Base):
    """The bot's memory of one conversation. `turns` are the newest few: question, action, title."""

    __tablename__ = "bot_sessions"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    misses: Mapped[int] = mapped_column(default=0)
    offered_choices: Mapped[bool] = mapped_column(default=False)
    answered: Mapped[bool] = mapped_column(default=False)
    offered_person: Mapped[bool] = mapped_column(default=False)
    turns: Mapped[list[Any]]
    last_seq: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class BotSettingsRow(Base):
    """One row."""

    __tablename__ = "bot_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    settings: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
