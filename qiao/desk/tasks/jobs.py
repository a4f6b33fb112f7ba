"""What time does: a due date passes."""

from typing import Final

from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.tasks import repository, service

AT_ONCE: Final = 500


@every(30, name="tasks.overdue")
async def overdue(runtime: Runtime) -> None:
    async with runtime.db.read() as db:
        due = await repository.newly_overdue(db, clock.now(), AT_ONCE)
    for task_id, _ in due:
        async with runtime.db.transaction() as db:
            await service.tell_overdue(db, task_id)
