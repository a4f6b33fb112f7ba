"""Tables of spaces, categories, FAQs and articles, their history, their working drafts, and the company's words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id
from qiao.knowledge.articles.audience import LEVELS

STATUSES = ("draft", "review", "scheduled", "published", "archived")
WORKING = ("draft", "review", "scheduled")
STEPS = (
    "created", "saved", "drafted", "discarded", "submitted", "withdrawn", "sent_back", "scheduled", "published", "archived",
    "reopened", "restored", "confirmed",
)  # fmt: skip


class _Readers:
    """`audience` and `department_ids` say who may read it; `readers` are the tags that follow (see audience.py)."""

    audience: Mapped[str] = mapped_column(String(12), default="public")
    department_ids: Mapped[list[UUID]] = mapped_column(
        ARRAY(PgUuid(as_uuid=True)), default=list, server_default=text("'{}'")
    )
    readers: Mapped[list[str]] = mapped_column(ARRAY(Text), default=lambda: ["public"])


class SpaceRow(_Readers, Base):
    """A part of the knowledge with readers of its own. What nobody put elsewhere is in the default one."""

    __tablename__ = "kb_spaces"
    __table_args__ = (
        CheckConstraint(f"audience IN {LEVELS!r}", name="audience"),
        Index("ix_kb_spaces_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    names: Mapped[dict[str, Any]]
    descriptions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    position: Mapped[int] = mapped_column(default=0)
    is_default: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CategoryRow(Base):
    """A shelf of a space. `names` by locale; one level of parents is enough for people to find their way."""

    __tablename__ = "kb_categories"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    space_id: Mapped[UUID] = mapped_column(ForeignKey("kb_spaces.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    names: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class _Work:
    """Where the words being worked on stand: their status, who asked for review, when they are to go live."""

    publish_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None]
    remark: Mapped[str | None] = mapped_column(String(1000))
    """What the last step said: the editor's note to the reviewer, or the reviewer's to the editor."""


class _Text(_Readers, _Work):
    """What FAQs and articles share."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_id: Mapped[UUID] = mapped_column(index=True)
    locale: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10), default="draft")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    helpful: Mapped[int] = mapped_column(default=0)
    unhelpful: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[UUID | None]
    review_by: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    """When its owner was told that `review_by` has come; empty again with a new date."""
    content_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When its words last changed or somebody said that they still hold."""
    tokens: Mapped[Any] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]


def _rules(table: str) -> tuple[Any, ...]:
    return (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"audience IN {LEVELS!r}", name="audience"),
        Index(f"ix_{table}_recent", "updated_at", "id"),
        Index(f"ix_{table}_category", "category_id", "updated_at"),
        Index(f"ix_{table}_space", "space_id", "updated_at"),
        Index(f"ix_{table}_tokens", "tokens", postgresql_using="gin"),
        Index(f"ix_{table}_import", "import_id", postgresql_where=text("import_id IS NOT NULL")),
        Index(f"ix_{table}_due", "publish_at", postgresql_where=text("status = 'scheduled'")),
        Index(f"ix_{table}_ends", "valid_until", postgresql_where=text("status = 'published'")),
        Index(f"ix_{table}_review", "review_by", postgresql_where=text("status = 'published'")),
        Index(f"ix_{table}_stale", "content_at", "id", postgresql_where=text("status = 'published'")),
    )


class FaqRow(_Text, Base):
    __tablename__ = "faqs"
    __table_args__ = _rules("faqs")

    space_id: Mapped[UUID] = mapped_column(ForeignKey("kb_spaces.id"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    question: Mapped[str] = mapped_column(String(500))
    variants: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    answer: Mapped[str] = mapped_column(Text)
    action: Mapped[str | None] = mapped_column(String(60))
    import_id: Mapped[UUID | None]


class ArticleRow(_Text, Base):
    __tablename__ = "articles"
    __table_args__ = _rules("articles")

    space_id: Mapped[UUID] = mapped_column(ForeignKey("kb_spaces.id"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("kb_categories.id"))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text)
    import_id: Mapped[UUID | None]


class DraftRow(_Work, Base):
    """Changes to a text that is live (or archived), worked on beside it until they are published.

    `changes` holds the new value of each field that differs, `base` what stood there when it was changed.
    """

    __tablename__ = "kb_drafts"
    __table_args__ = (
        CheckConstraint(f"status IN {WORKING!r}", name="status"),
        Index("ix_kb_drafts_status", "status", "updated_at"),
        Index("ix_kb_drafts_due", "publish_at", postgresql_where=text("status = 'scheduled'")),
    )

    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10), default="draft")
    changes: Mapped[dict[str, Any]]
    base: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class VersionRow(Base):
    """One step in the life of a text. `number` is the text's version after it; `content` is empty where no word changed."""

    __tablename__ = "kb_versions"
    __table_args__ = (UniqueConstraint("item_id", "number"), CheckConstraint(f"step IN {STEPS!r}", name="step"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    step: Mapped[str] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(String(1000))
    content: Mapped[dict[str, Any] | None]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class SynonymRow(Base):
    """Words that mean the same to this company; a single word is a term to keep whole."""

    __tablename__ = "kb_synonyms"
    __table_args__ = (Index("ix_kb_synonyms_recent", "updated_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    locale: Mapped[str] = mapped_column(String(10))
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """The words as they are compared."""
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]
