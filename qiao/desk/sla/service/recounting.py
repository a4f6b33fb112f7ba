"""Open clocks after a policy or a calendar has changed: counted anew in batches, nobody waits for it."""

from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.sla import book as books
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import repository
from qiao.desk.sla.clock import SECOND, Clock
from qiao.desk.sla.service import talks
from qiao.desk.sla.service.clocks import reconsider
from qiao.desk.tickets.service import batch

BATCH: Final = 500
TICKETS: Final = 50


async def calendar(runtime: Runtime, calendar_id: UUID) -> None:
    """What runs in a calendar that has changed runs out at other times. What finished stretches counted stays; the
    present one counts by the calendar as it is now. What was broken before stays broken."""
    after: UUID | None = None
    while True:

        async def work(db: Session, after: UUID | None = after) -> UUID | None:
            return await _calendar_batch(db, calendar_id, after)

        after = await runtime.db.run(work)
        if after is None:
            return


async def _calendar_batch(db: Session, calendar_id: UUID, after: UUID | None) -> UUID | None:
    """One transaction. Returns the last ticket looked at, None when that was all."""
    found = await repository.open_tickets(db, after, BATCH, calendar_id=calendar_id)
    if not found:
        return None
    await batch.claim(db, found, skip=False)
    book = await books.current(db)
    rows = await repository.running(db, found, calendar_id)
    writes: list[repository.Written] = []
    for row in rows:
        ruler = book.ruler(row.calendar_id)
        one = Clock(row.target_s * SECOND, row.spent_us, row.since)
        steps = book.steps(row.policy_id, row.kind, row.target_s)
        broken = row.breached_at is not None
        due_at = row.due_at if broken else clocks.due(one, ruler)
        gone = {fired["id"] for fired in row.fired}
        following = clocks.next_step(one, ruler, steps, gone, broken=broken)
        writes.append(repository.Written(row.id, row.state, due_at, following, row.breached_at, []))
    await repository.put(db, writes)
    shown = await repository.next_dues(db, {row.subject_id for row in rows})
    await batch.mark_due(db, Actor.system(), [batch.Due(key, *due) for key, due in shown.items()], [])
    return found[-1] if len(found) == BATCH else None


async def policies(runtime: Runtime) -> None:
    """Every ticket with an open clock is looked at anew: another policy or target may apply to it now."""
    after: UUID | None = None
    while True:

        async def work(db: Session, after: UUID | None = after) -> UUID | None:
            found = await repository.open_tickets(db, after, TICKETS)
            if not found:
                return None
            await batch.claim(db, found, skip=False)
            now = clock.now()
            for ticket_id in found:
                await reconsider(db, ticket_id, now)
            return found[-1] if len(found) == TICKETS else None

        after = await runtime.db.run(work)
        if after is None:
            return


async def conversations(runtime: Runtime) -> None:
    """The same for conversations, of all calendars: they are few, most of them last minutes."""
    after: UUID | None = None
    while True:

        async def work(db: Session, after: UUID | None = after) -> UUID | None:
            found = await repository.open_conversations(db, after, TICKETS)
            if found:
                await talks.recount(db, found)
            return found[-1] if len(found) == TICKETS else None

        after = await runtime.db.run(work)
        if after is None:
            return
