"""Facts about inboxes."""

from uuid import UUID

from qiao.core.events import Event, event


@event("inbox.created")
class InboxCreated(Event, frozen=True, kw_only=True):
    inbox_id: UUID
    channel: str


@event("inbox.updated")
class InboxUpdated(Event, frozen=True, kw_only=True):
    """Names of what changed; never the values."""

    inbox_id: UUID
    fields: tuple[str, ...]
