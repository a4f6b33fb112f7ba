"""Every query of tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, cast, func, or_, select, text, true, update

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.tasks.models import Task
from qiao.desk.tasks.policy import OPEN

IS_OPEN: Final = Task.state.in_(sorted(OPEN))


async def lock_ticket(db: Session, ticket_id: UUID) -> None:
    """Holds the ticket for this transaction: whether it may go on depends on all of its tasks together."""
    await db.execute(text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE"), {"id": ticket_id})


async def task(db: Session, task_id: UUID) -> Task | None:
    return await db.get(Task, task_id, populate_existing=True)


async def ticket_of(db: Session, task_id: UUID) -> UUID | None:
    found: UUID | None = await db.scalar(select(Task.ticket_id).where(Task.id == task_id))
    return found


async def of_ticket(db: Session, ticket_id: UUID) -> Sequence[Task]:
    return (await db.execute(select(Task).where(Task.ticket_id == ticket_id).order_by(Task.id))).scalars().all()


async def first_blocking(db: Session, ticket_id: UUID) -> Task | None:
    query = select(Task).where(Task.ticket_id == ticket_id, Task.blocking, IS_OPEN).order_by(Task.id).limit(1)
    return (await db.execute(query)).scalar_one_or_none()


async def count_blocking(db: Session, ticket_id: UUID) -> int:
    query = select(func.count()).where(Task.ticket_id == ticket_id, Task.blocking, IS_OPEN)
    return int(await db.scalar(query) or 0)


async def open_of(db: Session, ticket_id: UUID) -> Sequence[Task]:
    query = select(Task).where(Task.ticket_id == ticket_id, IS_OPEN).order_by(Task.id).with_for_update()
    return (await db.execute(query)).scalars().all()


async def open_of_person(db: Session, user_id: UUID) -> Sequence[UUID]:
    """In the order their tickets are locked in."""
    query = select(Task.id).where(Task.assignee_id == user_id, IS_OPEN).order_by(Task.ticket_id, Task.id)
    return (await db.execute(query)).scalars().all()


async def move_all(db: Session, from_id: UUID, into_id: UUID) -> int:
    """Gives the tasks of one ticket to another, after a merge."""
    moved = await db.execute(update(Task).where(Task.ticket_id == from_id).values(ticket_id=into_id).returning(Task.id))
    return len(moved.all())


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Tasks in the actor's lists: their department's, their own, those they asked for; all for who sees all tickets."""
    if actor.kind in ("system", "bot") or actor.may("tickets.view_all"):
        return true()
    own = or_(Task.assignee_id == actor.id, Task.created_by == actor.id)
    return own if actor.department_id is None else or_(own, Task.department_id == actor.department_id)


async def page(
    db: Session,
    actor: Actor,
    *,
    scope: str,
    which: str,
    department_id: UUID | None,
    now: datetime,
    after: tuple[datetime | None, UUID] | None,
    limit: int,
) -> Sequence[Task]:
    """By due date, the undated last; what is over by when it ended, newest first."""
    query = select(Task).where(visible_to(actor))
    if scope == "mine":
        query = query.where(Task.assignee_id == actor.id)
    elif scope == "department":
        query = query.where(Task.department_id == actor.department_id)
    elif scope == "asked":
        query = query.where(Task.created_by == actor.id)
    if department_id is not None:
        query = query.where(Task.department_id == department_id)
    if which == "over":
        query = query.where(Task.closed_at.is_not(None))
        if after is not None:
            query = query.where(func.row(Task.closed_at, Task.id) < func.row(*after))
        return (await db.execute(query.order_by(Task.closed_at.desc(), Task.id.desc()).limit(limit))).scalars().all()
    if which != "all":
        query = query.where(IS_OPEN)
    if which == "overdue":
        query = query.where(Task.due_at < now)
    if after is not None:
        due, last = after
        undated = Task.due_at.is_(None)
        if due is None:
            query = query.where(undated, Task.id > last)
        else:
            query = query.where(or_(undated, func.row(Task.due_at, Task.id) > func.row(due, last)))
    return (await db.execute(query.order_by(Task.due_at.asc(), Task.id).limit(limit))).scalars().all()


async def counts(db: Session, actor: Actor, now: datetime) -> tuple[int, int, int]:
    mine = Task.assignee_id == actor.id
    # Without a department nothing is theirs: a comparison with null holds of no row.
    theirs: ColumnElement[bool] = Task.department_id == cast(actor.department_id, Task.department_id.type)
    query = select(
        func.count().filter(mine), func.count().filter(theirs), func.count().filter(Task.due_at < now)
    ).where(IS_OPEN, or_(mine, theirs))
    row = (await db.execute(query)).one()
    return row[0], row[1], row[2]


async def newly_overdue(db: Session, now: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """(task, ticket) of open tasks whose due date has passed and nobody has been told."""
    query = (
        select(Task.id, Task.ticket_id)
        .where(IS_OPEN, Task.due_at < now, Task.overdue_told_at.is_(None))
        .order_by(Task.due_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await db.execute(query)]
