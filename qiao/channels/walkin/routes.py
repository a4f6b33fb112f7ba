"""REST of the counter for staff and managers; the public pages' own stand in `public` and `pages`."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from qiao.channels.walkin import pages, public, repository
from qiao.channels.walkin.schemas import (
    BookingView,
    CounterBody,
    CounterView,
    CustomerBody,
    DayView,
    DeskView,
    EndBody,
    LinkView,
    OpenBody,
    PriorityBody,
    RotateBody,
    ServiceBody,
    SiteBody,
    SiteChoice,
    SitePatch,
    SiteView,
    StaffBookBody,
    Statistics,
    TakeBody,
    TransferBody,
    VisitView,
)
from qiao.channels.walkin.service import appointments, board, desk, sites, visits
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/counter", tags=["counter"])
routers = [router, public.router]
plain_routes = pages.routes
Worker = Annotated[Actor, Needs("conversations.handle")]
Manager = Annotated[Actor, Needs("inboxes.manage")]
Reader = Annotated[Actor, Needs("reports.view", "wallboard.view", "inboxes.manage")]
StateName = Literal["waiting", "called", "serving", "parked", "served", "missed", "cancelled"]


class Called(BaseModel):
    """Who was called; nobody, when nobody waits for this counter."""

    model_config = ConfigDict(frozen=True)
    visit: VisitView | None


# -- the desk ----------------------------------------------------------------------------------------------------------


@router.get("/sites")
async def list_sites(actor: Worker, db: Read) -> list[SiteChoice]:
    """The sites in use, with the services this person may take."""
    return await board.choices(db, actor)


@router.get("/sites/{site_id}/desk")
async def read_desk(site_id: UUID, actor: Worker, db: Read) -> DeskView:
    """Everything on the staff's screen, at once."""
    return await board.desk_view(db, actor, await sites.active(db, site_id))


@router.post("/counters/{counter_id}/open")
async def open_counter(counter_id: UUID, body: OpenBody, actor: Worker, db: Tx) -> CounterView:
    """The caller is behind this counter now."""
    row = await desk.open_counter(db, actor, counter_id, body.service_ids)
    return (await sites.counter_views(db, [row]))[0]


@router.post("/counters/{counter_id}/close", status_code=204)
async def close_counter(counter_id: UUID, actor: Worker, db: Tx) -> None:
    """Nobody is; closing a colleague's needs the right to step in."""
    await desk.close_counter(db, actor, counter_id)


@router.post("/next")
async def call_next(actor: Worker, db: Tx) -> Called:
    """Calls whoever is first in line to the caller's counter."""
    row = await desk.call_next(db, actor)
    return Called(visit=await board.visit_view(db, row) if row is not None else None)


@router.post("/sites/{site_id}/visits", status_code=201)
async def take_number(site_id: UUID, body: TakeBody, actor: Worker, db: Tx) -> VisitView:
    """Staff take a number for somebody; the answer's `secret` is for the printed ticket."""
    site = await sites.active(db, site_id)
    row = await visits.take(
        db,
        actor,
        site,
        service_id=body.service_id,
        client_key=body.client_key,
        source="staff",
        locale=body.locale,
        priority=body.priority,
        phone=await visits.checked_phone(db, body.phone),
        customer_id=body.customer_id,
    )
    return await board.visit_view(db, row, secret=True)


