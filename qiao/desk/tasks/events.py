"""The facts tasks announce. In the log they stand under their ticket's id, in order with what happens to it."""

from uuid import UUID

from qiao.core.events import Event, event


@event("task.created")
class TaskCreated(Event, frozen=True, kw_only=True):
    task_id: UUID
    ticket_id: UUID
    department_id: UUID
    blocking: bool


@event("task.moved")
class TaskMoved(Event, frozen=True, kw_only=True):
    """Went from one state to another."""

    task_id: UUID
    ticket_id: UUID
    department_id: UUID
    previous: str
    state: str


@event("task.changed")
class TaskChanged(Event, frozen=True, kw_only=True):
    """Title, details, assignee, due date, or whether the ticket waits for it."""

    task_id: UUID
    ticket_id: UUID
    department_id: UUID
    fields: tuple[str, ...]


@event("task.overdue")
class TaskOverdue(Event, frozen=True, kw_only=True):
    """Its due date has passed and it is still open; told once per due date."""

    task_id: UUID
    ticket_id: UUID
    department_id: UUID
