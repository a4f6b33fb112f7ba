"""Every query of the counter."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.walkin.models import (
    AppointmentRow,
    CounterRow,
    NumberRow,
    ServiceRow,
    SiteRow,
    SlotRow,
    VisitRow,
)
from qiao.core.db import Session
from qiao.core.ids import new_id

_FRESH: Final[dict[str, Any]] = {"populate_existing": True}
LIVE: Final = ("waiting", "called", "serving", "parked")
MEASURED: Final = 30
"""How many of a service's last visits of today its pace is measured by."""

# -- structure ---------------------------------------------------------------------------------------------------------


async def site(db: Session, site_id: UUID, *, lock: bool = False) -> SiteRow | None:
    query = select(SiteRow).where(SiteRow.id == site_id).execution_options(**_FRESH)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def sites(db: Session) -> list[SiteRow]:
    return list((await db.execute(select(SiteRow).order_by(SiteRow.created_at, SiteRow.id))).scalars())


async def site_by_inbox(db: Session, inbox_id: UUID) -> SiteRow | None:
    return (await db.execute(select(SiteRow).where(SiteRow.inbox_id == inbox_id))).scalar_one_or_none()


async def site_by_key(db: Session, key: str) -> SiteRow | None:
    """By any of its three keys."""
    query = select(SiteRow).where(or_(SiteRow.kiosk_key == key, SiteRow.join_key == key, SiteRow.display_key == key))
    return (await db.execute(query)).scalar_one_or_none()


async def services_of_calendar(db: Session, calendar_id: UUID) -> list[ServiceRow]:
    return list((await db.execute(select(ServiceRow).where(ServiceRow.calendar_id == calendar_id))).scalars())


async def services(db: Session, site_ids: Collection[UUID], *, active: bool = False) -> list[ServiceRow]:
    query = select(ServiceRow).where(ServiceRow.site_id.in_(list(site_ids)))
    if active:
        query = query.where(ServiceRow.active)
    return list((await db.execute(query.order_by(ServiceRow.position, ServiceRow.prefix, ServiceRow.id))).scalars())


async def service(db: Session, service_id: UUID) -> ServiceRow | None:
    return await db.get(ServiceRow, service_id)


async def counters(db: Session, site_ids: Collection[UUID], *, active: bool = False) -> list[CounterRow]:
    query = select(CounterRow).where(CounterRow.site_id.in_(list(site_ids))).execution_options(**_FRESH)
    if active:
        query = query.where(CounterRow.active)
    rows = list((await db.execute(query)).scalars())
    return sorted(rows, key=lambda row: (len(row.name) if row.name.isdigit() else 99, row.name))


async def counter(db: Session, counter_id: UUID, *, lock: bool = False) -> CounterRow | None:
    query = select(CounterRow).where(CounterRow.id == counter_id).execution_options(**_FRESH)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def counter_of(db: Session, user_id: UUID) -> CounterRow | None:
    """The counter somebody has open."""
    query = select(CounterRow).where(CounterRow.staff_id == user_id).execution_options(**_FRESH)
    return (await db.execute(query)).scalar_one_or_none()


# -- numbers and visits ------------------------------------------------------------------------------------------------


async def next_number(db: Session, site_id: UUID, prefix: str, day: date) -> int:
    statement = insert(NumberRow).values(site_id=site_id, prefix=prefix, day=day, last=1)
    counted = statement.on_conflict_do_update(
        index_elements=["site_id", "prefix", "day"], set_={"last": NumberRow.last + 1}
    ).returning(NumberRow.last)
    return int((await db.execute(counted)).scalar_one())


async def visit(db: Session, visit_id: UUID, *, lock: bool = False) -> VisitRow | None:
    query = select(VisitRow).where(VisitRow.id == visit_id).execution_options(**_FRESH)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def visit_by(db: Session, condition: ColumnElement[bool]) -> VisitRow | None:
    return (await db.execute(select(VisitRow).where(condition).execution_options(**_FRESH))).scalar_one_or_none()


async def line(db: Session, site_id: UUID) -> list[Any]:
    """Who waits at a site, in the order of calling."""
    query = (
        select(
            VisitRow.id,
            VisitRow.service_id,
            VisitRow.sort_at,
            VisitRow.wanted_counter_id,
            VisitRow.code,
            VisitRow.taken_at,
            VisitRow.near_at,
        )
        .where(VisitRow.site_id == site_id, VisitRow.state == "waiting")
        .order_by(VisitRow.sort_at, VisitRow.id)
    )
    return list(await db.execute(query))


