"""Table of the company's sensitive words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class SensitiveWord(Base):
    """`folded` is the word as it is compared, so 敏感词 and 敏 感 詞 are one."""

    __tablename__ = "bot_sensitive_words"
    __table_args__ = (
        Index("uq_bot_sensitive_words_folded", "folded", unique=True),
        Index("ix_bot_sensitive_words_updated_at", "updated_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    word: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80))
    direction: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]
