"""Queries of what waits, and of who has been offered it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, any_, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.routing.models import (
    Offer,
    Queue,
    QueueEntry,
)
from qiao.desk.routing.policy import Waiting

_FRESH = {"populate_existing": True}


def waiting_of(entry: QueueEntry, weight: Decimal) -> Waiting:
    return Waiting(
        entry.conversation_id,
        entry.queue_id,
        entry.entered_at,
        entry.seq,
        entry.priority,
        weight,
        entry.preferred_user_id,
        frozenset(entry.declined_by),
    )


_offered = exists().where(Offer.conversation_id == QueueEntry.conversation_id, Offer.state == "offered")
ORDER = (QueueEntry.priority.desc(), Queue.priority.desc(), QueueEntry.entered_at, QueueEntry.seq)


async def entry(db: Session, conversation_id: UUID) -> QueueEntry | None:
    return await db.get(QueueEntry, conversation_id, populate_existing=True)


async def waiting(
    db: Session, queue_ids: Collection[UUID], offset: int, limit: int, *, but: Collection[str] = ()
) -> list[QueueEntry]:
    """What waits without an open offer, in the order of service. `but`: channels left out."""
    query = (
        select(QueueEntry)
        .join(Queue, Queue.id == QueueEntry.queue_id)
        .where(QueueEntry.queue_id.in_(list(queue_ids)), QueueEntry.channel.not_in(list(but)), ~_offered)
        .order_by(*ORDER)
        .offset(offset)
        .limit(limit)
        .execution_options(**_FRESH)
    )
    return list((await db.execute(query)).scalars())


async def line(db: Session, queue_id: UUID) -> list[tuple[UUID, bool]]:
    """Conversations of one queue in order, offered ones included, and whether each is a left message."""
    query = (
        select(QueueEntry.conversation_id, QueueEntry.leave_message)
        .where(QueueEntry.queue_id == queue_id)
        .order_by(QueueEntry.priority.desc(), QueueEntry.entered_at, QueueEntry.seq)
    )
    return [(conversation_id, left) for conversation_id, left in await db.execute(query)]


async def ahead_of(db: Session, row: QueueEntry) -> int:
    """How many in the same queue come before `row`."""
    before = or_(
        QueueEntry.priority > row.priority,
        and_(
            QueueEntry.priority == row.priority,
            or_(
                QueueEntry.entered_at < row.entered_at,
                and_(QueueEntry.entered_at == row.entered_at, QueueEntry.seq < row.seq),
            ),
        ),
    )
    query = select(func.count()).select_from(QueueEntry).where(QueueEntry.queue_id == row.queue_id, before)
    return int(await db.scalar(query) or 0)


async def waiting_figures(
    db: Session, queue_ids: Collection[UUID] | None = None
) -> dict[UUID, tuple[int, datetime | None]]:
    """How many wait in each queue, and since when the first does."""
    query = select(QueueEntry.queue_id, func.count(), func.min(QueueEntry.entered_at)).group_by(QueueEntry.queue_id)
    if queue_ids is not None:
        query = query.where(QueueEntry.queue_id.in_(list(queue_ids)))
    return {queue_id: (count, oldest) for queue_id, count, oldest in await db.execute(query)}


async def put_entry(db: Session, **values: Any) -> None:
    """Adds a waiting conversation, or moves it; its number in line (`seq`) stays."""
    changes = {key: value for key, value in values.items() if key != "conversation_id"}
    statement = insert(QueueEntry).values(**values)
    await db.execute(statement.on_conflict_do_update(index_elements=["conversation_id"], set_=changes))


async def update_entry(db: Session, conversation_id: UUID, **values: Any) -> None:
    await db.execute(
        update(QueueEntry)
        .where(QueueEntry.conversation_id == conversation_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def drop_entry(db: Session, conversation_id: UUID) -> UUID | None:
    """Takes a conversation out of line. Returns the queue it waited in, if it did."""
    result = await db.execute(
        delete(QueueEntry)
        .where(QueueEntry.conversation_id == conversation_id)
        .returning(QueueEntry.queue_id)
        .execution_options(synchronize_session=False)
    )
    return result.scalar_one_or_none()


async def retries_due(db: Session, at: datetime) -> list[UUID]:
    query = select(QueueEntry.conversation_id).where(QueueEntry.retry_at <= at).order_by(QueueEntry.seq).limit(200)
    return [conversation_id for (conversation_id,) in await db.execute(query)]


async def overflow_due(db: Session, at: datetime, unattended: timedelta, *, but: Collection[str] = ()) -> list[UUID]:
    """Conversations whose queue's overflow rule may apply by now: waited too long, or nobody has been there a while.

    `but`: channels left out.
    """
    after = Queue.overflow["after_s"].as_integer()
    timed_out = and_(
        Queue.overflow["on"].contains(["timeout"]),
        QueueEntry.queued_at + after * literal(timedelta(seconds=1)) <= at,
    )
    left_alone = or_(Queue.overflow["on"].contains(["no_agent"]), Queue.overflow["on"].contains(["closed"]))
    alone = and_(Queue.unattended_since <= at - unattended, left_alone)
    target = Queue.overflow["queue_id"].as_string()
    been_there = func.coalesce(target == any_(cast(QueueEntry.visited, ARRAY(Text))), False)
    query = (
        select(QueueEntry.conversation_id)
        .join(Queue, Queue.id == QueueEntry.queue_id)
        .where(
            Queue.overflow.is_not(None),
            QueueEntry.channel.not_in(list(but)),
            ~QueueEntry.leave_message,
            ~_offered,
            or_(timed_out, alone),
            ~been_there,
        )
        .order_by(*ORDER)
        .limit(200)
    )
    return [conversation_id for (conversation_id,) in await db.execute(query)]


async def offer(db: Session, offer_id: UUID) -> Offer | None:
    return await db.get(Offer, offer_id, populate_existing=True)


async def add_offer(db: Session, **values: Any) -> UUID:
    offer_id = new_id()
    await db.execute(insert(Offer).values(id=offer_id, state="offered", **values))
    return offer_id


async def offers_by_id(db: Session, ids: Collection[UUID]) -> list[Offer]:
    query = select(Offer).where(Offer.id.in_(list(ids))).order_by(Offer.offered_at).execution_options(**_FRESH)
    return list((await db.execute(query)).scalars())


async def open_offers(
    db: Session, *, user_id: UUID | None = None, conversation_id: UUID | None = None, due: datetime | None = None
) -> list[Offer]:
    query = (
        select(Offer).where(Offer.state == "offered").order_by(Offer.offered_at, Offer.id).execution_options(**_FRESH)
    )
    if user_id is not None:
        query = query.where(Offer.user_id == user_id)
    if conversation_id is not None:
        query = query.where(Offer.conversation_id == conversation_id)
    if due is not None:
        query = query.where(Offer.expires_at <= due)
    return list((await db.execute(query)).scalars())


async def end_offer(db: Session, offer_id: UUID, state: str, at: datetime) -> bool:
    """Returns whether it was still open."""
    result = await db.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.state == "offered")
        .values(state=state, ended_at=at)
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    )
    return result.first() is not None


async def forget_offers(db: Session, queue_id: UUID) -> None:
    """Removes the ended offers of a queue that goes away."""
    await db.execute(delete(Offer).where(Offer.queue_id == queue_id, Offer.state != "offered"))


async def offered_counts(db: Session, user_ids: Collection[UUID] | None) -> list[tuple[UUID, str, int]]:
    """Open offers by person and channel."""
    query = (
        select(Offer.user_id, Offer.channel, func.count())
        .where(Offer.state == "offered")
        .group_by(Offer.user_id, Offer.channel)
    )
    if user_ids is not None:
        query = query.where(Offer.user_id.in_(list(user_ids)))
    return [(user_id, channel, count) for user_id, channel, count in await db.execute(query)]
