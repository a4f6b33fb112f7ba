"""What staff do at a counter: open it, call, serve, pass on, end."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.events import CounterChanged
from qiao.channels.walkin.models import CounterRow, ServiceRow, VisitRow
from qiao.channels.walkin.policy import Move, State
from qiao.channels.walkin.schemas import CustomerBody, EndBody, TransferBody
from qiao.channels.walkin.service import lines, sites, visits
from qiao.channels.walkin.service.visits import (
    RIGHT_OF_WAY,
    SYSTEM,
    announce,
    for_staff,
    look_ahead,
    own_hand,
    seconds_since,
    step,
)
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Conflict, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.routing import service as routing
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef, Profile

PARKED_FOR: Final = timedelta(hours=12)
_STAFF: Final = Audience(permission="conversations.handle")

# -- counters ----------------------------------------------------------------------------------------------------------


async def services_for(db: Session, actor: Actor, rows: list[ServiceRow]) -> set[UUID]:
    """Services whose visitors this person may call: routing's own rule, members of the queue with its skills."""
    assert actor.id is not None
    found: set[UUID] = set()
    mine: dict[UUID, bool] = {}
    skills = {held.skill_id: held.level for held in await routing.skills_of_user(db, actor.id)}
    for row in rows:
        if row.queue_id not in mine:
            fits = row.queue_id in actor.queue_ids
            if fits:
                needs = (await routing.get_queue(db, row.queue_id)).required_skills
                fits = all(skills.get(need.skill_id, 0) >= need.level for need in needs)
            mine[row.queue_id] = fits
        if mine[row.queue_id]:
            found.add(row.id)
    return found


async def open_counter(db: Session, actor: Actor, counter_id: UUID, wanted: list[UUID]) -> CounterRow:
    """This person is behind the counter now, for some services. Their other counter, if any, closes.

    Raises Conflict when somebody else is there, Refused when there is nothing they may take, or a visit to finish first.
    """
    assert actor.id is not None
    await status_lock(db)
    row = await repository.counter(db, counter_id, lock=True)
    if row is None or not row.active:
        raise NotFound("walkin.counter_not_found")
    await sites.active(db, row.site_id)
    if row.staff_id is not None and row.staff_id != actor.id:
        names = await accounts.people(db, [row.staff_id])
        person = names.get(row.staff_id)
        raise Conflict("walkin.counter_held", counter=row.name, name=person.name if person else "")
    held = await repository.counter_of(db, actor.id)
    if held is not None and held.id != row.id:
        await _vacate(db, actor, held)
    offered = await repository.services(db, [row.site_id], active=True)
    may = await services_for(db, actor, offered)
    taking = [
        one.id
        for one in offered
        if one.id in may and (not row.service_ids or one.id in row.service_ids) and (not wanted or one.id in wanted)
    ]
    if not taking:
        raise Refused("walkin.nothing_to_take", counter=row.name)
    row.staff_id, row.taking = actor.id, taking
    row.opened_at = row.opened_at or clock.now()
    await _counter_changed(db, actor, row)
    return row


async def close_counter(db: Session, actor: Actor, counter_id: UUID) -> None:
    """Nobody is behind it any more. Whoever was kept for it is everybody's; its own visit has to be finished first.

    Others close somebody's counter only with the right to step in.
    """
    await status_lock(db)
    row = await repository.counter(db, counter_id, lock=True)
    if row is None:
        raise NotFound("walkin.counter_not_found")
    if row.staff_id is None:
        return
    if row.staff_id != actor.id:
        actor.require("conversations.monitor")
    await _vacate(db, actor, row)


async def _vacate(db: Session, actor: Actor, row: CounterRow) -> None:
    current = await repository.at_counter(db, row.id)
    if current is not None:
        raise Refused("walkin.finish_first", code=current.code)
    row.staff_id, row.taking, row.opened_at = None, [], None
    await repository.release_wanted(db, row.id)
    await _counter_changed(db, actor, row)


