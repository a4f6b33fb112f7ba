"""Taking back what was sent: what channels allow, and asking them after the fact is written."""

from datetime import timedelta
from typing import Final

from qiao.channels.contract import contacts
from qiao.channels.contract.channel import Channels, DeliveryFailed, DeliveryRefused
from qiao.channels.contract.endpoints import Endpoints
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageRecalled
from qiao.desk.conversations.policy import RECALL_WITHIN

TRIED_FOR: Final = timedelta(minutes=5)
"""So long a provider that cannot be reached is asked again; then the customer has read it."""


class ChannelRecalls:
    """What the manifests of this runtime's channels say."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime

    def within(self, channel: str) -> timedelta | None:
        found = Channels.of(self.runtime).find(channel)
        if found is None or found.adapter is None:
            return RECALL_WITHIN  # nobody carries it away: what we show, we can stop showing
        return found.manifest.capabilities.recall

    def remote(self, channel: str) -> bool:
        found = Channels.of(self.runtime).find(channel)
        return found is not None and found.recaller is not None


async def ask(db: Session, fact: MessageRecalled) -> None:
    """Asks the channel to take a message back, and notes what it said. Raises DeliveryFailed when it may work later.

    A message that had not left yet is stopped by its being recalled: there is nothing to take back.
    """
    runtime = runtime_of(db)
    async with runtime.db.read() as own:
        view = (await conversations.messages_by_id(own, [fact.message_id])).get(fact.message_id)
        about = await conversations.facts(own, view.conversation_id) if view is not None else None
        sent = await contacts.sent_as(own, fact.message_id)
    if view is None or about is None or view.recall != "asked":
        return
    outcome = "done"
    try:
        place = await Endpoints.of(runtime).get(about.inbox_id)
        if sent is not None and place.channel.recaller is not None:
            # No transaction is open here: a slow provider holds no connection of ours.
            await place.channel.recaller.recall(place.endpoint, *sent)
    except DeliveryRefused:
        outcome = "late"
    except NotFound:
        outcome = "failed"
    except DeliveryFailed:
        if view.recalled_at is None or clock.now() - view.recalled_at < TRIED_FOR:
            raise
        outcome = "failed"
    await conversations.recalled(db, fact.message_id, outcome)
