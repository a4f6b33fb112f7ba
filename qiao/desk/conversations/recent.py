"""Messages committed by this process a moment ago, so that realtime need not read them back."""

from collections import OrderedDict
from uuid import UUID

from qiao.desk.conversations.schemas import MessageView

LIMIT = 10_000


class RecentMessages:
    """A bounded memory of new messages by id; a miss means: read the database."""

    def __init__(self) -> None:
        self._views: OrderedDict[UUID, MessageView] = OrderedDict()

    def keep(self, view: MessageView) -> None:
        self._views[view.id] = view
        while len(self._views) > LIMIT:
            self._views.popitem(last=False)

    def forget(self, message_id: UUID) -> None:
        """Drops a message that changed after it was written."""
        self._views.pop(message_id, None)

    def find(self, message_id: UUID) -> MessageView | None:
        return self._views.get(message_id)