async def _counter_changed(db: Session, actor: Actor, row: CounterRow) -> None:
    await repository.next_turn(db, row.site_id)
    await db.flush()
    fact = CounterChanged(site_id=row.site_id, counter_id=row.id, user_id=row.staff_id)
    await emit(db, fact, actor=actor, audience=_STAFF)
    await look_ahead(db, await sites.get(db, row.site_id))


async def _my_counter(db: Session, actor: Actor, *, free: bool = True) -> CounterRow:
    """The counter this person has open. Raises Refused when there is none, or somebody is at it."""
    assert actor.id is not None
    await status_lock(db)
    row = await repository.counter_of(db, actor.id)
    if row is None:
        raise Refused("walkin.no_counter")
    current = await repository.at_counter(db, row.id) if free else None
    if current is not None:
        raise Refused("walkin.finish_first", code=current.code)
    return row


# -- calling -----------------------------------------------------------------------------------------------------------


async def call_next(db: Session, actor: Actor) -> VisitRow | None:
    """Calls whoever is first in line for this counter; None when nobody waits for it."""
    counter = await _my_counter(db, actor)
    line = await lines.load(db, await sites.get(db, counter.site_id))
    counters = line.open_counters(clock.now())
    here = next(one for one in counters if one.id == counter.id)
    found = policy.next_of(line.waiting, here, {one.id for one in counters})
    if found is None:
        return None
    row = await repository.visit(db, found.id, lock=True)
    assert row is not None  # read a moment ago under the status lock
    await _call(db, actor, row, counter)
    return row


