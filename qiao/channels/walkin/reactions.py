"""What the counter does on others' events: sites of new inboxes, what happens to a visit's conversation elsewhere, text
messages to whom they promise to."""

from uuid import UUID, uuid5

import structlog

from qiao.channels.contract.channel import Channels, DeliveryRefused, Endpoint
from qiao.channels.contract.messages import Outbound
from qiao.channels.walkin import repository
from qiao.channels.walkin.channel import NAME
from qiao.channels.walkin.events import VisitMoved, VisitNear
from qiao.channels.walkin.models import AppointmentRow, VisitRow
from qiao.channels.walkin.policy import LIVE, Move, State
from qiao.channels.walkin.service import desk, sites, visits
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Refused
from qiao.core.events import Envelope, in_transaction
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationQueued,
    ConversationResolved,
)
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.events import InboxCreated
from qiao.people.customers.following import follow
from qiao.people.organization import service as organization
from qiao.people.organization.events import CalendarChanged

logger = structlog.get_logger(__name__)
follow(VisitRow.customer_id, shown="visits")
follow(AppointmentRow.customer_id)


@in_transaction(InboxCreated)
async def make_site(db: Session, fact: InboxCreated, envelope: Envelope) -> None:
    """An inbox of this channel is a site, however it was made."""
    if fact.channel == NAME:
        await sites.ensure(db, fact.inbox_id)


@in_transaction(CalendarChanged)
async def keep_hours(db: Session, fact: CalendarChanged, envelope: Envelope) -> None:
    """Hours that a service keeps stay: without them numbers would be given all night. Raises Refused."""
    if await organization.find_calendar(db, fact.calendar_id) is None:
        for service in await repository.services_of_calendar(db, fact.calendar_id):
            raise Refused("walkin.calendar_in_use", prefix=service.prefix)


# -- what others do to the conversation --------------------------------------------------------------------------------


async def _visit(db: Session, envelope: Envelope) -> VisitRow | None:
    """The visit of an event's conversation, unless it was moved by this room itself."""
    if envelope.conversation_id is None or visits.by_own_hand(db):
        return None
    found = await repository.visit_by(db, VisitRow.conversation_id == envelope.conversation_id)
    if found is None:
        return None
    await status_lock(db)
    return await repository.visit(db, found.id, lock=True)


@in_transaction(ConversationAssigned)
async def note_assigned(db: Session, fact: ConversationAssigned, envelope: Envelope) -> None:
    """Somebody took it in the inbox, or got it by transfer: whoever is responsible has called them."""
    row = await _visit(db, envelope)
    if row is None:
        return
    counter = await repository.counter_of(db, fact.user_id)
    free = (
        counter is not None and counter.site_id == row.site_id and await repository.at_counter(db, counter.id) is None
    )
    before = State(row.state)
    if before is State.WAITING or (before is State.MISSED and row.return_by is not None):
        visits.step(row, Move.CALL)
        row.called_at = clock.now()
        row.first_called_at = row.first_called_at or row.called_at
        row.calls, row.return_by, row.wanted_counter_id = 1, None, None
        row.counter_id = counter.id if counter is not None and free else None
        row.staff_id = fact.user_id
        await visits.announce(db, Actor.system(), row, "call", before)
    elif before in LIVE and row.staff_id != fact.user_id:
        row.staff_id = fact.user_id
        if before in (State.CALLED, State.SERVING):
            row.counter_id = counter.id if counter is not None and free else None
        await visits.announce(db, Actor.system(), row, "reassign", before)


@in_transaction(ConversationQueued)
async def note_queued(db: Session, fact: ConversationQueued, envelope: Envelope) -> None:
    """Back in line (its agent is gone, it was passed to a queue): they wait at their place."""
    row = await _visit(db, envelope)
    if row is None or row.state not in (State.CALLED, State.SERVING, State.PARKED):
        return
    before = visits.step(row, Move.RELEASE)
    if before is State.SERVING:
        row.served_s += visits.seconds_since(row.started_at)
    row.counter_id = row.staff_id = row.started_at = None
    await visits.announce(db, Actor.system(), row, "release", before)


