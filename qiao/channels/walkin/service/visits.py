"""Visits: taking a number, and what visitors do with theirs. Every verb takes the status lock, then the visit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_

from qiao.channels.contract import health
from qiao.channels.contract.ports import RatingRef, Ratings
from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.channel import NAME
from qiao.channels.walkin.events import VisitMoved, VisitNear
from qiao.channels.walkin.models import AppointmentRow, ServiceRow, VisitRow
from qiao.channels.walkin.policy import Move, MoveRefused, State
from qiao.channels.walkin.service import lines, sites
from qiao.channels.walkin.service.sites import Site
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound
from qiao.desk.inboxes.schemas import Bilingual
from qiao.people.customers import service as customers
from qiao.people.customers.policy import e164
from qiao.people.customers.schemas import Profile
from qiao.people.organization import hours
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()
RIGHT_OF_WAY: Final = {"gold": 2, "vip": 3}
"""Priority of customers by their level, once they are known."""
LOOKED_AHEAD: Final = 60
_OWN: Final = "walkin_own_hand"


@contextmanager
def own_hand(db: Session) -> Iterator[None]:
    """While we move the conversation ourselves: `reactions` mirror only what others do to it."""
    before = db.info.get(_OWN)
    db.info[_OWN] = True
    try:
        yield
    finally:
        db.info[_OWN] = before


def by_own_hand(db: Session) -> bool:
    return bool(db.info.get(_OWN))


# -- obtaining ---------------------------------------------------------------------------------------------------------


async def by_secret(db: Session, secret: str, *, lock: bool = False) -> VisitRow:
    """The visit whose page this is. Raises NotFound."""
    plausible = 0 < len(secret) <= 40 and secret.isascii() and secret.isalnum()
    row = await repository.visit_by(db, VisitRow.secret == secret) if plausible else None
    if row is not None and lock:
        await status_lock(db)
        row = await repository.visit(db, row.id, lock=True)
    if row is None:
        raise NotFound("walkin.visit_not_found")
    return row


async def for_staff(db: Session, actor: Actor, visit_id: UUID) -> VisitRow:
    """A visit this member of staff may see, locked for a move. Raises NotFound."""
    await status_lock(db)
    row = await repository.visit(db, visit_id, lock=True)
    if row is None:
        raise NotFound("walkin.visit_not_found")
    await conversations.require_visible(db, actor, row.conversation_id)
    return row


def step(row: VisitRow, move: Move) -> State:
    """Moves the visit and returns the state before. Raises Refused."""
    before = State(row.state)
    try:
        after = policy.next_state(before, move, may_return=row.return_by is not None)
    except MoveRefused:
        raise Refused("walkin.move_refused", code=row.code, state=before.value, move=move.value) from None
    row.state = after.value
    return before


async def announce(db: Session, actor: Actor, row: VisitRow, move: str, previous: State | None) -> None:
    """Writes the visit and the event of its move, and tells those whose turn has come near."""
    await repository.next_turn(db, row.site_id)
    await db.flush()
    service = await repository.service(db, row.service_id)
    await emit(
        db,
        VisitMoved(
            visit_id=row.id,
            site_id=row.site_id,
            service_id=row.service_id,
            move=move,
            previous=previous.value if previous is not None else None,
            state=row.state,
            counter_id=row.counter_id,
        ),
        actor=actor,
        conversation_id=row.conversation_id,
        audience=Audience(
            users=(row.staff_id,) if row.staff_id is not None else (),
            queues=(service.queue_id,) if service is not None else (),
            permission="conversations.view_all",
        ),
    )


async def look_ahead(db: Session, site: Site) -> None:
    """Notes, once for each, whose turn is near."""
    line = await lines.load(db, site)
    near: list[tuple[UUID, int]] = []
    for row, waiting in list(zip(line.rows, line.waiting, strict=True))[:LOOKED_AHEAD]:
        if row.near_at is not None:
            continue
        expected = line.outlook(row.service_id, waiting)
        if expected.wait_s is not None and expected.ahead <= site.rules.near:
            near.append((row.id, expected.ahead))
    if not near:
        return
    await repository.mark_near(db, [visit_id for visit_id, _ in near], clock.now())
    found = await repository.some(db, [visit_id for visit_id, _ in near])
    for visit_id, ahead in near:
        await emit(
            db,
            VisitNear(visit_id=visit_id, site_id=site.id, ahead=ahead),
            actor=SYSTEM,
            conversation_id=found[visit_id].conversation_id,
        )


# -- taking a number ---------------------------------------------------------------------------------------------------


async def service_of(db: Session, site: Site, service_id: UUID) -> ServiceRow:
    """An active service of the site. Raises NotFound."""
    row = await repository.service(db, service_id)
    if row is None or row.site_id != site.id or not row.active:
        raise NotFound("walkin.service_not_found")
    return row


async def checked_phone(db: Session, text: str | None, *, own: bool = False) -> str | None:
    """Raises Invalid for what cannot be a number. `own`: visitors gave it to be reached by it, so half a number, or one of a
    house, will not do."""
    if not text:
        return None
    phone = await customers.read_phone(db, text)
    if phone is None or (own and e164(phone) is None):
        raise Invalid.field("phone", "phone_invalid")
    return phone


async def is_open(db: Session, service: ServiceRow) -> bool:
    calendar = await organization.find_calendar(db, service.calendar_id) if service.calendar_id else None
    return calendar is None or hours.is_open(calendar, clock.now())


async def take(
    db: Session,
    actor: Actor,
    site: Site,
    *,
    service_id: UUID,
    client_key: str,
    source: str,
    locale: str,
    priority: int = 1,
    phone: str | None = None,
    customer_id: UUID | None = None,
    appointment: AppointmentRow | None = None,
) -> VisitRow:
    """A number, and with it a conversation that waits in the service's queue. The same `client_key` gets the same number.

    Nobody is asked who they are; staff may say (`customer_id`) whom they have before them. Raises Refused when the service
    is closed or the room full (staff and people with an appointment get in all the same).
    """
    await status_lock(db)
    known = await repository.visit_by(db, and_(VisitRow.site_id == site.id, VisitRow.client_key == client_key))
    if known is not None:
        return known
    service = await service_of(db, site, service_id)
    if source in ("kiosk", "phone"):
        if not await is_open(db, service):
            raise Refused("walkin.closed")
        if len(await repository.line(db, site.id)) >= site.rules.max_waiting:
            raise Refused("walkin.full")
    now = clock.now()
    visit_id, day = new_id(), policy.today(site.zone, now)
    code = policy.code_of(service.prefix, await repository.next_number(db, site.id, service.prefix, day))
    if customer_id is None:
        # They go by the name they booked with. Their number proves nothing, and every visit would bring it again.
        profile = Profile(locale=locale, name=appointment.name if appointment is not None else None)
        who = await customers.resolve_identity(db, site.inbox.id, NAME, str(visit_id), False, profile)
    else:
        who = await customers.ref(db, customer_id)
        if site.rules.level_priority:
            priority = max(priority, RIGHT_OF_WAY.get(who.level, 1))
    name = Bilingual.model_validate(service.name).text(locale)
    inbound = Inbound(
        inbox_id=site.inbox.id,
        customer_id=who.id,
        client_id=f"number-{visit_id}",
        body=i18n.t("walkin.said.taken", locale, code=code, service=name),
        locale=locale,
        threaded=True,
        queue_id=service.queue_id,
    )
    with own_hand(db):
        received = await conversations.receive(db, inbound)
        await health.came_in(db, site.inbox.id)
        if priority > 1:
            await conversations.set_priority(db, SYSTEM, received.conversation_id, priority)
    row = VisitRow(
        id=visit_id,
        site_id=site.id,
        service_id=service.id,
        first_service_id=service.id,
        conversation_id=received.conversation_id,
        appointment_id=appointment.id if appointment is not None else None,
        day=day,
        code=code,
        secret=sites.new_key(22),
        client_key=client_key,
        state=State.WAITING.value,
        source=source,
        locale=locale,
        priority=priority,
        sort_at=policy.rank_at(
            now, priority, appointment.starts_at if appointment is not None else None, site.rules.rules
        ),
        phone=phone,
        customer_id=customer_id,
        verified_by=actor.id if customer_id is not None else None,
        taken_at=now,
    )
    db.add(row)
    await announce(db, actor, row, "take", None)
    await look_ahead(db, site)
    return row


# -- what visitors do --------------------------------------------------------------------------------------------------


async def cancel(db: Session, actor: Actor, row: VisitRow, *, reason: str = "visitor_cancelled") -> None:
    """They do not need it any more."""
    before = step(row, Move.CANCEL)
    row.ended_at = clock.now()
    row.return_by = None
    with own_hand(db):
        await conversations.close(db, SYSTEM, row.conversation_id, reason=reason)
    await announce(db, actor, row, "cancel", before)
    await look_ahead(db, await sites.get(db, row.site_id))


async def postpone(db: Session, row: VisitRow) -> None:
    """Lets the next few go first. Raises Refused when they have done so too often."""
    site = await sites.get(db, row.site_id)
    if row.postponed >= site.rules.later_most:
        raise Refused("walkin.postponed_enough", most=site.rules.later_most)
    before = step(row, Move.LATER)
    others = await _places(db, row)
    after = [at for at in others if at > row.sort_at]
    row.sort_at = policy.behind(after, site.rules.return_after, clock.now()) if after else row.sort_at
    row.postponed += 1
    row.near_at = None
    await announce(db, SYSTEM, row, "later", before)
    await look_ahead(db, site)


async def come_back(db: Session, actor: Actor, row: VisitRow) -> None:
    """Missed, and here now: behind the next few."""
    site = await sites.get(db, row.site_id)
    if row.state == State.MISSED and row.return_by is not None and row.return_by < clock.now():
        raise Refused("walkin.return_over", minutes=site.rules.return_minutes)
    before = step(row, Move.BACK)
    row.sort_at = policy.behind(await _places(db, row), site.rules.return_after, clock.now())
    row.return_by = None
    row.counter_id = row.staff_id = None
    row.calls = 0
    row.near_at = None
    await to_queue(db, row, "walkin_returned")
    await announce(db, actor, row, "back", before)
    await look_ahead(db, site)


async def _places(db: Session, row: VisitRow) -> list[Any]:
    return [
        other.sort_at
        for other in await repository.line(db, row.site_id)
        if other.service_id == row.service_id and other.id != row.id
    ]


async def to_queue(db: Session, row: VisitRow, reason: str, actor: Actor = SYSTEM) -> None:
    """The conversation waits (again), at the place of its first waiting."""
    service = await repository.service(db, row.service_id)
    assert service is not None  # a foreign key holds it
    with own_hand(db):
        await conversations.requeue(
            db, actor, row.conversation_id, reason=reason, keep_place=True, queue_id=service.queue_id
        )


async def rate(db: Session, row: VisitRow, score: int, comment: str) -> RatingRef:
    """What they think of it, once they have been served."""
    port: Ratings | None = runtime_of(db).find(Ratings)
    facts = await conversations.facts(db, row.conversation_id)
    if port is None or facts is None:
        raise NotFound("walkin.visit_not_found")
    if row.state != State.SERVED:
        raise Refused("survey.too_early")
    who = Actor(kind="customer", id=facts.customer_id, locale=row.locale)
    return await port.rate(db, who, row.conversation_id, score, comment)


# -- what time does ----------------------------------------------------------------------------------------------------


async def give_up(db: Session, visit_id: UUID) -> None:
    """Missed, and the time to come back is over: the conversation ends."""
    await status_lock(db)
    row = await repository.visit(db, visit_id, lock=True)
    if row is None or row.return_by is None or row.return_by >= clock.now():
        return
    row.return_by = None
    row.ended_at = clock.now()
    with own_hand(db):
        await conversations.close(db, SYSTEM, row.conversation_id, reason="missed")
    await announce(db, SYSTEM, row, "expire", State.MISSED)


async def end_of_day(db: Session, visit_id: UUID) -> None:
    """What is still open the next morning ends: who was being served has been, the others went home."""
    await status_lock(db)
    row = await repository.visit(db, visit_id, lock=True)
    if row is None:
        return
    before = State(row.state)
    if (before is State.MISSED and row.return_by is None) or before in (State.SERVED, State.CANCELLED):
        return
    now = clock.now()
    served = before in (State.SERVING, State.PARKED)
    row.state = (State.SERVED if served else before if before is State.MISSED else State.CANCELLED).value
    row.ended_at, row.return_by = now, None
    if row.started_at is not None and before is State.SERVING:
        # How long it really took nobody knows: what was entered for the service counts.
        service = await repository.service(db, row.service_id)
        row.served_s += service.handle_s if service is not None else 0
    with own_hand(db):
        if served:
            await conversations.resolve(db, SYSTEM, row.conversation_id, reason="day_over")
        else:
            await conversations.close(db, SYSTEM, row.conversation_id, reason="day_over")
    await announce(db, SYSTEM, row, "day_over", before)


def seconds_since(start: Any) -> int:
    """Whole seconds from a moment until now; 0 for none."""
    return max(0, round((clock.now() - start) / timedelta(seconds=1))) if start is not None else 0


async def visible(db: Session, actor: Actor, rows: Sequence[VisitRow]) -> list[VisitRow]:
    """Those whose conversation this person may see."""
    seen = await conversations.visible_of(db, actor, [row.conversation_id for row in rows])
    return [row for row in rows if row.conversation_id in seen]
