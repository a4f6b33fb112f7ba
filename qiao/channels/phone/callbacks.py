"""The verbs of call-back requests: promising, putting before people, trying, keeping or breaking the promise."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from qiao.channels.phone import cards, conversing, numbers, promising, repository
from qiao.channels.phone.events import CallbackChanged
from qiao.channels.phone.models import Attempt, Call, Callback
from qiao.channels.phone.schemas import AttemptBody, CallbackCreate, PbxCallback, RescheduleBody
from qiao.channels.phone.settings import PhoneSettings
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.notifications import service as notifications
from qiao.people.organization import service as organization
from qiao.people.organization.hours import Calendar

SYSTEM: Final = Actor.system()
RETRIED: Final = frozenset({"no_answer", "busy", "voicemail"})
LONGEST_WAIT: Final = timedelta(days=1)


async def calendar_of(db: Session, inbox: InboxView) -> Calendar | None:
    return await organization.find_calendar(db, inbox.calendar_id) if inbox.calendar_id is not None else None


async def timezone_of(db: Session, inbox: InboxView) -> str:
    """The zone in which promises of this line are said."""
    calendar = await calendar_of(db, inbox)
    return calendar.timezone if calendar is not None else (await organization.get_workspace(db)).timezone


async def line(db: Session, inbox_id: UUID | None = None) -> InboxView | None:
    """The phone line promises are kept by: the given one, else the oldest that takes requests of customers."""
    for inbox in await inboxes.everything(db):
        if inbox.channel != "phone" or not inbox.active:
            continue
        if inbox.id == inbox_id or (inbox_id is None and PhoneSettings.model_validate(inbox.plain).offers_callbacks):
            return inbox
    return None


# -- promising -------------------------------------------------------------------------------------------------------


async def promise(
    db: Session,
    actor: Actor,
    inbox: InboxView,
    *,
    key: str,
    source: str,
    customer_id: UUID,
    number: str,
    topic: str = "",
    waiting_since: datetime | None = None,
    window: promising.Window | None = None,
    conversation_id: UUID | None = None,
    assignee_id: UUID | None = None,
    card: bool = True,
) -> Callback:
    """Writes a promise down. The same `key` gives the first one; a customer's second wish while one is open, too."""
    await status_lock(db)
    known = await repository.callback_by_key(db, inbox.id, key)
    if known is None and source == "customer":
        # Whoever types a number has not proved that it is theirs: another person's promise is none of their business.
        known = await repository.open_of_customer(db, customer_id)
    elif known is None and source != "agent":
        known = await repository.open_of_number(db, inbox.id, number)
    if known is not None:
        return known
    now = clock.now()
    settings = PhoneSettings.model_validate(inbox.plain)
    window = window or promising.soonest(await calendar_of(db, inbox), now, settings.promise_minutes)
    if window is None:
        raise Refused("phone.never_open")
    customer = await customers.ref(db, customer_id)
    row = Callback(
        id=new_id(),
        inbox_id=inbox.id,
        key=key,
        source=source,
        customer_id=customer_id,
        number=number,
        topic=topic,
        conversation_id=conversation_id,
        queue_id=inbox.queue_id,
        assignee_id=assignee_id,
        promised_by=actor.id if actor.kind == "user" else None,
        state="open",
        waiting_since=min(now, max(waiting_since or now, now - LONGEST_WAIT)),
        promised_from=window[0],
        promised_until=window[1],
        next_at=window[0],
        attempts=0,
        attempts_most=settings.attempts,
        gap_minutes=settings.attempt_gap_minutes,
        locale=customer.locale or (await organization.get_workspace(db)).locale,
        version=1,
        created_at=now,
    )
    db.add(row)
    await db.flush()
    await _announce(db, actor, row, "asked")
    if conversation_id is not None and card:
        await _keep_card(db, row)
    if row.next_at <= now:
        await put_forward(db, row)
    return row


async def for_missed(db: Session, inbox: InboxView, call: Call) -> UUID:
    """Nobody answered: the company promises to call back, and the place in line is that of the call."""
    assert call.number is not None and call.customer_id is not None
    row = await promise(
        db,
        SYSTEM,
        inbox,
        key=f"call:{call.external_id}"[:120],
        source="missed",
        customer_id=call.customer_id,
        number=call.number,
        waiting_since=call.started_at,
        conversation_id=call.conversation_id,
    )
    if row.conversation_id != call.conversation_id and call.conversation_id is not None:
        # They called again while a promise was open already: that one stands, this call is on record.
        await conversing.settle(db, call.conversation_id)
    return row.id


