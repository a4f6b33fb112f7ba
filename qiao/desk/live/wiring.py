"""Starts live: sockets hear, in every process, when an API token has been deleted."""

from collections.abc import Sequence

from qiao.core.events import Envelope
from qiao.core.runtime import Runtime
from qiao.desk.live.tokens import TokenSockets
from qiao.people.accounts.events import TokenDeleted


def provide(runtime: Runtime) -> None:
    runtime.provide(TokenSockets, TokenSockets())


async def start(runtime: Runtime) -> None:
    sockets = runtime.get(TokenSockets)

    async def follow(batch: Sequence[Envelope]) -> None:
        for envelope in batch:
            if envelope.kind == TokenDeleted.kind:
                fact = envelope.event()
                assert isinstance(fact, TokenDeleted)
                sockets.doubt(fact.user_id)

    runtime.tailer.listen(follow)
