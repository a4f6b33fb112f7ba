"""Tables of conversations and their messages."""

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

STATUSES = ("bot", "queued", "assigned", "snoozed", "resolved", "closed")


class Conversation(Base):
    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("priority BETWEEN 0 AND 3", name="priority"),
        CheckConstraint("status <> 'assigned' OR assignee_id IS NOT NULL", name="assigned_has_assignee"),
        Index("ix_conversations_assignee", "assignee_id", "status", "last_message_at"),
        Index("ix_conversations_queue", "queue_id", "status", "last_message_at"),
        Index("ix_conversations_status", "status", "last_message_at", "id"),
        Index("ix_conversations_customer", "customer_id", "created_at"),
        Index("ix_conversations_recent", "last_message_at", "id"),
        Index("ix_conversations_snoozed", "snoozed_until", postgresql_where=text("status = 'snoozed'")),
        Index("ix_conversations_resolved_at", "resolved_at", postgresql_where=text("status = 'resolved'")),
        Index("ix_conversations_waiting", "waiting_since", postgresql_where=text("waiting_since IS NOT NULL")),
        Index("ix_conversations_tags", "tags", postgresql_using="gin"),
        Index("ix_conversations_created", "created_at"),
        Index("ix_conversations_queued_at", "queued_at", postgresql_where=text("queued_at IS NOT NULL")),
        Index("ix_conversations_ended_at", "resolved_at", postgresql_where=text("resolved_at IS NOT NULL")),
        # Short heap rows are rewritten on every message: leave room for HOT updates.
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=10001), unique=True)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    channel: Mapped[str] = mapped_column(String(30))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str] = mapped_column(String(10))
    # Queues and people belong to rooms beside or above: plain ids, no foreign key across wings.
    queue_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    priority: Mapped[int] = mapped_column(SmallInteger, default=1)
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    version: Mapped[int] = mapped_column(default=1)
    last_seq: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime]
    last_message_preview: Mapped[str | None] = mapped_column(String(160), info={"personal": "text"})
    last_author_kind: Mapped[str | None] = mapped_column(String(10))
    customer_read_seq: Mapped[int] = mapped_column(default=0)
    staff_read_seq: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    waiting_since: Mapped[datetime | None]
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    handoff_reason: Mapped[str | None] = mapped_column(String(60))
    handoff_summary: Mapped[dict[str, Any] | None]
    wrap_up: Mapped[dict[str, Any] | None]
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index("uq_messages_seq", "conversation_id", "seq", unique=True),
        Index(
            "uq_messages_client_id",
            "conversation_id",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    author_kind: Mapped[str] = mapped_column(String(10))
    author_id: Mapped[UUID | None]
    author_name: Mapped[str | None] = mapped_column(String(120), info={"personal": "name"})
    kind: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    client_id: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    delivery: Mapped[str] = mapped_column(String(10), default="sent")
    recalled_at: Mapped[datetime | None]
    recall: Mapped[str | None] = mapped_column(String(6))
    """What came of asking the channel to take it back: `asked`, `done`, `late`, `failed`; None: nobody had to be asked."""
    edited_at: Mapped[datetime | None]


class MessageVersion(Base):
    """What a message said before it was changed or taken back."""

    __tablename__ = "message_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    body: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    why: Mapped[str] = mapped_column(String(10))
    """`edited`, `withdrawn` or `recalled`."""
    by_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    at: Mapped[datetime]


class Participant(Base):
    """Staff who joined a conversation besides its assignee, and people mentioned in it."""

    __tablename__ = "conversation_participants"
    __table_args__ = (Index(None, "user_id", "conversation_id"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Mention(Base):
    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_user", "user_id", "read_at", "created_at"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MessageSearch(Base):
    """Search tokens of a message, written after commit by the indexer."""

    __tablename__ = "message_search"
    __table_args__ = (Index("ix_message_search_tokens", "tokens", postgresql_using="gin"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    tokens: Mapped[Any] = mapped_column(TSVECTOR)