@in_transaction(ConversationResolved)
async def note_resolved(db: Session, fact: ConversationResolved, envelope: Envelope) -> None:
    """Settled in the inbox: served, if they were called; otherwise they need not come any more."""
    row = await _visit(db, envelope)
    if row is None:
        return
    before = State(row.state)
    if before in (State.CALLED, State.SERVING, State.PARKED):
        visits.step(row, Move.END)
        desk.finish(row, before)
        await visits.announce(db, Actor.system(), row, "end", before)
    else:
        await _over(db, row, before)


@in_transaction(ConversationClosed)
async def note_closed(db: Session, fact: ConversationClosed, envelope: Envelope) -> None:
    row = await _visit(db, envelope)
    if row is None:
        return
    before = State(row.state)
    if before is State.SERVING:
        visits.step(row, Move.END)
        desk.finish(row, before)
        await visits.announce(db, Actor.system(), row, "end", before)
    else:
        await _over(db, row, before)


async def _over(db: Session, row: VisitRow, before: State) -> None:
    if before in LIVE or row.return_by is not None:
        visits.step(row, Move.CANCEL)
        row.ended_at, row.return_by = clock.now(), None
        await visits.announce(db, Actor.system(), row, "cancel", before)


# -- telling visitors --------------------------------------------------------------------------------------------------

_MESSAGES = UUID("6f6a2f0e-6d0b-5c0e-9a53-2a3f1c7f8b11")
"""Name space of text messages: the same message has the same id on every try."""


@on_commit(VisitNear, name="walkin.tell_near")
async def tell_near(db: Session, fact: VisitNear, envelope: Envelope) -> None:
    """By text message, to who left a number, where an inbox sends them. The visitor's page shows it in any case."""
    await _text(db, fact.visit_id, "near", ("waiting",), ahead=fact.ahead)


@on_commit(VisitMoved, name="walkin.tell_called", when=lambda envelope: envelope.payload["move"] == "call")
async def tell_called(db: Session, fact: VisitMoved, envelope: Envelope) -> None:
    await _text(db, fact.visit_id, "called", ("called",), counter_id=fact.counter_id)


async def _text(
    db: Session, visit_id: UUID, what: str, states: tuple[str, ...], *, ahead: int = 0, counter_id: UUID | None = None
) -> None:
    runtime = runtime_of(db)
    row = await repository.visit(db, visit_id)
    channel = Channels.of(runtime).find("sms")
    if row is None or row.phone is None or row.state not in states or channel is None or channel.adapter is None:
        return
    sender = next((one for one in await inboxes.everything(db) if one.channel == "sms" and one.active), None)
    if sender is None or not channel.adapter.configured(sender.plain):
        return
    site = await sites.get(db, row.site_id)
    counter = await repository.counter(db, counter_id) if counter_id is not None else None
    endpoint = Endpoint(
        inbox_id=sender.id,
        settings=sender.plain,
        secret=await inboxes.secret_of(db, sender.id),
        key=sender.key,
        name=sender.name,
        credentials=await inboxes.credentials_of(db, sender.id),
        public_url=runtime.settings.public_url,
    )
    facts = await conversations.facts(db, row.conversation_id)
    message_id = uuid5(_MESSAGES, f"{row.id}:{what}:{row.called_at if what == 'called' else ''}")
    body = i18n.t(
        f"walkin.sms.{what}" if counter is not None or what != "called" else "walkin.sms.called_desk",
        row.locale,
        site=site.title.text(row.locale),
        code=row.code,
        ahead=ahead,
        counter=counter.name if counter is not None else "",
        url=f"{runtime.settings.public_url}/walkin/visit/{row.secret}",
    )
    outbound = Outbound(
        id=message_id,
        conversation_id=row.conversation_id,
        conversation_number=facts.number if facts is not None else 0,
        seq=0,
        author_kind="system",
        author_name=None,
        kind="text",
        body=body,
        payload={},
        created_at=clock.now(),
        address=row.phone,
        locale=row.locale,
    )
    try:
        await channel.adapter.deliver(endpoint, message_id, channel.render(outbound))
    except DeliveryRefused as refused:
        logger.info("walkin_text_refused", code=refused.code)
