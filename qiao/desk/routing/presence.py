"""Who is at work: what people set themselves, and what their connections say.

A person is seen while a socket is open (`heartbeat`) and for `GRACE` after it closed; then they are offline. A restart
of the server closes every socket at once, so a starting process first gives everybody the grace period again.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime
from qiao.desk.routing import repository
from qiao.desk.routing.policy import AgentState
from qiao.desk.routing.service.attendance import change_state, set_presence
from qiao.desk.routing.service.state import change

GRACE: Final = timedelta(seconds=60)
RESUME_WITHIN: Final = timedelta(minutes=30)
DISCONNECTED: Final = "disconnected"
SYSTEM: Final = Actor.system()

__all__ = ["GRACE", "connected", "disconnected", "grant_grace", "heartbeat", "set_presence", "sweep_vanished"]


async def connected(runtime: Runtime, user_id: UUID) -> None:
    """A member of staff opened a socket. Whoever is offline only because theirs broke gets their state back."""

    async def work(db: Session) -> None:
        async with change(db) as current:
            await repository.ensure_agents(db, [user_id], current.now)
            await repository.update_agent(db, user_id, connected_at=current.now, last_seen_at=current.now)
            row = await repository.agent_state(db, user_id)
            assert row is not None  # ensured above
            broke = row.state == "offline" and row.reason == DISCONNECTED and row.resume_state is not None
            if broke and current.now - row.since <= RESUME_WITHIN:
                await change_state(db, current, SYSTEM, user_id, cast(AgentState, row.resume_state))

    await runtime.db.run(work)


async def disconnected(runtime: Runtime, user_id: UUID) -> None:
    """A socket of theirs closed. Nothing changes until the grace period is over without another."""
    await heartbeat(runtime, [user_id])


async def heartbeat(runtime: Runtime, user_ids: Collection[UUID] | None = None) -> None:
    """Notes that people are here: those given, else everybody connected to this process."""
    here = set(user_ids) if user_ids is not None else runtime.get(Hub).users_here()
    if not here:
        return

    async def work(db: Session) -> None:
        async with change(db) as current:  # the lock: rows of several people are written in no particular order
            await repository.touch(db, here, current.now)

    await runtime.db.run(work)


async def grant_grace(runtime: Runtime) -> None:
    """At start: whoever was at work when the server went down has the whole grace period to come back."""

    async def work(db: Session) -> None:
        async with change(db) as current:
            await repository.touch(db, None, current.now)

    await runtime.db.run(work)


async def sweep_vanished(db: Session) -> None:
    """Sets everybody offline whose last socket closed longer ago than the grace period."""
    async with change(db) as current:
        for user_id in await repository.vanished(db, current.now - GRACE):
            row = await repository.agent_state(db, user_id)
            assert row is not None  # just read
            await change_state(
                db, current, SYSTEM, user_id, "offline", reason=DISCONNECTED, resume=cast(AgentState, row.state)
            )
