"""Neutral messages: what lies between a channel's payloads and conversations."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from qiao.channels.contract.manifest import Window
from qiao.desk.conversations.policy import STAFF_ONLY_KINDS
from qiao.desk.conversations.schemas import MessageView


class Sender(msgspec.Struct, frozen=True):
    """Who writes, as the channel knows them. `address` means something within one inbox only, and is where answers go."""

    address: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    union: str | None = None
    """The provider's own name for this person across our accounts with it (`provider:id`): vouched for, so it links."""
    vouched: frozenset[Literal["phone", "email"]] = frozenset()
    """Which of these the provider has verified; the others are claims and fill gaps in the profile only."""
    city: str | None = None
    attributes: dict[str, Any] = {}


class Media(msgspec.Struct, frozen=True):
    """A file of a message. `ref` is what the channel's adapter fetches it by; `data` is there when it came along.

    `inline`: the content id by which the text shows it.
    """

    ref: str
    name: str
    mime: str | None = None
    size: int | None = None
    data: bytes | None = None
    inline: str | None = None


class Incoming(msgspec.Struct, frozen=True):
    """A customer's message. `sender` is None where the connection itself says who writes.

    `client_id` is the provider's own id of the message: what comes twice is one. A message of kind image or file has one
    `media`; a text may have several where the channel has attachments.
    """

    client_id: str
    kind: str
    body: str
    payload: dict[str, Any]
    sender: Sender | None = None
    locale: str | None = None
    media: tuple[Media, ...] = ()
    threads: tuple[str, ...] = ()
    """Names of the exchanges it may belong to, best first. Given any, it goes on in the conversation of the first one
    that is known, or begins its own; without, it goes on in the customer's latest. The first is what it is called later."""
    begins: tuple[str, ...] = ()
    """Further names of the exchange from now on (its own Message-ID)."""
    context: dict[str, Any] = {}
    at: datetime | None = None
    """When it was written, by the provider's clock: the window has been open since then."""
    opens: Window | None = None
    """What it lets us answer, where that is less than the channel's window. It never shortens what is open."""
    unattended: bool = False
    """A machine says so, and nobody waits for an answer: it is kept, and calls nobody to a conversation that is over."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a message we sent. `code` names the reason of a failure.

    With `address` and `until`, and no `remote_id`: what became of everything sent to this address before that moment.
    """

    remote_id: str
    state: Literal["delivered", "read", "failed"]
    code: str | None = None
    detail: str = ""
    address: str | None = None
    until: datetime | None = None


class Withdrawn(msgspec.Struct, frozen=True):
    """The customer took a message back. `client_id` is the message's."""

    sender: Sender
    client_id: str


class Edited(msgspec.Struct, frozen=True):
    """The customer changed a message."""

    sender: Sender
    client_id: str
    body: str


class Happening(msgspec.Struct, frozen=True):
    """Something that is no message: a follow, a scan, a click in a menu, an opt-out.

    `kind` is one of `subscribed`, `unsubscribed`, `entered`, `opted_out`, `opted_in`, or a word of the channel's own.
    """

    client_id: str
    kind: str
    sender: Sender
    data: dict[str, Any] = {}
    begins: bool = False
    """Whether it opens the channel's window, as a message does."""
    opens: Window | None = None
    """As of Incoming: with `begins`, what it lets us answer."""
    at: datetime | None = None
    """When it happened, by the provider's clock: the window has been open since then."""


Item = Incoming | Receipt | Withdrawn | Edited | Happening


class Outbound(msgspec.Struct, frozen=True):
    """A message for a customer, on its way out. `address` is theirs on this channel.

    `payload.attachments` of a text are files ({file_id, name, mime, size, url}); `payload.template` names an approved
    template. `threads` are the names of the exchange, oldest first.
    """

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
    locale: str = "zh-CN"
    threads: tuple[str, ...] = ()

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
