"""Keeping what arrives: before a provider hears that we have it, it is stored."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.core.db import Db
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one payload."""
BATCH_BYTES: Final = 1024 * 1024
"""Bytes beyond which what waits goes into a statement of its own."""
_KEY_LIMIT: Final = 100

_KEEP: Final = """
INSERT INTO channel_arrivals (id, inbox_id, remote_key, raw)
SELECT id, $1, remote_key, raw FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS i(id, remote_key, raw)
ON CONFLICT (inbox_id, remote_key) WHERE remote_key IS NOT NULL DO NOTHING
"""
_KEEP_ALL: Final = """
INSERT INTO channel_arrivals (id, inbox_id, remote_key, raw)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[])
ON CONFLICT (inbox_id, remote_key) WHERE remote_key IS NOT NULL DO NOTHING
"""
_KEEP_WITH_CURSOR: Final = """
WITH moved AS (
  INSERT INTO channel_sources (inbox_id, cursor, updated_at) VALUES ($1, $5, now())
  ON CONFLICT (inbox_id) DO UPDATE SET cursor = excluded.cursor, updated_at = now()
)
INSERT INTO channel_arrivals (id, inbox_id, remote_key, raw)
SELECT id, $1, remote_key, raw FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS i(id, remote_key, raw)
ON CONFLICT (inbox_id, remote_key) WHERE remote_key IS NOT NULL DO NOTHING
"""


async def keep(
    db: Db, inbox_id: UUID, payloads: Sequence[tuple[str | None, bytes]], cursor: dict[str, Any] | None = None
) -> None:
    """Stores payloads, and where their source has got to, in one transaction. Repeats (same id) are dropped."""
    ids = [new_id() for _ in payloads]
    keys = [remote_key(key) for key, _ in payloads]
    raws = [raw for _, raw in payloads]
    pool = await db.raw()
    if cursor is None:
        await pool.execute(_KEEP, inbox_id, ids, keys, raws)
    else:
        await pool.execute(_KEEP_WITH_CURSOR, inbox_id, ids, keys, raws, cursor)


@dataclass(slots=True)
class _Waiting:
    inbox_id: UUID
    payloads: Sequence[tuple[str | None, bytes]]
    done: asyncio.Future[None]


class Keeper:
    """Keeps what is posted to all hooks: what comes while a statement is under way shares the next one."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, runtime: Runtime) -> "Keeper":
        return runtime.once(cls, lambda: cls(runtime))

    async def keep(self, inbox_id: UUID, payloads: Sequence[tuple[str | None, bytes]]) -> None:
        """Stores payloads; returns once they are. Repeats (same id) are dropped."""
        waiting = _Waiting(inbox_id, payloads, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="channel-arrivals")
        await waiting.done

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                try:
                    await self._store(batch)
                except Exception as error:  # one of them cannot be kept: the others are none the worse for it
                    await asyncio.gather(*(self._alone(waiting, error, len(batch)) for waiting in batch))
        finally:
            self._writer = None

    def _take(self) -> list[_Waiting]:
        """What is written next: as much as one statement may carry."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and (not batch or size < BATCH_BYTES):
            waiting = self._waiting.pop(0)
            size += sum(len(raw) for _, raw in waiting.payloads)
            batch.append(waiting)
        return batch

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        rows = [(waiting.inbox_id, key, raw) for waiting in batch for key, raw in waiting.payloads]
        pool = await self.runtime.db.raw()
        await pool.execute(
            _KEEP_ALL,
            [new_id() for _ in rows],
            [inbox_id for inbox_id, _, _ in rows],
            [remote_key(key) for _, key, _ in rows],
            [raw for _, _, raw in rows],
        )
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_result(None)

    async def _alone(self, waiting: _Waiting, error: Exception, of: int) -> None:
        if of > 1:
            try:
                await self._store([waiting])
            except Exception as own:
                error = own
        if not waiting.done.done():
            waiting.done.set_exception(error)


def remote_key(key: str | None) -> str | None:
    """The provider's id as it is stored: long ones by their fingerprint."""
    if not key:
        return None
    key = key.replace("\x00", "")
    return key if len(key) <= _KEY_LIMIT else short(key)


def short(text: str) -> str:
    """A fingerprint of 64 characters, for ids that are too long to keep."""
    import hashlib

    return hashlib.sha256(msgspec.json.encode(text)).hexdigest()
