"""Table of tasks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

_OPEN = "state IN ('waiting','doing')"


class Task(Base):
    """`result` is what came of it, `reason` why it was handed back, reopened or cancelled."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','doing','done','returned','cancelled')", name="state"),
        Index("ix_tasks_ticket", "ticket_id", "id"),
        Index("ix_tasks_department_open", "department_id", "due_at", "id", postgresql_where=text(_OPEN)),
        Index("ix_tasks_assignee_open", "assignee_id", "due_at", "id", postgresql_where=text(_OPEN)),
        Index("ix_tasks_open", "due_at", "id", postgresql_where=text(_OPEN)),
        Index(
            "ix_tasks_department_over", "department_id", text("closed_at DESC"), text("id DESC"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index(
            "ix_tasks_assignee_over", "assignee_id", text("closed_at DESC"), text("id DESC"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("ix_tasks_over", text("closed_at DESC"), text("id DESC"), postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_tasks_creator", "created_by", "id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    title: Mapped[str] = mapped_column(String(200), info={"personal": "text"})
    details: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    department_id: Mapped[UUID]
    assignee_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    blocking: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    state: Mapped[str] = mapped_column(String(10))
    result: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"personal": "text"})
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_by_kind: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    reminded_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
