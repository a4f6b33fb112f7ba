"""What is shown: the public pages without names, the staff's screen, the day in figures."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from qiao.channels.contract.ports import Ratings
from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.models import AppointmentRow, CounterRow, ServiceRow, VisitRow
from qiao.channels.walkin.policy import State, Waiting
from qiao.channels.walkin.schemas import (
    BoardCall,
    BoardNext,
    BoardView,
    BookingView,
    DeskView,
    EntryService,
    EntryView,
    HourFigures,
    LineFigures,
    PublicBooking,
    PublicVisit,
    ServiceFigures,
    SiteChoice,
    Statistics,
    VisitView,
)
from qiao.channels.walkin.service import appointments, desk, lines, sites
from qiao.channels.walkin.service.lines import Line, Lines
from qiao.channels.walkin.service.sites import Kind, Site
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.inboxes.schemas import Bilingual
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.organization import hours
from qiao.people.organization import service as organization
from qiao.people.personal import mask

WAITING_SHOWN: Final = 200
NEXT_SHOWN: Final = 8
CALLS_SHOWN: Final = 12
RECENT: Final = timedelta(hours=12)


def name_of(row: ServiceRow) -> Bilingual:
    return Bilingual.model_validate(row.name)


# -- the public pages --------------------------------------------------------------------------------------------------


async def entry(db: Session, site: Site, kind: Kind) -> EntryView:
    """What can be had here now."""
    line = await Lines.of(runtime_of(db)).get(db, site)
    now = clock.now()
    services = []
    for row in line.services.values():
        if not row.active:
            continue
        calendar = await organization.find_calendar(db, row.calendar_id) if row.calendar_id else None
        opened = calendar is None or hours.is_open(calendar, now)
        services.append(
            EntryService(
                id=row.id,
                name=name_of(row),
                prefix=row.prefix,
                open=opened,
                next_open=None if opened or calendar is None else hours.next_open(calendar, now),
                waiting=len(line.waits_for(row.id)),
                estimate_s=line.outlook(row.id).wait_s,
                bookable=row.slot_capacity > 0,
            )
        )
    return EntryView(
        mode="kiosk" if kind == "kiosk" else "phone",
        title=site.title,
        address=Bilingual.model_validate(site.row.address),
        timezone=site.row.timezone,
        services=services,
        ask_phone=site.rules.ask_phone,
        idle_seconds=site.rules.idle_seconds,
        early_minutes=site.rules.early_minutes,
    )


async def public_visit(db: Session, row: VisitRow) -> PublicVisit:
    """A number as its holder sees it."""
    site = await sites.get(db, row.site_id)
    line = await Lines.of(runtime_of(db)).get(db, site)
    service = line.services[row.service_id]
    ahead = wait = None
    if row.state == State.WAITING:
        place = Waiting(row.id, row.service_id, row.sort_at, row.wanted_counter_id)
        expected = line.outlook(row.service_id, place)
        ahead, wait = expected.ahead, expected.wait_s
    rating = None
    if row.state == State.SERVED:
        port: Ratings | None = runtime_of(db).find(Ratings)
        given = await port.of_conversations(db, [row.conversation_id]) if port is not None else {}
        rating = given.get(row.conversation_id)
    return PublicVisit(
        secret=row.secret,
        code=row.code,
        state=row.state,
        service=name_of(service),
        site=site.title,
        address=Bilingual.model_validate(site.row.address),
        timezone=site.row.timezone,
        counter=line.counter_name(row.counter_id) if row.state in (State.CALLED, State.SERVING) else None,
        calls=row.calls,
        ahead=ahead,
        estimate_s=wait,
        taken_at=row.taken_at,
        called_at=row.called_at,
        return_by=row.return_by,
        may_return=row.return_by is not None and row.return_by >= clock.now(),
        may_postpone=row.state == State.WAITING and row.postponed < site.rules.later_most,
        may_cancel=row.state in (State.WAITING, State.CALLED, State.PARKED) or row.return_by is not None,
        may_rate=row.state == State.SERVED,
        rating=rating.score if rating is not None else None,
        comment=rating.comment if rating is not None else "",
        near=site.rules.near,
        parked=row.state == State.PARKED,
        path=f"/walkin/visit/{row.secret}",
    )


async def public_booking(db: Session, row: AppointmentRow) -> PublicBooking:
    """An appointment as whoever made it sees it."""
    site = await sites.get(db, row.site_id)
    service = await repository.service(db, row.service_id)
    assert service is not None  # a foreign key holds it
    visit = await repository.visit(db, row.visit_id) if row.visit_id is not None else None
    begins = appointments.check_in_from(row, site)
    return PublicBooking(
        secret=row.secret,
        code=row.code,
        state=row.state,
        service=name_of(service),
        site=site.title,
        address=Bilingual.model_validate(site.row.address),
        timezone=site.row.timezone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        check_in_from=begins,
        may_check_in=row.state == "booked" and clock.now() >= begins,
        may_cancel=row.state == "booked",
        visit_path=f"/walkin/visit/{visit.secret}" if visit is not None else None,
        path=f"/walkin/appointment/{row.secret}",
    )


async def display(db: Session, site: Site) -> BoardView:
    """Who is called where, who comes next, who was missed."""
    line = await Lines.of(runtime_of(db)).get(db, site)
    missed = [row.code for row in await repository.returnable(db, site.id)]
    calls = [
        BoardCall(
            call=f"{row.code}-{row.calls}-{round(row.called_at.timestamp())}",
            code=row.code,
            counter=line.counter_name(row.counter_id),
            state=row.state,
            called_at=row.called_at,
            calls=row.calls,
        )
        for row in line.visits[:CALLS_SHOWN]
        if row.called_at is not None
    ]
    return BoardView(
        title=site.title,
        timezone=site.row.timezone,
        calls=calls,
        next=[
            BoardNext(code=row.code, service=name_of(line.services[row.service_id])) for row in line.rows[:NEXT_SHOWN]
        ],
        missed=missed[:CALLS_SHOWN],
        waiting=len(line.rows),
        sound=site.rules.sound,
        now=clock.now(),
    )


# -- staff -------------------------------------------------------------------------------------------------------------


async def visit_views(
    db: Session, rows: Sequence[VisitRow], counters: Sequence[CounterRow], *, secret: bool = False
) -> list[VisitView]:
    """Visits as staff see them, with a handful of queries for all."""
    names = {row.id: row.name for row in counters}
    people = await accounts.people(db, {row.staff_id for row in rows if row.staff_id is not None})
    known = await customers.refs(db, {row.customer_id for row in rows if row.customer_id is not None})
    booked = await repository.bookings(db, {row.appointment_id for row in rows if row.appointment_id})
    return [
        VisitView(
            id=row.id,
            site_id=row.site_id,
            service_id=row.service_id,
            conversation_id=row.conversation_id,
            code=row.code,
            state=row.state,
            source=row.source,
            locale=row.locale,
            priority=row.priority,
            counter_id=row.counter_id,
            counter=names.get(row.counter_id) if row.counter_id is not None else None,
            wanted_counter_id=row.wanted_counter_id,
            staff_id=row.staff_id,
            staff_name=people[row.staff_id].name if row.staff_id in people else None,
            calls=row.calls,
            customer=known.get(row.customer_id) if row.customer_id is not None else None,
            phone=mask("phone", row.phone),
            appointment_at=booked[row.appointment_id][0] if row.appointment_id in booked else None,
            appointment_name=booked[row.appointment_id][1] if row.appointment_id in booked else None,
            sort_at=row.sort_at,
            taken_at=row.taken_at,
            called_at=row.called_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            missed_at=row.missed_at,
            return_by=row.return_by,
            postponed=row.postponed,
            served_s=row.served_s,
            secret=row.secret if secret else None,
        )
        for row in rows
    ]


async def visit_view(db: Session, row: VisitRow, *, secret: bool = False) -> VisitView:
    counters = await repository.counters(db, [row.site_id])
    return (await visit_views(db, [row], counters, secret=secret))[0]


def booking_view(row: AppointmentRow) -> BookingView:
    return BookingView(
        id=row.id,
        site_id=row.site_id,
        service_id=row.service_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        code=row.code,
        name=row.name,
        phone=mask("phone", row.phone),
        customer_id=row.customer_id,
        note=row.note,
        visit_id=row.visit_id,
    )


async def choices(db: Session, actor: Actor) -> list[SiteChoice]:
    """The sites that are in use, and what of them this person may take."""
    found = []
    for row in await repository.sites(db):
        site = await sites.open_site(db, row)
        if site.inbox.active:
            found.append(await _choice(db, actor, site))
    return found


async def _choice(db: Session, actor: Actor, site: Site) -> SiteChoice:
    services = await repository.services(db, [site.id], active=True)
    counters = await repository.counters(db, [site.id], active=True)
    may = await desk.services_for(db, actor, services)
    return SiteChoice(
        id=site.id,
        name=site.inbox.name,
        title=site.title,
        timezone=site.row.timezone,
        services=[sites.service_view(row) for row in services],
        counters=await sites.counter_views(db, counters),
        may_take=[row.id for row in services if row.id in may],
    )


async def desk_view(db: Session, actor: Actor, site: Site) -> DeskView:
    """Everything on the staff's screen: their counter, who waits for services of theirs, who was missed, who booked."""
    choice = await _choice(db, actor, site)
    everything = actor.may("conversations.view_all")
    mine = {row.id for row in choice.services} if everything else set(choice.may_take)
    line = await lines.load(db, site)
    now = clock.now()
    counter = next((row for row in line.counters if row.staff_id == actor.id), None)
    shown_ids = [row.id for row in line.rows if row.service_id in mine]
    rows = await repository.some(db, shown_ids[:WAITING_SHOWN])
    parked = await repository.in_state(db, site.id, ("parked",))
    missed = await repository.returnable(db, site.id)

    async def views(found: Sequence[VisitRow]) -> list[VisitView]:
        return await visit_views(db, [row for row in found if row.service_id in mine], line.counters)

    here = [row for row in line.visits if counter is not None and row.counter_id == counter.id]
    coming = None
    if counter is not None:
        counters = line.open_counters(now)
        own = next(one for one in counters if one.id == counter.id)
        found = policy.next_of(line.waiting, own, {one.id for one in counters})
        coming = found.id if found is not None else None
    start, end = _day(site, policy.today(site.zone, now))
    return DeskView(
        site=choice,
        counter_id=counter.id if counter is not None else None,
        current=(await visit_views(db, here, line.counters))[0] if here else None,
        next=coming,
        waiting=await views([rows[visit_id] for visit_id in shown_ids[:WAITING_SHOWN] if visit_id in rows]),
        waiting_total=len(shown_ids),
        parked=await views(parked),
        missed=await views(missed),
        at_counters=await views(line.visits),
        figures=[_figures(line, row, now) for row in line.services.values() if row.active and row.id in mine],
        appointments=[
            booking_view(row)
            for row in await repository.appointments(db, site.id, start, end)
            if row.service_id in mine
        ],
        rules=site.rules.model_dump(),
        now=now,
    )


