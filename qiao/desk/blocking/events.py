"""Facts about blocking."""

from uuid import UUID

from qiao.core.events import Event, event


@event("block.changed")
class BlockChanged(Event, frozen=True, kw_only=True):
    """Somebody was blocked, or a block was lifted or ran out."""

    block_id: UUID
    block_kind: str
    standing: bool
    inbox_id: UUID | None = None


@event("message.held")
class MessageHeld(Event, frozen=True, kw_only=True):
    """A message was kept apart (`blocked`) or folded (`fast`) instead of standing in a conversation."""

    held_id: UUID
    inbox_id: UUID
    customer_id: UUID
    why: str
