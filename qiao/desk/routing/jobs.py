"""What time does: offers run out, people vanish, rests end, waiting gets too long, customers write to absent agents;
and what is long past is forgotten."""

from datetime import timedelta
from functools import partial
from typing import Final

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.desk.routing import policy, presence, repository
from qiao.desk.routing.ports import by_hand
from qiao.desk.routing.service import attendance, matching
from qiao.desk.routing.service.state import change, load_settings

FORGOTTEN_AT_ONCE: Final = 5_000
UNATTENDED: Final = timedelta(seconds=60)
"""How long nobody must have been at work in a queue before those who wait there overflow."""


@every(1, name="routing.sweep")
async def sweep(runtime: Runtime) -> None:
    """Looks without locks first: on most seconds there is nothing to do."""
    now = clock.now()
    async with runtime.db.read() as db:
        pending = await repository.pending(db, now, now - presence.GRACE)
        overflowing = pending.overflow and await repository.overflow_due(db, now, UNATTENDED, but=by_hand(db))
        abandoned = pending.abandoned and await _abandoned(db)
    if pending.offers:
        await runtime.db.run(attendance.expire_due)
    if pending.retries:
        await runtime.db.run(offer_again)
    if overflowing:
        await runtime.db.run(overflow_due)
    if abandoned:
        await runtime.db.run(requeue_abandoned)
    if pending.vanished:
        await runtime.db.run(presence.sweep_vanished)


@every(20, name="routing.heartbeat")
async def heartbeat(runtime: Runtime) -> None:
    await presence.heartbeat(runtime)


async def offer_again(db: Session) -> None:
    """What everybody at work has turned down is offered to them again; while others are left, it waits for them."""
    async with change(db) as current:
        for conversation_id in await repository.retries_due(db, current.now):
            entry = await repository.entry(db, conversation_id)
            queue = await repository.queue(db, entry.queue_id) if entry is not None else None
            if entry is None or queue is None:
                continue
            waiting = repository.waiting_of(entry, current.settings.weight(entry.channel))
            members = await repository.agents_of(db, [queue.id])
            if policy.others_left(waiting, repository.rule_of(queue), members):
                await repository.update_entry(db, conversation_id, retry_at=current.now + matching.REST_AFTER_DECLINE)
            else:
                await repository.update_entry(db, conversation_id, declined_by=[], retry_at=None)
                current.look_at([queue.id])


async def overflow_due(db: Session) -> None:
    """Applies overflow rules that time has made apply."""
    async with change(db) as current:
        for conversation_id in await repository.overflow_due(db, current.now, UNATTENDED, but=by_hand(db)):
            entry = await repository.entry(db, conversation_id)
            queue = await repository.queue(db, entry.queue_id) if entry is not None else None
            if entry is not None and queue is not None:
                await matching.overflow(db, current, entry, queue, arrived=False)


async def requeue_abandoned(db: Session) -> None:
    """A customer wrote to an agent who has gone offline: back to the queue, at the place of their first waiting."""
    async with change(db):
        for facts in await _abandoned(db):
            await conversations.requeue(db, matching.SYSTEM, facts.id, reason="agent_offline")


async def _abandoned(db: Session) -> list[ConversationFacts]:
    gone = await repository.offline_with_work(db)
    if not gone:
        return []
    return [
        facts
        for facts in await conversations.assigned_to(db, list(gone))
        if facts.waiting_since is not None
        and facts.assignee_id is not None
        and facts.last_message_at > gone[facts.assignee_id]
        and (facts.assigned_at is None or facts.last_message_at > facts.assigned_at)
    ]


@every(3600, name="routing.forget")
async def forget(runtime: Runtime) -> None:
    """Removes explanations of decisions and ended offers past the company's retention; open offers stay."""
    async with runtime.db.read() as db:
        settings = await load_settings(db)
    before = clock.now() - timedelta(days=settings.log_retention_days)
    for remove in (repository.forget_decisions, repository.forget_ended_offers):
        # Short transactions: whoever is being served must not wait for the tidying.
        batch = partial(remove, before=before, limit=FORGOTTEN_AT_ONCE)
        while await runtime.db.run(batch) == FORGOTTEN_AT_ONCE:
            pass
