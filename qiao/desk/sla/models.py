"""Tables of promises: policies made by admins, the clocks that run because of them, and what the company decided once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

KINDS = ("first_response", "next_response", "resolution")
STATES = ("running", "paused", "met", "breached", "cancelled")


class PolicyRow(Base):
    """What is promised to whom. Of those made for a subject the first active one, by position, whose conditions hold
    applies.

    `targets` maps kinds to `{"business": bool, "minutes": [low, normal, high, urgent]}` (null: nothing promised);
    `ladder` is a list of `schemas.Step`.
    """

    __tablename__ = "sla_policies"
    __table_args__ = (Index("ix_sla_policies_position", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(300), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(12), default="ticket", server_default="ticket")
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    conditions: Mapped[dict[str, Any] | None]
    targets: Mapped[dict[str, Any]]
    calendar_id: Mapped[UUID | None] = mapped_column(ForeignKey("calendars.id"))
    pause_on: Mapped[list[str]] = mapped_column(ARRAY(String(10)))
    ladder: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class ClockRow(Base):
    """One promise to one ticket or conversation. Open while `state` is running, paused or breached (overdue, not yet done).

    `calendar_id` null counts around the clock. `spent_us` is what finished stretches counted, `since` when the present
    one began (null: it stands still, `paused_why` says why). `due_at` is when it runs out if it keeps running; of a broken
    promise, when it ran out. `next_at` is when the sweep has to look: a step of the ladder, or the promise runs out.
    `segments` is the history for people: `[{from, to, calendar, why, spent_s}]`, with `target_s` where that was the target
    until then; `fired` the steps that have run.
    """

    __tablename__ = "sla_clocks"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        CheckConstraint(f"state IN {STATES!r}", name="state"),
        CheckConstraint("(next_at IS NULL) OR (since IS NOT NULL)", name="standing_still"),
        Index(
            "uq_sla_clocks_open",
            "subject_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('running', 'paused', 'breached')"),
        ),
        Index("ix_sla_clocks_subject", "subject_id", "started_at"),
        Index("ix_sla_clocks_next", "next_at", "id", postgresql_where=text("next_at IS NOT NULL")),
        Index(
            "ix_sla_clocks_breached",
            text("breached_at DESC"),
            text("id DESC"),
            postgresql_where=text("breached_at IS NOT NULL"),
        ),
        Index(
            "ix_sla_clocks_conversations",
            "due_at",
            postgresql_where=text("subject_kind = 'conversation' AND state IN ('running', 'breached')"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_kind: Mapped[str] = mapped_column(String(12), default="ticket", server_default="ticket")
    subject_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(14))
    policy_id: Mapped[UUID | None]
    calendar_id: Mapped[UUID | None]
    target_s: Mapped[int]
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime]
    spent_us: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    since: Mapped[datetime | None]
    paused_why: Mapped[str | None] = mapped_column(String(12))
    paused_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    segments: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    fired: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    acted: Mapped[list[str]] = mapped_column(ARRAY(String(12)), default=list, server_default=text("'{}'"))
    """Steps that changed the ticket, once each."""
    reason_key: Mapped[str | None] = mapped_column(String(40))
    reason_text: Mapped[str | None] = mapped_column(String(500), info={"personal": "text"})
    reason_by: Mapped[UUID | None]
    reason_at: Mapped[datetime | None]


class SlaSettingsRow(Base):
    """One row: the list of reasons admins made, and which transaction last changed a policy or a calendar."""

    __tablename__ = "sla_settings"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    reasons: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    seeded: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the policies a company starts with have been made; taking them away is final."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
