"""What channels ask for on behalf of customers: history, annotations, lines in the transcript, a change of identity."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update

from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import NotFound
from qiao.desk.conversations import errors, policy, repository, views
from qiao.desk.conversations.events import ConversationUpdated
from qiao.desk.conversations.models import Conversation, Message
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.desk.conversations.service import messages, rows
from qiao.people.customers.following import Moved

Place = tuple[UUID, int]
"""Where a message stands in a customer's whole history: conversation (their keys grow with time), then seq."""


async def history(
    db: Session,
    inbox_id: UUID,
    customer_id: UUID,
    *,
    before: Place | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> tuple[list[MessageView], bool]:
    """Public messages of all of a customer's conversations in an inbox, in order, and whether there is more that way."""
    place = tuple_(Message.conversation_id, Message.seq)
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.customer_id == customer_id,
            Conversation.inbox_id == inbox_id,
            Message.kind.not_in(policy.STAFF_ONLY_KINDS),
        )
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(place > after).order_by(Message.conversation_id, Message.seq)
        found = list((await db.execute(query)).scalars())
        more, found = len(found) > limit, found[:limit]
    else:
        if before is not None:
            query = query.where(place < before)
        query = query.order_by(Message.conversation_id.desc(), Message.seq.desc())
        found = list((await db.execute(query)).scalars())
        more, found = len(found) > limit, found[:limit][::-1]
    return await views.messages(db, found), more


async def messages_by_id(db: Session, ids: Sequence[UUID]) -> dict[UUID, MessageView]:
    """Messages by id without a permission check: for deliveries and reactions, not for people."""
    return {view.id: view for view in await views.messages(db, await repository.messages_by_id(db, ids))}


async def last_of_customer(db: Session, conversation_id: UUID) -> str | None:
    """The `client_id` of what the customer said last in a conversation."""
    query = select(Message.client_id).where(
        Message.conversation_id == conversation_id, Message.author_kind == "customer", Message.client_id.is_not(None)
    )
    return await db.scalar(query.order_by(Message.seq.desc()).limit(1))


async def annotate(db: Session, actor: Actor, message_id: UUID, **values: Any) -> MessageView:
    """Adds to a message's payload (what the customer thought of an answer); everybody who sees it is told."""
    message = await repository.message(db, message_id)
    row = await repository.get(db, message.conversation_id, lock=True) if message is not None else None
    if message is None or row is None or (actor.kind == "customer" and row.customer_id != actor.id):
        raise NotFound("conversation.message_not_found")
    if any(message.payload.get(key) != value for key, value in values.items()):
        message.payload = {**message.payload, **values}
        row.version += 1
        await messages.announce_change(db, actor, row, message, await rows.scope_of(db, row))
    return (await views.messages(db, [message]))[0]


async def add_line(db: Session, actor: Actor, conversation_id: UUID, kind: str, /, **params: Any) -> MessageView:
    """A line in the transcript about something another room did; clients put it into the reader's words."""
    row = await repository.get(db, conversation_id, lock=True)
    if row is None:
        raise errors.not_found(conversation_id)
    message = await messages.event_line(db, actor, row, kind, **params)
    return (await views.messages(db, [message]))[0]


async def last_line(db: Session, conversation_id: UUID, kinds: Sequence[str]) -> str | None:
    """Which of `kinds` of line stands last in a conversation's transcript."""
    kind = Message.payload["type"].astext
    query = select(kind).where(
        Message.conversation_id == conversation_id, Message.kind == "event", kind.in_(list(kinds))
    )
    return await db.scalar(query.order_by(Message.seq.desc()).limit(1))


async def follow_customer(db: Session, moved: Moved) -> None:
    """Conversations have just changed their customer with a merge or its undoing: what was said is signed anew, and those
    who see them are told."""
    found = await db.execute(
        select(Conversation)
        .where(Conversation.id.in_(list(moved.keys)))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    await db.execute(
        update(Message)
        .where(Message.conversation_id.in_(list(moved.keys)), Message.author_kind == "customer")
        .where(Message.author_id == moved.previous_id)
        .values(author_id=moved.customer_id)
        .execution_options(synchronize_session=False)
    )
    for row in found.scalars().all():
        if row.status != policy.Status.CLOSED:
            row.version += 1
            await rows.announce(
                db, moved.actor, row, ConversationUpdated(fields=("customer",)), await rows.scope_of(db, row)
            )


async def change_customer(
    db: Session,
    actor: Actor,
    inbox_id: UUID,
    previous_id: UUID,
    customer_id: UUID,
    *,
    only: Collection[UUID] | None = None,
) -> list[ConversationFacts]:
    """Gives an anonymous visitor's conversations in an inbox to the customer they turned out to be; of somebody who is
    several people (a number in two records), `only` those that were the other one's."""
    await status_lock(db)
    query = (
        select(Conversation)
        .where(Conversation.customer_id == previous_id, Conversation.inbox_id == inbox_id)
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if only is not None:
        query = query.where(Conversation.id.in_(list(only)))
    moved = list((await db.execute(query)).scalars())
    for row in moved:
        row.customer_id = customer_id
        row.version += 1
        await db.execute(
            update(Message)
            .where(Message.conversation_id == row.id, Message.author_kind == "customer")
            .values(author_id=customer_id)
            .execution_options(synchronize_session=False)
        )
        await rows.announce(db, actor, row, ConversationUpdated(fields=("customer",)), await rows.scope_of(db, row))
    return [views.facts(row) for row in moved]
