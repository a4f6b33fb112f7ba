"""Tables of imports: what was uploaded, what each row is, what became of it; and the sites that are read again and again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

SOURCE_KINDS = ("sitemap", "pages", "feed")
EVERY = ("never", "daily", "weekly")
AFTER = ("review", "publish")
PAGE_STATES = ("new", "kept", "failed", "gone")
STATES = ("preview", "running", "done", "failed", "undone")


class ImportRow(Base):
    """One uploaded file, or one reading of a site. `mapping` is field → column; `options` what was chosen at commit; `result`
    what came of it. While `state` is preview, `stage` may say reading (a job is at it) or refused (`problem` says why)."""

    __tablename__ = "knowledge_imports"
    __table_args__ = (CheckConstraint(f"state IN {STATES!r}", name="state"), Index(None, "created_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    format: Mapped[str] = mapped_column(String(10))
    encoding: Mapped[str | None] = mapped_column(String(30))
    separator: Mapped[str | None] = mapped_column(String(2))
    columns: Mapped[list[Any]] = mapped_column(default=list)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="preview")
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    job_id: Mapped[UUID | None]
    stage: Mapped[str | None] = mapped_column(String(10))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("knowledge_sources.id", ondelete="SET NULL"), index=True)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    committed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class ImportItem(Base):
    """One row of a file. `raw` are its cells, so that it can be read again under another mapping.

    `duplicate` is {type: faq|article|row, id, row, question, how: exact|meaning|page, probability}; `similar` the same of
    what is only like it. `choice` is what a person decided for this row, else what was chosen for all counts. `state`:
    pending until the job has come by, then created, updated, skipped or failed. `item_id` is what it became or changed,
    `before` what that was.
    """

    __tablename__ = "knowledge_import_rows"
    __table_args__ = (
        Index("ix_knowledge_import_rows_state", "import_id", "state", "row"),
        Index("ix_knowledge_import_rows_errors", "import_id", "row", postgresql_where=text("errors <> '[]'::jsonb")),
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("knowledge_imports.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="faq")
    source: Mapped[str | None] = mapped_column(String(200))
    raw: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    errors: Mapped[list[Any]] = mapped_column(default=list)
    duplicate: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    item_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    note: Mapped[str | None] = mapped_column(Text)
    choice: Mapped[str | None] = mapped_column(String(10))
    similar: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    pictures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    url: Mapped[str | None] = mapped_column(Text)
    """The page a row was read from."""
    digest: Mapped[str | None] = mapped_column(String(64))


class ImportUpload(Base):
    """The bytes of a document until it has been read: the reading outlives a restart."""

    __tablename__ = "knowledge_import_uploads"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("knowledge_imports.id", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    split: Mapped[bool] = mapped_column(default=False)


class ImportPicture(Base):
    """A picture of a row, until it is stored with the article that shows it (`file_id`)."""

    __tablename__ = "knowledge_import_pictures"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("knowledge_imports.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_id: Mapped[UUID | None]
    link: Mapped[str | None] = mapped_column(Text)


class SourceRow(Base):
    """A site, list of pages or feed that articles are made of. `every`: how often it is read again; `after`: whether what
    changed waits for review or goes live. `next_at` is empty for what is read by hand only."""

    __tablename__ = "knowledge_sources"
    __table_args__ = (
        CheckConstraint(f"kind IN {SOURCE_KINDS!r}", name="kind"),
        CheckConstraint(f"every IN {EVERY!r}", name="every"),
        CheckConstraint(f"after IN {AFTER!r}", name="after"),
        Index("ix_knowledge_sources_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(Text, default="")
    urls: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    only: Mapped[str] = mapped_column(String(300), default="")
    """Addresses must have this in them."""
    most_pages: Mapped[int] = mapped_column(default=200)
    space_id: Mapped[UUID | None]
    category: Mapped[str | None] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(12), default="public")
    every: Mapped[str] = mapped_column(String(10), default="never")
    after: Mapped[str] = mapped_column(String(10), default="review")
    allow_private: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    last: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the last reading found: pages, new, changed, same, gone, failed, or the problem."""
    import_id: Mapped[UUID | None]
    """The reading that is under way."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PageRow(Base):
    """A page of a source: which article it became, and how it looked when it was last read."""

    __tablename__ = "knowledge_source_pages"
    __table_args__ = (
        CheckConstraint(f"state IN {PAGE_STATES!r}", name="state"),
        Index("ix_knowledge_source_pages_state", "source_id", "state", "url"),
    )

    source_id: Mapped[UUID] = mapped_column(ForeignKey("knowledge_sources.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="new")
    article_id: Mapped[UUID | None]
    version: Mapped[int | None]
    """The article's version when it was last written from here; another one: somebody has edited it."""
    digest: Mapped[str | None] = mapped_column(String(64))
    etag: Mapped[str | None] = mapped_column(String(300))
    modified: Mapped[str | None] = mapped_column(String(100))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    seen_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
