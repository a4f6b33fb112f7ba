"""What blocking does on events: follows merges, and notes when a customer was unblocked elsewhere."""

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.desk.blocking import service
from qiao.desk.blocking.models import Block, HeldMessage
from qiao.people.customers.events import CustomerUpdated
from qiao.people.customers.following import follow

follow(Block.customer_id)
follow(HeldMessage.customer_id)


@in_transaction(CustomerUpdated)
async def note_unblocked(db: Session, fact: CustomerUpdated, envelope: Envelope) -> None:
    if "blocked_at" in fact.fields:
        await service.unblocked(db, Actor.system(), fact.customer_id)
