"""Facts about messages on their way to and from customers."""

from uuid import UUID

from qiao.core.events import Event, event


@event("channel.message_due")
class MessageDue(Event, frozen=True, kw_only=True):
    """A message has to be handed to its channel's adapter."""

    message_id: UUID
    inbox_id: UUID
    channel: str
