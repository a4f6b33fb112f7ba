"""Reading the event log: one tailer per process, feeding realtime and the durable reactions.

The tailer is woken by local commits and polls as a safety net for commits of other processes.
"""

import asyncio
import re
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, Final

import msgspec
import structlog

from qiao.core.db import Db
from qiao.core.events import Audience, Envelope

logger = structlog.get_logger(__name__)
Position = tuple[int, int]
Listener = Callable[[Sequence[Envelope]], Awaitable[None]]

POLL_SECONDS: Final = 0.25
BATCH: Final = 250  # what is made of a batch is made in one go, while everybody else waits
KEEP: Final = 20_000  # newest events kept in memory for consumers that are a little behind

_CURSOR: Final = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
_MOST: Final = 2**63 - 1
EVER: Final[Position] = (_MOST, _MOST)
"""After every event."""

_COLUMNS = "xid, id, kind, conversation_id, actor_kind, actor_id, audience, payload, at"
# Everything at or above the oldest running transaction may still get company below it.
# Only the fixed column list is put into these texts.
_AFTER = f"""
SELECT {_COLUMNS} FROM events
WHERE (xid, id) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY xid, id LIMIT $3
"""  # noqa: S608
_AFTER_KINDS = f"""
SELECT {_COLUMNS} FROM events
WHERE (xid, id) > ($1, $2)
  AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND kind = ANY(string_to_array($4, ','))
ORDER BY xid, id LIMIT $3
"""  # noqa: S608


def parse_cursor(cursor: str) -> Position:
    """`"xid-id"` to a position. Raises ValueError."""
    found = _CURSOR.fullmatch(cursor)
    if found is None or int(found[1]) > _MOST or int(found[2]) > _MOST:
        raise ValueError("not a cursor")
    return (int(found[1]), int(found[2]))


def _envelope(row: Any) -> Envelope:
    return Envelope(
        row["xid"],
        row["id"],
        row["kind"],
        row["conversation_id"],
        row["actor_kind"],
        row["actor_id"],
        msgspec.convert(row["audience"], Audience, strict=False),
        row["payload"],
        row["at"],
    )


async def horizon(db: Db) -> Position:
    """The newest position below which the log is complete now."""
    pool = await db.raw()
    xid = await pool.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return (int(xid) - 1, 2**62)


async def after(db: Db, position: Position, limit: int = BATCH, kinds: Sequence[str] | None = None) -> list[Envelope]:
    """Events after `position` in commit-safe order."""
    pool = await db.raw()
    if kinds is None:
        rows = await pool.fetch(_AFTER, *position, limit)
    else:
        rows = await pool.fetch(_AFTER_KINDS, *position, limit, ",".join(kinds))
    return [_envelope(row) for row in rows]


async def newest(db: Db, until: Position) -> Position:
    """The last event up to `until`, (0, 0) when there is none."""
    pool = await db.raw()
    row = await pool.fetchrow(
        "SELECT xid, id FROM events WHERE (xid, id) <= ($1, $2) ORDER BY xid DESC, id DESC LIMIT 1", *until
    )
    return (row["xid"], row["id"]) if row is not None else (0, 0)


class LogTailer:
    """Follows the log from now on and keeps its newest part in memory.

    `position` is the newest event that has been, or is being, handed to the listeners: whoever notes it and then joins a
    listener's audience has either heard what is later, or can replay what is earlier, never neither.
    """

    def __init__(self, db: Db):
        self.db = db
        self.position: Position = (0, 0)
        self.delivered: Position = (0, 0)
        """Everything up to here has been taken by every listener."""
        self.memory: list[Envelope] = []
        self.memory_start: Position = (0, 0)
        self._wake = asyncio.Event()
        self._expected: Position = (0, 0)
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self.moved = asyncio.Condition()
        self.bells: list[Callable[[Sequence[Envelope]], None]] = []
        """Rung with every batch once all listeners have taken it."""

    def wake(self, position: Position) -> None:
        """Says that an event at `position` was committed here. Call from the loop's thread only."""
        self._expected = max(self._expected, position)
        self._wake.set()

    def listen(self, listener: Listener) -> None:
        """Adds a listener; it gets every batch, in order, and is awaited."""
        self._listeners.append(listener)

    async def start(self) -> None:
        self.position = self.delivered = self.memory_start = await horizon(self.db)
        self._task = asyncio.create_task(self._follow(), name="log-tailer")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def since(self, position: Position, limit: int) -> list[Envelope] | None:
        """Events after `position` from memory, or None when memory does not reach back that far."""
        if position < self.memory_start:
            return None
        first = bisect_right(self.memory, position, key=attrgetter("position"))
        return self.memory[first : first + limit]

    async def taken(self, position: Position, seconds: float) -> bool:
        """Waits until every listener has taken what happened up to `position`. False: not within `seconds`."""
        if self.delivered >= position:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.moved:
                await self.moved.wait_for(lambda: self.delivered >= position)
        return self.delivered >= position

    async def _follow(self) -> None:
        pause = POLL_SECONDS
        while True:
            try:
                self._wake.clear()
                batch = await after(self.db, self.position)
                if batch:
                    await self._hand_out(batch)
                    if len(batch) == BATCH:
                        continue
                if self.position >= self._expected:
                    pause = POLL_SECONDS
                else:
                    # An event committed here still hides behind a slower neighbour's transaction: look again soon.
                    pause = 0.001 if pause == POLL_SECONDS else min(pause * 1.5, 0.02)
                # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes together with the wake-up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
            except Exception:
                # The database is away, or an event cannot be read. Without this loop nobody hears of anything: go on.
                logger.exception("log_tailer_failed")
                await asyncio.sleep(1)

    async def _hand_out(self, batch: Sequence[Envelope]) -> None:
        self.memory.extend(batch)
        overflow = len(self.memory) - KEEP
        if overflow > 0:
            self.memory_start = self.memory[overflow - 1].position
            del self.memory[:overflow]
        self.position = batch[-1].position
        for listener in self._listeners:
            try:
                await listener(batch)
            except Exception:
                # A listener is a hint for people watching; the log remains the truth and they can reload from it.
                logger.exception("log_listener_failed", listener=getattr(listener, "__qualname__", "?"))
        self.delivered = batch[-1].position
        for ring in self.bells:
            ring(batch)
        async with self.moved:
            self.moved.notify_all()
