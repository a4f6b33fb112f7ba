"""Tables of ticket lists: saved views, bulk operations with what they did to each ticket, exports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class TicketListView(Base):
    """A saved view. `shipped` names one that came with the product: its name is in the catalogues until somebody renames it.

    `body` is a `schemas.ViewBody`. `scope`: own (of `owner_id`), department (of `department_id`), everyone.
    """

    __tablename__ = "ticket_list_views"
    __table_args__ = (
        CheckConstraint("scope IN ('own','department','everyone')", name="scope"),
        Index("ix_ticket_list_views_owner", "owner_id"),
        Index("uq_ticket_list_views_shipped", "shipped", unique=True, postgresql_where=text("shipped IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), default="", server_default="")
    shipped: Mapped[str | None] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    body: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TicketBulk(Base):
    """One bulk operation. `state`: collecting, running, done, undoing, undone. `selection` is ids, or a filter as it was."""

    __tablename__ = "ticket_bulks"
    __table_args__ = (Index("ix_ticket_bulks_asker", "asked_by", text("created_at DESC")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    asked_by: Mapped[UUID]
    job_id: Mapped[UUID | None]
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    """Makes asking idempotent."""
    action: Mapped[dict[str, Any]]
    selection: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="collecting", server_default="collecting")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class TicketBulkItem(Base):
    """What a bulk operation did to one ticket: `before` and `after` hold only what it changed.

    `state`: waiting, changed, same (it was so already), skipped; after undoing: restored, kept. `why` is an error's code
    with its `params` where it was skipped or kept.
    """

    __tablename__ = "ticket_bulk_items"
    __table_args__ = (
        Index("ix_ticket_bulk_items_state", "bulk_id", "state", "ticket_id"),
        Index("ix_ticket_bulk_items_ticket", "ticket_id"),
    )

    bulk_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_bulks.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    why: Mapped[str | None] = mapped_column(String(80))
    params: Mapped[dict[str, Any] | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    version: Mapped[int | None]
    """The ticket's version right after."""


class TicketExport(Base):
    """A list written to a file, for its asker alone. The blob goes with `expires_at`."""

    __tablename__ = "ticket_exports"
    __table_args__ = (
        CheckConstraint("format IN ('xlsx','csv')", name="format"),
        Index("ix_ticket_exports_asker", "asked_by", text("created_at DESC")),
        Index("ix_ticket_exports_expires", "expires_at", postgresql_where=text("blob IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    asked_by: Mapped[UUID]
    job_id: Mapped[UUID | None]
    format: Mapped[str] = mapped_column(String(4))
    query: Mapped[dict[str, Any]]
    name: Mapped[str] = mapped_column(String(200))
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    size: Mapped[int | None] = mapped_column(BigInteger)
    blob: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10), default="queued", server_default="queued")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
