"""The verbs of calls: taking a report in, choosing who called, adding a recording."""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from qiao.channels.contract import health
from qiao.channels.phone import callbacks, conversing, numbers, policy, repository
from qiao.channels.phone.events import CallChanged
from qiao.channels.phone.models import Call
from qiao.channels.phone.policy import Fact, Record
from qiao.channels.phone.schemas import CallReport, KnownCaller, ReportTaken
from qiao.channels.phone.settings import PhoneSettings
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()
EARLIEST: Final = timedelta(days=400)
AHEAD: Final = timedelta(minutes=10)
DIALLED_WITHIN: Final = timedelta(minutes=5)
_NOT_DATA: Final = frozenset({"call_id", "event", "at", "event_id"})


def settings_of(inbox: InboxView) -> PhoneSettings:
    """The line's settings, without its secrets."""
    return PhoneSettings.model_validate(inbox.plain)


def fact_of(report: CallReport, region: str) -> Fact:
    """The report as a fact; numbers without a code are of `region`. Without an id of its own it is known by what it says."""
    now = clock.now()
    at = report.at or now
    if not now - EARLIEST < at < now + AHEAD:
        raise Invalid.field("at", "phone.time_impossible")
    data = report.model_dump(exclude=set(_NOT_DATA), exclude_none=True)
    data = {name: value for name, value in data.items() if value not in ("", [])}
    if "number" in data:
        known = numbers.canonical(report.number, region)
        data["number"] = known or ""
    if report.event_id is not None:
        key = f"id:{report.event_id}"
    else:
        # Without a time a repeated report would be a new one each time: then what it says must be enough.
        said = msgspec.json.encode([report.event, report.at.isoformat() if report.at else None, data], order="sorted")
        key = f"{report.event}:{hashlib.sha256(said).hexdigest()[:40]}"
    return Fact(key[:120], report.event, at, data)


async def take(db: Session, inbox: InboxView, report: CallReport) -> ReportTaken:
    """Takes one report in. What is known already changes nothing."""
    fact = fact_of(report, (await organization.get_settings(db)).phone_region)
    await status_lock(db)  # it may decide who handles what; that lock comes before any row
    row = await repository.claim_call(db, inbox.id, report.call_id, fact.at)
    fresh = await repository.add_fact(db, row.id, fact)
    await health.came_in(db, inbox.id)
    if fresh:
        await _work_out(db, inbox, row)
    else:
        row.updated_at = clock.now()  # it is still heard of
    return await _taken(db, row, duplicate=not fresh)


async def attach(db: Session, inbox: InboxView, external_id: str, kind: str, file_id: UUID) -> ReportTaken:
    """Adds a recording or voicemail that was uploaded to us. Raises NotFound for a call nobody told us of."""
    await status_lock(db)
    known = await repository.call_by_external(db, inbox.id, external_id)
    row = await repository.call(db, known.id, lock=True) if known is not None else None
    if row is None:
        raise NotFound("phone.call_not_found")
    at = row.ended_at or row.answered_at or row.started_at
    fact = Fact(f"file:{file_id}", kind, at, {"file_id": str(file_id)})  # type: ignore[arg-type]  # two of its kinds
    fresh = await repository.add_fact(db, row.id, fact)
    if fresh:
        await _work_out(db, inbox, row)
    return await _taken(db, row, duplicate=not fresh)


async def _work_out(db: Session, inbox: InboxView, row: Call) -> None:
    """Brings the row to what all its facts add up to, and does what follows from that."""
    record = policy.fold(await repository.facts(db, row.id))
    before, previous_user = (row.state if row.version > 1 else None), row.user_id
    users = await repository.users_of(
        db, inbox.id, {*record.ringing, *([record.extension] if record.extension else [])}
    )
    _write(row, record, users)
    await _recognise(db, row)
    await _link_dial(db, row)
    await db.flush()
    await _follow(db, inbox, row, record)
    row.version += 1
    row.updated_at = clock.now()
    await db.flush()
    await announce(db, row, before, previous_user)


def _write(row: Call, record: Record, users: dict[str, UUID]) -> None:
    row.state, row.direction = record.state, record.direction
    row.number, row.caller_name, row.line = record.number, record.name[:80], record.line
    row.extension = record.extension
    row.user_id = users.get(record.extension) if record.extension else None
    row.ringing = list(dict.fromkeys(users[one] for one in record.ringing if one in users))
    row.rang = list(dict.fromkeys([*row.rang, *row.ringing, *([row.user_id] if row.user_id else [])]))
    row.started_at, row.answered_at, row.ended_at = record.started_at, record.answered_at, record.ended_at
    row.wait_s, row.talk_s, row.held_s = record.wait_s, record.talk_s, record.held_s
    row.hung_up_by, row.reason = record.hung_up_by, record.reason
    row.transfers = list(record.transfers)
    row.recording, row.voicemail = record.recording, record.voicemail


async def _recognise(db: Session, row: Call) -> None:
    """Whose number it is. With several, the one heard of last, until somebody chooses."""
    if row.customer_id is not None or row.number is None:
        return
    found = await customers.by_phone(db, numbers.variants(row.number))
    if found:
        row.customer_id, row.sure = found[0][0].id, len(found) == 1


