"""Words of a ticket whose conversation is over for good: the customer gets them on the channel that one was on."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from qiao.channels.contract import starting
from qiao.channels.contract.channel import Channels
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.people.customers import service as customers

SYSTEM: Final = Actor.system()
NOT_HERE: Final = "channels.refused.cannot_start"


class ChannelBringer:
    """Goes on in the customer's latest conversation there unless that is closed, else in a new one which is over until
    they answer: nobody's work, and theirs to see whenever they come back."""

    async def bring(self, db: Session, actor: Actor, talk: ConversationFacts, words: Sequence[Outgoing]) -> UUID | str:
        first, rest = words[0], words[1:]
        assert first.client_id is not None
        inbox = await inboxes.get(db, talk.inbox_id)
        channel = Channels.of(runtime_of(db)).find(inbox.channel)
        if channel is None or not inbox.active:
            return NOT_HERE
        if channel.adapter is not None:
            try:
                begun = await starting.start(
                    db,
                    SYSTEM,
                    inbox.id,
                    talk.customer_id,
                    None,
                    first.body,
                    first.payload,
                    first.client_id,
                    author=actor,
                )
            except Refused as refusal:
                return str(refusal.params.get("reason") or NOT_HERE)
            except Invalid:
                return NOT_HERE
            conversation_id = begun.conversation_id
        elif channel.manifest.group == "web":  # shows what there is to whoever comes back
            if (await customers.ref(db, talk.customer_id)).blocked:
                return "channels.refused.blocked"
            latest = await conversations.latest_of_customer(db, inbox.id, talk.customer_id)
            if latest is None or latest.status == "closed":
                latest = await conversations.begin(db, SYSTEM, inbox.id, talk.customer_id)
            conversation_id, rest = latest.id, words
        else:
            return NOT_HERE
        for one in rest:
            await conversations.relay(db, actor, conversation_id, one)
        return conversation_id
