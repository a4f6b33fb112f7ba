"""What channels need from above, as protocols; registered as runtime parts at start-up."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from qiao.core.actor import Actor
from qiao.core.db import Session


class RatingRef(msgspec.Struct, frozen=True):
    """What a customer thought of a conversation."""

    score: int
    comment: str


class Ratings(Protocol):
    """Keeps what customers think of conversations (growth)."""

    async def of_conversations(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, RatingRef]: ...

    async def rate(self, db: Session, actor: Actor, conversation_id: UUID, score: int, comment: str) -> RatingRef: ...


class HandoffSummary(Protocol):
    """Sums up a conversation for the person who takes over (bot)."""

    async def summarise(self, db: Session, conversation_id: UUID) -> dict[str, Any] | None: ...


class Greeter(Protocol):
    """Who answers first, and what it offers before the customer types (bot)."""

    async def name(self, db: Session, inbox_id: UUID, locale: str) -> str: ...

    async def suggestions(self, db: Session, locale: str, limit: int) -> list[str]: ...
