"""What time may have done since the last look: one statement, because it is asked every second."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select

from qiao.core.db import Session
from qiao.desk.routing.models import AgentStateRow, Offer, Queue, QueueEntry


class Pending(NamedTuple):
    """What deserves a closer look. `overflow` and `abandoned` may turn out to be nothing."""

    offers: bool
    retries: bool
    overflow: bool
    abandoned: bool
    vanished: bool


async def pending(db: Session, at: datetime, seen_since: datetime) -> Pending:
    """`seen_since`: whoever is at work and was last seen before that has vanished."""
    overflowing = exists().where(QueueEntry.queue_id == Queue.id, Queue.overflow.is_not(None))
    last_seen = func.coalesce(AgentStateRow.last_seen_at, AgentStateRow.since)
    query = select(
        exists().where(Offer.state == "offered", Offer.expires_at <= at),
        exists().where(QueueEntry.retry_at <= at),
        overflowing,
        exists().where(AgentStateRow.state == "offline", AgentStateRow.load > 0),
        exists().where(AgentStateRow.state != "offline", last_seen < seen_since),
    )
    return Pending(*(await db.execute(query)).one())
