"""Tables of imports: what was uploaded, what each row is, what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATES = ("preview", "running", "done", "failed", "undone")


class ImportRow(Base):
    """One uploaded file. `mapping` is field → column; `options` what was chosen at commit; `result` what came of it."""

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
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    committed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class ImportItem(Base):
    """One row of a file. `raw` are its cells, so that it can be read again under another mapping.

    `duplicate` is {type: faq|row, id, row, question, how: exact|meaning}. `state`: pending until the job has come by, then
    created, updated, skipped or failed. `item_id` is what it became or changed, `before` what that was.
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
