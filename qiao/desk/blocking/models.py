"""Tables of blocking: blocks, rules of inboxes, and messages that were held back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


class Block(Base):
    """`inbox_id` None: everywhere. `value` is the address, domain or prefix; empty for a customer."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("kind IN ('customer','address','domain','phone_prefix')", name="kind"),
        CheckConstraint("(kind = 'customer') = (customer_id IS NOT NULL)", name="customer"),
        Index("ix_blocks_standing", "id", postgresql_where=text("lifted_at IS NULL")),
        Index("ix_blocks_customer", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(254), default="", server_default="", info={"personal": "identity"})
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    inbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    expires_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lifted_at: Mapped[datetime | None]
    lifted_by_name: Mapped[str | None] = mapped_column(String(120))


class IntakeRule(Base):
    """How an inbox takes messages in. `scope` is the inbox's id, or empty: the company's rule. None: as the company's."""

    __tablename__ = "intake_rules"
    __table_args__ = (CheckConstraint("handling IN ('refuse','keep')", name="handling"),)

    scope: Mapped[str] = mapped_column(String(36), primary_key=True)
    handling: Mapped[str | None] = mapped_column(String(6))
    per_minute: Mapped[int | None] = mapped_column(SmallInteger)
    per_hour: Mapped[int | None] = mapped_column(SmallInteger)


class HeldMessage(Base):
    """A message kept apart (`blocked`) or folded (`fast`) instead of standing in a conversation."""

    __tablename__ = "held_messages"
    __table_args__ = (
        CheckConstraint("why IN ('blocked','fast')", name="why"),
        Index("uq_held_messages_client", "inbox_id", "client_id", "customer_id", unique=True),
        Index("ix_held_messages_waiting", "why", "id", postgresql_where=text("released_at IS NULL")),
        Index("ix_held_messages_conversation", "conversation_id", "id"),
        Index("ix_held_messages_customer", "customer_id", "inbox_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(String(254), info={"personal": "identity"})
    client_id: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(7))
    kind: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text, info={"personal": "text"})
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    told: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the sender was told with this one that they write too fast."""
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by_name: Mapped[str | None] = mapped_column(String(120))
