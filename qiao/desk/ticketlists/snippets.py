"""Where the words of a search stand in a ticket."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core.db import Session
from qiao.desk.conversations.search import excerpt
from qiao.desk.ticketlists.schemas import Hit
from qiao.desk.tickets import finding
from qiao.desk.tickets.finding import TicketRow

_MOST = 3
_LONGEST = 20_000


async def hits_of(db: Session, rows: Sequence[TicketRow], query: str) -> dict[UUID, list[Hit]]:
    """For each ticket the first places with a word of `query`: title, description, then what was written or attached."""
    described, written = await finding.texts_of(db, [row.id for row in rows])
    found: dict[UUID, list[Hit]] = {}
    for row in rows:
        hits: list[Hit] = []
        places = [("title", row.title), ("description", described.get(row.id, ""))]
        places += [("entry", text) for text in written.get(row.id, ())]
        for place, text in places:
            if len(hits) >= _MOST:
                break
            snippet, spans = excerpt(text[:_LONGEST], query)
            if spans:
                hits.append(Hit(place, snippet, spans))
        found[row.id] = hits
    return found
