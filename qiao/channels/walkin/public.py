"""What the public pages ask for. Nobody signs in: the unguessable key of a page, or the secret of a number, is the right.

Nothing here tells a name, a phone number, or anything of another visitor but numbers.
"""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from starlette.requests import Request

from qiao.channels.walkin.limits import Gates
from qiao.channels.walkin.schemas import (
    BoardView,
    CheckInBody,
    DayView,
    EntryView,
    PublicBookBody,
    PublicBooking,
    PublicTakeBody,
    PublicVisit,
    RateBody,
    RatingView,
)
from qiao.channels.walkin.service import appointments, board, sites, visits
from qiao.channels.walkin.service.sites import Kind, Site
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web import Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Public, client_ip

router = Router(prefix="/walkin", tags=["counter pages"])
KEYED: Final = Public("whoever holds the unguessable key of a site's page; shows numbers only, limited per device")
HELD: Final = Public("whoever holds the unguessable secret of a number or an appointment: its own state")
VISITOR: Final = Actor.system()


def _pass(gates: Gates, request: Request, site: Site, kind: Kind, device: str) -> None:
    gates.site.pass_one(str(site.id))
    if kind == "kiosk":
        gates.kiosk.pass_one(f"{site.id}:{device}")
    else:
        gates.device.pass_one(f"{site.id}:{device}")
        gates.address.pass_one(client_ip(request) or "?")


async def _entered(db: Session, key: str) -> tuple[Site, Kind]:
    return await sites.by_key(db, key, "kiosk", "join")


@router.get("/entry/{key}", dependencies=[KEYED])
async def read_entry(key: str, db: Read) -> EntryView:
    """What can be had at a site now, for the kiosk and for visitors' own phones."""
    site, kind = await _entered(db, key)
    return await board.entry(db, site, kind)


@router.post("/entry/{key}/visits", status_code=201, dependencies=[KEYED])
async def take_number(key: str, body: PublicTakeBody, request: Request, db: Tx, runtime: Runtime_) -> PublicVisit:
    """A number. The same `client_key` gets the same one, however often it is asked."""
    site, kind = await _entered(db, key)
    _pass(runtime.get(Gates), request, site, kind, body.device)
    row = await visits.take(
        db,
        VISITOR,
        site,
        service_id=body.service_id,
        client_key=body.client_key,
        source="kiosk" if kind == "kiosk" else "phone",
        locale=body.locale,
        phone=await visits.checked_phone(db, body.phone, own=True) if site.rules.ask_phone else None,
    )
    return await board.public_visit(db, row)


@router.get("/entry/{key}/slots", dependencies=[KEYED])
async def read_slots(
    key: str,
    db: Read,
    service_id: UUID,
    first: Annotated[date | None, Query(description="The first of seven days; today when left out.")] = None,
) -> list[DayView]:
    """What can still be booked."""
    site, _ = await _entered(db, key)
    service = await visits.service_of(db, site, service_id)
    day, _, _ = board.day_bounds(site, first)
    return await appointments.days(db, site, service, day)


@router.post("/entry/{key}/appointments", status_code=201, dependencies=[KEYED])
async def book(key: str, body: PublicBookBody, request: Request, db: Tx, runtime: Runtime_) -> PublicBooking:
    """An appointment. The same `client_key` gets the same one; a slot that has filled up is a conflict."""
    site, kind = await _entered(db, key)
    _pass(runtime.get(Gates), request, site, kind, body.device)
    return await board.public_booking(db, await appointments.book(db, VISITOR, site, body))


@router.post("/entry/{key}/check-in", dependencies=[KEYED])
async def check_in_by_code(key: str, body: CheckInBody, db: Tx, runtime: Runtime_) -> PublicVisit:
    """Checks in whoever types the six digits of their appointment; only a few tries a minute."""
    site, _ = await _entered(db, key)
    runtime.get(Gates).guess.pass_one(str(site.id))
    booking = await appointments.by_code(db, site, body.code)
    return await board.public_visit(db, await appointments.check_in(db, VISITOR, site, booking.id))


@router.get("/display/{key}", dependencies=[KEYED])
async def read_display(key: str, db: Read) -> BoardView:
    """Who is called where."""
    site, _ = await sites.by_key(db, key, "display")
    return await board.display(db, site)


# -- one number --------------------------------------------------------------------------------------------------------


@router.get("/visits/{secret}", dependencies=[HELD])
async def read_visit(secret: str, db: Read) -> PublicVisit:
    """Place, estimate, and whether they are called."""
    return await board.public_visit(db, await visits.by_secret(db, secret))


@router.post("/visits/{secret}/cancel", dependencies=[HELD])
async def cancel_visit(secret: str, db: Tx) -> PublicVisit:
    """They need it no more. Twice changes nothing."""
    row = await visits.by_secret(db, secret, lock=True)
    if row.state != "cancelled":
        await visits.cancel(db, VISITOR, row)
    return await board.public_visit(db, row)


@router.post("/visits/{secret}/later", dependencies=[HELD])
async def postpone_visit(secret: str, db: Tx) -> PublicVisit:
    """Lets the next few go first."""
    row = await visits.by_secret(db, secret, lock=True)
    await visits.postpone(db, row)
    return await board.public_visit(db, row)


@router.post("/visits/{secret}/back", dependencies=[HELD])
async def return_visit(secret: str, db: Tx) -> PublicVisit:
    """Missed, and here now: behind the next few."""
    row = await visits.by_secret(db, secret, lock=True)
    if row.state != "waiting":
        await visits.come_back(db, VISITOR, row)
    return await board.public_visit(db, row)


@router.post("/visits/{secret}/rating", dependencies=[HELD])
async def rate_visit(secret: str, body: RateBody, db: Tx) -> RatingView:
    """What they think of it, after they have been served."""
    given = await visits.rate(db, await visits.by_secret(db, secret, lock=True), body.score, body.comment)
    return RatingView(score=given.score, comment=given.comment)


# -- one appointment ---------------------------------------------------------------------------------------------------


@router.get("/appointments/{secret}", dependencies=[HELD])
async def read_appointment(secret: str, db: Read) -> PublicBooking:
    return await board.public_booking(db, await appointments.by_secret(db, secret))


@router.post("/appointments/{secret}/cancel", dependencies=[HELD])
async def cancel_appointment(secret: str, db: Tx) -> PublicBooking:
    """Gives the slot back. Twice changes nothing."""
    booking = await appointments.by_secret(db, secret)
    return await board.public_booking(db, await appointments.cancel(db, VISITOR, booking.id))


@router.post("/appointments/{secret}/check-in", dependencies=[HELD])
async def check_in(secret: str, db: Tx) -> PublicVisit:
    """They are here: their number. Twice gives the same one."""
    booking = await appointments.by_secret(db, secret)
    site = await sites.active(db, booking.site_id)
    return await board.public_visit(db, await appointments.check_in(db, VISITOR, site, booking.id))
