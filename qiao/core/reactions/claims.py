"""Which process runs what: advisory locks held by a database connection of their own."""

import asyncio
from typing import Any

import asyncpg

from qiao.core.db import Db


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
            if self._connection is None or self._connection.is_closed():
                await self._connect()
            assert self._connection is not None
            held = await self._connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 7))", name)
            return self.epoch if held else None

    async def close(self) -> None:
        """Gives everything up."""
        async with self._guard:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _connect(self) -> None:
        plain = self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = await asyncpg.connect(
            plain, timeout=10, server_settings={"application_name": "qiao-reactions"}
        )
        self._connection.add_termination_listener(self._lost)

    def _lost(self, connection: Any) -> None:
        self.epoch += 1
