"""Long polling for visitors whose network eats WebSockets."""

import asyncio
from uuid import UUID

import msgspec

from qiao.channels.contract import customer_view
from qiao.channels.contract.customer_view import CustomerConversation
from qiao.channels.webchat.socket import Sockets
from qiao.channels.webchat.visitors import Visitor
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView

LIMIT = 200
LONGEST_WAIT = 25.0


class Poll(msgspec.Struct, frozen=True):
    messages: list[MessageView]
    conversation: CustomerConversation | None


class _Bell:
    """A hub sink that only notes that something came."""

    def __init__(self) -> None:
        self.visitor: Visitor | None = None
        self.connection: Connection | None = None
        self.rung = asyncio.Event()

    def offer(self, frame: str) -> bool:
        self.rung.set()
        return True

    async def close(self, code: int, reason: str | None = None) -> None:
        self.rung.set()


async def poll(runtime: Runtime, visitor: Visitor, conversation_id: UUID | None, after_seq: int, wait: float) -> Poll:
    """Messages after a place in the visitor's history, of later conversations too; waits for one if there is none yet."""
    sockets, hub, bell = runtime.get(Sockets), runtime.get(Hub), _Bell()
    # Listen first, look second: nothing can fall between.
    sockets.enter(bell, visitor)
    try:
        assert bell.connection is not None
        hub.join_visitor(bell.connection, [visitor.latest_id] if visitor.latest_id is not None else [])
        found = await _look(runtime, visitor, conversation_id, after_seq)
        if found.messages or wait <= 0:
            return found
        try:
            async with asyncio.timeout(min(wait, LONGEST_WAIT)):  # wait_for may lose a cancellation on Python 3.11
                await bell.rung.wait()
        except TimeoutError:
            return found
        return await _look(runtime, visitor, conversation_id, after_seq)
    finally:
        sockets.leave(bell)


async def _look(runtime: Runtime, visitor: Visitor, conversation_id: UUID | None, after_seq: int) -> Poll:
    async with runtime.db.read() as db:
        after = (conversation_id or UUID(int=0), after_seq)
        found, _ = await conversations.history(db, visitor.inbox_id, visitor.customer_id, after=after, limit=LIMIT)
        facts = await conversations.latest_of_customer(db, visitor.inbox_id, visitor.customer_id)
        view = await customer_view.conversation(db, facts) if facts is not None else None
    return Poll(customer_view.shown_all(found), view)
