"""Puts tasks into a runtime: the effects of transitions may ask departments."""

from datetime import datetime
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.tasks import service
from qiao.desk.tasks.schemas import TaskCreate
from qiao.desk.tickets.ports import TaskMaker


class Maker:
    async def make(
        self, db: Session, actor: Actor, *, ticket_id: UUID, department_id: UUID, title: str, due_at: datetime | None
    ) -> UUID:
        """In the name of the system: whoever may take the transition may cause what it brings."""
        body = TaskCreate(title=title, department_id=department_id, due_at=due_at)
        return (await service.create(db, Actor.system(), ticket_id, body)).id


def provide(runtime: Runtime) -> None:
    runtime.provide(TaskMaker, Maker())