def _figures(line: Line, row: ServiceRow, now: datetime) -> LineFigures:
    waits = [one.taken_at for one in line.rows if one.service_id == row.id]
    return LineFigures(
        service_id=row.id,
        waiting=len(waits),
        longest_wait_s=max(0, round((now - min(waits)).total_seconds())) if waits else 0,
        counters=len(sites.of_service(line.counters, row.id)),
        estimate_s=line.outlook(row.id).wait_s,
    )


def _day(site: Site, day: date) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=site.zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=site.zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def day_bounds(site: Site, day: date | None) -> tuple[date, datetime, datetime]:
    """A day on the site's wall, today where none is named, and when it begins and ends."""
    wanted = day or policy.today(site.zone, clock.now())
    return (wanted, *_day(site, wanted))


# -- the day in figures ------------------------------------------------------------------------------------------------


async def statistics(db: Session, site: Site, day: date | None) -> Statistics:
    """A day: how many came, were served, missed; how long they waited. Numbers count for the service they were taken for."""
    wanted, start, end = day_bounds(site, day)
    rows = await repository.whole_day(db, site.id, wanted)
    nobody = UUID(int=0)

    def figures(service_id: UUID, some: Sequence[object]) -> ServiceFigures:
        found = list(some)
        states = [row.state for row in found]  # type: ignore[attr-defined]  # rows of one query
        waits = [
            (row.first_called_at - row.taken_at).total_seconds()  # type: ignore[attr-defined]  # as above
            for row in found
            if row.first_called_at is not None  # type: ignore[attr-defined]  # as above
        ]
        handled = [row.served_s for row in found if row.state == "served" and row.served_s]  # type: ignore[attr-defined]  # as above
        return ServiceFigures(
            service_id=service_id,
            taken=len(found),
            waiting=states.count("waiting"),
            served=states.count("served"),
            missed=states.count("missed"),
            cancelled=states.count("cancelled"),
            wait_p50_s=policy.percentile(waits, 0.5),
            wait_p90_s=policy.percentile(waits, 0.9),
            handle_mean_s=sum(handled) / len(handled) if handled else None,
        )

    hourly: dict[int, list[object]] = {}
    for row in rows:
        hourly.setdefault(row.taken_at.astimezone(site.zone).hour, []).append(row)
    by_hour = []
    for hour in range(min(hourly), max(hourly) + 1) if hourly else ():
        one = figures(nobody, hourly.get(hour, []))
        by_hour.append(
            HourFigures(
                hour=hour, taken=one.taken, served=one.served, wait_p50_s=one.wait_p50_s, wait_p90_s=one.wait_p90_s
            )
        )
    services = await repository.services(db, [site.id])
    return Statistics(
        day=wanted,
        total=figures(nobody, rows),
        services=[
            figures(service.id, own)
            for service in services
            if (own := [row for row in rows if row.first_service_id == service.id]) or service.active
        ],
        hours=by_hour,
        appointments=await repository.appointment_counts(db, site.id, start, end),
    )