async def some(db: Session, ids: Collection[UUID]) -> dict[UUID, VisitRow]:
    query = select(VisitRow).where(VisitRow.id.in_(list(ids))).execution_options(**_FRESH)
    return {row.id: row for row in (await db.execute(query)).scalars()}


async def next_turn(db: Session, site_id: UUID) -> None:
    """Notes that something at a site has moved."""
    await db.execute(
        update(SiteRow)
        .where(SiteRow.id == site_id)
        .values(turn=SiteRow.turn + 1)
        .execution_options(synchronize_session=False)
    )


async def mark_near(db: Session, ids: Collection[UUID], at: datetime) -> None:
    await db.execute(
        update(VisitRow)
        .where(VisitRow.id.in_(list(ids)))
        .values(near_at=at)
        .execution_options(synchronize_session=False)
    )


async def in_state(db: Session, site_id: UUID, states: Collection[str]) -> list[VisitRow]:
    query = (
        select(VisitRow)
        .where(VisitRow.site_id == site_id, VisitRow.state.in_(list(states)))
        .order_by(VisitRow.called_at.desc(), VisitRow.id)
        .execution_options(**_FRESH)
    )
    return list((await db.execute(query)).scalars())


async def at_counter(db: Session, counter_id: UUID) -> VisitRow | None:
    """Whom a counter has called or serves."""
    query = (
        select(VisitRow)
        .where(VisitRow.counter_id == counter_id, VisitRow.state.in_(("called", "serving")))
        .execution_options(**_FRESH)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def returnable(db: Session, site_id: UUID) -> list[VisitRow]:
    """Missed, and may still come back; the latest first."""
    query = (
        select(VisitRow)
        .where(VisitRow.site_id == site_id, VisitRow.return_by.is_not(None))
        .order_by(VisitRow.missed_at.desc(), VisitRow.id)
        .limit(100)
        .execution_options(**_FRESH)
    )
    return list((await db.execute(query)).scalars())


async def return_over(db: Session, at: datetime) -> list[UUID]:
    query = select(VisitRow.id).where(VisitRow.return_by < at).order_by(VisitRow.return_by).limit(200)
    return list((await db.execute(query)).scalars())


async def left_from(db: Session, site_id: UUID, before: date) -> list[UUID]:
    """What an earlier day has left open."""
    query = select(VisitRow.id).where(
        VisitRow.site_id == site_id,
        VisitRow.day < before,
        or_(VisitRow.state.in_(LIVE), VisitRow.return_by.is_not(None)),
    )
    return list((await db.execute(query.order_by(VisitRow.id).limit(500))).scalars())


async def of_day(
    db: Session, site_id: UUID, day: date, *, state: str | None, before: UUID | None, limit: int
) -> list[VisitRow]:
    """Visits of a day, newest first (their ids grow with time)."""
    query = select(VisitRow).where(VisitRow.site_id == site_id, VisitRow.day == day)
    if state is not None:
        query = query.where(VisitRow.state == state)
    if before is not None:
        query = query.where(VisitRow.id < before)
    return list((await db.execute(query.order_by(VisitRow.id.desc()).limit(limit))).scalars())


async def whole_day(db: Session, site_id: UUID, day: date) -> list[Any]:
    """What the figures of a day are made of."""
    query = select(
        VisitRow.first_service_id,
        VisitRow.service_id,
        VisitRow.state,
        VisitRow.taken_at,
        VisitRow.first_called_at,
        VisitRow.served_s,
    ).where(VisitRow.site_id == site_id, VisitRow.day == day)
    return list(await db.execute(query))


async def measured(db: Session, service_ids: Collection[UUID], since: datetime) -> dict[UUID, list[float]]:
    """Seconds at the counter of the last visits of some services since a moment, newest first."""
    place = func.row_number().over(partition_by=VisitRow.service_id, order_by=VisitRow.ended_at.desc()).label("place")
    inner = (
        select(VisitRow.service_id, VisitRow.served_s, place)
        .where(
            VisitRow.service_id.in_(list(service_ids)),
            VisitRow.state == "served",
            VisitRow.ended_at >= since,
            VisitRow.served_s > 0,
        )
        .subquery()
    )
    found: dict[UUID, list[float]] = {}
    for service_id, seconds in await db.execute(
        select(inner.c.service_id, inner.c.served_s).where(inner.c.place <= MEASURED)
    ):
        found.setdefault(service_id, []).append(float(seconds))
    return found


async def release_wanted(db: Session, counter_id: UUID) -> None:
    """Nobody is kept for this counter any more."""
    await db.execute(
        update(VisitRow)
        .where(VisitRow.wanted_counter_id == counter_id)
        .values(wanted_counter_id=None)
        .execution_options(synchronize_session=False)
    )


# -- appointments ------------------------------------------------------------------------------------------------------


async def take_slot(db: Session, service_id: UUID, starts_at: datetime, capacity: int) -> bool:
    """Takes one place of a slot; False when there is none. One statement: any number may try at once."""
    if capacity < 1:
        return False
    statement = insert(SlotRow).values(service_id=service_id, starts_at=starts_at, taken=1)
    taken = statement.on_conflict_do_update(
        index_elements=["service_id", "starts_at"], set_={"taken": SlotRow.taken + 1}, where=SlotRow.taken < capacity
    ).returning(SlotRow.taken)
    return (await db.execute(taken)).scalar_one_or_none() is not None


async def free_slot(db: Session, service_id: UUID, starts_at: datetime) -> None:
    await db.execute(
        update(SlotRow)
        .where(SlotRow.service_id == service_id, SlotRow.starts_at == starts_at, SlotRow.taken > 0)
        .values(taken=SlotRow.taken - 1)
    )


async def slots_taken(db: Session, service_id: UUID, start: datetime, end: datetime) -> dict[datetime, int]:
    query = select(SlotRow.starts_at, SlotRow.taken).where(
        SlotRow.service_id == service_id, SlotRow.starts_at >= start, SlotRow.starts_at < end
    )
    return dict((await db.execute(query)).tuples().all())


async def add_appointment(db: Session, **values: Any) -> UUID | None:
    """A new appointment; None when its client key or code is taken."""
    statement = insert(AppointmentRow).values(id=new_id(), **values).on_conflict_do_nothing()
    return (await db.execute(statement.returning(AppointmentRow.id))).scalar_one_or_none()


async def appointment(db: Session, appointment_id: UUID, *, lock: bool = False) -> AppointmentRow | None:
    query = select(AppointmentRow).where(AppointmentRow.id == appointment_id).execution_options(**_FRESH)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def appointment_by(db: Session, condition: ColumnElement[bool], *, lock: bool = False) -> AppointmentRow | None:
    query = select(AppointmentRow).where(condition).execution_options(**_FRESH)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def appointments(
    db: Session,
    site_id: UUID,
    start: datetime,
    end: datetime,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 200,
) -> list[AppointmentRow]:
    """Of a stretch of time, in order."""
    query = select(AppointmentRow).where(
        AppointmentRow.site_id == site_id, AppointmentRow.starts_at >= start, AppointmentRow.starts_at < end
    )
    if after is not None:
        at, last = after
        query = query.where(
            or_(AppointmentRow.starts_at > at, (AppointmentRow.starts_at == at) & (AppointmentRow.id > last))
        )
    ordered = query.order_by(AppointmentRow.starts_at, AppointmentRow.id).limit(limit).execution_options(**_FRESH)
    return list((await db.execute(ordered)).scalars())


async def appointment_counts(db: Session, site_id: UUID, start: datetime, end: datetime) -> dict[str, int]:
    query = (
        select(AppointmentRow.state, func.count())
        .where(AppointmentRow.site_id == site_id, AppointmentRow.starts_at >= start, AppointmentRow.starts_at < end)
        .group_by(AppointmentRow.state)
    )
    return dict((await db.execute(query)).tuples().all())


async def bookings(db: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[datetime, str]]:
    """When appointments are, and in whose name."""
    query = select(AppointmentRow.id, AppointmentRow.starts_at, AppointmentRow.name)
    rows = await db.execute(query.where(AppointmentRow.id.in_(list(ids))))
    return {key: (starts_at, name) for key, starts_at, name in rows}


async def appointments_due(db: Session, before: datetime) -> list[AppointmentRow]:
    """Booked, and begun before a moment."""
    query = (
        select(AppointmentRow)
        .where(AppointmentRow.state == "booked", AppointmentRow.starts_at < before)
        .order_by(AppointmentRow.starts_at)
        .limit(500)
    )
    return list((await db.execute(query)).scalars())


async def forget_personal(db: Session, before: date) -> int:
    """Phone numbers left for being told are not kept; nor are those of appointments long past."""
    gone = await db.execute(
        update(VisitRow)
        .where(VisitRow.day < before, VisitRow.phone.is_not(None))
        .values(phone=None)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(gone, "rowcount", 0))
