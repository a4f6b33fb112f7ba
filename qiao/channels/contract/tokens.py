"""Access tokens of providers: fetched once, shared by all processes, sealed at rest."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.models import Token
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.core.secrets import Unsealable, seal, unseal

MARGIN: Final = 0.1
"""A token is not used for the last tenth of its life."""
Fetch = Callable[[], Awaitable[tuple[str, float]]]


class Tokens:
    """Tokens by inbox and name. Whoever finds one missing fetches it while the others wait."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._held: dict[tuple[UUID, str], tuple[str, float]] = {}
        self._locks: dict[tuple[UUID, str], asyncio.Lock] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Tokens":
        """The one of `runtime`, made by whoever asks first."""
        return runtime.once(cls, lambda: cls(runtime))

    async def get(self, endpoint: Endpoint, name: str, fetch: Fetch) -> str:
        """The token, fetched if there is none that is good; `fetch` gives it with the seconds it lives.

        What `fetch` raises is passed on; nothing is kept then.
        """
        key = (endpoint.inbox_id, name)
        known = self._held.get(key)
        if known is not None and known[1] > clock.now().timestamp():
            return known[0]
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._held.get(key)
            if known is not None and known[1] > clock.now().timestamp():
                return known[0]
            async with self.runtime.db.transaction() as db:
                # Across processes too: a second fetch would end the first token of some providers.
                lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 13))")
                await db.execute(lock, {"name": f"{endpoint.inbox_id}:{name}"})
                stored = await self._stored(db, key)
                if stored is None:
                    token, lives = await fetch()
                    until = clock.now() + timedelta(seconds=lives * (1 - MARGIN))
                    row = {"sealed": await seal(db, _purpose(key), token), "expires_at": until}
                    statement = insert(Token).values(inbox_id=key[0], name=name, **row)
                    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id", "name"], set_=row))
                    stored = (token, until.timestamp())
            self._held[key] = stored
            return stored[0]

    async def drop(self, endpoint: Endpoint, name: str, token: str) -> None:
        """The provider says `token` is no good. A newer one, fetched since, stays."""
        key = (endpoint.inbox_id, name)
        if self._held.get(key, ("",))[0] == token:
            del self._held[key]
        async with self.runtime.db.transaction() as db:
            stored = await self._stored(db, key)
            if stored is not None and stored[0] == token:
                await db.execute(delete(Token).where(Token.inbox_id == key[0], Token.name == name))

    async def _stored(self, db: Session, key: tuple[UUID, str]) -> tuple[str, float] | None:
        row = await db.scalar(
            select(Token).where(Token.inbox_id == key[0], Token.name == key[1], Token.expires_at > clock.now())
        )
        if row is None:
            return None
        try:
            return await unseal(db, _purpose(key), row.sealed), row.expires_at.timestamp()
        except Unsealable:
            return None


def _purpose(key: tuple[UUID, str]) -> str:
    return f"channel-token:{key[0]}:{key[1]}"
