"""What time does: whoever stands on a timer is told when it may go on, and when it is late."""

from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.sop import machine, repository, subjects
from qiao.desk.sop.service import walking
from qiao.people.notifications import service as notifications

AT_ONCE: Final = 200


@every(20, name="sop.remind")
async def remind(runtime: Runtime) -> None:
    """Looks without locks first: mostly there is nothing to do."""
    async with runtime.db.read() as db:
        due = await repository.due(db, clock.now(), AT_ONCE)
    for run_id in due:

        async def tell(db: Session, run_id: UUID = run_id) -> None:
            await remind_one(db, run_id)

        await runtime.db.run(tell)


async def remind_one(db: Session, run_id: UUID) -> None:
    """Tells the owner of a run whose timer is due, once per due moment."""
    now, system = clock.now(), Actor.system()
    try:
        walk = await walking.load(db, system, run_id, lock=True)
    except NotFound:
        return
    run = walk.run
    if run.remind_at is None or run.remind_at > now or run.state != "active":
        return
    _, step = walk.here
    moments = machine.reminders(step, run.entered_at)
    later = [at for at in moments if at > now]
    run.remind_at = later[0] if later else None
    late = machine.timing(step, run.entered_at, now) == "late"
    owner = run.owner_id or walk.subject.assignee_id
    if owner is not None:
        params = {"procedure": subjects.in_locale(walk.procedure.name, system.locale), "subject": walk.subject.label}
        kind = "sop.late" if late else "sop.ready"
        await notifications.tell(db, [owner], kind, params=params, link=walk.subject.link)
