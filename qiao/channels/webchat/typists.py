"""That a visitor is writing, for the staff of their conversation; what they write only where the inbox shows it."""

import time
from typing import Final
from uuid import UUID

from qiao.channels.webchat.policy import PREVIEW_LIMIT
from qiao.channels.webchat.visitors import Visitor, Visitors
from qiao.core.realtime import Hub, Target
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations

TRUSTED_SECONDS: Final = 5.0
MOST_KEPT: Final = 5000


class Typing:
    """Relays typing signs. Who handles a conversation is remembered for a few seconds."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._targets: dict[UUID, tuple[float, Target]] = {}

    async def relay(self, visitor: Visitor, on: bool, preview: str | None) -> None:
        conversation_id = visitor.latest_id
        if conversation_id is None:
            return
        target = await self._target(conversation_id)
        if target is None:
            return
        data: dict[str, object] = {
            "author": {"kind": "customer", "id": visitor.customer_id, "name": visitor.name},
            "on": on,
        }
        if on and preview and (await self.runtime.get(Visitors).inbox(visitor.inbox_id)).webchat.show_typing_preview:
            data["preview"] = preview[:PREVIEW_LIMIT]
        self.runtime.get(Hub).signal(target, "typing", data, conversation_id)

    async def _target(self, conversation_id: UUID) -> Target | None:
        known = self._targets.get(conversation_id)
        if known is not None and time.monotonic() - known[0] < TRUSTED_SECONDS:
            return known[1]
        async with self.runtime.db.read() as db:
            facts = await conversations.facts(db, conversation_id)
        if facts is None:
            return None
        target = Target(
            users=frozenset({facts.assignee_id} if facts.assignee_id else ()),
            queues=frozenset({facts.queue_id} if facts.queue_id else ()),
            permission="conversations.view_all",
        )
        if len(self._targets) >= MOST_KEPT:
            self._targets.clear()
        self._targets[conversation_id] = (time.monotonic(), target)
        return target
