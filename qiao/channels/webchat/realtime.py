"""What visitors get live: public messages of their conversations, and how their conversation stands."""

from collections.abc import Sequence
from uuid import UUID

from qiao.channels.contract import customer_view
from qiao.channels.contract.customer_view import CustomerConversation
from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    LIFECYCLE,
    ConversationRead,
    ConversationStarted,
    MessageChanged,
    MessageCreated,
)
from qiao.desk.conversations.realtime import load_messages

_MESSAGES = (MessageCreated.kind, MessageChanged.kind)
_SILENT = frozenset({"conversation.priority_changed", "conversation.participant_changed"})
KINDS = tuple(
    cls.kind for cls in (MessageCreated, MessageChanged, ConversationRead, *LIFECYCLE) if cls.kind not in _SILENT
)


def _concerns(envelope: Envelope, hub: Hub) -> bool:
    """Whether a connected visitor may hear of this event at all."""
    if envelope.conversation_id not in hub.visitors or not envelope.audience.customer:
        return False
    if envelope.kind in _MESSAGES:
        return envelope.payload.get("public") is True
    return envelope.kind != ConversationRead.kind or envelope.payload.get("side") == "staff"


def _changes_view(envelope: Envelope) -> bool:
    """A customer's own message or the bot's tells all by itself; everything else may change what is shown around it."""
    return envelope.kind not in _MESSAGES or (
        envelope.kind == MessageCreated.kind and envelope.payload.get("author_kind") == "user"
    )


@enrich(*KINDS)
async def push_to_visitors(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """Frames for visitors in log order; a conversation that changes often in one batch is sent once, as it is last."""
    hub = runtime.get(Hub)
    if not hub.visitor_connections:
        return []
    for envelope in envelopes:
        if envelope.kind == ConversationStarted.kind and envelope.conversation_id is not None:
            _follow(runtime, hub, envelope, envelope.conversation_id)
    wanted = [envelope for envelope in envelopes if _concerns(envelope, hub)]
    if not wanted:
        return []
    ids = [UUID(str(e.payload["message_id"])) for e in wanted if e.kind in _MESSAGES]
    found = await load_messages(runtime, ids)
    last = {e.conversation_id: index for index, e in enumerate(wanted) if _changes_view(e) and e.conversation_id}
    current = await load_conversations(runtime, [key for key in last if key is not None])
    pushes: list[tuple[Envelope, Push]] = []
    for index, envelope in enumerate(wanted):
        conversation_id = envelope.conversation_id
        assert conversation_id is not None
        target = Target(customer_of=conversation_id)
        if envelope.kind in _MESSAGES:
            message = found.get(UUID(str(envelope.payload["message_id"])))
            view = customer_view.shown(message) if message is not None else None
            if view is not None:
                kind = "message.created" if envelope.kind == MessageCreated.kind else "message.changed"
                pushes.append((envelope, Push(target, kind, {"message": view}, conversation_id)))
        if last.get(conversation_id) == index and conversation_id in current:
            data = {"conversation": current[conversation_id]}
            pushes.append((envelope, Push(target, "conversation.changed", data, conversation_id)))
    return pushes


def _follow(runtime: Runtime, hub: Hub, envelope: Envelope, conversation_id: UUID) -> None:
    """A customer's open widgets in this inbox hear of their new conversation from its first message on."""
    from qiao.channels.webchat.socket import Sockets  # the socket replays with this module

    inbox_id, customer_id = UUID(str(envelope.payload["inbox_id"])), UUID(str(envelope.payload["customer_id"]))
    for connection in runtime.get(Sockets).connections_of(customer_id, inbox_id):
        hub.join_visitor(connection, [conversation_id])


async def load_conversations(runtime: Runtime, ids: Sequence[UUID]) -> dict[UUID, CustomerConversation]:
    """Fresh customer views by id."""
    if not ids:
        return {}
    async with runtime.db.read() as db:
        facts = await conversations.facts_many(db, ids)
        return {view.id: view for view in await customer_view.conversations(db, list(facts.values()))}
