"""What ticket lists do on the events of tickets: keep the search index."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import runtime_of
from qiao.desk.tickets import searching
from qiao.desk.tickets.events import TicketChanged, TicketCommented, TicketCreated, TicketMerged, TicketTypeChanged

AT_ONCE: Final = 200
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


@on_commit(
    TicketTypeChanged,
    name="ticketlists.search_type",
    retries=8,
    when=lambda envelope: bool(envelope.payload["found_otherwise"]),
)
async def index_type(db: Session, fact: TicketTypeChanged, envelope: Envelope) -> None:
    """What only some may read from now on is found by nobody any more; what all may read again, is."""
    runtime = runtime_of(db)
    after: UUID | None = None
    while True:

        async def work(own: Session, after: UUID | None = after) -> list[UUID]:
            ids = await searching.ids_of_type(own, fact.type_id, after, AT_ONCE)
            await searching.index(own, ids)
            return ids

        ids = await runtime.db.run(work)
        if len(ids) < AT_ONCE:
            return
        after = ids[-1]
