"""Tables of orders, a read model of the company's shop kept by its systems through the API, and of what customers ask for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

request_numbers = Sequence("order_request_number_seq", start=10001, metadata=Base.metadata)


class OrderRow(Base):
    """`total_minor` is in the currency's smallest unit; `number` is the shop's own."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_customer", "customer_id", text("placed_at DESC"), text("id DESC")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20))
    placed_at: Mapped[datetime]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    items: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    logistics: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default=text("'{}'"), info={"personal": "address"}
    )
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class OrderRequestRow(Base):
    """Something a customer asks for about an order: money back, another address, an invoice.

    `key` makes asking idempotent: the same key is the same request. Once decided it never changes again.
    """

    __tablename__ = "order_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('refund','address','invoice')", name="kind"),
        CheckConstraint("status IN ('requested','done','rejected')", name="status"),
        Index("ix_order_requests_customer", "customer_id", text("created_at DESC"), text("id DESC")),
        Index("ix_order_requests_recent", "status", text("created_at DESC"), text("id DESC")),
        Index("uq_order_requests_open", "order_id", "kind", unique=True, postgresql_where=text("status = 'requested'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(
        BigInteger, request_numbers, server_default=request_numbers.next_value(), unique=True
    )
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    details: Mapped[dict[str, Any]] = mapped_column(info={"personal": "address"})
    conversation_id: Mapped[UUID | None]
    key: Mapped[str | None] = mapped_column(String(160), unique=True)
    note: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
