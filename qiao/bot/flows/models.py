"""Tables of flows: documents and their versions, where conversations stand, what has run, attempts to prove an identity."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class FlowRow(Base):
    """A flow as it is edited. Customers meet the published version only. `revision` guards against lost edits."""

    __tablename__ = "bot_flows"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    draft: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    published_id: Mapped[UUID | None]
    """The version in use; none: customers cannot meet this flow."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_by: Mapped[UUID | None]


class FlowVersionRow(Base):
    """A published document; never changed."""

    __tablename__ = "bot_flow_versions"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    flow_id: Mapped[UUID] = mapped_column(ForeignKey("bot_flows.id", ondelete="CASCADE"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[UUID | None]


class FlowStateRow(Base):
    """Where one conversation stands. Written in the transaction of the bot's reply, so the two never disagree."""

    __tablename__ = "bot_flow_states"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(info={"personal": "address"})
    waiting: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class FlowRunRow(Base):
    """One run of a flow: which steps it took and how it ended. No slots: what customers said stays in the conversation."""

    __tablename__ = "bot_flow_runs"
    __table_args__ = (
        Index("ix_bot_flow_runs_flow", "flow", text("started_at DESC")),
        Index("ix_bot_flow_runs_conversation", "conversation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    flow: Mapped[str] = mapped_column(String(40))
    version_id: Mapped[UUID]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    path: Mapped[list[Any]]


class IdentityCheckRow(Base):
    """An attempt to prove an identity with an order number and four digits. The digits are not kept."""

    __tablename__ = "bot_identity_checks"
    __table_args__ = (
        Index("ix_bot_identity_checks_order", "order_number", "at"),
        Index("ix_bot_identity_checks_customer", "customer_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    """Who asked: the visitor, not the owner of the order."""
    order_number: Mapped[str] = mapped_column(String(60))
    passed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
