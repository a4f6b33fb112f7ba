"""Letters that become tickets: the first one a ticket, what answers it a comment there, what staff say a mail again.

Only the customer of a ticket speaks in it by mail. Whoever else answers (a colleague of theirs, one of us) says something
staff reads as a note: who a mail says it is from proves nothing. A machine begins no ticket, and what it answers is a note,
too: it moves nothing, so nothing answers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import health, taking
from qiao.channels.contract.endpoints import Place
from qiao.channels.contract.messages import Incoming, Receipt
from qiao.channels.email.compose import Previous
from qiao.channels.email.connecting import read_settings
from qiao.channels.email.models import EmailTicket, EmailTicketThread
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.core.runtime import Runtime
from qiao.desk.blocking import service as blocking
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TITLE_LIMIT, TicketCreate, TicketFacts
from qiao.people.accounts import service as accounts
from qiao.people.customers.schemas import CustomerRef
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
SYSTEM: Final = Actor.system()
MOST_COPIES: Final = 20
_NAME_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter whose sender and place are known."""

    place: Place
    incoming: Incoming
    customer: CustomerRef
    mail: dict[str, Any]

    @property
    def client_id(self) -> str:
        return f"mail:{self.incoming.client_id}"[:160]

    @property
    def writer(self) -> str:
        sender = self.mail.get("from") or {}
        return f"{sender.get('name') or self.customer.name} <{sender.get('address') or ''}>"


