"""What crosses the border of reaching."""

from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from qiao.desk.conversations.schemas import TEXT_LIMIT, MessageView


class Way(msgspec.Struct, frozen=True):
    """A further address of a customer, and why not where they may not be written to there.

    `needs`: what would make it possible: `consent`, or an approved `template`.
    """

    inbox_id: UUID
    inbox: str
    channel: str
    identity_id: UUID
    address: str
    open: bool
    why_not: str | None
    needs: str | None


class Continued(msgspec.Struct, frozen=True):
    """The conversation that goes on elsewhere. `begun`: it is a new one."""

    conversation_id: UUID
    number: int
    begun: bool
    message: MessageView


class ContinueBody(BaseModel):
    """What to say, where, and whether the conversation left behind is resolved. A repeated `client_id` changes nothing."""

    model_config = ConfigDict(extra="forbid")

    inbox_id: UUID
    identity_id: UUID
    client_id: str = Field(min_length=1, max_length=80)
    body: str = Field(min_length=1, max_length=TEXT_LIMIT)
    payload: dict[str, Any] = Field(default_factory=dict)
    resolve: bool = False
