"""What time does to very many tickets at once: promises that run out."""

import time
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from qiao.core import clock
from qiao.core.runtime import Runtime
from qiao.desk.sla.service import sweeping

CLOCKS: Final = 100_000


async def measure(runtime: Runtime) -> dict[str, Any]:
    """How long a hundred thousand promises take that are all due at this moment."""
    now = clock.now()
    async with runtime.db.transaction() as db:
        await db.execute(text("TRUNCATE sla_clocks"))  # of kept data: those of the run before
        policy = await db.scalar(text("SELECT id FROM sla_policies ORDER BY position LIMIT 1"))
        result = await db.execute(
            text(
                "INSERT INTO sla_clocks (id, subject_kind, subject_id, kind, policy_id, target_s, priority, state,"
                " started_at, spent_us, since, due_at, next_at)"
                " SELECT gen_random_uuid(), 'ticket', t.id, 'resolution', :policy, 3600, t.priority, 'running',"
                " :began, 0, :began, :due, :due FROM (SELECT id, priority FROM tickets"
                " WHERE status IN ('new','open','pending','on_hold') ORDER BY id LIMIT :most) t"
                " ON CONFLICT DO NOTHING RETURNING 1"
            ),
            {"policy": policy, "began": now - timedelta(hours=2), "due": now - timedelta(hours=1), "most": CLOCKS},
        )
        due = len(result.all())
        # As the product writes it when a promise begins: a ticket shows when its next one runs out.
        await db.execute(
            text(
                "UPDATE tickets t SET next_due_at = c.due_at, next_due_kind = c.kind, breached = false"
                " FROM sla_clocks c WHERE c.subject_id = t.id"
            )
        )
    pool = await runtime.db.raw()
    for table in ("tickets", "sla_clocks"):
        await pool.execute(f"VACUUM (ANALYZE) {table}")
    began = time.perf_counter()
    left = due
    while left > 0:
        await sweeping.sweep(runtime, clock.now(), 20_000)
        async with runtime.db.read() as db:
            still = int(await db.scalar(text("SELECT count(*) FROM sla_clocks WHERE next_at <= now()")) or 0)
        if still >= left:
            break
        left = still
    took = time.perf_counter() - began
    return {
        f"sweep of {due:,} due promises": {
            "seconds": round(took, 2), "due": due, "left": left, "aim": "100,000 in ≤ 10 s",
        }
    }  # fmt: skip
