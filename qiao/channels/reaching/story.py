"""A customer's story on all channels: conversations with what they thought of them, and tickets, newest first."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from qiao.channels.contract.ports import RatingRef, Ratings
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationView
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketView

_TALKS = ("conversations.handle", "conversations.view_all")
_WORK = ("tickets.handle", "tickets.view_all", "tasks.handle")


class Chapter(msgspec.Struct, frozen=True):
    """A conversation or a ticket, and when it began. `rating` is what the customer thought of it."""

    kind: Literal["conversation", "ticket"]
    id: UUID
    at: datetime
    conversation: ConversationView | None = None
    ticket: TicketView | None = None
    rating: RatingRef | None = None


class Story(msgspec.Struct, frozen=True):
    items: list[Chapter]
    next_cursor: str | None


async def of_customer(db: Session, actor: Actor, customer_id: UUID, *, cursor: str | None, limit: int) -> Story:
    """One page of what happened with a customer, as far as `actor` may see it."""
    before: Any = decode_cursor(cursor, tuple[datetime, UUID])
    talks: list[ConversationView] = []
    work: list[TicketView] = []
    if any(actor.may(right) for right in _TALKS):
        talks = await conversations.begun_of_customer(db, actor, customer_id, before=before, limit=limit + 1)
    if any(actor.may(right) for right in _WORK):
        work = await tickets.of_customer(db, actor, customer_id, limit + 1, before=before)
    ratings: dict[UUID, RatingRef] = {}
    port = runtime_of(db).find(Ratings)
    if port is not None and talks:
        ratings = await port.of_conversations(db, [talk.id for talk in talks])
    chapters = [
        Chapter("conversation", talk.id, talk.created_at, conversation=talk, rating=ratings.get(talk.id))
        for talk in talks
    ]
    chapters += [Chapter("ticket", one.id, one.created_at, ticket=one) for one in work]
    chapters.sort(key=lambda one: (one.at, one.id), reverse=True)
    page = chapters[:limit]
    more = len(chapters) > limit
    return Story(page, encode_cursor(page[-1].at, page[-1].id) if more else None)
