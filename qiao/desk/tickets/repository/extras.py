"""Checklists and time spent."""

from uuid import UUID

from sqlalchemy import (
    select,
)

from qiao.core.db import Session
from qiao.desk.tickets.models import (
    ChecklistItem,
    Worklog,
)


async def checklist(db: Session, ticket_id: UUID) -> list[ChecklistItem]:
    rows = await db.execute(
        select(ChecklistItem)
        .where(ChecklistItem.ticket_id == ticket_id)
        .order_by(ChecklistItem.position, ChecklistItem.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def worklogs(db: Session, ticket_id: UUID) -> list[Worklog]:
    rows = await db.execute(
        select(Worklog).where(Worklog.ticket_id == ticket_id).order_by(Worklog.started_at, Worklog.id).limit(1000)
    )
    return list(rows.scalars())
