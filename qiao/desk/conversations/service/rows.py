"""Obtaining rows for a verb: the only ways in, each with its permission check and its lock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit, status_lock
from qiao.core.events import Audience, Event, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import errors, policy, repository, views
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.conversations.models import Conversation, Message, Participant
from qiao.desk.conversations.policy import Move, Scope, Status
from qiao.desk.conversations.recent import RecentMessages


async def scope_of(db: Session, row: Conversation) -> Scope:
    return _scope(row, (await repository.participants(db, [row.id])).get(row.id, []))


def _scope(row: Conversation, people: Sequence[Participant]) -> Scope:
    joined = frozenset(p.user_id for p in people if p.role == "joined")
    return Scope(row.queue_id, row.assignee_id, frozenset(p.user_id for p in people), joined)


async def called(db: Session, actor: Actor) -> str:
    """What the one who acts is called in lines that customers read, too."""
    if actor.kind != "user" or actor.id is None:
        return actor.name
    person = (await views.people(db, [actor.id])).get(actor.id)
    return person.name if person is not None else actor.name


async def visible(
    db: Session, actor: Actor, conversation_id: UUID, *, lock: bool = False
) -> tuple[Conversation, Scope]:
    """The conversation, if this actor may see it; what they may not see does not exist for them."""
    row, scope, _ = await visible_with_people(db, actor, conversation_id, lock=lock)
    return row, scope


async def visible_with_people(
    db: Session, actor: Actor, conversation_id: UUID, *, lock: bool = False
) -> tuple[Conversation, Scope, list[Participant]]:
    """The same, with everybody who has to do with it: what shows them need not ask again."""
    row = await repository.get(db, conversation_id, lock=lock)
    if row is None:
        raise errors.not_found(conversation_id)
    people = (await repository.participants(db, [row.id])).get(row.id, [])
    scope = _scope(row, people)
    if not policy.may_see(actor, scope):
        raise errors.not_found(conversation_id)
    return row, scope, people


async def for_move(db: Session, actor: Actor, conversation_id: UUID) -> tuple[Conversation, Scope]:
    """The conversation locked for a change of who handles it (status lock first, then the row)."""
    await status_lock(db)
    row, scope = await visible(db, actor, conversation_id, lock=True)
    if not policy.may_handle(actor, scope):
        raise errors.not_yours()
    return row, scope


def move(row: Conversation, step: Move) -> Status:
    """Applies a legal move to the row and returns the status before. Raises Refused."""
    before = Status(row.status)
    try:
        row.status = policy.next_status(before, step).value
    except policy.TransitionRefused as error:
        raise errors.refused(error) from None
    row.version += 1
    return before


def audience(
    row: Conversation,
    scope: Scope | None = None,
    *,
    users: Sequence[UUID | None] = (),
    queues: Sequence[UUID | None] = (),
) -> Audience:
    """Everyone who may see the conversation now, plus those named who could until now."""
    people = {row.assignee_id, *users, *(scope.participants if scope else ())} - {None}
    groups = {row.queue_id, *queues} - {None}
    return Audience(
        users=tuple(sorted(u for u in people if u)),
        queues=tuple(sorted(q for q in groups if q)),
        permission="conversations.view_all",
        customer=True,
    )


async def announce(
    db: Session,
    actor: Actor,
    row: Conversation,
    fact: Event,
    scope: Scope | None = None,
    *,
    users: Sequence[UUID | None] = (),
    queues: Sequence[UUID | None] = (),
) -> None:
    """Writes the row, then the event, so that reactions in this transaction see the new state."""
    await db.flush()
    await emit(db, fact, actor=actor, conversation_id=row.id, audience=audience(row, scope, users=users, queues=queues))


async def append(
    db: Session,
    actor: Actor,
    row: Conversation,
    *,
    kind: str,
    body: str = "",
    payload: dict[str, Any] | None = None,
    client_id: str | None = None,
    author_name: str | None = None,
    mentions: Sequence[UUID] = (),
    scope: Scope | None = None,
    at: datetime | None = None,
) -> Message:
    """Adds the next message to a locked conversation and announces it. Keeps every counter of the row true."""
    at = at or clock.now()
    if scope is None:
        scope = await scope_of(db, row)  # whoever joined or was mentioned hears of every line, too
    public = kind not in policy.STAFF_ONLY_KINDS
    row.last_seq += 1
    row.version += 1
    message = Message(
        id=new_id(),
        conversation_id=row.id,
        seq=row.last_seq,
        author_kind=actor.kind,
        author_id=actor.id if actor.kind in ("user", "customer") else None,
        author_name=(author_name or actor.name)[:120] or None,
        kind=kind,
        body=body,
        payload=payload or {},
        client_id=client_id,
        created_at=at,
        delivery="sent",
        recalled_at=None,
    )
    db.add(message)
    if public and kind != "event":
        row.last_message_at = at
        row.last_message_preview = policy.preview_of(kind, body, message.payload)
        row.last_author_kind = actor.kind
        if actor.kind == "customer":
            row.unread += 1
            row.customer_read_seq = message.seq
            if row.status != Status.BOT and row.waiting_since is None:
                row.waiting_since = at
        elif actor.kind == "user":
            row.waiting_since = None
            row.unread = 0
            row.staff_read_seq = message.seq
            if row.first_response_at is None:
                row.first_response_at = at
    await db.flush()
    await emit(
        db,
        MessageCreated(
            message_id=message.id,
            seq=message.seq,
            author_kind=actor.kind,
            message_kind=kind,
            public=public,
            status=row.status,
            assignee_id=row.assignee_id,
            queue_id=row.queue_id,
            author_id=message.author_id,
            mentions=tuple(mentions),
        ),
        actor=actor,
        conversation_id=row.id,
        audience=audience(row, scope, users=mentions),
    )
    recent = runtime_of(db).find(RecentMessages)
    if recent is not None:
        view = views.message_without_face(message)
        after_commit(db, lambda: recent.keep(view))
    return message
