"""What keeps an installation in order: old events and kept answers go, figures are current."""

from datetime import timedelta

from sqlalchemy import func, select, text

from qiao.core import clock, telemetry
from qiao.core.db import Session
from qiao.core.jobs import every
from qiao.core.reactions import DeadLetter, ReactionPosition
from qiao.core.runtime import Runtime
from qiao.core.web.middleware import forget_old_keys

PURGE_AT_ONCE = 20_000


@every(3600, name="operations.purge")
async def purge(runtime: Runtime) -> None:
    """Removes events past their retention that every reaction has handled, and answers kept for repeats."""
    await forget_old_keys(runtime.db)
    before = clock.now() - timedelta(days=runtime.settings.event_retention_days)

    async def some(db: Session) -> int:
        # Short transactions: a long one would hold up the log it tidies.
        found = await db.execute(
            text(
                "DELETE FROM events WHERE (xid, id) IN ("
                " SELECT e.xid, e.id FROM events e WHERE e.at < :before AND NOT EXISTS ("
                "  SELECT 1 FROM reaction_positions p WHERE p.name = ANY(:names)"
                "   AND (p.xid, p.event_id) < (e.xid, e.id)) LIMIT :limit)"
                " RETURNING 1"
            ),
            {"before": before, "limit": PURGE_AT_ONCE, "names": list(runtime.reactions.reactions)},
        )
        return len(found.all())

    while await runtime.db.run(some) == PURGE_AT_ONCE:
        pass


@every(15, name="operations.figures")
async def note_figures(runtime: Runtime) -> None:
    """Keeps the gauges of `/metrics` current."""
    async with runtime.db.read() as db:
        dead = await db.scalar(select(func.count()).where(DeadLetter.state == "dead"))
        names = list((await db.execute(select(ReactionPosition.name))).scalars())
        statuses = await db.execute(
            text(
                "SELECT status, count(*) AS n FROM conversations WHERE status NOT IN ('resolved', 'closed') GROUP BY 1"
            )
        )
        live = {row.status: row.n for row in statuses}
    telemetry.dead_letters.set(int(dead or 0))
    for status in ("bot", "queued", "assigned", "snoozed"):
        telemetry.conversations.labels(status).set(live.get(status, 0))
    for name in names:
        position = runtime.reactions.positions.get(name)
        if position is not None:
            telemetry.reaction_lag.labels(name).set(1 if position < runtime.tailer.position else 0)
