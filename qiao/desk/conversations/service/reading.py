"""Reading: lists, one conversation, transcripts, and the bare facts other rooms decide on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import errors, policy, repository, views
from qiao.desk.conversations.events import PromisesChanged
from qiao.desk.conversations.models import Conversation
from qiao.desk.conversations.policy import Status
from qiao.desk.conversations.schemas import ConversationFacts, ConversationView, MessageView
from qiao.desk.conversations.service import rows
from qiao.people.customers import service as customers

STICKY_WITHIN = timedelta(days=30)


async def require_visible(db: Session, actor: Actor, conversation_id: UUID) -> ConversationFacts:
    """The facts of a conversation this actor may see; NotFound otherwise. For other rooms' object checks."""
    row, _ = await rows.visible(db, actor, conversation_id)
    return views.facts(row)


async def facts(db: Session, conversation_id: UUID) -> ConversationFacts | None:
    """The facts without a permission check: for reactions, not for people."""
    row = await repository.get(db, conversation_id)
    return views.facts(row) if row is not None else None


async def message_of_customer(
    db: Session, inbox_id: UUID, customer_id: UUID, client_id: str
) -> tuple[UUID, UUID] | None:
    """Message and conversation that a customer's `client_id` became before, in any conversation of the inbox."""
    row = await repository.client_id_of_customer(db, inbox_id, customer_id, client_id)
    return (row.id, row.conversation_id) if row is not None else None


async def facts_many(db: Session, ids: Sequence[UUID]) -> dict[UUID, ConversationFacts]:
    return {row.id: views.facts(row) for row in await repository.many(db, ids)}


