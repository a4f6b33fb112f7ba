"""Tables of calls and call-back requests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

_USERS: Any = ARRAY(PgUuid(as_uuid=True))


class Call(Base):
    """The record of a call: what its facts add up to, and what was made of it here."""

    __tablename__ = "phone_calls"
    __table_args__ = (
        UniqueConstraint("inbox_id", "external_id"),
        CheckConstraint("state IN ('ringing','active','held','ended','missed','abandoned')", name="state"),
        CheckConstraint("direction IN ('inbound','outbound')", name="direction"),
        Index("ix_phone_calls_recent", text("started_at DESC"), text("id DESC")),
        Index("ix_phone_calls_user", "user_id", text("started_at DESC")),
        Index("ix_phone_calls_customer", "customer_id", text("started_at DESC")),
        Index("ix_phone_calls_conversation", "conversation_id"),
        Index("ix_phone_calls_number", "number"),
        Index("ix_phone_calls_live", "started_at", postgresql_where=text("state IN ('ringing','active','held')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    external_id: Mapped[str] = mapped_column(String(120))
    """The PBX's own id of the call."""
    direction: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    number: Mapped[str | None] = mapped_column(String(32), info={"personal": "phone"})
    """The customer's number as we write it; None: withheld."""
    caller_name: Mapped[str] = mapped_column(String(80), default="", server_default="", info={"personal": "name"})
    line: Mapped[str | None] = mapped_column(String(32))
    """The number of ours that was called, or called from."""
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    sure: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether one customer only has this number, or somebody chose."""
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    extension: Mapped[str | None] = mapped_column(String(32))
    ringing: Mapped[list[UUID]] = mapped_column(_USERS, default=list, server_default=text("'{}'"))
    rang: Mapped[list[UUID]] = mapped_column(_USERS, default=list, server_default=text("'{}'"))
    """Everybody it rang at."""
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wait_s: Mapped[int] = mapped_column(default=0, server_default="0")
    talk_s: Mapped[int] = mapped_column(default=0, server_default="0")
    held_s: Mapped[int] = mapped_column(default=0, server_default="0")
    hung_up_by: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(80))
    transfers: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    recording: Mapped[dict[str, Any] | None]
    voicemail: Mapped[dict[str, Any] | None]
    callback_id: Mapped[UUID | None]
    """The request this call made, or the one it is an attempt of."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CallFact(Base):
    """One report of the PBX."""

    __tablename__ = "phone_call_facts"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("phone_calls.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, info={"personal": "text"})
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Extension(Base):
    """Whose telephone it is."""

    __tablename__ = "phone_extensions"
    __table_args__ = (Index("ix_phone_extensions_user", "user_id"),)

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True)
    extension: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[UUID]


class Dial(Base):
    """One request to the PBX to connect an extension with a number. `client_id` makes a second click harmless."""

    __tablename__ = "phone_dials"
    __table_args__ = (
        UniqueConstraint("user_id", "client_id"),
        CheckConstraint("state IN ('asked','accepted','refused','unknown')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    user_id: Mapped[UUID]
    client_id: Mapped[str] = mapped_column(String(80))
    customer_id: Mapped[UUID | None]
    callback_id: Mapped[UUID | None]
    extension: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(32), info={"personal": "phone"})
    state: Mapped[str] = mapped_column(String(10))
    status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(String(300), default="", server_default="")
    external_id: Mapped[str | None] = mapped_column(String(120))
    """The id of the call the PBX named in its answer."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Callback(Base):
    """A promise to call a customer. Open ones rank by `waiting_since`; `broken_at` stays once the promise is broken."""

    __tablename__ = "phone_callbacks"
    __table_args__ = (
        UniqueConstraint("inbox_id", "key"),
        CheckConstraint("state IN ('open','done','failed','cancelled')", name="state"),
        CheckConstraint("source IN ('customer','pbx','agent','missed')", name="source"),
        Index("ix_phone_callbacks_open", "waiting_since", "id", postgresql_where=text("state = 'open'")),
        Index(
            "ix_phone_callbacks_over", text("closed_at DESC"), text("id DESC"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index(
            "ix_phone_callbacks_broken", text("broken_at DESC"), text("id DESC"),
            postgresql_where=text("broken_at IS NOT NULL"),
        ),
        Index("ix_phone_callbacks_due", "next_at", postgresql_where=text("state = 'open' AND queued_at IS NULL")),
        Index("ix_phone_callbacks_promise", "promised_until", postgresql_where=text("state = 'open' AND broken_at IS NULL")),
        Index("ix_phone_callbacks_customer", "customer_id", "created_at"),
        Index("ix_phone_callbacks_conversation", "conversation_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id"))
    key: Mapped[str] = mapped_column(String(120))
    """The asker's own id of the request: asking twice is asking once."""
    source: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[str] = mapped_column(String(32), info={"personal": "phone"})
    topic: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[UUID | None]
    queue_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    """Who promised, or is asked to call; None: whoever the queue gives it to."""
    promised_by: Mapped[UUID | None]
    """The colleague who gave their word; None: the company did."""
    state: Mapped[str] = mapped_column(String(10), default="open")
    waiting_since: Mapped[datetime]
    promised_from: Mapped[datetime]
    promised_until: Mapped[datetime]
    next_at: Mapped[datetime]
    """Not to be called before."""
    queued_at: Mapped[datetime | None]
    """When it was put before people; None: its time has not come."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    attempts_most: Mapped[int] = mapped_column(SmallInteger)
    gap_minutes: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"personal": "text"})
    broken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    locale: Mapped[str] = mapped_column(String(10), default="zh-CN", server_default="zh-CN")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Attempt(Base):
    """One try to reach a customer who asked to be called."""

    __tablename__ = "phone_attempts"
    __table_args__ = (Index("ix_phone_attempts_callback", "callback_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    callback_id: Mapped[UUID] = mapped_column(ForeignKey("phone_callbacks.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"personal": "text"})
