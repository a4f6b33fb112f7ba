"""Tables of tickets: types made by admins, tickets, their one timeline, who is involved, links, checklists, time spent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
_LIVE = "status IN ('new','open','pending','on_hold')"
SOURCES = ("conversation", "console", "mail", "api", "portal", "automation", "schedule", "import")


class TicketType(Base):
    """A kind of ticket: its fields, its workflow, where it goes. `definition` is a `definition.Definition` as data."""

    __tablename__ = "ticket_types"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    definition: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class Ticket(Base):
    """`status` is what every type shares, `state` the type's own name for it. `data` holds the type's fields by key.

    `next_due_at` is the promise that runs out first (kept by the room of SLAs), `due_at` a date people set.
    `waiting_on` says what a ticket on hold waits for: `{"kind": "department", "id": …, "task_id": …}`.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("priority BETWEEN 0 AND 3", name="priority"),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_tickets_recent", text("updated_at DESC"), text("id DESC")),
        Index("ix_tickets_status", "status", text("updated_at DESC"), text("id DESC")),
        Index("ix_tickets_assignee", "assignee_id", "status", text("updated_at DESC"), text("id DESC")),
        Index("ix_tickets_department", "department_id", "status", text("updated_at DESC"), text("id DESC")),
        Index("ix_tickets_customer", "customer_id", text("created_at DESC"), text("id DESC")),
        Index("ix_tickets_requester", "requester_id", postgresql_where=text("requester_id IS NOT NULL")),
        Index("ix_tickets_conversation", "conversation_id", postgresql_where=text("conversation_id IS NOT NULL")),
        Index("ix_tickets_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_tickets_merged", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index("ix_tickets_type", "type_id", "status", text("updated_at DESC"), text("id DESC")),
        # What is breached stands at its head. No index looks at `breached` itself: the sweep marks a hundred thousand, and
        # rows whose indexed columns stay as they are need no new place in two dozen indexes.
        Index("ix_tickets_next_due", "next_due_at", "id", postgresql_where=text("next_due_at IS NOT NULL")),
        Index("ix_tickets_due", "due_at", "id", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_tickets_tags", "tags", postgresql_using="gin"),
        Index("ix_tickets_data", "data", postgresql_using="gin", postgresql_ops={"data": "jsonb_path_ops"}),
        Index("ix_tickets_created", "created_at", "id"),
        Index("ix_tickets_priority", "priority", "updated_at", "id"),
        Index("ix_tickets_live", "updated_at", "id", postgresql_where=text(_LIVE)),
        Index("ix_tickets_live_created", "created_at", "id", postgresql_where=text(_LIVE)),
        Index("ix_tickets_wrote", "customer_wrote_at", "id", postgresql_where=text("customer_wrote_at IS NOT NULL")),
        Index("ix_tickets_creator", "created_by", postgresql_where=text("created_by IS NOT NULL")),
        Index("uq_tickets_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=10001), unique=True)
    type_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_types.id"))
    title: Mapped[str] = mapped_column(String(200), info={"personal": "text"})
    description: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    status: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(40))
    priority: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    tier: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    source: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str | None] = mapped_column(String(30))
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN", server_default="zh-CN")
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    requester_id: Mapped[UUID | None]
    """The colleague who asked, where no customer did."""
    conversation_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"), info={"personal": "text"})
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    waiting_on: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    next_due_kind: Mapped[str | None] = mapped_column(String(20))
    breached: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rating_comment: Mapped[str | None] = mapped_column(String(2000), info={"personal": "text"})
    key: Mapped[str | None] = mapped_column(String(160))
    """Makes creating idempotent: the same key is the same ticket."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    last_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    reopened: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    created_by_kind: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    customer_wrote_at: Mapped[datetime | None]
    """When the customer last wrote and nobody has answered yet; None when it is not our turn."""
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class TicketEntry(Base):
    """The one timeline of a ticket: what was said (`comment` public, `note` private), what changed, what happened.

    `changes` of a `change` is `{field: [before, after]}`; `payload` of an `event` is `{"type": …, "params": {…}}`.
    """

    __tablename__ = "ticket_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('comment','note','change','event')", name="kind"),
        Index("uq_ticket_entries_seq", "ticket_id", "seq", unique=True),
        Index(
            "uq_ticket_entries_client_id",
            "ticket_id",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
        Index("ix_ticket_entries_origin", "origin_ticket_id", postgresql_where=text("origin_ticket_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    author_kind: Mapped[str] = mapped_column(String(10))
    author_id: Mapped[UUID | None]
    author_name: Mapped[str | None] = mapped_column(String(120), info={"personal": "name"})
    body: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    changes: Mapped[dict[str, Any] | None]
    client_id: Mapped[str | None] = mapped_column(String(80))
    origin_ticket_id: Mapped[UUID | None]
    """Which ticket it was written in, after a merge."""
    created_at: Mapped[datetime]


class TicketInvolved(Base):
    """A person or department that may see a ticket beside its own department, and whether they watch it.

    `reasons` are why: watcher, mentioned, task, approval. Without a reason left the row goes.
    """

    __tablename__ = "ticket_involved"
    __table_args__ = (
        CheckConstraint("kind IN ('user','department')", name="kind"),
        Index("ix_ticket_involved_party", "kind", "party_id", "ticket_id"),
    )

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String(12)))
    watching: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class TicketLink(Base):
    """`from` relates to, duplicates, blocks or causes `to`. Parent and child stand in `tickets.parent_id`."""

    __tablename__ = "ticket_links"
    __table_args__ = (
        CheckConstraint("kind IN ('relates','duplicates','blocks','causes')", name="kind"),
        CheckConstraint("from_id <> to_id", name="not_itself"),
    )

    from_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]


class ChecklistItem(Base):
    __tablename__ = "ticket_checklist"
    __table_args__ = (Index("ix_ticket_checklist_ticket", "ticket_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]


class Worklog(Base):
    """Time somebody spent, in seconds."""

    __tablename__ = "ticket_worklogs"
    __table_args__ = (Index("ix_ticket_worklogs_ticket", "ticket_id", "started_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    origin_ticket_id: Mapped[UUID | None]
    user_id: Mapped[UUID]
    seconds: Mapped[int]
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    started_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TicketSearch(Base):
    """Search tokens of a ticket: number, title, description, field values, comments, names of attachments."""

    __tablename__ = "ticket_search"
    __table_args__ = (Index("ix_ticket_search_tokens", "tokens", postgresql_using="gin"),)

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    tokens: Mapped[Any] = mapped_column(TSVECTOR)
