"""Offers: a conversation held for one person until they answer or time runs out."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, NotFound
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import repository
from qiao.desk.routing.events import OfferEnded
from qiao.desk.routing.models import Offer
from qiao.desk.routing.service.matching import REST_AFTER_DECLINE, SYSTEM
from qiao.desk.routing.service.state import Change, change, recount


async def _mine(db: Session, actor: Actor, offer_id: UUID) -> Offer:
    row = await repository.offer(db, offer_id)
    if row is None or actor.id is None or row.user_id != actor.id:
        raise NotFound("routing.offer_not_found")
    if row.state != "offered" or row.expires_at <= clock.now():
        raise Conflict("routing.offer_over")
    return row


async def accept(db: Session, actor: Actor, offer_id: UUID) -> UUID:
    """Takes what is offered. Returns the conversation's id. Raises Conflict when the offer has ended."""
    async with change(db) as current:
        row = await _mine(db, actor, offer_id)
        await _end(db, current, row, "accepted", actor)
        await repository.update_agent(db, row.user_id, missed_offers=0)
        await repository.add_log(db, row.conversation_id, current.now, "accepted", row.queue_id, row.user_id, {})
        await conversations.assign(db, actor, row.conversation_id, row.user_id, reason="accepted")
        return row.conversation_id


async def decline(db: Session, actor: Actor, offer_id: UUID) -> None:
    """Passes what is offered on to the next person; this one is asked again only when nobody else is left."""
    async with change(db) as current:
        row = await _mine(db, actor, offer_id)
        await repository.update_agent(db, row.user_id, missed_offers=0)
        await turned_down(db, current, row, "declined", actor)


async def withdraw(db: Session, current: Change, rows: Sequence[Offer]) -> None:
    """Ends offers that no longer make sense; what still waits is matched again."""
    for row in rows:
        if await _end(db, current, row, "withdrawn", SYSTEM):
            await repository.add_log(db, row.conversation_id, current.now, "withdrawn", row.queue_id, row.user_id, {})
            await recount(db, current, [row.user_id])
            current.look_at([row.queue_id])


async def turned_down(db: Session, current: Change, row: Offer, state: str, actor: Actor) -> None:
    """An offer was declined or ran out: the next person's turn."""
    await _end(db, current, row, state, actor)
    entry = await repository.entry(db, row.conversation_id)
    if entry is not None:
        declined = list(dict.fromkeys([*entry.declined_by, row.user_id]))
        await repository.update_entry(
            db, row.conversation_id, declined_by=declined, retry_at=current.now + REST_AFTER_DECLINE
        )
        current.arrivals.append(row.conversation_id)
    await repository.add_log(db, row.conversation_id, current.now, state, row.queue_id, row.user_id, {})
    await recount(db, current, [row.user_id])
    current.look_at([row.queue_id])


async def _end(db: Session, current: Change, row: Offer, state: str, actor: Actor) -> bool:
    if not await repository.end_offer(db, row.id, state, current.now):
        return False
    current.touch(row.queue_id)
    await emit(
        db,
        OfferEnded(offer_id=row.id, user_id=row.user_id, queue_id=row.queue_id, state=state),
        actor=actor,
        conversation_id=row.conversation_id,
        audience=Audience(users=(row.user_id,)),
    )
    return True
