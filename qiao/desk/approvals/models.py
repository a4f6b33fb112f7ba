"""Tables of approvals: requests, their steps, what was decided, links in mails, deputies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id
from qiao.desk.approvals.policy import Verdict


class Approval(Base):
    """`source` is `rule` (of the ticket's type) or `named`. `used_at`: the transition it was granted for has been taken."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("state IN ('open','granted','rejected','cancelled','void','expired')", name="state"),
        CheckConstraint("source IN ('rule','named')", name="source"),
        CheckConstraint("\"order\" IN ('sequence','parallel')", name="order"),
        Index("ix_approvals_ticket", "ticket_id", "id"),
        Index(
            "uq_approvals_open_rule",
            "ticket_id",
            unique=True,
            postgresql_where=text("state = 'open' AND source = 'rule'"),
        ),
        Index("ix_approvals_requester", "requested_by", "id", postgresql_where=text("requested_by IS NOT NULL")),
        Index("ix_approvals_open", "expires_at", "id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    source: Mapped[str] = mapped_column(String(6))
    transition: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(1000), info={"personal": "text"})
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    order: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    requested_by_kind: Mapped[str] = mapped_column(String(10))
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    remind_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class ApprovalStep(Base):
    """Deciders are the active holders of `roles` (keys or ids), or `users`."""

    __tablename__ = "approval_steps"
    __table_args__ = (
        CheckConstraint("needs IN ('one','all')", name="needs"),
        CheckConstraint("state IN ('waiting','active','approved','rejected','skipped')", name="state"),
        Index("uq_approval_steps_position", "approval_id", "position", unique=True),
        Index("ix_approval_steps_roles", "roles", postgresql_using="gin", postgresql_where=text("state = 'active'")),
        Index("ix_approval_steps_users", "users", postgresql_using="gin", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[dict[str, Any]]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    users: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    needs: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10))
    closed_at: Mapped[datetime | None]


class ApprovalDecision(Base):
    """`user_id` decided with the right of `for_id`: their own, or that of somebody whose deputy they are."""

    __tablename__ = "approval_decisions"
    __table_args__ = (
        CheckConstraint("verdict IN ('approve','reject')", name="verdict"),
        Index("uq_approval_decisions_right", "step_id", "for_id", unique=True),
        Index("ix_approval_decisions_user", "user_id", "approval_id"),
        Index("ix_approval_decisions_approval", "approval_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"))
    step_id: Mapped[UUID] = mapped_column(ForeignKey("approval_steps.id", ondelete="CASCADE"))
    user_id: Mapped[UUID]
    for_id: Mapped[UUID]
    verdict: Mapped[Verdict] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    via: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class ApprovalLink(Base):
    """A link in a mail to one decider of one step. Good once."""

    __tablename__ = "approval_links"
    __table_args__ = (Index("ix_approval_links_step", "step_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"))
    step_id: Mapped[UUID] = mapped_column(ForeignKey("approval_steps.id", ondelete="CASCADE"))
    user_id: Mapped[UUID]
    reminder: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Deputy(Base):
    """`deputy_id` decides for `user_id` between two moments."""

    __tablename__ = "approval_deputies"
    __table_args__ = (
        CheckConstraint("user_id <> deputy_id", name="not_oneself"),
        CheckConstraint("until_at > from_at", name="span"),
        Index("ix_approval_deputies_user", "user_id", "until_at"),
        Index("ix_approval_deputies_deputy", "deputy_id", "until_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime]
