"""What crosses the border of conversations."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MessageKind = Literal["text", "image", "file", "card", "choices", "event", "note", "whisper"]
TEXT_LIMIT = 10_000
PAYLOAD_LIMIT = 32 * 1024
"""Bytes of a message's payload as JSON."""


class Author(msgspec.Struct, frozen=True):
    """Who wrote a message. `kind` is customer, user, bot or system."""

    kind: str
    id: UUID | None = None
    name: str | None = None
    avatar_url: str | None = None


class MessageView(msgspec.Struct, frozen=True):
    """A message as clients see it. A recalled one has lost its body and payload."""

    id: UUID
    conversation_id: UUID
    seq: int
    author: Author
    kind: str
    body: str
    payload: dict[str, Any]
    client_id: str | None
    created_at: datetime
    delivery: str
    recalled_at: datetime | None = None
    recall: str | None = None
    """What came of asking the channel to take it back: asked, done, late, failed."""
    edited_at: datetime | None = None

    @property
    def chosen(self) -> str | None:
        """The id of the option a customer pressed."""
        choice = self.payload.get("choice")
        if isinstance(choice, dict):
            choice = choice.get("id")
        return choice if isinstance(choice, str) else None


class VersionView(msgspec.Struct, frozen=True):
    """What a message said before it was changed or taken back. `why`: edited, withdrawn or recalled."""

    body: str
    why: str
    by_name: str
    at: datetime


class Ref(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class PersonRef(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    avatar_url: str | None = None


class InboxRef(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    channel: str


class CustomerRef(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    name: str
    level: str


class LastMessage(msgspec.Struct, frozen=True):
    preview: str
    author_kind: str | None
    at: datetime


class Handoff(msgspec.Struct, frozen=True):
    reason: str
    summary: dict[str, Any] | None


class ParticipantView(msgspec.Struct, frozen=True):
    user_id: UUID
    name: str
    role: str


class Promise(msgspec.Struct, frozen=True):
    """When the first open promise runs out; `due_at` is None while it stands still. `breached`: one is broken."""

    kind: str
    due_at: datetime | None
    breached: bool


class ConversationView(msgspec.Struct, frozen=True):
    """A conversation as staff see it. `may` is filled for one reader only (GET by id)."""

    id: UUID
    number: int
    inbox: InboxRef
    customer: CustomerRef
    status: str
    queue: Ref | None
    assignee: PersonRef | None
    priority: int
    locale: str
    tags: list[str]
    version: int
    last_seq: int
    last_message: LastMessage | None
    unread: int
    waiting_since: datetime | None
    created_at: datetime
    queued_at: datetime | None
    assigned_at: datetime | None
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    snoozed_until: datetime | None
    customer_read_seq: int
    staff_read_seq: int
    handoff: Handoff | None
    wrap_up: dict[str, Any] | None
    context: dict[str, Any]
    participants: list[ParticipantView]
    promise: Promise | None = None
    may: dict[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """The row itself for other rooms' decisions: ids and states, no names."""

    id: UUID
    number: int
    inbox_id: UUID
    channel: str
    customer_id: UUID
    status: str
    queue_id: UUID | None
    assignee_id: UUID | None
    priority: int
    locale: str
    last_seq: int
    created_at: datetime
    queued_at: datetime | None
    assigned_at: datetime | None
    first_response_at: datetime | None
    waiting_since: datetime | None
    resolved_at: datetime | None
    last_message_at: datetime
    customer_read_seq: int
    staff_read_seq: int
    handoff_reason: str | None
    handoff_summary: dict[str, Any] | None
    version: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """A customer's message from any channel. `client_id` makes a retry harmless.

    `threaded`: the channel knows which exchange it belongs to. It goes on in `conversation_id` as long as that may be
    gone on with, and otherwise begins its own; without, it goes on in the customer's latest.
    """

    inbox_id: UUID
    customer_id: UUID
    client_id: str
    kind: MessageKind = "text"
    body: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    locale: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    customer_name: str | None = None
    threaded: bool = False
    conversation_id: UUID | None = None
    queue_id: UUID | None = None
    """Where a conversation that begins waits for people at once, without a bot; None: as its inbox says."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message by an agent or the bot."""

    kind: MessageKind = "text"
    body: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an inbound message."""

    message: MessageView
    conversation_id: UUID
    created: bool
    duplicate: bool


# -- request bodies --------------------------------------------------------------------------------------------------


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SendBody(_Body):
    client_id: str = Field(min_length=1, max_length=80)
    kind: Literal["text", "image", "file", "card", "choices"] = "text"
    body: str = Field("", max_length=TEXT_LIMIT)
    payload: dict[str, Any] = Field(default_factory=dict)


class NoteBody(_Body):
    client_id: str = Field(min_length=1, max_length=80)
    body: str = Field(min_length=1, max_length=TEXT_LIMIT)
    mentions: list[UUID] = Field(default_factory=list, max_length=50)
    payload: dict[str, Any] = Field(default_factory=dict)


class AssignBody(_Body):
    user_id: UUID


class TransferTo(_Body):
    type: Literal["user", "queue", "bot"]
    id: UUID | None = None


class TransferBody(_Body):
    to: TransferTo
    note: str = Field("", max_length=2000)


class SnoozeBody(_Body):
    until: AwareDatetime


class ResolveBody(_Body):
    disposition: str | None = Field(None, max_length=120)
    note: str = Field("", max_length=4000)
    tags: list[str] | None = Field(None, max_length=30)


class TagsBody(_Body):
    add: list[str] = Field(default_factory=list, max_length=30)
    remove: list[str] = Field(default_factory=list, max_length=30)


class PriorityBody(_Body):
    priority: int = Field(ge=0, le=3)


class ReadBody(_Body):
    seq: int = Field(ge=0)
