"""Every query of conversations. Rows come back as models; nothing here decides."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, and_, cast, column, delete, exists, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations.models import Conversation, Mention, Message, Participant
from qiao.desk.conversations.policy import STAFF_ONLY_KINDS


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one scoping condition of every list: which conversations `actor` may see (mirrors `policy.may_see`)."""
    if actor.kind in ("system", "bot") or actor.may("conversations.view_all"):
        return true()
    if not actor.may("conversations.handle"):
        return ~true()
    mine = [
        Conversation.assignee_id == actor.id,
        exists().where(Participant.conversation_id == Conversation.id, Participant.user_id == actor.id),
    ]
    if actor.queue_ids:
        mine.append(Conversation.queue_id.in_(actor.queue_ids))
    return or_(*mine)


async def get(db: Session, conversation_id: UUID, *, lock: bool = False) -> Conversation | None:
    query = select(Conversation).where(Conversation.id == conversation_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    return (await db.execute(query)).scalar_one_or_none()


async def many(db: Session, ids: Iterable[UUID]) -> list[Conversation]:
    wanted = list(ids)
    if not wanted:
        return []
    query = select(Conversation).where(Conversation.id.in_(wanted)).execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())


async def by_queue(db: Session, ids: Collection[UUID]) -> dict[UUID | None, int]:
    query = select(Conversation.queue_id, func.count()).where(Conversation.id.in_(list(ids)))
    return {row[0]: row[1] for row in await db.execute(query.group_by(Conversation.queue_id))} if ids else {}