async def by_pbx(db: Session, inbox: InboxView, body: PbxCallback) -> Callback:
    """Asked at the telephone. The place in line is kept: it ranks from when they began to wait."""
    number = numbers.canonical(body.number, (await organization.get_settings(db)).phone_region)
    if number is None:
        raise Invalid.field("number", "phone_invalid")
    call = await repository.call_by_external(db, inbox.id, body.call_id) if body.call_id else None
    found = await customers.by_phone(db, numbers.variants(number), 1)
    if call is not None and call.customer_id is not None:
        customer_id = call.customer_id
    else:
        customer_id = found[0][0].id if found else await conversing.customer_for(db, number, body.name)
    return await promise(
        db,
        SYSTEM,
        inbox,
        key=f"pbx:{body.key}"[:120],
        source="pbx",
        customer_id=customer_id,
        number=number,
        topic=body.topic,
        waiting_since=body.waiting_since or (call.started_at if call is not None else None),
    )


async def by_agent(db: Session, actor: Actor, body: CallbackCreate) -> Callback:
    """A colleague gives their word, for themself or for the company."""
    inbox = await line(db, body.inbox_id)
    if inbox is None:
        raise Refused("phone.no_line")
    if body.number:
        number = numbers.canonical(body.number, (await organization.get_settings(db)).phone_region)
    else:
        number = await customers.phone_of(db, body.customer_id)
    if number is None:
        raise Invalid.field("number", "phone_invalid" if body.number else "phone.number_unknown")
    if body.conversation_id is not None:
        facts = await conversations.require_visible(db, actor, body.conversation_id)
        if facts.customer_id != body.customer_id:
            raise Invalid.field("conversation_id", "phone.not_their_conversation")
    window = await _window(body.promised_from, body.promised_until)
    if body.mine and body.assignee_id is not None and body.assignee_id != actor.id:
        raise Invalid.field("assignee_id", "value_invalid")
    assignee = actor.id if body.mine else body.assignee_id
    if assignee is not None and not await accounts.may_handle_conversations(db, assignee):
        raise Invalid.field("assignee_id", "conversation.not_an_agent")
    return await promise(
        db,
        actor,
        inbox,
        key=f"agent:{actor.id}:{body.key}"[:120],
        source="agent",
        customer_id=body.customer_id,
        number=number,
        topic=body.topic,
        window=window,
        conversation_id=body.conversation_id,
        assignee_id=assignee,
    )


async def _window(start: datetime | None, end: datetime | None) -> promising.Window | None:
    if start is None and end is None:
        return None
    now = clock.now()
    start = max(start or now, now)
    if end is None or not start < end:
        raise Invalid.field("promised_until", "phone.window_invalid")
    if end > now + promising.LATEST:
        raise Invalid.field("promised_until", "phone.window_too_far", days=promising.LATEST.days)
    return start, end


# -- before people ---------------------------------------------------------------------------------------------------


async def put_forward(db: Session, row: Callback) -> None:
    """Its time has come: it stands in the queue from when the customer began to wait, or with whoever promised."""
    await status_lock(db)
    facts = await conversations.facts(db, row.conversation_id) if row.conversation_id is not None else None
    if facts is None or facts.status == "closed":
        row.conversation_id = await conversing.begin(db, row.inbox_id, row.customer_id, {})
        row.message_id = None
        facts = await conversations.facts(db, row.conversation_id)
    assert facts is not None and row.conversation_id is not None
    row.queued_at = clock.now()
    if row.assignee_id is not None:
        if facts.status == "resolved":
            await conversations.requeue(db, SYSTEM, row.conversation_id, reason="call_back", keep_place=False)
        if facts.status != "assigned" or facts.assignee_id != row.assignee_id:
            await conversations.assign(db, SYSTEM, row.conversation_id, row.assignee_id, reason="call_back")
        await notifications.tell(
            db, [row.assignee_id], "callback.due", params={"number": str(facts.number)},
            link=f"/inbox/mine/{row.conversation_id}",
        )  # fmt: skip
    elif facts.status == "assigned":
        pass  # somebody speaks with them already: the promise is before their eyes
    elif facts.status != "queued" or facts.channel == "phone":
        await conversations.requeue(
            db, SYSTEM, row.conversation_id, reason="call_back", queue_id=row.queue_id, entered_at=row.waiting_since
        )
    await _keep_card(db, row)
    await _announce(db, SYSTEM, row, "queued")


