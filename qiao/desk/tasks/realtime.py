"""Open consoles of a department hear that its tasks moved: a hint, the lists are fetched anew."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.tasks.events import TaskChanged, TaskCreated, TaskMoved


@enrich(TaskCreated.kind, TaskMoved.kind, TaskChanged.kind)
async def moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    hub = runtime.get(Hub)
    found = []
    for envelope in envelopes:
        department = UUID(str(envelope.payload["department_id"]))
        users = {c.actor.id for c in hub.staff if c.actor and c.actor.id and c.actor.department_id == department}
        target = Target(users=frozenset(users) | frozenset(envelope.audience.users))
        data = {"task_id": envelope.payload["task_id"], "ticket_id": envelope.payload["ticket_id"]}
        found.append((envelope, Push(target, "task.changed", data)))
    return found
