"""What approvals do on events of tickets."""

from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.core.reactions import on_commit
from qiao.desk.approvals import service
from qiao.desk.tickets.events import TicketChanged, TicketMerged, TicketMoved


@in_transaction(TicketChanged)
async def check_amount(db: Session, fact: TicketChanged, envelope: Envelope) -> None:
    """Another amount is another question: what was asked about the old one is void."""
    if any(name.startswith("fields.") or name in ("type_id", "fields") for name in fact.fields):
        await service.check_amount(db, fact.ticket_id)


@in_transaction(TicketMoved)
async def use_up(db: Session, fact: TicketMoved, envelope: Envelope) -> None:
    if fact.transition is not None:
        await service.use_up(db, fact.ticket_id, fact.transition)


@in_transaction(TicketMerged)
async def end_with_it(db: Session, fact: TicketMerged, envelope: Envelope) -> None:
    """The ticket goes into another, whose amount may be another: what is open is asked anew there."""
    await service.abandon(db, fact.ticket_id, quiet=True)


@on_commit(TicketMoved, name="approvals.abandon", when=lambda e: e.payload.get("status") in service.OVER)
async def abandon(db: Session, fact: TicketMoved, envelope: Envelope) -> None:
    await service.abandon(db, fact.ticket_id)
