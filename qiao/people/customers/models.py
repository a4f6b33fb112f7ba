"""Tables of customers: the people helped, and the addresses by which channels know them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Sequence,
    SmallInteger,
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
        Index("ix_customers_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        # What a company knows people by besides name and number; only exact pairs are asked for.
        Index(
            "ix_customers_attributes",
            "attributes",
            postgresql_using="gin",
            postgresql_ops={"attributes": "jsonb_path_ops"},
        ),
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
    phone_vouched: Mapped[bool | None] = mapped_column(default=False)
    email_vouched: Mapped[bool | None] = mapped_column(default=False)
    """Whether somebody stands for it: the company's records, a provider, its owner. A claim is what anybody may type.
    None: written before anybody noted which."""
    city: Mapped[str | None] = mapped_column(String(80), info={"personal": "address"})
    blocked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    """Search tokens of name, number, e-mail and phone; kept by the service."""
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    """The record this one became part of. Its own values stay as they were, for the day it is taken apart again."""
    also_tokens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    """Search tokens of the records that became part of this one."""


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
    consent: Mapped[str | None] = mapped_column(String(3))
    """`in` or `out`, as the last entry of its history says; None: nobody has asked."""


class ConsentRow(Base):
    """Somebody allowed or forbade us to write to an address. Entries are never changed."""

    __tablename__ = "customer_consents"
    __table_args__ = (
        CheckConstraint("state IN ('in','out')", name="state"),
        Index("ix_customer_consents_identity", "identity_id", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey("customer_identities.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(3))
    source: Mapped[str] = mapped_column(String(20))
    """`channel`, `agent`, `form`, `contract` or `import`."""
    proof: Mapped[str] = mapped_column(Text, default="", server_default="", info={"personal": "text"})
    by: Mapped[UUID | None]
    by_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class MergeRow(Base):
    """Two records became one. `before` and `after` are the survivor's fields that changed."""

    __tablename__ = "customer_merges"
    __table_args__ = (
        Index("ix_customer_merges_survivor", "survivor_id", "at"),
        Index("ix_customer_merges_recent", "at"),
        Index("uq_customer_merges_merged", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    before: Mapped[dict[str, Any]] = mapped_column(info={"personal": "profile"})
    after: Mapped[dict[str, Any]] = mapped_column(info={"personal": "profile"})
    by: Mapped[UUID | None]
    by_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_name: Mapped[str | None] = mapped_column(String(120))


class MergeMoveRow(Base):
    """Keys of the rows of one place (`table.column`) that a merge gave to the survivor."""

    __tablename__ = "customer_merge_moves"

    merge_id: Mapped[UUID] = mapped_column(ForeignKey("customer_merges.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    row_keys: Mapped[list[Any]]


class SuggestionRow(Base):
    """Two records that may be one person: the one with the smaller id first. `evidence` holds kinds, never values."""

    __tablename__ = "customer_suggestions"
    __table_args__ = (
        CheckConstraint("state IN ('open','dismissed')", name="state"),
        CheckConstraint("first_id < second_id", name="ordered"),
        Index("ix_customer_suggestions_second", "second_id"),
    )

    first_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int] = mapped_column(SmallInteger)
    """Of 100."""
    evidence: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(String(10), default="open", server_default="open")
    decided_by_name: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None]
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())
