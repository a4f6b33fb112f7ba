"""An invitation that led to a conversation is counted when the visitor writes."""

from uuid import UUID

from qiao.channels.invitations import service
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationStarted


@on_commit(ConversationStarted, name="invitations.led_to")
async def count(db: Session, fact: ConversationStarted, envelope: Envelope) -> None:
    """The page a visitor writes from says which invitation they accepted there."""
    if envelope.conversation_id is None:
        return
    view = (await conversations.views_of(db, [envelope.conversation_id])).get(envelope.conversation_id)
    try:
        invitation_id = UUID(str((view.context if view is not None else {}).get("invitation") or ""))
    except ValueError:
        return
    if await service.exists(db, invitation_id, fact.inbox_id):
        await service.led_to_conversation(db, invitation_id)
