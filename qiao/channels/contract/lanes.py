"""Working off what arrived: one lane an inbox, senders side by side, each sender's items in order.

A lane is worked by one process at a time. A payload that cannot be taken in is tried again with growing delay and then
set aside as dead, where an administrator reads why, and replays it or puts it away; nobody waits for it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import anyio.to_thread
import structlog

from qiao.channels.contract import deliveries, several, taking
from qiao.channels.contract.channel import DeliveryFailed
from qiao.channels.contract.endpoints import Endpoints, Place
from qiao.channels.contract.messages import Edited, Happening, Incoming, Item, Receipt, Sender, Withdrawn
from qiao.core import clock
from qiao.core.errors import Invalid, Problem
from qiao.core.reactions.claims import Claims
from qiao.core.runtime import Runtime

logger = structlog.get_logger(__name__)

AT_ONCE: Final = 50
"""Payloads of a lane in one round."""
SENDERS: Final = 8
"""Senders of a lane side by side."""
LANES: Final = 32
AT_WORK: Final = 4
"""Items of all lanes being taken in at a time: what arrives must be acknowledged beside it, and people served."""
ASKING: Final = 16
"""Items that wait for a provider first (a file, a name), beside those: a slow one holds up nobody who has everything."""
LOOK_SECONDS: Final = 1.0
TRIES: Final = 6
EARLY: Final = "channels.letter.early"
"""A receipt of a message we do not know – yet: providers are sometimes quicker than our own note of having sent it."""
HEAVY: Final = 64 * 1024
"""Payloads above this are parsed beside the event loop."""

_LANES: Final = """
SELECT i.id FROM inboxes i
WHERE EXISTS (SELECT 1 FROM channel_arrivals a WHERE a.inbox_id = i.id AND a.state = 'waiting' AND a.due_at <= $1)
"""
_NEXT: Final = """
SELECT id, raw, attempts FROM channel_arrivals
WHERE inbox_id = $1 AND state = 'waiting' AND due_at <= $2 ORDER BY id LIMIT $3
"""
_DONE: Final = """
UPDATE channel_arrivals SET state = 'done', raw = ''::bytea, finished_at = $2, error = NULL WHERE id = ANY($1)
"""
_LATER: Final = """
UPDATE channel_arrivals SET attempts = attempts + 1, due_at = $2, state = $4,
    error = $3::jsonb || jsonb_build_object('replays', coalesce(error->'replays', '0'::jsonb))
