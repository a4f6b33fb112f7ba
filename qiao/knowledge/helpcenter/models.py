"""Tables of the help centre."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, LargeBinary, PrimaryKeyConstraint, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base


class EntryRow(Base):
    """A published text as the help centre shows it. `sounds`: its title in pinyin and initials, for suggestions.

    `levels`: only customers of these; `regions`: said on the page.
    """

    __tablename__ = "help_entries"
    __table_args__ = (
        Index("ix_help_entries_shelf", "locale", "category_id", "title", "id"),
        Index("ix_help_entries_recent", "locale", "updated_at", "id"),
        Index("ix_help_entries_readers", "readers", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(10))
    group_id: Mapped[UUID] = mapped_column(index=True)
    locale: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(500))
    excerpt: Mapped[str] = mapped_column(String(400))
    body: Mapped[str] = mapped_column(Text)
    sounds: Mapped[str] = mapped_column(Text)
    category_id: Mapped[UUID | None]
    readers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    levels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class SlugRow(Base):
    """Every address ever given, so that it keeps leading somewhere. `kind` is faq, article or category."""

    __tablename__ = "help_slugs"
    __table_args__ = (
        PrimaryKeyConstraint("kind", "locale", "slug"),
        Index("ix_help_slugs_item", "item_id", "locale", "made_at"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    locale: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(120))
    item_id: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FeedbackRow(Base):
    """What one reader thinks of one text. `voter` is a digest: it recognises a reader and names nobody."""

    __tablename__ = "help_feedback"
    __table_args__ = (
        PrimaryKeyConstraint("item_id", "voter"),
        Index("ix_help_feedback_recent", "item_id", "updated_at"),
    )

    item_id: Mapped[UUID]
    voter: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str] = mapped_column(String(10))
    helpful: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text, default="", info={"personal": "text"})
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class HelpSettingsRow(Base):
    """One row: how the help centre looks."""

    __tablename__ = "help_settings"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    settings: Mapped[dict[str, Any]]
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_type: Mapped[str | None] = mapped_column(String(40))
    logo_mark: Mapped[str | None] = mapped_column(String(16))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
