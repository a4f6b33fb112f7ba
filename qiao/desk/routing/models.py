"""Tables of queues, agents' states, what waits, offers and the log of decisions."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    String,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class Queue(Base):
    """`overflow` is {action, queue_id, after_s, on}; `mean_handle_s` the fading mean of handling time;
    `unattended_since` when the last person at work left it."""

    __tablename__ = "queues"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority"),
        CheckConstraint("strategy IN ('longest_idle', 'least_loaded', 'round_robin')", name="strategy"),
        Index("uq_queues_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    strategy: Mapped[str] = mapped_column(String(20), default="longest_idle")
    required_skills: Mapped[list[Any]] = mapped_column(default=list)
    calendar_id: Mapped[UUID | None]
    accept_timeout_s: Mapped[int | None]
    sticky: Mapped[bool] = mapped_column(default=True)
    max_waiting: Mapped[int | None]
    overflow: Mapped[dict[str, Any] | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    mean_handle_s: Mapped[float | None] = mapped_column(Float)
    unattended_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class QueueMember(Base):
    """`turn` orders the round robin: lowest next."""

    __tablename__ = "queue_members"
    __table_args__ = (Index(None, "user_id"),)

    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(BigInteger, default=0)


class Skill(Base):
    __tablename__ = "skills"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")


class UserSkill(Base):
    __tablename__ = "user_skills"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"), Index(None, "skill_id"))

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)


class TicketTurn(Base):
    """Who got the last ticket of a department that shares them out. The nil id stands for no department."""

    __tablename__ = "ticket_turns"

    department_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]


class AgentStateRow(Base):
    """`load` is the weight of what is assigned and offered, recounted from rows at every change.

    `resume_state` is what a person whose connection broke comes back to.
    """

    __tablename__ = "agent_states"
    __table_args__ = (
        CheckConstraint("state IN ('online', 'busy', 'away', 'offline')", name="state"),
        CheckConstraint("capacity >= 0", name="capacity"),
        Index("ix_agent_states_here", "last_seen_at", postgresql_where=text("state <> 'offline'")),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="offline")
    reason: Mapped[str | None] = mapped_column(String(80))
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    capacity: Mapped[Decimal] = mapped_column(Numeric(6, 2), default=Decimal(5))
    load: Mapped[Decimal] = mapped_column(Numeric(8, 2), default=Decimal(0))
    idle_since: Mapped[datetime | None]
    last_assigned_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    resume_state: Mapped[str | None] = mapped_column(String(10))
    missed_offers: Mapped[int] = mapped_column(default=0)


class QueueEntry(Base):
    """A conversation that waits. `entered_at` is when it first asked for a person and survives moves between queues,
    `queued_at` when it came to this queue. `visited` are the queues it has been in: overflow never goes round."""

    __tablename__ = "queue_entries"
    __table_args__ = (Index("ix_queue_entries_order", "queue_id", text("priority DESC"), "entered_at", "seq"),)

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"))
    channel: Mapped[str] = mapped_column(String(30))
    priority: Mapped[int] = mapped_column(SmallInteger)
    entered_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(BigInteger, Identity())
    preferred_user_id: Mapped[UUID | None]
    declined_by: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)
    visited: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)
    leave_message: Mapped[bool] = mapped_column(default=False)
    retry_at: Mapped[datetime | None]


class Offer(Base):
    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("state IN ('offered', 'accepted', 'declined', 'expired', 'withdrawn')", name="state"),
        Index("uq_offers_open", "conversation_id", unique=True, postgresql_where=text("state = 'offered'")),
        Index("ix_offers_open_user", "user_id", postgresql_where=text("state = 'offered'")),
        Index("ix_offers_open_expiry", "expires_at", postgresql_where=text("state = 'offered'")),
        Index(None, "conversation_id", "offered_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID]
    user_id: Mapped[UUID]
    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"))
    channel: Mapped[str] = mapped_column(String(30))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="offered")
    ended_at: Mapped[datetime | None]


class RoutingLog(Base):
    """One decision and its explanation. Codes only; clients put them into words."""

    __tablename__ = "routing_log"
    __table_args__ = (Index(None, "conversation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID]
    at: Mapped[datetime]
    decision: Mapped[str] = mapped_column(String(30))
    queue_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    explanation: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RoutingSettingsRow(Base):
    """The one row of what a company decides about routing."""

    __tablename__ = "routing_settings"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=1, autoincrement=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