async def is_due(db: Session, callback_id: UUID) -> None:
    """Puts one forward whose time has come, unless that has been done."""
    await status_lock(db)
    row = await repository.callback(db, callback_id, lock=True)
    if row is None or row.state != "open" or row.queued_at is not None or row.next_at > clock.now():
        return
    await put_forward(db, row)


async def ran_out(db: Session, callback_id: UUID) -> None:
    """The promise is broken: counted, told, and still to be kept."""
    row = await repository.callback(db, callback_id, lock=True)
    now = clock.now()
    if row is None or row.state != "open" or row.broken_at is not None or row.promised_until >= now:
        return
    row.broken_at = now
    row.version += 1
    await db.flush()
    if row.conversation_id is not None:
        await _keep_card(db, row)
    told = {one for one in (row.assignee_id, row.promised_by) if one is not None}
    facts = await conversations.facts(db, row.conversation_id) if row.conversation_id is not None else None
    if facts is not None and facts.assignee_id is not None:
        told.add(facts.assignee_id)
    if told:
        link = f"/inbox/mine/{row.conversation_id}" if row.conversation_id else "/calls/callbacks"
        params = {"number": str(facts.number) if facts is not None else ""}
        await notifications.tell(db, told, "callback.broken", params=params, link=link)
    await _announce(db, SYSTEM, row, "broken")


# -- what people do --------------------------------------------------------------------------------------------------


async def obtain(db: Session, actor: Actor, callback_id: UUID, *, lock: bool = False) -> Callback:
    """A request the actor may see. Raises NotFound."""
    row = await repository.callback(db, callback_id, lock=lock)
    if row is None or not await may_see(db, actor, row):
        raise NotFound("phone.callback_not_found")
    return row


async def may_see(db: Session, actor: Actor, row: Callback) -> bool:
    if actor.kind == "system" or actor.may("conversations.view_all"):
        return True
    if not actor.may("conversations.handle"):
        return False
    if actor.id in (row.assignee_id, row.promised_by):
        return True
    if row.assignee_id is None and (row.queue_id is None or row.queue_id in actor.queue_ids):
        return True
    if row.conversation_id is None:
        return False
    facts = await conversations.facts(db, row.conversation_id)
    return facts is not None and facts.assignee_id == actor.id


async def attempt(db: Session, actor: Actor, callback_id: UUID, body: AttemptBody) -> Callback:
    """Notes a try. Reached: kept. Nobody there: again later, by rule, until it has been tried often enough."""
    await status_lock(db)
    row = await obtain(db, actor, callback_id, lock=True)
    if await repository.attempt_by_client_id(db, row.id, body.client_id) is not None:
        return row
    _still_open(row)
    now = clock.now()
    db.add(
        Attempt(
            id=new_id(), callback_id=row.id, client_id=body.client_id, at=now, user_id=actor.id, outcome=body.outcome,
            note=body.note,
        )
    )  # fmt: skip
    row.attempts += 1
    row.version += 1
    if body.outcome == "reached":
        await _close(db, actor, row, "done", body.note)
        return row
    if body.outcome not in RETRIED or row.attempts >= row.attempts_most:
        await _close(db, actor, row, "failed", body.note)
        return row
    inbox = await inboxes.get(db, row.inbox_id)
    row.next_at = promising.later(await calendar_of(db, inbox), now, row.gap_minutes)
    row.assignee_id = row.assignee_id or actor.id
    await db.flush()
    facts = await conversations.facts(db, row.conversation_id) if row.conversation_id is not None else None
    if facts is not None and facts.status == "assigned" and row.next_at > now:
        # Put aside until then: it comes back by itself, to the same colleague if they are there.
        await conversations.snooze(db, SYSTEM, facts.id, row.next_at)
    if row.conversation_id is not None:
        await _keep_card(db, row)
    await _announce(db, actor, row, "attempted")
    return row


async def reschedule(db: Session, actor: Actor, callback_id: UUID, body: RescheduleBody) -> Callback:
    """Another time was agreed. What was broken stays broken."""
    await status_lock(db)
    row = await obtain(db, actor, callback_id, lock=True)
    _still_open(row)
    window = await _window(body.promised_from, body.promised_until)
    assert window is not None
    before = {"promised_until": row.promised_until.isoformat()}
    row.promised_from, row.promised_until = window
    row.next_at = window[0]
    row.version += 1
    await db.flush()
    now = clock.now()
    facts = await conversations.facts(db, row.conversation_id) if row.conversation_id is not None else None
    if row.next_at > now:
        if facts is not None and facts.status == "assigned":
            await conversations.snooze(db, SYSTEM, facts.id, row.next_at)
        elif facts is not None and facts.status == "queued" and facts.channel == "phone":
            await conversations.resolve(db, SYSTEM, facts.id, reason="call_back_later")
            row.queued_at = None
    if row.conversation_id is not None:
        await _keep_card(db, row)
    changes = {"promised_until": [before["promised_until"], row.promised_until.isoformat()]}
    await audit.record(db, actor, "callback.rescheduled", "callback", row.id, changes)
    await _announce(db, actor, row, "rescheduled")
    return row


