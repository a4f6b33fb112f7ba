"""What people see live of routing: their offers, colleagues' states, figures of queues, places in line."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.routing import repository
from qiao.desk.routing.events import OfferCreated, OfferEnded, PresenceChanged, QueuesChanged, Unreachable
from qiao.desk.routing.service import figures

logger = structlog.get_logger(__name__)
PAUSE_S: Final = 1.0


class QueueWatch:
    """Tells about changed queues at most once a second each: a hint to staff, places in line to who waits."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime
        self._changed: dict[UUID, str] = {}
        self._told_at: dict[UUID, float] = {}
        self._task: asyncio.Task[None] | None = None

    def changed(self, queue_ids: Sequence[UUID], cursor: str) -> None:
        for queue_id in queue_ids:
            self._changed[queue_id] = cursor
        if self._changed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._tell_all(), name="queue-watch")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _tell_all(self) -> None:
        while self._changed:
            now = time.monotonic()
            ready = {q: c for q, c in self._changed.items() if now - self._told_at.get(q, -PAUSE_S) >= PAUSE_S}
            if not ready:
                soonest = min(self._told_at[queue_id] for queue_id in self._changed)
                await asyncio.sleep(max(0.01, soonest + PAUSE_S - now))
                continue
            for queue_id in ready:
                del self._changed[queue_id]
                self._told_at[queue_id] = now
            try:
                await self._tell(ready)
            except Exception:  # a hint that fails is repeated by the next change, and clients can always ask
                logger.exception("queue_watch_failed")

    async def _tell(self, ready: dict[UUID, str]) -> None:
        hub = self._runtime.get(Hub)
        target = Target(queues=frozenset(ready), permission="wallboard.view")
        hub.deliver(max(ready.values(), key=_position), Push(target, "queues.changed", {"queue_ids": sorted(ready)}))
        if not hub.visitors:
            return
        for queue_id in ready:
            async with self._runtime.db.read() as db:
                places = await figures.queue_places(db, queue_id)
            for conversation_id, place in places.items():
                if conversation_id in hub.visitors:
                    hub.signal(Target(customer_of=conversation_id), "queue_place", place, conversation_id)


def _position(cursor: str) -> tuple[int, int]:
    xid, _, number = cursor.partition("-")
    return int(xid), int(number)


@enrich(QueuesChanged.kind)
async def push_queues(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """Nothing at once: the watch sends what changed, throttled."""
    watch = runtime.get(QueueWatch)
    for envelope in envelopes:
        watch.changed([UUID(str(q)) for q in envelope.payload["queue_ids"]], envelope.cursor)
    return []


@enrich(OfferCreated.kind, OfferEnded.kind)
async def push_offers(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """`offer.created` for offers still open, `offer.ended` for the others, to the person offered."""
    ids = [UUID(str(envelope.payload["offer_id"])) for envelope in envelopes]
    async with runtime.db.read() as db:
        views = {view.id: view for view in await figures.offer_views(db, await repository.offers_by_id(db, ids))}
    pushes = []
    for envelope, offer_id in zip(envelopes, ids, strict=True):
        view = views.get(offer_id)
        if view is None:
            continue
        created = envelope.kind == OfferCreated.kind
        if created and view.state != "offered":
            continue  # over before anybody could look; its end follows
        kind = "offer.created" if created else "offer.ended"
        target = Target(users=frozenset(envelope.audience.users))
        pushes.append((envelope, Push(target, kind, {"offer": view}, envelope.conversation_id)))
    return pushes


@enrich(PresenceChanged.kind)
async def push_presence(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """The person as they are now; several changes in one batch are one frame."""
    last = {UUID(str(envelope.payload["user_id"])): envelope for envelope in envelopes}
    async with runtime.db.read() as db:
        agents = {agent.user.id: agent for agent in await figures.agents(db, list(last))}
    return [
        (
            envelope,
            Push(
                Target(users=frozenset({user_id}), permission="conversations.handle"),
                "presence.changed",
                {"agent": agents[user_id]},
            ),
        )
        for user_id, envelope in last.items()
        if user_id in agents
    ]


@enrich(Unreachable.kind)
async def push_unreachable(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """Tells the waiting customer's client that it may offer to leave a message."""
    return [
        (
            envelope,
            Push(
                Target(customer_of=envelope.conversation_id),
                "queue.unreachable",
                {"cause": envelope.payload["cause"]},
                envelope.conversation_id,
            ),
        )
        for envelope in envelopes
    ]