async def call_this(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """Calls one out of turn (on the record), or one who was missed and stands there."""
    counter = await _my_counter(db, actor)
    row = await for_staff(db, actor, visit_id)
    if row.site_id != counter.site_id:
        raise NotFound("walkin.visit_not_found")
    if row.state == State.WAITING:
        await audit.record(db, actor, "walkin.called_out_of_turn", "walkin_visit", row.id, {"code": [None, row.code]})
    await _call(db, actor, row, counter)
    return row


async def _call(db: Session, actor: Actor, row: VisitRow, counter: CounterRow) -> None:
    before = step(row, Move.CALL)
    assert actor.id is not None
    with own_hand(db):
        facts = await conversations.facts(db, row.conversation_id)
        if facts is not None and facts.status == "queued":
            await routing.take(db, actor, row.conversation_id, in_person=True)
        else:
            await conversations.assign(db, actor, row.conversation_id, actor.id, reason="called")
    now = clock.now()
    row.counter_id, row.staff_id, row.wanted_counter_id = counter.id, actor.id, None
    row.called_at, row.first_called_at = now, row.first_called_at or now
    row.return_by = row.started_at = None
    row.calls = 1
    await _say(db, actor, row, counter.name)
    await announce(db, actor, row, "call", before)
    await look_ahead(db, await sites.get(db, row.site_id))


async def _say(db: Session, actor: Actor, row: VisitRow, counter: str) -> None:
    """What the display speaks also stands in the conversation: the first call is the first response."""
    body = i18n.t("walkin.said.call", row.locale, code=row.code, counter=counter)
    client_id = f"call-{row.id.hex[-12:]}-{round(clock.now().timestamp() * 1000)}"
    await conversations.send(db, actor, row.conversation_id, Outgoing(body=body, client_id=client_id))


async def _at_my_counter(db: Session, actor: Actor, visit_id: UUID) -> tuple[VisitRow, CounterRow]:
    row = await for_staff(db, actor, visit_id)
    counter = await repository.counter_of(db, actor.id) if actor.id is not None else None
    if counter is None or row.counter_id != counter.id:
        raise Refused("walkin.not_at_your_counter", code=row.code)
    return row, counter


async def recall(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """Calls them once more."""
    row, counter = await _at_my_counter(db, actor, visit_id)
    before = step(row, Move.RECALL)
    row.calls += 1
    row.called_at = clock.now()
    await _say(db, actor, row, counter.name)
    await announce(db, actor, row, "recall", before)
    return row


async def start(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """They are here."""
    row, _ = await _at_my_counter(db, actor, visit_id)
    before = step(row, Move.START)
    row.started_at = clock.now()
    await announce(db, actor, row, "start", before)
    return row


async def miss(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """They did not come. Raises Refused before they were called often enough."""
    row, _ = await _at_my_counter(db, actor, visit_id)
    site = await sites.get(db, row.site_id)
    if row.state == State.CALLED and row.calls < site.rules.calls_before_miss:
        raise Refused("walkin.call_again", code=row.code, calls=row.calls, wanted=site.rules.calls_before_miss)
    before = step(row, Move.MISS)
    now = clock.now()
    row.missed_at = now
    with own_hand(db):
        if site.rules.return_minutes:
            row.return_by = now + timedelta(minutes=site.rules.return_minutes)
            # Our own clock ends it sooner; this one is for the day that clock does not run.
            await conversations.snooze(db, actor, row.conversation_id, row.return_by + timedelta(minutes=10))
        else:
            row.ended_at = now
            await conversations.close(db, actor, row.conversation_id, reason="missed")
    await announce(db, actor, row, "miss", before)
    await look_ahead(db, site)
    return row


async def park(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """They go and fill in a form; the counter is free meanwhile, and the case stays this person's."""
    row, _ = await _at_my_counter(db, actor, visit_id)
    before = step(row, Move.PARK)
    row.served_s += seconds_since(row.started_at)
    row.started_at = row.counter_id = None
    with own_hand(db):
        await conversations.snooze(db, actor, row.conversation_id, clock.now() + PARKED_FOR)
    await announce(db, actor, row, "park", before)
    await look_ahead(db, await sites.get(db, row.site_id))
    return row


async def resume(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """Goes on with somebody who was parked, at this person's counter."""
    assert actor.id is not None
    counter = await _my_counter(db, actor)
    row = await for_staff(db, actor, visit_id)
    if row.site_id != counter.site_id:
        raise NotFound("walkin.visit_not_found")
    before = step(row, Move.RESUME)
    with own_hand(db):
        facts = await conversations.facts(db, row.conversation_id)
        if facts is not None and facts.status == "snoozed" and facts.assignee_id == actor.id:
            await conversations.unsnooze(db, actor, row.conversation_id)
        else:
            await conversations.assign(db, actor, row.conversation_id, actor.id, reason="resumed")
    row.counter_id, row.staff_id, row.started_at = counter.id, actor.id, clock.now()
    await announce(db, actor, row, "resume", before)
    return row


async def transfer(db: Session, actor: Actor, visit_id: UUID, body: TransferBody) -> VisitRow:
    """Passes them on to another service or counter. They keep the place their first arrival gave them."""
    row = await for_staff(db, actor, visit_id)
    site = await sites.get(db, row.site_id)
    counter = await repository.counter(db, body.counter_id) if body.counter_id is not None else None
    if body.counter_id is not None:
        if counter is None or counter.site_id != row.site_id or counter.staff_id is None:
            raise Invalid.field("counter_id", "walkin.counter_closed")
        if counter.id == row.counter_id:
            raise Invalid.field("counter_id", "walkin.already_there")
    if body.service_id is None and counter is None:
        raise Invalid.field("service_id", "field_missing")
    service = await visits.service_of(db, site, body.service_id or row.service_id)
    if counter is None and service.id == row.service_id and row.state == State.WAITING:
        raise Invalid.field("service_id", "walkin.already_there")
    before = step(row, Move.TRANSFER)
    if body.note:
        await conversations.note(db, actor, row.conversation_id, body=body.note)
    if before is State.SERVING:
        row.served_s += seconds_since(row.started_at)
    row.service_id, row.wanted_counter_id = service.id, counter.id if counter is not None else None
    row.counter_id = row.staff_id = row.started_at = row.near_at = None
    row.calls = 0
    await visits.to_queue(db, row, "walkin_transfer", actor)
    await announce(db, actor, row, "transfer", before)
    await look_ahead(db, site)
    return row


async def end(db: Session, actor: Actor, visit_id: UUID, body: EndBody) -> VisitRow:
    """Done, with the wrap-up every conversation has."""
    row = await for_staff(db, actor, visit_id)
    if row.state != State.PARKED:
        await _at_my_counter(db, actor, visit_id)
    before = step(row, Move.END)
    with own_hand(db):
        await conversations.resolve(
            db, actor, row.conversation_id, disposition=body.disposition, note=body.note, tags=body.tags
        )
    finish(row, before)
    await announce(db, actor, row, "end", before)
    await look_ahead(db, await sites.get(db, row.site_id))
    return row


def finish(row: VisitRow, before: State) -> None:
    """The times of a visit that is over."""
    row.ended_at = clock.now()
    if before is State.SERVING:
        row.served_s += seconds_since(row.started_at)
    elif before is State.CALLED:
        row.started_at = row.called_at
        row.served_s += seconds_since(row.called_at)


async def cancel(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """They have gone, and said so."""
    row = await for_staff(db, actor, visit_id)
    await visits.cancel(db, actor, row, reason="manual")
    return row


async def come_back(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """A missed visitor is at the desk: behind the next few."""
    row = await for_staff(db, actor, visit_id)
    await visits.come_back(db, actor, row)
    return row


# -- who it is ---------------------------------------------------------------------------------------------------------


async def set_priority(db: Session, actor: Actor, visit_id: UUID, priority: int) -> VisitRow:
    """Right of way: 1 none, 2 priority (elderly, disabled, pregnant), 3 urgent."""
    row = await for_staff(db, actor, visit_id)
    if row.state != State.WAITING:
        raise Refused("walkin.not_waiting", code=row.code)
    if row.priority != priority:
        await audit.record(
            db, actor, "walkin.priority_set", "walkin_visit", row.id, {"priority": [row.priority, priority]}
        )
        await _prioritise(db, row, priority)
        await announce(db, actor, row, "priority", State.WAITING)
        await look_ahead(db, await sites.get(db, row.site_id))
    return row


async def _prioritise(db: Session, row: VisitRow, priority: int) -> None:
    site = await sites.get(db, row.site_id)
    bookings = await repository.bookings(db, [row.appointment_id] if row.appointment_id else [])
    booked = bookings[row.appointment_id][0] if row.appointment_id in bookings else None
    rules = site.rules.rules
    # Whoever let others go first, or came back, keeps that distance.
    moved = row.sort_at - policy.rank_at(row.taken_at, row.priority, booked, rules)
    row.sort_at = policy.rank_at(row.taken_at, priority, booked, rules) + moved
    row.priority = priority
    with own_hand(db):
        await conversations.set_priority(db, SYSTEM, row.conversation_id, priority)


async def identify(db: Session, actor: Actor, visit_id: UUID, body: CustomerBody) -> VisitRow:
    """Staff have seen who it is: the conversation is that customer's from now on. Once; nobody is mixed up silently."""
    actor.require("customers.view")
    row = await for_staff(db, actor, visit_id)
    if row.customer_id is not None:
        raise Refused("walkin.already_verified", code=row.code)
    site = await sites.get(db, row.site_id)
    who = await _customer(db, actor, site.inbox.id, row, body)
    facts = await conversations.facts(db, row.conversation_id)
    assert facts is not None  # a visit has one
    if facts.customer_id != who.id:
        with own_hand(db):
            await conversations.change_customer(db, actor, site.inbox.id, facts.customer_id, who.id)
    row.customer_id, row.verified_by = who.id, actor.id
    await audit.record(db, actor, "walkin.customer_verified", "walkin_visit", row.id, {"customer": [None, str(who.id)]})
    priority = RIGHT_OF_WAY.get(who.level, 1)
    if row.state == State.WAITING and site.rules.level_priority and priority > row.priority:
        await _prioritise(db, row, priority)
    await announce(db, actor, row, "identify", State(row.state))
    return row


async def _customer(db: Session, actor: Actor, inbox_id: UUID, row: VisitRow, body: CustomerBody) -> CustomerRef:
    if body.customer_id is not None:
        return await customers.ref(db, body.customer_id)
    phone = await visits.checked_phone(db, body.phone) or row.phone
    if phone is None:
        raise Invalid.field("phone", "field_missing")
    actor.require("customers.edit")
    return await customers.resolve_identity(
        db, inbox_id, "phone", phone, True, Profile(name=body.name or None, locale=row.locale)
    )
