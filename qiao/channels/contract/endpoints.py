"""Inboxes as their channels need them, kept for a few seconds: every webhook asks."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qiao.channels.contract.channel import Channel, Channels, Endpoint, Template
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView

KEPT_SECONDS: Final = 3.0
STALE_SECONDS: Final = 60.0
"""How long what is known serves while it is looked up anew, however long that takes."""
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """An inbox, its channel, and the endpoint handed to the channel's code."""

    inbox: InboxView
    channel: Channel
    endpoint: Endpoint


class Endpoints:
    """Places by inbox and by public key. What somebody changed is seen a few seconds later.

    Webhooks never wait for a look-up while a place is known: it is looked up beside them, once.
    """

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._kept: dict[UUID | str, tuple[float, Place]] = {}
        self._asked: dict[str, asyncio.Task[Place]] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Endpoints":
        return runtime.once(cls, lambda: cls(runtime))

    async def by_key(self, key: str) -> Place:
        """The active inbox with this public key. Raises NotFound."""
        kept = self._kept.get(key)
        age = time.monotonic() - kept[0] if kept is not None else STALE_SECONDS
        if kept is not None and age < KEPT_SECONDS:
            return kept[1]
        if key not in self._asked:
            task = asyncio.create_task(self._look_up(key), name="channel-endpoint")
            self._asked[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        if kept is not None and age < STALE_SECONDS:
            return kept[1]
        return await asyncio.shield(self._asked[key])

    async def _look_up(self, key: str) -> Place:
        async with self.runtime.db.read() as db:
            return self._keep(key, await self._place(db, await inboxes.by_key(db, key)))

    def _answered(self, key: str, done: "asyncio.Task[Place]") -> None:
        self._asked.pop(key, None)
        if not done.cancelled() and isinstance(done.exception(), NotFound):
            self._kept.pop(key, None)  # switched off, or gone

    async def get(self, inbox_id: UUID, *, fresh: bool = False) -> Place:
        """An inbox, active or not. Raises NotFound, also when its channel is not installed (any more)."""
        known = None if fresh else self._known(inbox_id)
        if known is not None:
            return known
        async with self.runtime.db.read() as db:
            return self._keep(inbox_id, await self._place(db, await inboxes.get(db, inbox_id)))

    async def templates(self, inbox_id: UUID) -> Sequence[Template]:
        """The approved messages of an inbox, as its provider lists them; empty where there are none."""
        place = await self.get(inbox_id)
        return [] if place.channel.templates is None else await place.channel.templates.templates(place.endpoint)

    async def _place(self, db: Session, inbox: InboxView) -> Place:
        channel = Channels.of(self.runtime).find(inbox.channel)
        if channel is None:
            raise NotFound("inbox_not_found")
        return Place(inbox, channel, await self.endpoint(db, inbox))

    async def endpoint(self, db: Session, inbox: InboxView) -> Endpoint:
        """What the channel's code is given of an inbox."""
        return Endpoint(
            inbox_id=inbox.id,
            settings=inbox.plain,
            secret=await inboxes.secret_of(db, inbox.id),
            key=inbox.key,
            name=inbox.name,
            credentials=await inboxes.credentials_of(db, inbox.id),
            public_url=self.runtime.settings.public_url,
        )

    def _known(self, key: UUID | str) -> Place | None:
        known = self._kept.get(key)
        return known[1] if known is not None and time.monotonic() - known[0] < KEPT_SECONDS else None

    def _keep(self, key: UUID | str, place: Place) -> Place:
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = (time.monotonic(), place)
        return place