async def _link_dial(db: Session, row: Call) -> None:
    """A call going out may be one that somebody clicked for: then it is known whom it is for."""
    if row.direction != "outbound" or row.callback_id is not None:
        return
    dial = await repository.dial_of_call(db, row.inbox_id, row.extension, row.number, row.started_at - DIALLED_WITHIN)
    if dial is not None:
        if dial.customer_id is not None:
            row.customer_id, row.sure = dial.customer_id, True
        row.callback_id = dial.callback_id


async def _follow(db: Session, inbox: InboxView, row: Call, record: Record) -> None:
    """Conversation, card and call-back as the record now asks for them."""
    answered, over = record.answered_at is not None, record.state in policy.OVER
    unanswered = over and not answered
    if not answered and not unanswered:
        return
    if unanswered and row.number is None:
        return  # nobody to call back, nothing was said: the list of calls has it
    if row.conversation_id is None:
        await _begin(db, inbox, row, answered=answered)
    elif answered and row.callback_id is not None and row.direction == "inbound":
        # Told late that it was answered after all: what was promised because nobody did is void.
        await callbacks.answered_after_all(db, row.callback_id)
    assert row.conversation_id is not None
    if answered:
        if row.user_id is not None:
            await conversing.give_to(db, row.conversation_id, row.user_id, speaking=not over)
        elif row.callback_id is None:
            # Answered by somebody who is not one of us here: it is on record, and nobody has to do anything.
            await conversing.settle(db, row.conversation_id)
    await conversing.keep_card(db, row)


async def _begin(db: Session, inbox: InboxView, row: Call, *, answered: bool) -> None:
    if row.customer_id is None:
        row.customer_id = await conversing.customer_for(db, row.number, row.caller_name)
        row.sure = True
    asked = await repository.callback(db, row.callback_id) if row.callback_id is not None else None
    if asked is not None and asked.conversation_id is not None:
        facts = await conversations.facts(db, asked.conversation_id)
        if facts is not None and facts.status != "closed":
            # The call somebody asked for belongs to where they asked.
            row.conversation_id = asked.conversation_id
            return
    context = {"line": row.line} if row.line else {}
    row.conversation_id = await conversing.begin(db, inbox.id, row.customer_id, context)
    if answered:
        return
    wanted = settings_of(inbox).missed if row.direction == "inbound" else "record"
    if wanted == "callback" and row.number is not None:
        row.callback_id = await callbacks.for_missed(db, inbox, row)
    elif wanted == "queue":
        await conversations.requeue(db, SYSTEM, row.conversation_id, reason="missed_call", keep_place=False)
    else:
        await conversing.settle(db, row.conversation_id)


async def announce(db: Session, row: Call, previous: str | None, previous_user: UUID | None = None) -> None:
    """Everybody at whose telephone it is or was hears of it."""
    users = {*row.rang, *([row.user_id] if row.user_id else []), *([previous_user] if previous_user else [])}
    fact = CallChanged(
        call_id=row.id, inbox_id=row.inbox_id, state=row.state, previous=previous, direction=row.direction,
        user_id=row.user_id,
    )  # fmt: skip
    await emit(
        db, fact, actor=SYSTEM, conversation_id=row.conversation_id, audience=Audience(users=tuple(sorted(users)))
    )


async def _taken(db: Session, row: Call, *, duplicate: bool) -> ReportTaken:
    found = await customers.by_phone(db, numbers.variants(row.number)) if row.number else []
    known: KnownCaller | None = None
    suggested: str | None = None
    if row.customer_id is not None:
        ref = await customers.ref(db, row.customer_id)
        known = KnownCaller(number=ref.number, name=ref.name, level=ref.level, blocked=ref.blocked)
        last = await conversations.last_agent(db, row.customer_id)
        if last is not None:
            lines = await repository.lines_of(db, last)
            suggested = next((one.extension for one in lines if one.inbox_id == row.inbox_id), None)
    return ReportTaken(
        id=row.id,
        state=row.state,
        duplicate=duplicate,
        customer=known,
        candidates=len(found),
        suggested_extension=suggested,
        conversation_id=row.conversation_id,
    )


# -- what people do --------------------------------------------------------------------------------------------------


async def choose(db: Session, actor: Actor, row: Call, customer_id: UUID) -> None:
    """Says who called. The call's conversation becomes theirs."""
    await customers.ref(db, customer_id)
    previous = row.customer_id
    if previous == customer_id and row.sure:
        return
    await status_lock(db)
    row.customer_id, row.sure = customer_id, True
    row.version += 1
    if row.conversation_id is not None and previous is not None and previous != customer_id:
        await conversations.change_customer(db, actor, row.inbox_id, previous, customer_id, only=[row.conversation_id])
    await db.flush()
    if row.conversation_id is not None:
        await conversing.keep_card(db, row)
    if row.callback_id is not None:
        await callbacks.belongs_to(db, row.callback_id, customer_id)
    await announce(db, row, row.state)


async def let_go(db: Session, call_id: UUID) -> None:
    """A call of which no end was ever reported is taken to be over, until more is reported of it."""
    await status_lock(db)
    row = await repository.call(db, call_id, lock=True)
    if row is None or not policy.is_lost(row.state, row.started_at, row.updated_at, clock.now()):
        return
    inbox = await inboxes.get(db, row.inbox_id)
    await repository.add_fact(db, row.id, policy.supposed_end(await repository.facts(db, row.id)))
    await _work_out(db, inbox, row)
