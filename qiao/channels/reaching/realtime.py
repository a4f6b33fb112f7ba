"""Whoever has a conversation open hears that its customer wants no more of us there, or allows it again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.events import Envelope
from qiao.core.realtime import Push, enrich
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.realtime import load_conversations
from qiao.people.customers.events import CustomerConsented

NEWEST: Final = 20
"""Conversations of a customer that are told of; nobody has older ones open to write in them."""


@enrich(CustomerConsented.kind)
async def wishes_moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """A hint without content to those who look at one of the customer's conversations: they ask what may be sent now."""
    pushes: list[tuple[Envelope, Push]] = []
    for envelope in envelopes:
        customer_id = UUID(str(envelope.payload["customer_id"]))
        async with runtime.db.read() as db:
            theirs = await conversations.of_customer(db, Actor.system(), customer_id, NEWEST)
        open_ones = await load_conversations(runtime, [one.id for one in theirs if one.status != "closed"])
        pushes += [
            (
                envelope,
                Push(replace(target, watchers_of=key), "channel.changed", {"conversation_id": str(key)}, key),
            )
            for key, (_, target) in open_ones.items()
        ]
    return pushes
