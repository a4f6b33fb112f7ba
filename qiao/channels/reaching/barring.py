"""When an address, a mail domain or numbers with a prefix are blocked: what they have waiting is over.

Channels know which address a conversation is held with; customers are followed by `blocking` itself.
"""

from uuid import UUID

from qiao.channels.contract import contacts
from qiao.core import clock
from qiao.core.db import Session
from qiao.desk.blocking import service as blocking
from qiao.desk.blocking.policy import meant
from qiao.desk.conversations import service as conversations

_NOBODY = UUID(int=0)


async def leave_queues(db: Session, block_id: UUID) -> None:
    """Closes what waits for people and is held with a blocked address. What somebody looks after stays theirs to end."""
    block = await blocking.standing(db, block_id)
    if block is None or block.kind == "customer":
        return
    waiting = await conversations.waiting_for_people(db, block.inbox_id)
    for conversation_id, address in (await contacts.addresses_held(db, waiting)).items():
        if meant([block], waiting[conversation_id], address, _NOBODY, clock.now()) is not None:
            await conversations.close_if_queued(db, conversation_id, reason="blocked")
