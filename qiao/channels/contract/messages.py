"""Neutral messages: what lies between a channel's payloads and conversations."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.desk.conversations.policy import STAFF_ONLY_KINDS
from qiao.desk.conversations.schemas import MessageView


class Sender(msgspec.Struct, frozen=True):
    """Who writes, as the channel knows them. `address` means something within one inbox only."""

    address: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None


class Incoming(msgspec.Struct, frozen=True):
    """A customer's message. `sender` is None where the connection itself says who writes."""

    client_id: str
    kind: str
    body: str
    payload: dict[str, Any]
    sender: Sender | None = None
    locale: str | None = None


class Outbound(msgspec.Struct, frozen=True):
    """A message for a customer, on its way out. `address` is theirs on this channel."""

    id: UUID
    conversation_id: UUID
    conversation_number: int
    seq: int
    author_kind: str
    author_name: str | None
    kind: str
    body: str
    payload: dict[str, Any]
    created_at: datetime
    address: str

    @classmethod
    def of(cls, view: MessageView, number: int, address: str) -> "Outbound":
        """Raises ValueError for what is for staff only and for a customer's own words: neither ever leaves."""
        if view.kind in STAFF_ONLY_KINDS:
            raise ValueError("internal notes do not leave")
        if view.author.kind == "customer":
            raise ValueError("a customer's own message is not echoed")
        return cls(
            view.id,
            view.conversation_id,
            number,
            view.seq,
            view.author.kind,
            view.author.name,
            view.kind,
            view.body,
            view.payload,
            view.created_at,
            address,
        )