@router.get("/sites/{site_id}/visits")
async def list_visits(
    site_id: UUID,
    actor: Worker,
    db: Read,
    day: date | None = None,
    state: StateName | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[VisitView]:
    """Numbers of a day (today, when none is named) of services the caller may see, newest first."""
    site = await sites.get(db, site_id)
    wanted, _, _ = board.day_bounds(site, day)
    before = decode_cursor(cursor, tuple[UUID])
    rows = await repository.of_day(
        db, site_id, wanted, state=state, before=before[0] if before else None, limit=limit + 1
    )
    page = rows[:limit]
    seen = await visits.visible(db, actor, page)
    views = await board.visit_views(db, seen, await repository.counters(db, [site_id]))
    return Page(items=views, next_cursor=encode_cursor(page[-1].id) if len(rows) > limit else None)


@router.post("/visits/{visit_id}/call")
async def call_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """Calls this one, out of turn (on the record), or back after being missed."""
    return await board.visit_view(db, await desk.call_this(db, actor, visit_id))


@router.post("/visits/{visit_id}/recall")
async def recall_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """Calls once more."""
    return await board.visit_view(db, await desk.recall(db, actor, visit_id))


@router.post("/visits/{visit_id}/start")
async def start_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """They are at the counter."""
    return await board.visit_view(db, await desk.start(db, actor, visit_id))


@router.post("/visits/{visit_id}/miss")
async def miss_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """Called often enough, and not there."""
    return await board.visit_view(db, await desk.miss(db, actor, visit_id))


@router.post("/visits/{visit_id}/back")
async def return_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """A missed visitor is here: behind the next few."""
    return await board.visit_view(db, await desk.come_back(db, actor, visit_id))


@router.post("/visits/{visit_id}/park")
async def park_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """Aside for a while; the counter is free."""
    return await board.visit_view(db, await desk.park(db, actor, visit_id))


@router.post("/visits/{visit_id}/resume")
async def resume_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """On with somebody who was parked."""
    return await board.visit_view(db, await desk.resume(db, actor, visit_id))


@router.post("/visits/{visit_id}/transfer")
async def transfer_visit(visit_id: UUID, body: TransferBody, actor: Worker, db: Tx) -> VisitView:
    """To another service or counter; they keep their place."""
    return await board.visit_view(db, await desk.transfer(db, actor, visit_id, body))


@router.post("/visits/{visit_id}/end")
async def end_visit(visit_id: UUID, body: EndBody, actor: Worker, db: Tx) -> VisitView:
    """Served, with a wrap-up."""
    return await board.visit_view(db, await desk.end(db, actor, visit_id, body))


@router.post("/visits/{visit_id}/cancel")
async def cancel_visit(visit_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """They have gone."""
    return await board.visit_view(db, await desk.cancel(db, actor, visit_id))


@router.post("/visits/{visit_id}/priority")
async def prioritise_visit(visit_id: UUID, body: PriorityBody, actor: Worker, db: Tx) -> VisitView:
    """1 ordinary, 2 priority, 3 urgent; on the record."""
    return await board.visit_view(db, await desk.set_priority(db, actor, visit_id, body.priority))


@router.post("/visits/{visit_id}/customer")
async def identify_visitor(visit_id: UUID, body: CustomerBody, actor: Worker, db: Tx) -> VisitView:
    """Staff have verified who it is."""
    return await board.visit_view(db, await desk.identify(db, actor, visit_id, body))


# -- appointments ------------------------------------------------------------------------------------------------------


@router.get("/sites/{site_id}/slots")
async def read_slots(
    site_id: UUID, service_id: UUID, actor: Worker, db: Read, first: date | None = None
) -> list[DayView]:
    """What can still be booked in seven days."""
    site = await sites.active(db, site_id)
    day, _, _ = board.day_bounds(site, first)
    return await appointments.days(db, site, await visits.service_of(db, site, service_id), day)


@router.get("/sites/{site_id}/appointments")
async def list_appointments(
    site_id: UUID, actor: Worker, db: Read, day: date | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[BookingView]:
    """Appointments of a day, in order."""
    site = await sites.get(db, site_id)
    _, start, end = board.day_bounds(site, day)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    rows = await repository.appointments(db, site_id, start, end, after=after, limit=limit + 1)
    page = rows[:limit]
    following = encode_cursor(page[-1].starts_at, page[-1].id) if len(rows) > limit else None
    return Page(items=[board.booking_view(row) for row in page], next_cursor=following)


@router.post("/sites/{site_id}/appointments", status_code=201)
async def book(site_id: UUID, body: StaffBookBody, actor: Worker, db: Tx) -> BookingView:
    """Staff book for somebody."""
    site = await sites.active(db, site_id)
    return board.booking_view(await appointments.book(db, actor, site, body, customer_id=body.customer_id))


@router.post("/appointments/{appointment_id}/check-in")
async def check_in(appointment_id: UUID, actor: Worker, db: Tx) -> VisitView:
    """They are here."""
    site = await _site_of(db, appointment_id)
    return await board.visit_view(db, await appointments.check_in(db, actor, site, appointment_id), secret=True)


async def _site_of(db: Session, appointment_id: UUID) -> sites.Site:
    return await sites.active(db, (await appointments.get(db, appointment_id)).site_id)


@router.post("/appointments/{appointment_id}/cancel")
async def cancel_appointment(appointment_id: UUID, actor: Worker, db: Tx) -> BookingView:
    return board.booking_view(await appointments.cancel(db, actor, appointment_id))


@router.post("/appointments/{appointment_id}/no-show")
async def note_no_show(appointment_id: UUID, actor: Worker, db: Tx) -> BookingView:
    """They did not come."""
    return board.booking_view(await appointments.not_come(db, actor, appointment_id))


# -- managers ----------------------------------------------------------------------------------------------------------


@router.get("/manage/sites")
async def list_all_sites(actor: Manager, db: Read) -> list[SiteView]:
    """All sites, those switched off included."""
    return await sites.listing(db)


@router.post("/manage/sites", status_code=201)
async def create_site(body: SiteBody, actor: Manager, db: Tx) -> SiteView:
    """A site, and the inbox it is."""
    return await sites.create(db, actor, body)


@router.patch("/manage/sites/{site_id}")
async def update_site(site_id: UUID, body: SitePatch, actor: Manager, db: Tx) -> SiteView:
    return await sites.update(db, actor, site_id, body)


@router.get("/manage/sites/{site_id}/links")
async def read_links(site_id: UUID, actor: Manager, db: Read) -> list[LinkView]:
    """The addresses of the site's pages, as QR codes, too."""
    return await sites.links(db, site_id)


@router.post("/manage/sites/{site_id}/rotate")
async def rotate_link(site_id: UUID, body: RotateBody, actor: Manager, db: Tx) -> list[LinkView]:
    """A new address for one page; the old one stops working."""
    return await sites.rotate(db, actor, site_id, body.kind)


@router.post("/manage/sites/{site_id}/services", status_code=201)
async def add_service(site_id: UUID, body: ServiceBody, actor: Manager, db: Tx) -> SiteView:
    return await sites.save_service(db, actor, site_id, None, body)


@router.put("/manage/sites/{site_id}/services/{service_id}")
async def change_service(site_id: UUID, service_id: UUID, body: ServiceBody, actor: Manager, db: Tx) -> SiteView:
    return await sites.save_service(db, actor, site_id, service_id, body)


@router.post("/manage/sites/{site_id}/counters", status_code=201)
async def add_counter(site_id: UUID, body: CounterBody, actor: Manager, db: Tx) -> SiteView:
    return await sites.save_counter(db, actor, site_id, None, body)


@router.put("/manage/sites/{site_id}/counters/{counter_id}")
async def change_counter(site_id: UUID, counter_id: UUID, body: CounterBody, actor: Manager, db: Tx) -> SiteView:
    return await sites.save_counter(db, actor, site_id, counter_id, body)


@router.get("/sites/{site_id}/statistics")
async def read_statistics(
    site_id: UUID,
    actor: Reader,
    db: Read,
    day: Annotated[date | None, Query(description="On the site's clock; today when left out.")] = None,
) -> Statistics:
    """How many came, were served, missed; how long they waited, by service and hour."""
    return await board.statistics(db, await sites.get(db, site_id), day)
