"""One customer, one story: what was said in all of somebody's conversations, as one line of time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import repository, views
from qiao.desk.conversations.models import Conversation, Message
from qiao.desk.conversations.policy import Status
from qiao.desk.conversations.schemas import ConversationView, MessageView
from qiao.desk.conversations.service import rows
from qiao.people.customers import service as customers

MOST_PARALLEL = 200
"""So many conversations are looked into for one page: those last active before it."""


class Elsewhere(msgspec.Struct, frozen=True):
    """A stretch of what a customer and we said in their other conversations, oldest first."""

    items: list[MessageView]
    conversations: list[ConversationView]
    next_cursor: str | None


async def elsewhere(
    db: Session, actor: Actor, conversation_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> Elsewhere:
    """What was said with this conversation's customer elsewhere, on whichever channel, going back in time.

    Conversations `actor` may not see are left out, as if they were not there.
    """
    row, _ = await rows.visible(db, actor, conversation_id)
    before: Any = decode_cursor(cursor, tuple[datetime, UUID])
    others = (
        select(Conversation.id)
        .where(Conversation.customer_id == row.customer_id, Conversation.id != row.id, repository.visible_to(actor))
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST_PARALLEL)
    )
    if before is not None:
        others = others.where(Conversation.created_at <= before[0])
    one = others.subquery()
    lines = select(Message.id, Message.created_at).where(Message.conversation_id == one.c.id)
    if before is not None:
        lines = lines.where(func.row(Message.created_at, Message.id) < func.row(*before))
    # The newest of each, of which the newest of all are taken: no conversation is read further than a page.
    newest = lines.order_by(Message.seq.desc()).limit(limit + 1).lateral()
    query = select(Message).where(
        Message.id.in_(
            select(newest.c.id)
            .select_from(one.join(newest, newest.c.id.is_not(None)))
            .order_by(newest.c.created_at.desc(), newest.c.id.desc())
            .limit(limit + 1)
        )
    )
    found = sorted((await db.execute(query)).scalars(), key=lambda m: (m.created_at, m.id), reverse=True)
    page, more = found[:limit], len(found) > limit
    talks = await repository.many(db, {message.conversation_id for message in page})
    return Elsewhere(
        items=await views.messages(db, page[::-1]),
        conversations=await views.conversations(db, talks),
        next_cursor=encode_cursor(page[-1].created_at, page[-1].id) if more else None,
    )


async def begun_of_customer(
    db: Session, actor: Actor, customer_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[ConversationView]:
    """A customer's conversations `actor` may see, those begun last first."""
    query = select(Conversation).where(
        Conversation.customer_id == await customers.means(db, customer_id), repository.visible_to(actor)
    )
    if before is not None:
        query = query.where(func.row(Conversation.created_at, Conversation.id) < func.row(*before))
    query = query.order_by(Conversation.created_at.desc(), Conversation.id.desc()).limit(limit)
    return await views.conversations(db, list((await db.execute(query)).scalars()))


async def ids_of_customer(db: Session, customer_id: UUID) -> dict[UUID, UUID]:
    """Conversation → inbox of everything a customer has here. For other rooms' decisions, not for people."""
    query = select(Conversation.id, Conversation.inbox_id).where(Conversation.customer_id == customer_id)
    return {row[0]: row[1] for row in await db.execute(query)}


async def waiting_for_people(db: Session, inbox_id: UUID | None) -> dict[UUID, UUID]:
    """Conversation → inbox of everything that waits in a queue, in one inbox or all."""
    query = select(Conversation.id, Conversation.inbox_id).where(Conversation.status == Status.QUEUED)
    if inbox_id is not None:
        query = query.where(Conversation.inbox_id == inbox_id)
    return {row[0]: row[1] for row in await db.execute(query)}


async def told_before(db: Session, inbox_id: UUID, customer_id: UUID, client_id: str) -> bool:
    """Whether one of us has said something under this `client_id` to a customer in an inbox."""
    query = (
        select(Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.customer_id == customer_id,
            Conversation.inbox_id == inbox_id,
            Message.client_id == client_id,
            Message.author_kind == "user",
        )
    )
    return await db.scalar(query.limit(1)) is not None