class TicketTaker:
    """Takes what belongs to tickets out of what arrives; everything else becomes a conversation."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime

    async def take(self, place: Place, incoming: Incoming) -> bool:
        """Whether the letter is in a ticket now. Taking it twice is taking it once."""
        if incoming.sender is None:
            return False
        runtime, inbox_id = self._runtime, place.inbox.id
        mail = incoming.payload.get("mail") or {}
        async with runtime.db.read() as db:
            if await tickets.by_key(db, _key(inbox_id, incoming)) is not None:
                return True
            ticket = await _known(db, inbox_id, incoming.threads)
            if ticket is None:
                goes_on = await taking.known_thread(db, inbox_id, incoming.threads)
                if not read_settings(place.endpoint.settings).ticket_type or mail.get("automatic") or goes_on:
                    return False
        customer = await taking.customer_of(runtime, place, incoming.sender, incoming.locale)
        address = incoming.sender.address
        verdict = await blocking.verdict(runtime, inbox_id, address, customer.id, blocked=customer.blocked)
        if verdict == "refuse":
            return True
        if verdict in ("keep", "fold"):
            return False  # held back there, as every letter of theirs
        letter = _Letter(place, incoming, customer, mail)
        if ticket is not None and await self._answered(letter, ticket):
            return True
        return await self._opened(letter, ticket)

    async def bounced(self, place: Place, receipt: Receipt) -> bool:
        """Whether a report is about a letter of a ticket; one that never arrived is noted there."""
        if receipt.state != "failed":
            return False
        code = receipt.code or "channels.refused.provider"

        async def note(db: Session) -> bool:
            ticket = await _known(db, place.inbox.id, (receipt.remote_id,))
            if ticket is not None:
                await tell_undelivered(db, ticket.id, code, {"detail": receipt.detail})
            return ticket is not None

        return await self._runtime.db.run(note)

    async def _answered(self, letter: _Letter, ticket: TicketFacts) -> bool:
        own = letter.customer.id == ticket.customer_id and not letter.mail.get("automatic")
        writer = Actor(kind="customer", id=letter.customer.id, name=letter.customer.name) if own else SYSTEM
        body, files = await self._content(letter, writer)
        if not own:
            body = i18n.t("email.ticket.wrote", ticket.locale, writer=letter.writer) + "\n\n" + body

        async def say(db: Session) -> None:
            await tickets.comment(db, writer, ticket.id, body=body, public=own, files=files, client_id=letter.client_id)
            await _remember(db, letter, ticket.id, own=own)

        try:
            await self._runtime.db.run(say)
        except Refused:
            return False  # over: what they write now is about something new
        return True

    async def _opened(self, letter: _Letter, earlier: TicketFacts | None) -> bool:
        settings = read_settings(letter.place.endpoint.settings)
        if not settings.ticket_type or letter.mail.get("automatic"):
            return False
        body, files = await self._content(letter, SYSTEM)
        subject = " ".join(str(letter.mail.get("subject") or "").split()) or body.strip().partition("\n")[0]
        locale = i18n.match_locale(letter.incoming.locale or letter.customer.locale)
        create = TicketCreate(
            type_key=settings.ticket_type,
            title=(subject or i18n.t("email.ticket.untitled", locale))[:TITLE_LIMIT],
            description=body,
            customer_id=letter.customer.id,
            source="mail",
            channel="email",
            locale=locale,
            key=_key(letter.place.inbox.id, letter.incoming),
            files=files,
        )

        async def open_one(db: Session) -> None:
            ticket_id = await tickets.begin(db, SYSTEM, create)
            await _remember(db, letter, ticket_id, own=True)
            copied = await _colleagues(db, letter)
            if copied:
                await tickets.involve(db, SYSTEM, ticket_id, users=copied, reason="watcher", watching=True)
            if earlier is not None:
                await tickets.link(db, SYSTEM, ticket_id, earlier.id)

        try:
            await self._runtime.db.run(open_one)
        except Invalid as invalid:
            # The type is gone or asks for what no letter says: a conversation loses nothing.
            logger.warning(
                "letter_made_no_ticket",
                inbox_id=str(letter.place.inbox.id),
                fields=[f"{one.field}: {one.code}" for one in invalid.fields],
            )
            return False
        return True

    async def _content(self, letter: _Letter, owner: Actor) -> tuple[str, list[UUID]]:
        """Its words, and its files taken in for `owner`."""
        _, body, payload, _ = await taking.content(self._runtime, letter.place, letter.incoming, owner)
        found = payload.get("attachments")
        return body, [UUID(str(one["file_id"])) for one in (found if isinstance(found, list) else [])][:20]


def _key(inbox_id: UUID, incoming: Incoming) -> str:
    """What makes a letter begin one ticket only, however often it is taken."""
    return f"mail:{inbox_id}:{incoming.client_id}"[:160]


async def _known(db: Session, inbox_id: UUID, names: Sequence[str]) -> TicketFacts | None:
    """The ticket of the first of `names` that is known, or the one it became part of."""
    wanted = [name[:_NAME_LIMIT] for name in names]
    query = select(EmailTicketThread.name, EmailTicketThread.ticket_id).where(
        EmailTicketThread.inbox_id == inbox_id, EmailTicketThread.name.in_(wanted)
    )
    known = {row[0]: row[1] for row in await db.execute(query)}
    ticket_id = next((known[name] for name in wanted if name in known), None)
    ticket = await tickets.facts(db, ticket_id) if ticket_id is not None else None
    for _ in range(5):
        if ticket is None or ticket.merged_into_id is None:
            break
        ticket = await tickets.facts(db, ticket.merged_into_id)
    return ticket


async def remember_names(db: Session, inbox_id: UUID, ticket_id: UUID, names: Sequence[str]) -> None:
    """From now on these names mean this ticket."""
    rows = [
        {"inbox_id": inbox_id, "name": name[:_NAME_LIMIT], "ticket_id": ticket_id, "at": clock.now()}
        for name in dict.fromkeys(names)
        if name
    ]
    if rows:
        statement = insert(EmailTicketThread).values(rows)
        await db.execute(
            statement.on_conflict_do_update(
                index_elements=["inbox_id", "name"], set_={"ticket_id": statement.excluded.ticket_id}
            )
        )


async def _remember(db: Session, letter: _Letter, ticket_id: UUID, *, own: bool) -> None:
    incoming, mail, inbox_id = letter.incoming, letter.mail, letter.place.inbox.id
    await remember_names(db, inbox_id, ticket_id, (*incoming.threads[:1], *incoming.begins))
    if own and incoming.sender is not None:
        sender = mail.get("from") or {}
        values = {
            "inbox_id": inbox_id,
            "address": incoming.sender.address[:254],
            "name": str(sender.get("name") or "")[:120],
            "subject": str(mail.get("subject") or "")[:300],
            "words": incoming.body[:4000],
            "message_id": str(mail.get("message_id") or "")[:200],
            "received_as": mail.get("received_as"),
            "answers_to": list(mail.get("answers_to") or [])[:5],
            "at": incoming.at or clock.now(),
        }
        statement = insert(EmailTicket).values(ticket_id=ticket_id, **values)
        await db.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=values))
    await health.came_in(db, inbox_id)


async def _colleagues(db: Session, letter: _Letter) -> list[UUID]:
    """Those who got a copy and work here."""
    copies = [*(letter.mail.get("to") or []), *(letter.mail.get("cc") or [])]
    addresses = [str(one.get("address") or "").lower() for one in copies][:MOST_COPIES]
    return await accounts.ids_of_emails(db, [one for one in addresses if one])


async def previous_of(db: Session, ticket_id: UUID) -> tuple[EmailTicket, Previous] | None:
    """The customer's latest letter of a ticket; None for a ticket that is held otherwise."""
    row = await db.scalar(select(EmailTicket).where(EmailTicket.ticket_id == ticket_id))
    if row is None:
        return None
    place = ZoneInfo((await organization.get_workspace(db)).timezone)
    return row, Previous(
        subject=row.subject,
        name=row.name,
        address=row.address,
        body=row.words,
        at=row.at.astimezone(place),
        received_as=row.received_as,
        message_id=row.message_id,
        answers_to=tuple(row.answers_to),
    )


async def names_of(db: Session, ticket_id: UUID) -> tuple[str, ...]:
    """The newest names of a ticket's exchange, oldest first."""
    query = select(EmailTicketThread.name).where(EmailTicketThread.ticket_id == ticket_id)
    newest = await db.execute(query.order_by(EmailTicketThread.at.desc(), EmailTicketThread.name).limit(20))
    return tuple(reversed(list(newest.scalars())))


async def tell_undelivered(db: Session, ticket_id: UUID, code: str, params: dict[str, Any]) -> None:
    """A line in the timeline: the customer has not got what was said, and why."""
    reason = {one: i18n.t(f"errors.{code}", one, **params) for one in i18n.LOCALES}
    await tickets.note_event(db, SYSTEM, ticket_id, "mail.undelivered", {"why": reason})


async def follow_merge(db: Session, ticket_id: UUID, into_id: UUID) -> None:
    """The exchange of a merged ticket goes on in the other one, unless that is held by mail itself."""
    await db.execute(
        update(EmailTicketThread).where(EmailTicketThread.ticket_id == ticket_id).values(ticket_id=into_id)
    )
    if await db.scalar(select(EmailTicket.ticket_id).where(EmailTicket.ticket_id == into_id)) is None:
        await db.execute(update(EmailTicket).where(EmailTicket.ticket_id == ticket_id).values(ticket_id=into_id))
