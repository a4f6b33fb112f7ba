"""What blocking does on events: follows merges, takes who is blocked out of the queues, notes who was unblocked elsewhere."""

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.core.reactions import on_commit
from qiao.desk.blocking import service
from qiao.desk.blocking.events import BlockChanged
from qiao.desk.blocking.models import Block, HeldMessage
from qiao.people.customers.events import CustomerUpdated
from qiao.people.customers.following import follow

follow(Block.customer_id)
follow(HeldMessage.customer_id)


@in_transaction(CustomerUpdated)
async def note_unblocked(db: Session, fact: CustomerUpdated, envelope: Envelope) -> None:
    if "blocked_at" in fact.fields:
        await service.unblocked(db, Actor.system(), fact.customer_id)


def _leaves(envelope: Envelope) -> bool:
    told = envelope.payload
    return "blocked_at" in told.get("fields", ()) or (bool(told.get("standing")) and told["block_kind"] == "customer")


@on_commit(BlockChanged, CustomerUpdated, name="blocking.leave_queues", when=_leaves)
async def leave_queues(db: Session, fact: BlockChanged | CustomerUpdated, envelope: Envelope) -> None:
    """Nobody waits on for somebody who may no longer write."""
    if isinstance(fact, CustomerUpdated):
        await service.leave_queues(db, fact.customer_id)
        return
    row = await db.get(Block, fact.block_id)
    if row is not None and row.customer_id is not None and row.lifted_at is None and row.inbox_id is not None:
        await service.leave_queues(db, row.customer_id, row.inbox_id)
