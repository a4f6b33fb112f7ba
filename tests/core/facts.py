"""A fact that only tests announce, and a bare process to read it with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Db
from qiao.core.events import Event, emit, event
from qiao.core.log import LogTailer
from qiao.core.reactions import Reaction, ReactionRunner
from qiao.core.reactions.runner import Pace

QUICK = Pace(seek=0.05, trouble=0.02, slow=5.0, retry=0.02, save=0.5)


@event("test.happened")
class Happened(Event, frozen=True, kw_only=True):
    n: int


async def happen(db: Db, *numbers: int, conversation_id: UUID | None = None) -> None:
    """Announces, each in a transaction of its own."""
    for n in numbers:
        async with db.transaction() as session:
            await emit(session, Happened(n=n), actor=Actor.system(), conversation_id=conversation_id)


def reaction(handler: Any, *, name: str = "test.note", retries: int = 3, batch: bool = False) -> Reaction:
    return Reaction(
        name, (Happened,), None if batch else handler, handler if batch else None, 0 if batch else retries, True
    )


@asynccontextmanager
async def process(
    url: str, *reactions: Reaction, pace: Pace = QUICK, pool_size: int = 8
) -> AsyncIterator[tuple[Db, ReactionRunner]]:
    """A process that runs these reactions and nothing else."""
    db = Db(url, pool_size=pool_size)
    tailer = LogTailer(db)
    db.on_events = tailer.wake
    runner = ReactionRunner(db, tailer, {r.name: r for r in reactions}, pace=pace)
    await tailer.start()
    await runner.start()
    try:
        yield db, runner
    finally:
        await runner.stop()
        await tailer.stop()
        await db.close()
