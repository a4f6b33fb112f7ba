"""What staff have read, customers see."""

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused
from qiao.channels.contract.places import InboxesOf
from qiao.channels.whatsapp.seen import KIND, WhatsappSigns
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationRead


@on_commit(ConversationRead, name="whatsapp.read", when=lambda envelope: envelope.payload["side"] == "staff")
async def tell_what_was_read(db: Session, fact: ConversationRead, envelope: Envelope) -> None:
    """A tick that fails is no loss: the next one covers it."""
    runtime = runtime_of(db)
    if envelope.conversation_id is None or not await InboxesOf.of(runtime).channel(KIND):
        return
    async with runtime.db.read() as own:
        facts = await conversations.facts(own, envelope.conversation_id)
    if facts is None or facts.channel != KIND:
        return
    try:
        await runtime.get(WhatsappSigns).read(facts.inbox_id, facts.id)
    except (DeliveryFailed, DeliveryRefused):
        return
