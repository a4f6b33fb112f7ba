"""Facts about messages on their way to and from customers."""

from typing import Any
from uuid import UUID

from qiao.core.events import Event, event


@event("channel.message_due")
class MessageDue(Event, frozen=True, kw_only=True):
    """A message has to be handed to its channel's adapter."""

    message_id: UUID
    inbox_id: UUID
    channel: str


@event("channel.happened")
class ChannelHappened(Event, frozen=True, kw_only=True):
    """Something a customer did on a channel that is no message: a follow, a scan, a click in a menu, an opt-out."""

    inbox_id: UUID
    channel: str
    customer_id: UUID
    address: str
    what: str
    data: dict[str, Any]


@event("channel.delivery_failed")
class DeliveryGaveUp(Event, frozen=True, kw_only=True):
    """A message will not reach its customer. `code` says why."""

    message_id: UUID
    inbox_id: UUID
    code: str
