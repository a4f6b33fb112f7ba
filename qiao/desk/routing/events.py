"""The facts routing announces."""

from typing import Final
from uuid import UUID

from qiao.core.events import Event, event


@event("routing.offer_created")
class OfferCreated(Event, frozen=True):
    offer_id: UUID
    user_id: UUID
    queue_id: UUID


@event("routing.offer_ended")
class OfferEnded(Event, frozen=True):
    """`state` is accepted, declined, expired or withdrawn."""

    offer_id: UUID
    user_id: UUID
    queue_id: UUID
    state: str


@event("routing.presence_changed")
class PresenceChanged(Event, frozen=True):
    """Somebody's state, reason or capacity changed."""

    user_id: UUID
    state: str
    previous_state: str
    reason: str | None = None


@event("routing.queues_changed")
class QueuesChanged(Event, frozen=True):
    """Who waits, or what a queue is, changed: figures shown of these queues are out of date."""

    queue_ids: tuple[UUID, ...]


@event("routing.unreachable")
class Unreachable(Event, frozen=True):
    """Nobody can take this conversation soon: the customer should be told, and may leave a message.

    `cause` is closed, no_agent, cap or timeout. It stays queued and is served when people are back.
    """

    queue_id: UUID
    cause: str


ALL: Final = (OfferCreated, OfferEnded, PresenceChanged, QueuesChanged, Unreachable)
