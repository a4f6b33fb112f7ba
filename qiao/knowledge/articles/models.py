"""Tables of categories, FAQs and articles."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATUSES = ("draft", "published", "archived")
AUDIENCES = ("public", "internal")


class CategoryRow(Base):
    """A shelf. `names` by locale; one level of parents is enough for people to find their way."""

    __tablename__ = "kb_categories"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    names: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class _Text:
    """What FAQs and articles share."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_id: Mapped[UUID] = mapped_column(index=True)
    locale: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10), default="draft")
    audience: Mapped[str] = mapped_column(String(10), default="public")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    helpful: Mapped[int] = mapped_column(default=0)
    unhelpful: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    tokens: Mapped[Any] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]


class FaqRow(_Text, Base):
    __tablename__ = "faqs"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"audience IN {AUDIENCES!r}", name="audience"),
        Index("ix_faqs_recent", "updated_at", "id"),
        Index("ix_faqs_category", "category_id", "updated_at"),
        Index("ix_faqs_tokens", "tokens", postgresql_using="gin"),
        Index("ix_faqs_import", "import_id", postgresql_where=text("import_id IS NOT NULL")),
    )

    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    question: Mapped[str] = mapped_column(String(500))
    variants: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    answer: Mapped[str] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(String(60))
    import_id: Mapped[UUID | None]


class ArticleRow(_Text, Base):
    __tablename__ = "articles"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"audience IN {AUDIENCES!r}", name="audience"),
        Index("ix_articles_recent", "updated_at", "id"),
        Index("ix_articles_category", "category_id", "updated_at"),
        Index("ix_articles_tokens", "tokens", postgresql_using="gin"),
        Index("ix_articles_import", "import_id", postgresql_where=text("import_id IS NOT NULL")),
    )

    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text)
    import_id: Mapped[UUID | None]
