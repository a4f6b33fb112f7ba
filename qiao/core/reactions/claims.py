"""Which process runs what: advisory locks held by a database connection of their own."""

import asyncio
from collections.abc import Iterable
from typing import Any

import asyncpg

from qiao.core.db import Db

# A list goes as text: for an array the driver would have to learn its type first, on every connection anew.
_TAKE_ALL = """
SELECT name, pg_try_advisory_lock(hashtextextended(name, 7)) AS held FROM unnest(string_to_array($1, ',')) AS name
"""


class Claims:
    """What this process has claimed. When the connection breaks all claims are gone, and `epoch` tells so."""

    def __init__(self, db: Db):
        self.db = db
        self.epoch = 0
        self._connection: asyncpg.Connection | None = None
        self._guard = asyncio.Lock()

    async def take(self, name: str) -> int | None:
        """The epoch in which `name` is ours from now on, or None while another process has it."""
        async with self._guard:
            held = await (await self._open()).fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 7))", name)
            return self.epoch if held else None

    async def take_all(self, names: Iterable[str]) -> tuple[int, list[str]]:
        """Claims in one go what no other process has: the epoch, and the names that are ours."""
        async with self._guard:
            rows = await (await self._open()).fetch(_TAKE_ALL, ",".join(names))
            return self.epoch, [row["name"] for row in rows if row["held"]]

    async def close(self) -> None:
        """Gives everything up."""
        async with self._guard:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            await self._connect()
        assert self._connection is not None
        return self._connection

    async def _connect(self) -> None:
        plain = self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = await asyncpg.connect(
            plain, timeout=10, server_settings={"application_name": "qiao-reactions"}
        )
        self._connection.add_termination_listener(self._lost)

    def _lost(self, connection: Any) -> None:
        self.epoch += 1
