"""Every query of the organization."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.people.organization.models import CalendarRow, DepartmentRow, WorkspaceRow


async def workspace(db: Session) -> WorkspaceRow | None:
    return (await db.execute(select(WorkspaceRow).where(WorkspaceRow.id == 1))).scalar_one_or_none()


async def workspace_to_change(db: Session) -> WorkspaceRow:
    """The one row, made if need be, locked."""
    await db.execute(insert(WorkspaceRow).values(id=1).on_conflict_do_nothing())
    return (await db.execute(select(WorkspaceRow).where(WorkspaceRow.id == 1).with_for_update())).scalar_one()


async def departments(db: Session) -> Sequence[DepartmentRow]:
    return (await db.execute(select(DepartmentRow).order_by(DepartmentRow.name, DepartmentRow.id))).scalars().all()


async def department(db: Session, department_id: UUID) -> DepartmentRow | None:
    return await db.get(DepartmentRow, department_id)


async def calendars(db: Session) -> Sequence[CalendarRow]:
    return (await db.execute(select(CalendarRow).order_by(CalendarRow.created_at, CalendarRow.id))).scalars().all()


async def calendar(db: Session, calendar_id: UUID, *, lock: bool = False) -> CalendarRow | None:
    query = select(CalendarRow).where(CalendarRow.id == calendar_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
