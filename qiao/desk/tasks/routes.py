"""REST of tasks."""

from typing import Annotated
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.tasks import schemas, service
from qiao.desk.tasks.schemas import TaskCounts, TaskView
from qiao.people.accounts.access import Needs

router = Router(prefix="/tasks", tags=["tasks"])
of_tickets = Router(prefix="/tickets/{ticket_id}/tasks", tags=["tasks"])
routers = [router, of_tickets]
Worker = Annotated[Actor, Needs("tasks.handle", "tickets.handle", "tickets.view_all")]
Party = Annotated[Actor, Needs("tasks.handle", "tickets.handle")]


@of_tickets.get("")
async def list_tasks_of_ticket(ticket_id: UUID, actor: Worker, db: Read) -> list[TaskView]:
    """What the ticket asks of departments."""
    return await service.of_ticket(db, actor, ticket_id)


@of_tickets.post("", status_code=201)
async def create_task(
    ticket_id: UUID, body: schemas.TaskCreate, actor: Annotated[Actor, Needs("tickets.handle")], db: Tx
) -> TaskView:
    """Asks a department; a blocking task puts the ticket on hold."""
    return await service.create(db, actor, ticket_id, body)


@router.get("")
async def list_tasks(
    actor: Worker,
    db: Read,
    scope: schemas.Scope = "department",
    which: schemas.Which = "open",
    department_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[TaskView]:
    """The caller's queue by due date: their own, their department's, what they asked for, or all they may see."""
    items, following = await service.listing(
        db, actor, scope=scope, which=which, department_id=department_id, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following)


@router.get("/counts")
async def count_tasks(actor: Worker, db: Read) -> TaskCounts:
    """The badges."""
    return await service.counts(db, actor)


@router.get("/{task_id}")
async def read_task(task_id: UUID, actor: Worker, db: Read) -> TaskView:
    return await service.get(db, actor, task_id)


@router.patch("/{task_id}")
async def update_task(task_id: UUID, body: schemas.TaskPatch, actor: Party, db: Tx) -> TaskView:
    """Changes what is given."""
    return await service.update(db, actor, task_id, body)


@router.post("/{task_id}/accept")
async def accept_task(task_id: UUID, actor: Party, db: Tx) -> TaskView:
    """The caller takes it."""
    return await service.accept(db, actor, task_id)


@router.post("/{task_id}/assign")
async def assign_task(task_id: UUID, body: schemas.AssignBody, actor: Party, db: Tx) -> TaskView:
    return await service.assign(db, actor, task_id, body)


@router.post("/{task_id}/finish")
async def finish_task(task_id: UUID, body: schemas.FinishBody, actor: Party, db: Tx) -> TaskView:
    """Done; the last blocking one lets the ticket go on."""
    return await service.finish(db, actor, task_id, body)


@router.post("/{task_id}/hand-back")
async def hand_task_back(task_id: UUID, body: schemas.ReasonBody, actor: Party, db: Tx) -> TaskView:
    return await service.hand_back(db, actor, task_id, body.reason)


@router.post("/{task_id}/cancel")
async def cancel_task(task_id: UUID, body: schemas.OptionalReason, actor: Party, db: Tx) -> TaskView:
    return await service.cancel(db, actor, task_id, body.reason)


@router.post("/{task_id}/reopen")
async def reopen_task(task_id: UUID, body: schemas.ReasonBody, actor: Party, db: Tx) -> TaskView:
    return await service.reopen(db, actor, task_id, body.reason)


@router.post("/{task_id}/remind")
async def remind_of_task(task_id: UUID, actor: Party, db: Tx) -> TaskView:
    """Asks once more, at most every ten minutes."""
    return await service.remind(db, actor, task_id)
