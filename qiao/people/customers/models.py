"""Tables of customers: the people helped, and the addresses by which channels know them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core.db import Base
from qiao.core.ids import new_id

customer_numbers = Sequence("customer_number_seq", start=10001, metadata=Base.metadata)


class CustomerRow(Base):
    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_tokens", "tokens", postgresql_using="gin"),
        Index("ix_customers_tags", "tags", postgresql_using="gin"),
        Index("ix_customers_phone_prefix", text("phone text_pattern_ops")),
        Index("ix_customers_email_prefix", text("email text_pattern_ops")),
        Index("ix_customers_recent", text("last_seen_at DESC"), text("id DESC")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(
        BigInteger, customer_numbers, server_default=customer_numbers.next_value(), unique=True
    )
    name: Mapped[str] = mapped_column(String(80), default="", server_default="", info={"personal": "name"})
    level: Mapped[str] = mapped_column(String(20), default="standard", server_default="standard", index=True)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default=text("'{}'"))
    locale: Mapped[str | None] = mapped_column(String(10))
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    phone: Mapped[str | None] = mapped_column(String(32), info={"personal": "phone"})
    """Digits with an optional leading +."""
    email: Mapped[str | None] = mapped_column(String(254), info={"personal": "email"})
    """In lower case."""
    city: Mapped[str | None] = mapped_column(String(80), info={"personal": "address"})
    blocked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    """Search tokens of name, number, e-mail and phone; kept by the service."""


class IdentityRow(Base):
    """One address of a customer. `scope` is the inbox in which the address means something, or empty: everywhere."""

    __tablename__ = "customer_identities"
    __table_args__ = (UniqueConstraint("kind", "scope", "value"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    scope: Mapped[str] = mapped_column(String(36), default="", server_default="")
    value: Mapped[str] = mapped_column(String(254), info={"personal": "identity"})
    verified: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
