"""What notifications announce: hints for the people's open consoles."""

from uuid import UUID

from qiao.core.events import Event, event


@event("notification.told")
class NotificationsTold(Event, frozen=True, kw_only=True):
    """Some people were told something; who they are stands with `batch_id`, because they may be thousands."""

    batch_id: UUID
    notification_kind: str


@event("notification.read")
class NotificationsRead(Event, frozen=True, kw_only=True):
    """A person read some or all of theirs."""

    user_id: UUID
