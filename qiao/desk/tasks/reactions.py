"""What tasks do on events of tickets."""

from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope, in_transaction
from qiao.core.reactions import on_commit
from qiao.desk.tasks import service
from qiao.desk.tickets.events import TicketMerged, TicketMoved


def _went_on(envelope: Envelope) -> bool:
    return envelope.payload.get("status") != "on_hold"


@in_transaction(TicketMoved)
async def keep_on_hold(db: Session, fact: TicketMoved, envelope: Envelope) -> None:
    """Nobody takes a ticket off hold by hand while what it waits for is open: that is finished or cancelled first."""
    if envelope.actor_kind != "user" or fact.previous_status != "on_hold" or fact.status == "on_hold":
        return
    if fact.reason == "merged":
        return
    blocked = await service.blocked_by(db, fact.ticket_id)
    if blocked is not None:
        raise Refused("task.ticket_waits", name=blocked.get("name") or "")


@in_transaction(TicketMerged)
async def follow_merge(db: Session, fact: TicketMerged, envelope: Envelope) -> None:
    await service.take_over(db, fact.ticket_id, fact.into_id)


@on_commit(TicketMoved, name="tasks.settle", when=_went_on)
async def settle(db: Session, fact: TicketMoved, envelope: Envelope) -> None:
    """The system or the customer moved it: what is over needs no more tasks, what is not waits on."""
    if fact.status in service.DONE:
        await service.abandon(db, fact.ticket_id, reason="")
    else:
        await service.settle(db, fact.ticket_id)