async def take(db: Session, actor: Actor, callback_id: UUID) -> Callback:
    """Makes it the actor's own, and puts it before them at once."""
    if not actor.may("conversations.handle"):
        raise Forbidden("permission_missing", permission="conversations.handle")
    await status_lock(db)
    row = await obtain(db, actor, callback_id, lock=True)
    _still_open(row)
    if row.assignee_id is not None and row.assignee_id != actor.id and not actor.may("conversations.monitor"):
        raise Conflict("phone.callback_taken")
    row.assignee_id = actor.id
    row.version += 1
    await db.flush()
    await put_forward(db, row)
    return row


async def finish(db: Session, actor: Actor, callback_id: UUID, state: str, reason: str) -> Callback:
    """`done`: it is settled otherwise. `cancelled`: not wanted any more."""
    await status_lock(db)
    row = await obtain(db, actor, callback_id, lock=True)
    if row.state == state:
        return row
    _still_open(row)
    row.version += 1
    await _close(db, actor, row, state, reason)
    return row


async def cancel_by_customer(db: Session, actor: Actor, row: Callback) -> None:
    """They do not want the call any more."""
    if row.state == "open":
        row.version += 1
        await _close(db, actor, row, "cancelled", "")


async def answered_after_all(db: Session, callback_id: UUID) -> None:
    """The call it was made for was answered: unless somebody has worked on it, nothing is owed."""
    row = await repository.callback(db, callback_id, lock=True)
    if row is not None and row.state == "open" and row.source == "missed" and row.attempts == 0:
        row.version += 1
        row.broken_at = None
        await _close(db, SYSTEM, row, "cancelled", "", ends=False)


async def belongs_to(db: Session, callback_id: UUID, customer_id: UUID) -> None:
    """Somebody said who it was that called."""
    row = await repository.callback(db, callback_id, lock=True)
    if row is not None:
        row.customer_id = customer_id
        row.version += 1
        await db.flush()


def _still_open(row: Callback) -> None:
    if row.state != "open":
        raise Refused("phone.callback_over", state=row.state)


async def _close(db: Session, actor: Actor, row: Callback, state: str, reason: str, *, ends: bool = True) -> None:
    row.state, row.outcome = state, reason
    row.closed_at, row.closed_by = clock.now(), actor.id if actor.kind == "user" else None
    await db.flush()
    if row.conversation_id is not None:
        await _keep_card(db, row)
        facts = await conversations.facts(db, row.conversation_id)
        waits = facts is not None and facts.channel == "phone" and facts.status in ("queued", "snoozed")
        if waits and ends and state == "cancelled":
            await conversing.settle(db, row.conversation_id)
    await _announce(db, actor, row, state)


async def _keep_card(db: Session, row: Callback) -> None:
    assert row.conversation_id is not None
    inbox = await inboxes.get(db, row.inbox_id)
    shown = cards.of_callback(row, await timezone_of(db, inbox))
    if row.message_id is None:
        payload = {"type": "callback", "title": cards.title("callback", row.locale), "callback": shown}
        client_id = f"callback:{row.id}"
        speaker = Actor(kind="system", name=inbox.name)
        view = await conversations.relay(db, speaker, row.conversation_id, Outgoing("card", "", payload, client_id))
        row.message_id = view.id
        await db.flush()
        return
    await conversations.annotate(db, SYSTEM, row.message_id, callback=shown)


async def _announce(db: Session, actor: Actor, row: Callback, change: str) -> None:
    fact = CallbackChanged(callback_id=row.id, inbox_id=row.inbox_id, state=row.state, change=change)
    people = tuple(sorted(one for one in {row.assignee_id, row.promised_by} if one is not None))
    audience = Audience(
        users=people, queues=(row.queue_id,) if row.queue_id else (), permission="conversations.view_all"
    )
    await emit(db, fact, actor=actor, conversation_id=row.conversation_id, audience=audience)
