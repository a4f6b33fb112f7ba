"""What is said to the customer in a ticket held by mail leaves as a mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from qiao.channels.contract.channel import DeliveryRefused
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.email import ticketing
from qiao.channels.email.adapter import MailAdapter
from qiao.channels.email.models import EmailTicket
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.events import TicketCommented, TicketMerged

logger = structlog.get_logger(__name__)


class TicketMail(MailAdapter):
    """The adapter as tickets use it: what is answered is the customer's latest letter of the ticket."""


def _leaves(envelope: Envelope) -> bool:
    return bool(envelope.payload["public"]) and envelope.payload["author_kind"] != "customer"


@on_commit(TicketCommented, name="email.tickets", retries=10, when=_leaves)
async def answer(db: Session, fact: TicketCommented, envelope: Envelope) -> None:
    """Sends it once: its Message-ID is the same on every try, and known afterwards."""
    runtime = runtime_of(db)
    async with runtime.db.read() as own:
        held = await ticketing.previous_of(own, fact.ticket_id)
        if held is None:  # not held by mail, as most
            return
        ticket = await tickets.facts(own, fact.ticket_id)
        entry = await tickets.entry(own, fact.entry_id)
        names = await ticketing.names_of(own, fact.ticket_id)
    if ticket is None or entry is None:
        return
    row, _ = held
    if f"ticket:{entry.id}" in names:
        return
    try:
        place = await Endpoints.of(runtime).get(row.inbox_id, fresh=True)
    except NotFound:
        return
    adapter = runtime.get(TicketMail)
    if not adapter.configured(place.endpoint.settings):
        return
    payload = _payload(row, ticket.id, ticket.ref, ticket.locale, names, entry.seq, entry.created_at)
    payload["author"] = {"kind": entry.author.kind, "name": entry.author.name}
    payload["body"], payload["files"] = entry.body, entry.payload.get("files") or []
    try:
        # No transaction is open here: `db` has not been used, so a slow mail server holds no connection of ours.
        sent = await adapter.deliver(place.endpoint, entry.id, payload)
    except DeliveryRefused as refusal:
        await ticketing.tell_undelivered(db, ticket.id, refusal.code, dict(refusal.params))
        return
    await ticketing.remember_names(db, row.inbox_id, ticket.id, (f"ticket:{entry.id}", *sent.threads))


@on_commit(TicketMerged, name="email.tickets_merged", retries=5)
async def merged(db: Session, fact: TicketMerged, envelope: Envelope) -> None:
    await ticketing.follow_merge(db, fact.ticket_id, fact.into_id)


def _payload(
    row: EmailTicket, ticket_id: UUID, ref: str, locale: str, names: tuple[str, ...], seq: int, at: datetime
) -> dict[str, Any]:
    """What the adapter makes a mail of, as `channel.render` makes it of a message."""
    return {
        "to": row.address,
        "conversation": {"id": str(ticket_id), "number": ref},
        "seq": seq,
        "at": at.isoformat(),
        "locale": locale,
        "subject": None,
        "recipients": {"to": [], "cc": [], "bcc": []},
        "threads": list(names),
    }
