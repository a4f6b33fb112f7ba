"""That somebody of us is writing, shown to customers on channels that can show it."""

import asyncio
import time
from typing import Any, Final
from uuid import UUID

import structlog

from qiao.channels.contract import deliveries
from qiao.channels.contract.channel import Channels, DeliveryFailed, DeliveryRefused, Endpoint, Typist
from qiao.channels.contract.endpoints import Endpoints
from qiao.core.errors import NotFound
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations

logger = structlog.get_logger(__name__)
AGAIN: Final = 10.0
"""Seconds for which one sign is good: providers show it for some ten, and refuse a second one meanwhile."""
AT_ONCE: Final = 20
MOST_KEPT: Final = 5_000


class TypingSigns:
    """Listens to what agents' consoles signal to customers, and passes it on. A sign that fails is no loss."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._shown: dict[UUID, float] = {}
        self._running: dict[asyncio.Task[None], UUID] = {}

    def start(self) -> None:
        if any(channel.typist is not None for channel in Channels.of(self.runtime)):
            self.runtime.get(Hub).signal_listeners.append(self._heard)

    async def stop(self) -> None:
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Until every sign heard so far has been passed on."""
        await asyncio.gather(*list(self._running))

    def _heard(self, kind: str, conversation_id: UUID | None, data: Any) -> None:
        if kind != "typing" or conversation_id is None or not isinstance(data, dict):
            return
        on, now = bool(data.get("on")), time.monotonic()
        shown = now - self._shown.get(conversation_id, -AGAIN) < AGAIN
        if shown == on or len(self._running) >= AT_ONCE:
            return  # it shows already, or does not show any more
        if len(self._shown) >= MOST_KEPT:
            self._shown.clear()
        if on:
            self._shown[conversation_id] = now
        else:
            del self._shown[conversation_id]
        earlier = [task for task, about in self._running.items() if about == conversation_id]
        task = asyncio.create_task(self._pass_on(conversation_id, on, earlier))
        self._running[task] = conversation_id
        task.add_done_callback(lambda done: self._running.pop(done, None))

    async def _pass_on(self, conversation_id: UUID, on: bool, earlier: list[asyncio.Task[None]]) -> None:
        try:
            await asyncio.gather(*earlier, return_exceptions=True)
            found = await self._where(conversation_id)
            if found is not None:
                typist, endpoint, address = found
                await typist.typing(endpoint, address, on)
        except (DeliveryFailed, DeliveryRefused):
            return
        except Exception:
            logger.exception("channel_typing_failed", conversation_id=str(conversation_id))

    async def _where(self, conversation_id: UUID) -> tuple[Typist, Endpoint, str] | None:
        async with self.runtime.db.read() as db:
            facts = await conversations.facts(db, conversation_id)
            channel = Channels.of(self.runtime).find(facts.channel) if facts is not None else None
            if facts is None or channel is None or channel.typist is None:
                return None
        try:
            place = await Endpoints.of(self.runtime).get(facts.inbox_id)
        except NotFound:
            return None
        async with self.runtime.db.read() as db:
            address = await deliveries.address_of(db, place.channel, facts)
        return channel.typist, place.endpoint, address
