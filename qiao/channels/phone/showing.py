"""Calls and call-backs as people may see them: a page of them in a handful of queries."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement

from qiao.channels.phone import callbacks, numbers, promising, repository
from qiao.channels.phone.models import Attempt, Call, Callback
from qiao.channels.phone.schemas import (
    AttemptView,
    CallbackOffer,
    CallbackView,
    CallView,
    Candidate,
    CustomerPromise,
    InboxName,
    OpenTicket,
    PastConversation,
    Person,
    Pop,
    Slot,
)
from qiao.channels.phone.settings import PhoneSettings
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.inboxes import service as inboxes
from qiao.desk.routing import service as routing
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import own_id
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef
from qiao.people.personal import mask_phone

RECENT: Final = timedelta(hours=12)
AFTERWARDS: Final = timedelta(minutes=3)
"""How long an ended call stays at one's telephone, for its wrap-up."""
_OPEN: Final = frozenset({"new", "open", "pending", "on_hold"})


async def _people(db: Session, ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    wanted = {one for one in ids if one is not None}
    found = await accounts.people(db, wanted) if wanted else {}
    return {key: Person(id=key, name=one.name, avatar_url=one.avatar_url) for key, one in found.items()}


def shown_number(actor: Actor, number: str | None) -> str | None:
    """In full for those who may reveal contact data."""
    return number if actor.may("customers.reveal") else mask_phone(number)


# -- calls -----------------------------------------------------------------------------------------------------------


async def calls(db: Session, actor: Actor, rows: Sequence[Call]) -> list[CallView]:
    """In the order given."""
    lines = await inboxes.refs(db, {row.inbox_id for row in rows})
    people = await _people(db, (row.user_id for row in rows))
    known = await customers.refs(db, {row.customer_id for row in rows if row.customer_id is not None})
    return [_call(row, actor, lines[row.inbox_id].name, people, known) for row in rows]


def _call(row: Call, actor: Actor, line: str, people: dict[UUID, Person], known: dict[UUID, CustomerRef]) -> CallView:
    return CallView(
        id=row.id,
        inbox=InboxName(id=row.inbox_id, name=line),
        direction=row.direction,
        state=row.state,
        number=shown_number(actor, row.number),
        caller_name=row.caller_name,
        line=row.line,
        customer=known.get(row.customer_id) if row.customer_id else None,
        sure=row.sure,
        conversation_id=row.conversation_id,
        user=people.get(row.user_id) if row.user_id else None,
        extension=row.extension,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        wait_s=row.wait_s,
        talk_s=row.talk_s,
        held_s=row.held_s,
        hung_up_by=row.hung_up_by,
        reason=row.reason,
        transfers=row.transfers,
        has_recording=row.recording is not None,
        has_voicemail=row.voicemail is not None,
        callback_id=row.callback_id,
        version=row.version,
    )


async def missed_in(db: Session, actor: Actor) -> list[UUID]:
    """Lines whose missed calls concern the actor: those of their queues, and of none."""
    found = await inboxes.everything(db)
    return [
        one.id for one in found if one.channel == "phone" and (one.queue_id is None or one.queue_id in actor.queue_ids)
    ]


async def obtain(db: Session, actor: Actor, call_id: UUID, *, lock: bool = False) -> Call:
    """A call the actor may see, also where they see its conversation. Raises NotFound."""
    row = await repository.call(db, call_id, lock=lock)
    if row is None:
        raise NotFound("phone.call_not_found")
    if actor.may("conversations.view_all") or actor.id == row.user_id or actor.id in row.rang:
        return row
    if row.state in ("missed", "abandoned") and row.inbox_id in await missed_in(db, actor):
        return row
    if row.conversation_id is not None:
        await conversations.require_visible(db, actor, row.conversation_id)
        return row
    raise NotFound("phone.call_not_found")


async def call_page(
    db: Session, actor: Actor, conditions: list[ColumnElement[bool]], cursor: str | None, limit: int
) -> tuple[list[CallView], str | None]:
    """Newest first."""
    conditions = [repository.calls_of(actor, await missed_in(db, actor)), *conditions]
    after = decode_cursor(cursor, tuple[datetime, UUID])
    rows = await repository.calls(db, conditions, after, limit + 1)
    following = encode_cursor(rows[limit - 1].started_at, rows[limit - 1].id) if len(rows) > limit else None
    return await calls(db, actor, rows[:limit]), following


async def at_my_telephone(db: Session, actor: Actor) -> list[Pop]:
    """What rings at the actor's telephone, who they speak with, and whom they have just spoken with."""
    now = clock.now()
    rows = await repository.live_at(db, own_id(actor), now - RECENT, now - AFTERWARDS)
    views = await calls(db, actor, rows)
    pops = []
    for row, view in zip(rows, views, strict=True):
        if view.customer is not None and view.customer.blocked and row.state == "ringing":
            continue  # somebody the company does not speak with: it is on record, and asks nobody for attention
        pops.append(Pop(call=view, candidates=await candidates(db, actor, row)))
    return pops


async def candidates(db: Session, actor: Actor, row: Call) -> list[Candidate]:
    """Everybody it may be, the likeliest first, with what one wants to know at a glance."""
    found = await customers.by_phone(db, numbers.variants(row.number)) if row.number else []
    if row.customer_id is not None:
        chosen = [one for one in found if one[0].id == row.customer_id]
        if not chosen:
            chosen = [(await customers.ref(db, row.customer_id), row.started_at)]
        rest = [] if row.sure else [one for one in found if one[0].id != row.customer_id]
        found = [*chosen, *rest]
    shown = []
    for customer, seen in found:
        past = await conversations.of_customer(db, actor, customer.id, 4)
        own = await tickets.of_customer(db, actor, customer.id, 20) if _handles_tickets(actor) else []
        shown.append(
            Candidate(
                customer=customer,
                last_seen_at=seen,
                conversations=[
                    PastConversation(
                        id=one.id,
                        number=one.number,
                        channel=one.inbox.channel,
                        inbox=one.inbox.name,
                        status=one.status,
                        preview=one.last_message.preview if one.last_message else "",
                        at=one.last_message.at if one.last_message else one.created_at,
                    )
                    for one in past
                    if one.id != row.conversation_id
                ][:3],
                tickets=[
                    OpenTicket(ref=one.ref, title=one.title, status=one.status, due_at=one.due_at)
                    for one in own
                    if one.status in _OPEN
                ][:3],
            )
        )
    return shown


def _handles_tickets(actor: Actor) -> bool:
    return actor.may("tickets.handle") or actor.may("tickets.view_all")


# -- call-backs ------------------------------------------------------------------------------------------------------


async def callback_views(db: Session, actor: Actor, rows: Sequence[Callback]) -> list[CallbackView]:
    """In the order given, each with its attempts."""
    lines = await inboxes.refs(db, {row.inbox_id for row in rows})
    tries = await repository.attempts(db, [row.id for row in rows])
    people = await _people(
        db,
        [one for row in rows for one in (row.assignee_id, row.promised_by)]
        + [one.user_id for found in tries.values() for one in found],
    )
    known = await customers.refs(db, {row.customer_id for row in rows})
    now = clock.now()
    return [
        CallbackView(
            id=row.id,
            inbox=InboxName(id=row.inbox_id, name=lines[row.inbox_id].name),
            source=row.source,
            customer=known[row.customer_id],
            number=shown_number(actor, row.number) or "",
            topic=row.topic,
            conversation_id=row.conversation_id,
            assignee=people.get(row.assignee_id) if row.assignee_id else None,
            promised_by=people.get(row.promised_by) if row.promised_by else None,
            state=row.state,
            waiting_since=row.waiting_since,
            promised_from=row.promised_from,
            promised_until=row.promised_until,
            next_at=row.next_at,
            waiting=row.state == "open" and row.next_at <= now,
            attempts=row.attempts,
            attempts_most=row.attempts_most,
            history=[_attempt(one, people) for one in tries.get(row.id, [])],
            outcome=row.outcome,
            broken=row.broken_at is not None,
            broken_at=row.broken_at,
            closed_at=row.closed_at,
            created_at=row.created_at,
            version=row.version,
        )
        for row in rows
    ]


def _attempt(row: Attempt, people: dict[UUID, Person]) -> AttemptView:
    who = people.get(row.user_id) if row.user_id else None
    return AttemptView(id=row.id, at=row.at, user=who, outcome=row.outcome, note=row.note)


async def callback_view(db: Session, actor: Actor, row: Callback) -> CallbackView:
    return (await callback_views(db, actor, [row]))[0]


async def callback_page(
    db: Session,
    actor: Actor,
    *,
    which: str,
    mine: bool,
    customer_id: UUID | None,
    conversation_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[CallbackView], str | None]:
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if conversation_id is not None:
        await conversations.require_visible(db, actor, conversation_id)
    rows = await repository.callbacks(
        db, actor, which=which, mine=mine, customer_id=customer_id, conversation_id=conversation_id, after=after,
        limit=limit + 1,
    )  # fmt: skip
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        place: Any = {"open": last.waiting_since, "broken": last.broken_at}.get(which, last.closed_at)
        following = encode_cursor(place, last.id)
    return await callback_views(db, actor, rows[:limit]), following


async def offer(db: Session, customer_id: UUID | None) -> CallbackOffer:
    """What a customer may choose from, and what has been promised them."""
    inbox = await callbacks.line(db)
    row = await repository.open_of_customer(db, customer_id) if customer_id is not None else None
    if inbox is None:
        return CallbackOffer(available=False, timezone="UTC", soonest=None, slots=[], current=None)
    calendar = await callbacks.calendar_of(db, inbox)
    now = clock.now()
    first = promising.soonest(calendar, now, PhoneSettings.model_validate(inbox.plain).promise_minutes)
    zone = await callbacks.timezone_of(db, inbox)
    return CallbackOffer(
        available=first is not None,
        timezone=zone,
        soonest=Slot(start=first[0], end=first[1]) if first is not None else None,
        slots=[Slot(start=start, end=end) for start, end in promising.slots(calendar, now)],
        current=await promised(db, row, zone) if row is not None else None,
    )


async def promised(db: Session, row: Callback, timezone: str) -> CustomerPromise:
    """A promise as its customer sees it."""
    waiting = row.conversation_id if row.state == "open" and row.queued_at is not None else None
    place = await routing.place(db, waiting) if waiting is not None else None
    return CustomerPromise(
        id=row.id,
        state=row.state,
        number=mask_phone(row.number) or "",
        promised_from=row.promised_from,
        promised_until=row.promised_until,
        timezone=timezone,
        attempts=row.attempts,
        place=place.place if place is not None else None,
    )
