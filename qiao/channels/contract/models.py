"""Tables of the channel contract: what arrives, what became of what left, and what providers want remembered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class Arrival(Base):
    """A payload as the provider gave it, kept before it was acknowledged, until everything in it has been taken in.

    `waiting → done`, or `dead` when it cannot be read or taken in; a dead one can be replayed or put away.
    """

    __tablename__ = "channel_arrivals"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','done','dead','dismissed')", name="state"),
        Index(
            "uq_channel_arrivals_remote",
            "inbox_id",
            "remote_key",
            unique=True,
            postgresql_where=text("remote_key IS NOT NULL"),
        ),
        Index("ix_channel_arrivals_waiting", "inbox_id", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_channel_arrivals_dead", "inbox_id", "id", postgresql_where=text("state = 'dead'")),
        Index("ix_channel_arrivals_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
        # Rows change once, soon after they came.
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    remote_key: Mapped[str | None] = mapped_column(String(100))
    """The provider's id of the payload: a repeat is dropped."""
    raw: Mapped[bytes] = mapped_column(LargeBinary, info={"personal": "text"})
    """Emptied when done."""
    state: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    error: Mapped[dict[str, Any] | None]
    """`code` of the catalogue and its `params`, `at` when it was, and how many `replays` there were before."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class Delivery(Base):
    """What became of a message handed to an adapter, and why."""

    __tablename__ = "channel_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','sent','delivered','read','failed')", name="state"),
        Index("ix_channel_deliveries_failed", "inbox_id", "at", postgresql_where=text("state = 'failed'")),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    conversation_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    error: Mapped[dict[str, Any] | None]
    final: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether a failure is for good; otherwise it is tried again."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class RemoteMessage(Base):
    """Which message of ours a provider's id means."""

    __tablename__ = "channel_remote_messages"
    __table_args__ = (
        Index("ix_channel_remote_messages_message", "message_id"),
        Index("ix_channel_remote_messages_address", "inbox_id", "address", "message_id"),
    )

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    remote_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    message_id: Mapped[UUID]
    address: Mapped[str] = mapped_column(String(254), info={"personal": "identity"})


class Thread(Base):
    """Names of an exchange (Message-IDs, thread ids) and the conversation it is."""

    __tablename__ = "channel_threads"
    __table_args__ = (Index("ix_channel_threads_conversation", "conversation_id", "at"),)

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    conversation_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Correspondent(Base):
    """The address a conversation is held with: customers may have several in one inbox."""

    __tablename__ = "channel_correspondents"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254), info={"personal": "identity"})


class MessageBody(Base):
    """The formatted body of a message (a mail's HTML, cleaned before it was stored) and the files it shows."""

    __tablename__ = "channel_bodies"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    html: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    inline: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """File ids by content id."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """An address on an inbox: since when, and how often, it may still be answered; whether it wants no more."""

    __tablename__ = "channel_contacts"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254), primary_key=True, info={"personal": "identity"})
    opened_at: Mapped[datetime | None]
    """When they last wrote, or did what opens the window."""
    answers: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What we have sent since."""
    opted_out_at: Mapped[datetime | None]


class Switch(Base):
    """An answer whose time was over, and what goes out in its stead: once, whatever happens in between."""

    __tablename__ = "channel_switches"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','sent','failed','dropped')", name="state"),
        Index("ix_channel_switches_due", "due_at", postgresql_where=text("state = 'waiting'")),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    conversation_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    due_at: Mapped[datetime]
    """After the inbox's quiet hours."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class SourceState(Base):
    """Where a source has got to, and which process works it."""

    __tablename__ = "channel_sources"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Health(Base):
    """How an inbox is doing: when it last worked in either direction, and the last trouble."""

    __tablename__ = "channel_health"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    fine_at: Mapped[datetime | None]
    """When a connection last stood."""
    failing_since: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[dict[str, Any] | None]


class Token(Base):
    """An access token of a provider, sealed."""

    __tablename__ = "channel_tokens"

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"secret": True})
    expires_at: Mapped[datetime]