WHERE id = $1
"""


@dataclass(slots=True)
class _Failure:
    code: str
    params: dict[str, Any]
    hopeless: bool
    after: float | None = None


class Lanes:
    """The lanes of a process."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.claims = Claims(runtime.db)
        self._mine: dict[UUID, int] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()
        self._called: set[UUID] = set()
        self._room = asyncio.Semaphore(LANES)
        self._hands = asyncio.Semaphore(AT_WORK)
        self._asking = asyncio.Semaphore(ASKING)

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._look(), name="channel-lanes")

    async def stop(self) -> None:
        tasks = [task for task in (self._loop, *self._running.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()
        self._loop = None
        await self.claims.close()

    def call(self, inbox_id: UUID) -> None:
        """Something has just arrived here."""
        self._called.add(inbox_id)
        self._rung.set()

    async def settled(self, *, timeout: float = 20.0) -> None:
        """Waits until nothing that is due waits any more. For tests."""
        async with asyncio.timeout(timeout):
            while True:
                pool = await self.runtime.db.raw()
                if not self._running and not await pool.fetch(_LANES, clock.now()):
                    return
                self._rung.set()
                self._called.update(row["id"] for row in await pool.fetch(_LANES, clock.now()))
                await asyncio.sleep(0.005)

    async def _look(self) -> None:
        looked = 0.0
        while True:
            try:
                now = time.monotonic()
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    pool = await self.runtime.db.raw()
                    self._called.update(row["id"] for row in await pool.fetch(_LANES, clock.now()))
                for inbox_id in list(self._called):
                    self._called.discard(inbox_id)
                    if inbox_id in self._running:
                        continue  # it looks again before it ends
                    task = asyncio.create_task(self._work(inbox_id), name=f"lane:{inbox_id}")
                    self._running[inbox_id] = task
                    task.add_done_callback(partial(self._ended, inbox_id))
            except Exception:
                logger.exception("channel_lanes_failed")
                await asyncio.sleep(LOOK_SECONDS)
            self._rung.clear()
            if not self._called:
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._rung.wait()
                except TimeoutError:
                    continue

    def _ended(self, inbox_id: UUID, done: asyncio.Task[None]) -> None:
        self._running.pop(inbox_id, None)

    async def _work(self, inbox_id: UUID) -> None:
        try:
            async with self._room:
                if not await self._claimed(inbox_id):
                    return
                place = await Endpoints.of(self.runtime).get(inbox_id)
                while await self._round(place):
                    pass
        except Exception:
            logger.exception("channel_lane_failed", inbox_id=str(inbox_id))
            await asyncio.sleep(LOOK_SECONDS)

    async def _claimed(self, inbox_id: UUID) -> bool:
        if self._mine.get(inbox_id) == self.claims.epoch:
            return True
        epoch = await self.claims.take(f"channel-lane:{inbox_id}")
        if epoch is None:
            return False
        self._mine[inbox_id] = epoch
        return True

    async def _round(self, place: Place) -> bool:
        """One batch. Returns whether there may be more."""
        pool = await self.runtime.db.raw()
        rows = await pool.fetch(_NEXT, place.inbox.id, clock.now(), AT_ONCE)
        if not rows:
            return False
        parsed: list[tuple[UUID, int, Sequence[Item] | _Failure]] = []
        for row in rows:
            parsed.append((row["id"], row["attempts"], await _parsed(place, row["raw"])))
        outcome: dict[UUID, _Failure | None] = {}
        senders: dict[str, list[tuple[UUID, Item]]] = {}
        for arrival, _, items in parsed:
            if isinstance(items, _Failure):
                outcome[arrival] = items
                continue
            outcome[arrival] = None
            for item in items:
                senders.setdefault(_whose(item), []).append((arrival, item))
        known = await several.met(self.runtime, place, [[item for _, item in line] for line in senders.values()])
        room = asyncio.Semaphore(SENDERS)

        async def work(line: list[tuple[UUID, Item]]) -> None:
            async with room:
                for arrival, item in line:
                    async with self._asking if _asks(place, item) else self._hands:
                        failure = await self._take(place, item)
                    outcome[arrival] = outcome[arrival] or failure

        async def work_known(line: list[tuple[UUID, Item]], met: Sequence[taking.Met]) -> None:
            for (arrival, item), one in zip(line, met, strict=True):
                failure = await self._take(place, item, one)
                outcome[arrival] = outcome[arrival] or failure

        lines = zip(senders.values(), known, strict=True)
        await asyncio.gather(*(work(line) if met is None else work_known(line, met) for line, met in lines))
        for arrival, attempts, _ in parsed:
            early = outcome[arrival]
            if attempts > 0 and early is not None and early.code == EARLY:
                outcome[arrival] = None  # asked twice: it is about a message somebody else has sent
        done = [arrival for arrival, failure in outcome.items() if failure is None]
        if done:
            await pool.execute(_DONE, done, clock.now())
        for arrival, attempts, _ in parsed:
            failure = outcome[arrival]
            if failure is not None:
                dead = failure.hopeless or attempts + 1 >= TRIES
                error = {"code": failure.code, "params": failure.params, "at": clock.now().isoformat()}
                due = later(attempts, failure.after)
                await pool.execute(_LATER, arrival, due, error, "dead" if dead else "waiting")
        return len(rows) == AT_ONCE or bool(done)

    async def _take(self, place: Place, item: Item, met: taking.Met | None = None) -> _Failure | None:
        try:
            match item:
                case Incoming(sender=Sender() as sender) if met is not None:
                    await taking.settle(self.runtime, place, item, sender, met)
                case Incoming():
                    taker = place.channel.taker
                    if taker is None or not await taker.take(place, item):
                        await taking.take_message(self.runtime, place, item)
                case Receipt():
                    if place.channel.taker is not None and await place.channel.taker.bounced(place, item):
                        return None
                    if not await deliveries.note_receipt(self.runtime, place, item):
                        return _Failure(EARLY, {}, False)
                case Happening():
                    await taking.take_happening(self.runtime, place, item)
                case Withdrawn() | Edited():
                    await taking.take_change(self.runtime, place, item)
        except Problem as problem:
            params = {"detail": problem.body("en")["detail"], **problem.params}
            return _Failure(
                problem.code, {key: str(value)[:300] for key, value in params.items()}, problem.status < 500
            )
        except DeliveryFailed as error:
            return _Failure("channels.letter.unreachable", {"detail": str(error)[:300]}, False, error.after)
        except Exception as error:
            logger.exception("channel_item_failed", channel=place.inbox.channel)
            return _Failure("channels.letter.unexpected", {"detail": type(error).__name__}, False)
        return None


def later(attempts: int, after: float | None) -> datetime:
    """When a payload is tried again: after 5 s, 20 s, 80 s … or when the provider says."""
    return clock.now() + timedelta(seconds=max(5.0 * 4**attempts, after or 0.0))


async def _parsed(place: Place, raw: bytes) -> Sequence[Item] | _Failure:
    own = place.channel.read
    parse = partial(own, place.endpoint) if own is not None else place.channel.parse
    try:
        if len(raw) > HEAVY:
            return await anyio.to_thread.run_sync(parse, raw)
        return parse(raw)
    except Invalid as invalid:
        field = invalid.fields[0] if invalid.fields else None
        where = {"field": field.field, "detail": field.code} if field else {"field": "", "detail": invalid.code}
        where["channel"] = place.inbox.channel  # which may have words of its own for the field
        return _Failure("channels.letter.unreadable", where, True)
    except Exception as error:
        logger.exception("channel_parse_failed", channel=place.inbox.channel)
        return _Failure("channels.letter.unreadable", {"field": "", "detail": type(error).__name__}, True)


def _asks(place: Place, item: Item) -> bool:
    """Whether taking it in may wait for the provider."""
    if isinstance(item, Incoming) and any(media.data is None for media in item.media):
        return True
    return place.channel.directory is not None and isinstance(item, Incoming | Happening)


def _whose(item: Item) -> str:
    if isinstance(item, Receipt):
        return f"receipt:{item.remote_id}"
    return item.sender.address if item.sender is not None else ""
