"""Consoles hear that a call or a promise moved: a hint without content, they ask for what they may see."""

from collections.abc import Sequence

from qiao.channels.phone.events import CallbackChanged, CallChanged
from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime


@enrich(CallChanged.kind)
async def call_moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """To those at whose telephones it is; to supervisors for their lists."""
    return [
        (
            envelope,
            Push(
                Target(users=frozenset(envelope.audience.users), permission="conversations.view_all"),
                "call.changed",
                {"call_id": envelope.payload["call_id"], "state": envelope.payload["state"]},
            ),
        )
        for envelope in envelopes
    ]


@enrich(CallbackChanged.kind)
async def promise_moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    return [
        (
            envelope,
            Push(
                Target(
                    users=frozenset(envelope.audience.users),
                    queues=frozenset(envelope.audience.queues),
                    permission="conversations.view_all",
                ),
                "callback.changed",
                {"callback_id": envelope.payload["callback_id"], "change": envelope.payload["change"]},
            ),
        )
        for envelope in envelopes
    ]