async def visible_ids(db: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` that `actor` may see, in one query."""
    wanted = list(ids)
    if not wanted:
        return set()
    rows = await db.execute(select(Conversation.id).where(Conversation.id.in_(wanted), visible_to(actor)))
    return set(rows.scalars())


async def latest_of(db: Session, inbox_id: UUID, customer_id: UUID) -> Conversation | None:
    """The customer's newest conversation in an inbox, read without a lock."""
    return (
        await db.execute(
            select(Conversation)
            .where(Conversation.customer_id == customer_id, Conversation.inbox_id == inbox_id)
            .order_by(Conversation.created_at.desc(), Conversation.id.desc())
            .limit(1)
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()


async def latest_of_many(
    db: Session, inbox_id: UUID, customer_ids: Collection[UUID], names: Sequence[str]
) -> Sequence[Row[Any]]:
    """Columns `names` of each customer's newest conversation in an inbox."""
    columns = [getattr(Conversation, name) for name in names]
    query = (
        select(*columns)
        .where(Conversation.customer_id.in_(customer_ids), Conversation.inbox_id == inbox_id)
        .order_by(Conversation.customer_id, Conversation.created_at.desc(), Conversation.id.desc())
        .distinct(Conversation.customer_id)
    )
    return (await db.execute(query)).all()


async def client_ids_of_customers(
    db: Session, inbox_id: UUID, sent: Sequence[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Those of `sent` (customer, `client_id`) that are messages of theirs in an inbox already."""
    asked = (
        func.unnest(cast([one for one, _ in sent], ARRAY(PgUuid)), cast([one for _, one in sent], ARRAY(Text)))
        .table_valued(column("customer_id", PgUuid), column("client_id", Text))
        .render_derived(name="asked")
    )
    query = (
        select(asked.c.customer_id, asked.c.client_id)
        .join(Conversation, and_(Conversation.customer_id == asked.c.customer_id, Conversation.inbox_id == inbox_id))
        .join(Message, and_(Message.conversation_id == Conversation.id, Message.client_id == asked.c.client_id))
        .where(Message.author_kind == "customer")
    )
    return {(row[0], row[1]) for row in await db.execute(query)}


async def by_client_id(db: Session, conversation_id: UUID, client_id: str) -> Message | None:
    return (
        await db.execute(
            select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
        )
    ).scalar_one_or_none()


async def client_id_of_customer(db: Session, inbox_id: UUID, customer_id: UUID, client_id: str) -> Message | None:
    """A message this customer sent before under `client_id`, in whichever of their conversations of the inbox."""
    return (
        await db.execute(
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(
                Conversation.customer_id == customer_id,
                Conversation.inbox_id == inbox_id,
                Message.client_id == client_id,
                Message.author_kind == "customer",
            )
            .limit(1)
        )
    ).scalar_one_or_none()


async def message(db: Session, message_id: UUID) -> Message | None:
    return await db.get(Message, message_id, populate_existing=True)


async def believed_sent(db: Session, message_id: UUID, limit: int) -> list[UUID]:
    """What was said to the customer after a message in its conversation and counts as sent, in order."""
    first = select(Message.conversation_id, Message.seq).where(Message.id == message_id).subquery()
    query = (
        select(Message.id)
        .join(first, first.c.conversation_id == Message.conversation_id)
        .where(
            Message.seq > first.c.seq,
            Message.author_kind != "customer",
            Message.kind.not_in(("note", "whisper", "event")),
            Message.delivery == "sent",
            Message.recalled_at.is_(None),
        )
        .order_by(Message.seq)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def undelivered(db: Session, conversation_id: UUID, after_seq: int) -> list[tuple[UUID, str]]:
    """(id, waiting or failed) of what has not reached the customer, behind a place in a conversation."""
    query = select(Message.id, Message.delivery).where(
        Message.conversation_id == conversation_id,
        Message.seq > after_seq,
        Message.delivery.in_(("waiting", "failed")),
    )
    return [(row[0], row[1]) for row in await db.execute(query)]


async def messages_by_id(db: Session, ids: Sequence[UUID]) -> list[Message]:
    return list((await db.execute(select(Message).where(Message.id.in_(ids)))).scalars())


async def last_said(db: Session, conversation_id: UUID, *, before: int | None = None) -> Message | None:
    """What our side said last to the customer (before message `before`); lines and what only staff see do not count."""
    query = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.author_kind != "customer",
        Message.kind.not_in({*STAFF_ONLY_KINDS, "event"}),
    )
    if before is not None:
        query = query.where(Message.seq < before)
    return (await db.execute(query.order_by(Message.seq.desc()).limit(1))).scalar_one_or_none()


async def has_line(db: Session, conversation_id: UUID, line: str, *, between: tuple[int, int]) -> bool:
    found = exists().where(
        Message.conversation_id == conversation_id,
        Message.seq > between[0],
        Message.seq < between[1],
        Message.kind == "event",
        Message.payload["type"].astext == line,
    )
    return bool(await db.scalar(select(found)))


async def is_last_shown(db: Session, message: Message) -> bool:
    """Whether the list's preview is this message's: nothing a customer sees came after it (lines do not count)."""
    later = select(
        exists().where(
            Message.conversation_id == message.conversation_id,
            Message.seq > message.seq,
            Message.kind.not_in({*STAFF_ONLY_KINDS, "event"}),
        )
    )
    return not await db.scalar(later)


async def unread_after(db: Session, conversation_id: UUID, seq: int) -> int:
    """How many messages of the customer came after `seq`."""
    query = select(func.count()).where(
        Message.conversation_id == conversation_id, Message.seq > seq, Message.author_kind == "customer"
    )
    return int(await db.scalar(query) or 0)


async def messages(
    db: Session,
    conversation_id: UUID,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
    public_only: bool = False,
) -> list[Message]:
    """A stretch of the transcript in order: after `after_seq`, else the newest before `before_seq`."""
    query = select(Message).where(Message.conversation_id == conversation_id)
    if public_only:
        query = query.where(Message.kind.not_in(STAFF_ONLY_KINDS))
    if after_seq is not None:
        query = query.where(Message.seq > after_seq).order_by(Message.seq).limit(limit)
        return list((await db.execute(query)).scalars())
    if before_seq is not None:
        query = query.where(Message.seq < before_seq)
    rows = (await db.execute(query.order_by(Message.seq.desc()).limit(limit))).scalars().all()
    return list(reversed(rows))


async def participants(db: Session, ids: Iterable[UUID]) -> dict[UUID, list[Participant]]:
    wanted = list(ids)
    found: dict[UUID, list[Participant]] = {}
    if wanted:
        rows = await db.execute(
            select(Participant).where(Participant.conversation_id.in_(wanted)).order_by(Participant.joined_at)
        )
        for row in rows.scalars():
            found.setdefault(row.conversation_id, []).append(row)
    return found


async def add_participant(db: Session, conversation_id: UUID, user_id: UUID, role: str) -> bool:
    """Returns whether the person was not there in that role before."""
    statement = insert(Participant).values(conversation_id=conversation_id, user_id=user_id, role=role)
    if role == "mentioned":
        statement = statement.on_conflict_do_nothing()
    else:
        statement = statement.on_conflict_do_update(
            index_elements=["conversation_id", "user_id"], set_={"role": role}, where=Participant.role != role
        )
    return (await db.execute(statement.returning(Participant.user_id))).first() is not None


async def remove_participant(db: Session, conversation_id: UUID, user_id: UUID) -> str | None:
    """Returns the role the person had, None when they were not there."""
    return await db.scalar(
        delete(Participant)
        .where(Participant.conversation_id == conversation_id, Participant.user_id == user_id)
        .returning(Participant.role)
    )


async def add_mentions(db: Session, row: Message, user_ids: Sequence[UUID]) -> None:
    await db.execute(
        insert(Mention)
        .values(
            [
                {
                    "message_id": row.id,
                    "user_id": user_id,
                    "conversation_id": row.conversation_id,
                    "created_at": row.created_at,
                }
                for user_id in user_ids
            ]
        )
        .on_conflict_do_nothing()
    )


async def read_mentions(db: Session, user_id: UUID, conversation_id: UUID, at: datetime) -> int:
    result = await db.execute(
        update(Mention)
        .where(Mention.user_id == user_id, Mention.conversation_id == conversation_id, Mention.read_at.is_(None))
        .values(read_at=at)
        .returning(Mention.message_id)
    )
    return len(result.all())


def view_condition(actor: Actor, view: str) -> ColumnElement[bool]:
    """The rows of a named view."""
    live = Conversation.status.in_(("queued", "assigned", "bot"))
    match view:
        case "mine":
            return and_(Conversation.assignee_id == actor.id, Conversation.status == "assigned")
        case "mentions":
            return exists().where(
                Mention.conversation_id == Conversation.id, Mention.user_id == actor.id, Mention.read_at.is_(None)
            )
        case "joined":
            return exists().where(
                Participant.conversation_id == Conversation.id,
                Participant.user_id == actor.id,
                Participant.role == "joined",
            )
        case "queue" | "unassigned":
            return Conversation.status == "queued"
        case "bot":
            return Conversation.status == "bot"
        case "snoozed":
            return Conversation.status == "snoozed"
        case "resolved":
            return Conversation.status == "resolved"
        case "closed":
            return Conversation.status == "closed"
        case "live":
            return live
        case _:
            return true()


async def listing(
    db: Session, actor: Actor, conditions: Sequence[ColumnElement[bool]], sort: str, after: Any, limit: int
) -> list[Conversation]:
    """One page of conversations `actor` may see, sorted; `after` are the sort keys of the last row seen."""
    query = select(Conversation).where(visible_to(actor), *conditions)
    key: Any
    match sort:
        case "oldest":
            key = Conversation.last_message_at
            query = query.order_by(key, Conversation.id)
            if after:
                query = query.where(func.row(key, Conversation.id) > func.row(*after))
        case "waiting":
            key = func.coalesce(Conversation.waiting_since, func.to_timestamp(4102444800))
            query = query.order_by(key, Conversation.id)
            if after:
                query = query.where(func.row(key, Conversation.id) > func.row(*after))
        case "priority":
            query = query.order_by(
                Conversation.priority.desc(), Conversation.last_message_at.desc(), Conversation.id.desc()
            )
            if after:
                row = func.row(Conversation.priority, Conversation.last_message_at, Conversation.id)
                query = query.where(row < func.row(*after))
        case _:
            key = Conversation.last_message_at
            query = query.order_by(key.desc(), Conversation.id.desc())
            if after:
                query = query.where(func.row(key, Conversation.id) < func.row(*after))
    return list((await db.execute(query.limit(limit))).scalars())


async def counts(db: Session, actor: Actor) -> dict[str, int]:
    """How many conversations each view holds for `actor`, in one pass over what is live plus the mentions."""
    live = Conversation.status.in_(("bot", "queued", "assigned", "snoozed"))
    mine = and_(Conversation.assignee_id == actor.id, Conversation.status == "assigned")
    row = (
        await db.execute(
            select(
                func.count().filter(mine).label("mine"),
                func.count().filter(and_(mine, Conversation.unread > 0)).label("unread"),
                func.count().filter(Conversation.status == "queued").label("queue"),
                func.count().filter(Conversation.status == "bot").label("bot"),
                func.count().filter(Conversation.status == "assigned").label("assigned"),
                func.count().filter(Conversation.status == "snoozed").label("snoozed"),
            ).where(live, visible_to(actor))
        )
    ).one()
    mentions = await db.scalar(
        select(func.count(Mention.conversation_id.distinct()))
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .where(Mention.user_id == actor.id, Mention.read_at.is_(None), visible_to(actor))
    )
    return {**row._mapping, "mentions": int(mentions or 0)}


async def queue_counts(db: Session, actor: Actor) -> dict[UUID, int]:
    rows = await db.execute(
        select(Conversation.queue_id, func.count())
        .where(Conversation.status == "queued", Conversation.queue_id.is_not(None), visible_to(actor))
        .group_by(Conversation.queue_id)
    )
    return {queue_id: count for queue_id, count in rows if queue_id is not None}


async def due_snoozes(db: Session, at: datetime, limit: int = 100) -> list[UUID]:
    rows = await db.execute(
        select(Conversation.id)
        .where(Conversation.status == "snoozed", Conversation.snoozed_until <= at)
        .order_by(Conversation.snoozed_until)
        .limit(limit)
    )
    return [row for (row,) in rows]


async def silent(db: Session, status: str, since: datetime, limit: int = 200) -> list[UUID]:
    rows = await db.execute(
        select(Conversation.id)
        .where(Conversation.status == status, Conversation.last_message_at < since)
        .order_by(Conversation.last_message_at)
        .limit(limit)
    )
    return [row for (row,) in rows]


async def resolved_before(db: Session, at: datetime, limit: int = 200) -> list[UUID]:
    rows = await db.execute(
        select(Conversation.id)
        .where(Conversation.status == "resolved", Conversation.resolved_at < at)
        .order_by(Conversation.resolved_at)
        .limit(limit)
    )
    return [row for (row,) in rows]


async def last_agent(db: Session, customer_id: UUID, since: datetime) -> UUID | None:
    """Who last handled this customer."""
    return await db.scalar(
        select(Conversation.assignee_id)
        .where(
            Conversation.customer_id == customer_id,
            Conversation.assignee_id.is_not(None),
            Conversation.last_message_at >= since,
        )
        .order_by(Conversation.created_at.desc())
        .limit(1)
    )


async def workload(db: Session, user_ids: Iterable[UUID]) -> list[tuple[UUID, str, int]]:
    """How many conversations are assigned to each of some people, by channel."""
    rows = await db.execute(
        select(Conversation.assignee_id, Conversation.channel, func.count())
        .where(Conversation.assignee_id.in_(list(user_ids)), Conversation.status == "assigned")
        .group_by(Conversation.assignee_id, Conversation.channel)
    )
    return [(user_id, channel, count) for user_id, channel, count in rows if user_id is not None]


async def assigned_to(db: Session, user_ids: Iterable[UUID]) -> list[Conversation]:
    rows = await db.execute(
        select(Conversation)
        .where(Conversation.assignee_id.in_(list(user_ids)), Conversation.status == "assigned")
        .order_by(Conversation.waiting_since.nulls_last(), Conversation.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())
