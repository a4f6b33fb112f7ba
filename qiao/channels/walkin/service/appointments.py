"""Appointments: slots, booking without double booking, check-in, cancelling, and who did not come."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_

from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.events import AppointmentMoved
from qiao.channels.walkin.models import AppointmentRow, ServiceRow, VisitRow
from qiao.channels.walkin.schemas import BookBody, DayView, SlotView
from qiao.channels.walkin.service import sites, visits
from qiao.channels.walkin.service.sites import Site
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Conflict, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

_CODES: Final = 20
"""How often another code is tried: half a million stand against a day's few hundred."""
DAYS_SHOWN: Final = 7


async def days(db: Session, site: Site, service: ServiceRow, first: date, count: int = DAYS_SHOWN) -> list[DayView]:
    """Slots of some days with the places left; days and slots without any are shown as such."""
    now = clock.now()
    calendar = await organization.find_calendar(db, service.calendar_id) if service.calendar_id else None
    begin = policy.today(site.zone, now)
    last = begin + timedelta(days=service.days_ahead)
    wanted = [day for offset in range(count) if begin <= (day := first + timedelta(days=offset)) <= last]
    if not wanted or service.slot_capacity < 1:
        return []
    start = datetime(wanted[0].year, wanted[0].month, wanted[0].day, tzinfo=site.zone).astimezone(UTC)
    taken = await repository.slots_taken(db, service.id, start, start + timedelta(days=len(wanted) + 1))
    length = timedelta(minutes=service.slot_minutes)
    return [
        DayView(
            day=day,
            slots=[
                SlotView(starts_at=at, ends_at=at + length, free=max(0, service.slot_capacity - taken.get(at, 0)))
                for at in policy.slots(calendar, site.zone, day, service.slot_minutes)
                if at > now
            ],
        )
        for day in wanted
    ]


async def book(
    db: Session, actor: Actor, site: Site, body: BookBody, *, customer_id: UUID | None = None
) -> AppointmentRow:
    """Books a slot. The same `client_key` gets the same appointment; a full slot raises Conflict.

    The place is taken by one statement that counts up only while there is room, so two never get the last one.
    """
    known = await repository.appointment_by(
        db, and_(AppointmentRow.site_id == site.id, AppointmentRow.client_key == body.client_key)
    )
    if known is not None:
        return known
    service = await visits.service_of(db, site, body.service_id)
    starts_at = body.starts_at.astimezone(UTC)
    day = policy.today(site.zone, starts_at)
    offered = await days(db, site, service, day, 1)
    if not any(slot.starts_at == starts_at for one in offered for slot in one.slots):
        raise Invalid.field("starts_at", "walkin.slot_unknown")
    phone = await visits.checked_phone(db, body.phone, own=actor.kind != "user")
    if customer_id is not None:
        await customers.ref(db, customer_id)
    for _ in range(_CODES):
        appointment_id = await repository.add_appointment(
            db,
            site_id=site.id,
            service_id=service.id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=service.slot_minutes),
            state="booked",
            code=f"{secrets.randbelow(1_000_000):06d}",
            secret=sites.new_key(22),
            client_key=body.client_key,
            name=body.name,
            phone=phone,
            customer_id=customer_id,
            locale=body.locale,
            note=body.note,
            booked_by=actor.id if actor.kind == "user" else None,
        )
        if appointment_id is not None:
            break
        again = await repository.appointment_by(
            db, and_(AppointmentRow.site_id == site.id, AppointmentRow.client_key == body.client_key)
        )
        if again is not None:
            return again
    else:
        raise Conflict("busy_try_again")
    if not await repository.take_slot(db, service.id, starts_at, service.slot_capacity):
        raise Conflict("walkin.slot_full")
    row = await repository.appointment(db, appointment_id)
    assert row is not None  # made above
    await _announce(db, actor, row, None)
    return row


async def _announce(db: Session, actor: Actor, row: AppointmentRow, previous: str | None) -> None:
    await db.flush()
    fact = AppointmentMoved(
        appointment_id=row.id, site_id=row.site_id, service_id=row.service_id, previous=previous, state=row.state
    )
    await emit(db, fact, actor=actor, conversation_id=row.id, audience=Audience(permission="conversations.handle"))


async def by_secret(db: Session, secret: str) -> AppointmentRow:
    """The appointment whose page this is. Raises NotFound."""
    plausible = 0 < len(secret) <= 40 and secret.isascii() and secret.isalnum()
    row = await repository.appointment_by(db, AppointmentRow.secret == secret) if plausible else None
    if row is None:
        raise NotFound("walkin.appointment_not_found")
    return row


async def by_code(db: Session, site: Site, code: str) -> AppointmentRow:
    """A booked appointment by what is typed in at the kiosk. Raises NotFound."""
    row = await repository.appointment_by(
        db, and_(AppointmentRow.site_id == site.id, AppointmentRow.code == code, AppointmentRow.state == "booked")
    )
    if row is None:
        raise NotFound("walkin.appointment_not_found")
    return row


async def get(db: Session, appointment_id: UUID) -> AppointmentRow:
    row = await repository.appointment(db, appointment_id)
    if row is None:
        raise NotFound("walkin.appointment_not_found")
    return row


def check_in_from(row: AppointmentRow, site: Site) -> datetime:
    return row.starts_at - timedelta(minutes=site.rules.early_minutes)


async def check_in(db: Session, actor: Actor, site: Site, appointment_id: UUID) -> VisitRow:
    """They are here: a number with the head start of an appointment. Twice gives the same number.

    Raises Refused when it is too early, or the appointment is over.
    """
    await status_lock(db)
    row = await repository.appointment(db, appointment_id, lock=True)
    if row is None or row.site_id != site.id:
        raise NotFound("walkin.appointment_not_found")
    if row.state == "checked_in" and row.visit_id is not None:
        visit = await repository.visit(db, row.visit_id)
        assert visit is not None  # visits stay
        return visit
    if row.state != "booked":
        raise Refused("walkin.appointment_over", state=row.state)
    if clock.now() < check_in_from(row, site):
        raise Refused("walkin.too_early", minutes=site.rules.early_minutes)
    visit = await visits.take(
        db,
        actor,
        site,
        service_id=row.service_id,
        client_key=f"appointment-{row.id}",
        source="appointment",
        locale=row.locale,
        phone=row.phone,
        customer_id=row.customer_id,
        appointment=row,
    )
    row.state, row.visit_id = "checked_in", visit.id
    await _announce(db, actor, row, "booked")
    return visit


async def cancel(db: Session, actor: Actor, appointment_id: UUID) -> AppointmentRow:
    """Gives the place back. Cancelling twice changes nothing."""
    row = await repository.appointment(db, appointment_id, lock=True)
    if row is None:
        raise NotFound("walkin.appointment_not_found")
    if row.state == "cancelled":
        return row
    if row.state != "booked":
        raise Refused("walkin.appointment_over", state=row.state)
    row.state = "cancelled"
    await repository.free_slot(db, row.service_id, row.starts_at)
    await _announce(db, actor, row, "booked")
    return row


async def not_come(db: Session, actor: Actor, appointment_id: UUID) -> AppointmentRow:
    """They did not come. Raises Refused before it has begun."""
    row = await repository.appointment(db, appointment_id, lock=True)
    if row is None:
        raise NotFound("walkin.appointment_not_found")
    if row.state == "no_show":
        return row
    if row.state != "booked":
        raise Refused("walkin.appointment_over", state=row.state)
    if clock.now() < row.starts_at:
        raise Refused("walkin.not_begun")
    row.state = "no_show"
    await _announce(db, actor, row, "booked")
    return row
