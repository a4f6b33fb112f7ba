"""Tables of knowledge statistics."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, Index, PrimaryKeyConstraint, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base

COUNTERS = (
    "views",
    "cards",
    "inserted",
    "answered",
    "offered",
    "chosen",
    "handed_over",
    "useful",
    "useless",
)
USES = ("answered", "offered", "chosen", "inserted", "handed_over")


class TextDayRow(Base):
    """One text on one day. `views`: opened in the help centre; `cards`: opened from a chat; `inserted`: sent by agents."""

    __tablename__ = "knowledge_days"
    __table_args__ = (PrimaryKeyConstraint("day", "item_id"), Index("ix_knowledge_days_item", "item_id", "day"))

    day: Mapped[date] = mapped_column(Date)
    item_id: Mapped[UUID]
    views: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    cards: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    inserted: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    answered: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    offered: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    chosen: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    handed_over: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    useful: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    useless: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class UseRow(Base):
    """One text in one conversation, to lead from a figure to the cases behind it."""

    __tablename__ = "knowledge_uses"
    __table_args__ = (
        PrimaryKeyConstraint("conversation_id", "item_id", "kind", "seq"),
        Index("ix_knowledge_uses_item", "item_id", "kind", "at", "conversation_id"),
        Index("ix_knowledge_uses_at", "at"),
    )

    conversation_id: Mapped[UUID]
    item_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]


class SearchDayRow(Base):
    """What was searched for on one day: the words, how often, and how many texts they found the last time."""

    __tablename__ = "knowledge_searches"
    __table_args__ = (
        PrimaryKeyConstraint("day", "locale", "words"),
        Index("ix_knowledge_searches_missed", "day", postgresql_where=text("found = 0")),
    )

    day: Mapped[date] = mapped_column(Date)
    locale: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(200), info={"personal": "text"})
    found: Mapped[int] = mapped_column(SmallInteger)
    count: Mapped[int]
    last_at: Mapped[datetime]
