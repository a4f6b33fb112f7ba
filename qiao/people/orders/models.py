"""Table of orders, a read model of the company's shop kept by its systems through the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id


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
