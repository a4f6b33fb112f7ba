"""Starts accounts: the built-in roles exist, and every process hears when somebody's access ends or changes."""

from collections.abc import Sequence

from qiao.core.errors import NotFound
from qiao.core.events import Envelope
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime
from qiao.people.accounts.events import AccessChanged, SessionsEnded
from qiao.people.accounts.identity import actor_for
from qiao.people.accounts.service import ensure_built_in_roles


async def start(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await ensure_built_in_roles(db)

    async def follow(batch: Sequence[Envelope]) -> None:
        await on_batch(runtime, batch)

    runtime.tailer.listen(follow)


async def on_batch(runtime: Runtime, batch: Sequence[Envelope]) -> None:
    """Applies to this process's sockets what a request may have done in another one. Doing it twice is harmless."""
    hub = runtime.find(Hub)
    if hub is None or not hub.staff:
        return
    concerned = [envelope for envelope in batch if envelope.kind in (SessionsEnded.kind, AccessChanged.kind)]
    here = hub.users_here() if concerned else set()
    for envelope in concerned:
        fact = envelope.event()
        if isinstance(fact, SessionsEnded) and fact.user_id in here:
            for session_id in fact.session_ids or (None,):
                hub.drop(fact.user_id, session_id)
        elif isinstance(fact, AccessChanged) and fact.user_id in here:
            try:
                async with runtime.db.read() as db:
                    hub.refresh_actor(fact.user_id, await actor_for(db, fact.user_id))
            except NotFound:
                hub.drop(fact.user_id)
