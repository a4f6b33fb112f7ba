"""What ticket lists do on the events of tickets: keep the search index."""

from collections.abc import Sequence

from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.desk.tickets import searching
from qiao.desk.tickets.events import TicketChanged, TicketCommented, TicketCreated, TicketMerged

Fact = TicketCreated | TicketChanged | TicketCommented | TicketMerged


@on_commit_batch(
    TicketCreated,
    TicketChanged,
    TicketCommented,
    TicketMerged,
    name="ticketlists.search_index",
    from_start=True,
    linger=0.5,
    most=40,
)
async def index_tickets(db: Session, batch: Sequence[tuple[Fact, Envelope]]) -> None:
    """Writes the search tokens of tickets that were made, changed, written in or merged."""
    ids = [fact.ticket_id for fact, _ in batch]
    ids += [fact.into_id for fact, _ in batch if isinstance(fact, TicketMerged)]
    await searching.index(db, ids)