def condition_facts(view: ConversationView, customer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What conditions are tested against: the conversation and its customer."""

    def minutes(since: datetime | None) -> int | None:
        return None if since is None else int((now - since).total_seconds() // 60)

    return {
        "conversation": {
            "status": view.status,
            "channel": view.inbox.channel,
            "inbox_id": str(view.inbox.id),
            "queue_id": str(view.queue.id) if view.queue else None,
            "assignee_id": str(view.assignee.id) if view.assignee else None,
            "priority": view.priority,
            "locale": view.locale,
            "tags": list(view.tags),
            "handoff_reason": view.handoff.reason if view.handoff else None,
            "age_minutes": minutes(view.created_at),
            "waiting_minutes": minutes(view.waiting_since),
        },
        "customer": customer,
    }


async def by_queue(db: Session, ids: Collection[UUID]) -> dict[UUID | None, int]:
    """How many of these are in which queue; for figures, no permission is checked."""
    return await repository.by_queue(db, ids)


async def promises_changed(db: Session, ids: Collection[UUID]) -> None:
    """Says so to everyone who may see these conversations."""
    joined = await repository.participants(db, list(ids))
    for row in await repository.many(db, ids):
        people = frozenset(one.user_id for one in joined.get(row.id, ()))
        scope = policy.Scope(row.queue_id, row.assignee_id, people)
        await rows.announce(db, Actor.system(), row, PromisesChanged(), scope)


async def get(db: Session, actor: Actor, conversation_id: UUID) -> ConversationView:
    """One conversation with what this actor may do to it."""
    row, scope, people = await rows.visible_with_people(db, actor, conversation_id)
    view = (await views.conversations(db, [row], {row.id: people}))[0]
    may = policy.allowed_actions(actor, scope, Status(row.status))
    return ConversationView(**{**{f: getattr(view, f) for f in ConversationView.__struct_fields__}, "may": may})


async def listing(
    db: Session,
    actor: Actor,
    *,
    view: str = "all",
    sort: str = "recent",
    queue_id: UUID | None = None,
    assignee_id: UUID | None = None,
    inbox_id: UUID | None = None,
    customer_id: UUID | None = None,
    tag: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[ConversationView], str | None]:
    """One page of what `actor` may see, and the cursor of the next."""
    conditions: list[ColumnElement[bool]] = [repository.view_condition(actor, view)]
    if queue_id is not None:
        conditions.append(Conversation.queue_id == queue_id)
    if assignee_id is not None:
        conditions.append(Conversation.assignee_id == assignee_id)
    if inbox_id is not None:
        conditions.append(Conversation.inbox_id == inbox_id)
    if customer_id is not None:
        conditions.append(Conversation.customer_id == await customers.means(db, customer_id))
    if tag:
        conditions.append(Conversation.tags.contains([tag]))
    keys: Any = tuple[int, datetime, UUID] if sort == "priority" else tuple[datetime, UUID]
    after = decode_cursor(cursor, keys)
    found = await repository.listing(db, actor, conditions, sort, after, limit + 1)
    page, more = found[:limit], len(found) > limit
    following: str | None = None
    if more:
        last = page[-1]
        match sort:
            case "priority":
                following = encode_cursor(last.priority, last.last_message_at, last.id)
            case "waiting":
                following = encode_cursor(
                    last.waiting_since or datetime.fromtimestamp(4102444800, tz=clock.now().tzinfo), last.id
                )
            case _:
                following = encode_cursor(last.last_message_at, last.id)
    return await views.conversations(db, page), following


async def counts(db: Session, actor: Actor) -> dict[str, Any]:
    """The badges of the inbox."""
    by_queue = await repository.queue_counts(db, actor)
    return {**await repository.counts(db, actor), "queues": {str(key): value for key, value in by_queue.items()}}


async def of_customer(db: Session, actor: Actor, customer_id: UUID, limit: int = 20) -> list[ConversationView]:
    """A customer's conversations that `actor` may see, newest first."""
    page, _ = await listing(db, actor, view="all", customer_id=customer_id, limit=limit)
    return page


async def latest_of_customer(db: Session, inbox_id: UUID, customer_id: UUID) -> ConversationFacts | None:
    row = await repository.latest_of(db, inbox_id, customer_id)
    return views.facts(row) if row is not None else None


async def last_said(db: Session, conversation_id: UUID, *, before: int, line: str) -> str | None:
    """The `client_id` of what our side said last before message `before`, if a line `line` has followed it since."""
    said = await repository.last_said(db, conversation_id, before=before)
    if said is None or not await repository.has_line(db, conversation_id, line, between=(said.seq, before)):
        return None
    return said.client_id


async def latest_of_customers(
    db: Session, inbox_id: UUID, customer_ids: Collection[UUID]
) -> dict[UUID, ConversationFacts]:
    """`latest_of_customer` for many."""
    names = tuple(ConversationFacts.__dataclass_fields__)
    found = await repository.latest_of_many(db, inbox_id, customer_ids, names)
    return {row.customer_id: ConversationFacts(**row._mapping) for row in found}


async def messages_of_customers(db: Session, inbox_id: UUID, sent: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Those of `sent` (customer, `client_id`) that have become messages before."""
    return await repository.client_ids_of_customers(db, inbox_id, sent)


async def transcript(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    limit: int = 50,
) -> tuple[list[MessageView], bool]:
    """A stretch of messages in order and whether there is more in that direction. Customers get public ones of their own."""
    if actor.kind == "customer":
        row = await repository.get(db, conversation_id)
        if row is None or row.customer_id != actor.id:
            raise errors.not_found(conversation_id)
    else:
        await rows.visible(db, actor, conversation_id)
    found = await repository.messages(
        db,
        conversation_id,
        before_seq=before_seq,
        after_seq=after_seq,
        limit=limit + 1,
        public_only=actor.kind == "customer",
    )
    more = len(found) > limit
    if more:
        found = found[:limit] if after_seq is not None else found[1:]
    return await views.messages(db, found), more


async def silent_with_bot(db: Session, minutes: int) -> list[UUID]:
    """Conversations with the bot in which nothing was said for `minutes`."""
    return await repository.silent(db, "bot", clock.now() - timedelta(minutes=minutes))


async def last_agent(db: Session, customer_id: UUID) -> UUID | None:
    """Who handled this customer last, within thirty days: the first choice of sticky routing."""
    return await repository.last_agent(db, customer_id, clock.now() - STICKY_WITHIN)


async def workload(db: Session, user_ids: Sequence[UUID]) -> list[tuple[UUID, str, int]]:
    """(person, channel, how many are assigned to them): what routing weighs. For reactions, not for people."""
    return await repository.workload(db, user_ids)


async def assigned_to(db: Session, user_ids: Sequence[UUID]) -> list[ConversationFacts]:
    """What is assigned to some people, longest waiting customer first. For reactions, not for people."""
    return [views.facts(row) for row in await repository.assigned_to(db, user_ids)]


async def views_of(db: Session, ids: Sequence[UUID]) -> dict[UUID, ConversationView]:
    """Views by id without a permission check: for what is shown to people addressed by name."""
    return {view.id: view for view in await views.conversations(db, await repository.many(db, ids))}


async def visible_of(db: Session, actor: Actor, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that `actor` may see."""
    return await repository.visible_ids(db, actor, ids)
