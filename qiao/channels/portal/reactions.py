"""Who opened a request in the portal is told by mail what is said in it. What a reader opened follows them into another
record; their sign-in finds it by itself."""

from qiao.channels.portal.jobs import TOLD
from qiao.channels.portal.models import PortalSuggestionRow
from qiao.core import jobs, mail
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.events import TicketCommented
from qiao.people.customers.following import follow

follow(PortalSuggestionRow.customer_id)


def _ours(envelope: Envelope) -> bool:
    return bool(envelope.payload["public"]) and envelope.payload["author_kind"] != "customer"


@on_commit(TicketCommented, name="portal.answers", retries=5, when=_ours)
async def tell(db: Session, fact: TicketCommented, envelope: Envelope) -> None:
    """Requests from elsewhere are answered where they came from."""
    if not mail.can_send(runtime_of(db).settings):
        return
    ticket = await tickets.facts(db, fact.ticket_id)
    if ticket is not None and ticket.source == "portal" and ticket.customer_id is not None:
        await jobs.enqueue(db, Actor.system(), TOLD, {"entry_id": str(fact.entry_id)})
