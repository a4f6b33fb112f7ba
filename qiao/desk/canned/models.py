"""Table of canned replies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class CannedReply(Base):
    """`owner_user_id` null: shared. A shortcut stands once per owner and language."""

    __tablename__ = "canned_replies"
    __table_args__ = (
        Index(
            "uq_canned_replies_shortcut", "owner_user_id", "locale", "shortcut", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_canned_replies_tokens", "tokens", postgresql_using="gin"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_user_id: Mapped[UUID | None]
    shortcut: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(10))
    usage_count: Mapped[int] = mapped_column(default=0)
    tokens: Mapped[Any] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]
