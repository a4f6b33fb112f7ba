"""What staff see live: messages of the conversations they handle or watch, and changes of all they may see."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.conversations import repository, views
from qiao.desk.conversations.events import (
    LIFECYCLE,
    BotResumed,
    ConversationAssigned,
    ConversationQueued,
    ConversationRead,
    ConversationReopened,
    MessageChanged,
    MessageCreated,
    ParticipantChanged,
    PromisesChanged,
)
from qiao.desk.conversations.live import LiveConversations, is_plain
from qiao.desk.conversations.recent import RecentMessages
from qiao.desk.conversations.schemas import ConversationView, MessageView

# After these somebody who saw the conversation may not see it any more.
_NARROWING = frozenset(
    cls.kind for cls in (ConversationQueued, ConversationAssigned, BotResumed, ConversationReopened, ParticipantChanged)
)
_KINDS = tuple(cls.kind for cls in (MessageCreated, MessageChanged, ConversationRead, PromisesChanged, *LIFECYCLE))


def staff_target(envelope: Envelope, *, watchers_of: UUID | None = None) -> Target:
    """The staff an event was addressed to."""
    audience = envelope.audience
    return Target(
        users=frozenset(audience.users),
        queues=frozenset(audience.queues),
        permission=audience.permission,
        watchers_of=watchers_of,
    )


def _scope_now(view: ConversationView, participants: set[UUID]) -> Target:
    return Target(
        users=frozenset(participants | ({view.assignee.id} if view.assignee else set())),
        queues=frozenset({view.queue.id} if view.queue else ()),
        permission="conversations.view_all",
    )


async def load_messages(runtime: Runtime, ids: Sequence[UUID], *, remembered: bool = True) -> dict[UUID, MessageView]:
    """Messages by id: from memory where this process wrote them a moment ago, the rest in one query."""
    recent = runtime.find(RecentMessages) if remembered else None
    found: dict[UUID, MessageView] = {}
    missing: list[UUID] = []
    for key in ids:
        view = recent.find(key) if recent is not None else None
        if view is not None:
            found[key] = view
        else:
            missing.append(key)
    staff = {view.author.id for view in found.values() if view.author.kind == "user"}
    if missing or staff:
        async with runtime.db.read() as db:
            if missing:
                for view in await views.messages(db, await repository.messages_by_id(db, missing)):
                    found[view.id] = view
            if staff:
                names = await views.people(db, staff)
                found = {key: views.with_face(view, names) for key, view in found.items()}
    return {key: views.with_links(runtime, view) for key, view in found.items()}


async def load_conversations(runtime: Runtime, ids: Sequence[UUID]) -> dict[UUID, tuple[ConversationView, Target]]:
    """Fresh views by id, each with who may see it now."""
    if not ids:
        return {}
    async with runtime.db.read() as db:
        found = await views.conversations(db, await repository.many(db, ids))
        people = await repository.participants(db, [view.id for view in found])
    return {view.id: (view, _scope_now(view, {p.user_id for p in people.get(view.id, ())})) for view in found}


async def _current(
    runtime: Runtime, envelopes: Sequence[Envelope], messages: Mapping[UUID, MessageView]
) -> dict[UUID, tuple[ConversationView, Target]]:
    """Each conversation as it is after `envelopes`; read again unless customers' messages are all that happened to it."""
    live = runtime.once(LiveConversations, LiveConversations)
    said: dict[UUID, list[tuple[Envelope, MessageView]] | None] = {}
    for envelope in envelopes:
        key = envelope.conversation_id
        if key is None:
            continue
        message = messages.get(UUID(str(envelope.payload["message_id"]))) if is_plain(envelope) else None
        lines = said.setdefault(key, [])
        if message is None:
            said[key] = None
        elif lines is not None:
            lines.append((envelope, message))
    current: dict[UUID, tuple[ConversationView, Target]] = {}
    for key, lines in said.items():
        known = live.after(key, lines) if lines is not None else None
        if known is not None:
            current[key] = known
        else:
            live.forget(key)
    loaded = await load_conversations(runtime, [key for key in said if key not in current])
    for view, target in loaded.values():
        live.keep(view, target)
    return current | loaded


def _lost(envelope: Envelope, now: Target) -> Target:
    """Those an event was addressed to who may not see the conversation any more (as users or by its queue)."""
    audience = envelope.audience
    return Target(users=frozenset(audience.users) - now.users, queues=frozenset(audience.queues) - now.queues)


@enrich(*_KINDS)
async def push_to_staff(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """Frames for staff, in log order; a conversation that changes often in one batch is sent once, as it is last."""
    created = [UUID(str(e.payload["message_id"])) for e in envelopes if e.kind == MessageCreated.kind]
    changed = [UUID(str(e.payload["message_id"])) for e in envelopes if e.kind == MessageChanged.kind]
    found = await load_messages(runtime, created)
    # What changed is read back: memory may hold it as it was written.
    found |= await load_messages(runtime, changed, remembered=False)
    last: dict[UUID, int] = {}
    for index, envelope in enumerate(envelopes):
        if envelope.conversation_id is not None:
            last[envelope.conversation_id] = index
    current = await _current(runtime, envelopes, found)
    pushes: list[tuple[Envelope, Push]] = []
    for index, envelope in enumerate(envelopes):
        conversation_id = envelope.conversation_id
        if conversation_id is None or conversation_id not in current:
            continue
        conversation, scope = current[conversation_id]
        payload = envelope.payload
        if envelope.kind in (MessageCreated.kind, MessageChanged.kind):
            view = found.get(UUID(str(payload["message_id"])))
            if view is not None:
                kind = "message.created" if envelope.kind == MessageCreated.kind else "message.changed"
                target = staff_target(envelope, watchers_of=conversation_id)
                pushes.append((envelope, Push(target, kind, {"message": view}, conversation_id)))
            mentions = payload.get("mentions") or ()
            if mentions:
                told = Target(users=frozenset(UUID(str(m)) for m in mentions))
                data: dict[str, Any] = {"conversation_id": conversation_id, "message_id": payload["message_id"]}
                pushes.append((envelope, Push(told, "mention.created", data, conversation_id)))
        elif envelope.kind in _NARROWING:
            # Who could see it until now learns that it is gone. Whoever still may (another queue of theirs, say) gets
            # the change right after.
            lost = _lost(envelope, scope)
            if lost.users or lost.queues:
                pushes.append((envelope, Push(lost, "conversation.gone", {"id": conversation_id}, conversation_id)))
        if last.get(conversation_id) == index:
            pushes.append(
                (envelope, Push(scope, "conversation.changed", {"conversation": conversation}, conversation_id))
            )
    return pushes
