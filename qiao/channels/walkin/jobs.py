"""What time does: missed numbers are given up, yesterday ends, appointments nobody came to are marked, phone numbers go."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.service import appointments, sites, visits
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.jobs import every
from qiao.core.runtime import Runtime

PHONES_KEPT = timedelta(days=1)


@every(5, name="walkin.sweep")
async def sweep(runtime: Runtime) -> None:
    """Looks without locks first: most of the time there is nothing to do."""
    now = clock.now()
    async with runtime.db.read() as db:
        gone = await repository.return_over(db, now)
        due = [(row.id, row.site_id, row.starts_at, row.ends_at) for row in await repository.appointments_due(db, now)]
    for visit_id in gone:
        await runtime.db.run(partial(_give_up, visit_id))
    late: dict[UUID, timedelta] = {}
    for appointment_id, site_id, starts_at, ends_at in due:
        if site_id not in late:
            async with runtime.db.read() as db:
                late[site_id] = timedelta(minutes=(await sites.get(db, site_id)).rules.late_minutes)
        if now > max(ends_at, starts_at + late[site_id]):
            await runtime.db.run(partial(_not_come, appointment_id))


async def _give_up(visit_id: UUID, db: Session) -> None:
    await visits.give_up(db, visit_id)


async def _not_come(appointment_id: UUID, db: Session) -> None:
    row = await repository.appointment(db, appointment_id)
    if row is not None and row.state == "booked":
        await appointments.not_come(db, Actor.system(), appointment_id)


@every(600, name="walkin.end_of_day")
async def end_of_day(runtime: Runtime) -> None:
    """Closes what earlier days left open, site by site, and forgets the phone numbers left for being told."""
    now = clock.now()
    async with runtime.db.read() as db:
        left: list[UUID] = []
        for row in await repository.sites(db):
            site = await sites.open_site(db, row)
            left.extend(await repository.left_from(db, site.id, policy.today(site.zone, now)))
    for visit_id in left:
        await runtime.db.run(partial(_end, visit_id))
    async with runtime.db.transaction() as db:
        await repository.forget_personal(db, (now - PHONES_KEPT).date())


async def _end(visit_id: UUID, db: Session) -> None:
    await visits.end_of_day(db, visit_id)
