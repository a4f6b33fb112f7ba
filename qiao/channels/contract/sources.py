"""Sources: what fetches, kept running, one process an inbox."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import select

from qiao.channels.contract import arrivals, health
from qiao.channels.contract.channel import Channels, DeliveryFailed, SourceFailed
from qiao.channels.contract.endpoints import Endpoints, Place
from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.models import SourceState
from qiao.core.reactions.claims import Claims
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView

logger = structlog.get_logger(__name__)
LOOK_SECONDS: Final = 2.0
SHORTEST: Final = 2.0
LONGEST: Final = 300.0
STEADY_SECONDS: Final = 60.0
"""A connection that stood this long counts as good: the next trouble is met with patience from the start."""


class InboxSink:
    """Where a source puts what it fetched: the arrivals of its inbox."""

    def __init__(self, runtime: Runtime, inbox_id: UUID, cursor: dict[str, Any]):
        self.runtime = runtime
        self.inbox_id = inbox_id
        self.cursor = cursor

    async def take(self, payloads: Sequence[tuple[str | None, bytes]], cursor: dict[str, Any] | None = None) -> None:
        """Stores payloads and cursor in one transaction; returns after commit."""
        if not payloads and cursor is None:
            return
        await arrivals.keep(self.runtime.db, self.inbox_id, payloads, cursor)
        if cursor is not None:
            self.cursor = cursor
        if payloads:
            self.runtime.get(Lanes).call(self.inbox_id)

    async def fine(self) -> None:
        """The connection works."""
        await self.runtime.db.run(lambda db: health.fine(db, self.inbox_id))


class Sources:
    """Runs the sources of this process; follows inboxes as they are added, changed and switched off."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.claims = Claims(runtime.db)
        self.pause = LOOK_SECONDS
        self._running: dict[UUID, tuple[InboxView, asyncio.Task[None]]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()

    async def start(self) -> None:
        if any(channel.source is not None for channel in Channels.of(self.runtime)):
            self._loop = asyncio.create_task(self._look(), name="channel-sources")

    async def stop(self) -> None:
        tasks = [task for _, task in self._running.values()]
        if self._loop is not None:
            tasks.append(self._loop)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()
        self._loop = None
        await self.claims.close()

    def look(self) -> None:
        """An inbox has changed: look now."""
        self._rung.set()

    async def _look(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception:
                logger.exception("channel_sources_failed")
            try:
                async with asyncio.timeout(self.pause):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._rung.clear()

    async def _follow(self) -> None:
        channels = Channels.of(self.runtime)
        async with self.runtime.db.read() as db:
            wanted = {inbox.id: inbox for inbox in await inboxes.everything(db) if inbox.active}
        for inbox_id, (inbox, task) in list(self._running.items()):
            if inbox_id not in wanted or wanted[inbox_id].updated_at != inbox.updated_at:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del self._running[inbox_id]
        for inbox in wanted.values():
            channel = channels.find(inbox.channel)
            if inbox.id in self._running or channel is None or channel.source is None:
                continue
            if not channel.source.configured(inbox.plain):
                continue
            if await self.claims.take(f"channel-source:{inbox.id}") is None:
                continue
            task = asyncio.create_task(self._keep_running(inbox.id), name=f"source:{inbox.id}")
            self._running[inbox.id] = (inbox, task)

    async def _keep_running(self, inbox_id: UUID) -> None:
        delay = SHORTEST
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            failure = SourceFailed("channels.source.ended")
            try:
                place = await Endpoints.of(self.runtime).get(inbox_id, fresh=True)
                await self._run(place)
            except SourceFailed as error:
                failure = error
            except DeliveryFailed as error:
                failure = SourceFailed("channels.source.unreachable", detail=str(error))
                delay = max(delay, error.after or 0.0)
            except Exception as error:
                logger.exception("channel_source_failed", inbox_id=str(inbox_id))
                failure = SourceFailed("channels.source.unexpected", detail=type(error).__name__)
            await self._note(inbox_id, failure)
            if loop.time() - began > STEADY_SECONDS:
                delay = SHORTEST
            await asyncio.sleep(LONGEST if failure.hopeless else delay)
            delay = min(delay * 2, LONGEST)

    async def _run(self, place: Place) -> None:
        assert place.channel.source is not None
        async with self.runtime.db.read() as db:
            cursor = await db.scalar(select(SourceState.cursor).where(SourceState.inbox_id == place.inbox.id))
        sink = InboxSink(self.runtime, place.inbox.id, dict(cursor or {}))
        await place.channel.source.run(place.endpoint, sink)

    async def _note(self, inbox_id: UUID, failure: SourceFailed) -> None:
        logger.warning("channel_source_stopped", inbox_id=str(inbox_id), code=failure.code)
        try:
            await self.runtime.db.run(lambda db: health.failing(db, inbox_id, failure.code, failure.params))
        except Exception:
            logger.exception("channel_health_not_noted")
