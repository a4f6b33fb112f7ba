"""HTTP doors of the organization."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Locale, Read, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs, SignedIn
from qiao.people.organization import service
from qiao.people.organization.schemas import (
    CalendarPatch,
    CalendarSpec,
    CalendarView,
    DepartmentBody,
    DepartmentPatch,
    DepartmentView,
    Preview,
    WorkspacePatch,
    WorkspaceView,
)

router = Router(tags=["organization"])
Manager = Annotated[Actor, Needs("settings.manage")]
PeopleManager = Annotated[Actor, Needs("users.manage", "settings.manage")]
HoursManager = Annotated[Actor, Needs("queues.manage")]


@router.get("/workspace")
async def get_workspace(actor: SignedIn, db: Read) -> WorkspaceView:
    """The company and what it decided."""
    return await service.get_workspace(db)


@router.patch("/workspace")
async def update_workspace(actor: Manager, db: Tx, body: WorkspacePatch) -> WorkspaceView:
    return await service.update_workspace(db, actor, body)


@router.get("/departments")
async def list_departments(actor: SignedIn, db: Read) -> list[DepartmentView]:
    return await service.list_departments(db)


@router.post("/departments", status_code=201)
async def create_department(actor: PeopleManager, db: Tx, body: DepartmentBody) -> DepartmentView:
    return await service.create_department(db, actor, body)


@router.patch("/departments/{department_id}")
async def update_department(actor: PeopleManager, db: Tx, department_id: UUID, body: DepartmentPatch) -> DepartmentView:
    return await service.update_department(db, actor, department_id, body)


@router.delete("/departments/{department_id}", status_code=204)
async def delete_department(actor: PeopleManager, db: Tx, department_id: UUID) -> None:
    await service.delete_department(db, actor, department_id)


@router.get("/calendars")
async def list_calendars(actor: SignedIn, db: Read) -> list[CalendarView]:
    return await service.list_calendars(db)


@router.post("/calendars", status_code=201)
async def create_calendar(actor: HoursManager, db: Tx, body: CalendarSpec) -> CalendarView:
    return await service.create_calendar(db, actor, body)


@router.get("/calendars/{calendar_id}")
async def get_calendar(actor: SignedIn, db: Read, calendar_id: UUID) -> CalendarView:
    return await service.show_calendar(db, calendar_id)


@router.patch("/calendars/{calendar_id}")
async def update_calendar(actor: HoursManager, db: Tx, calendar_id: UUID, body: CalendarPatch) -> CalendarView:
    return await service.update_calendar(db, actor, calendar_id, body)


@router.delete("/calendars/{calendar_id}", status_code=204)
async def delete_calendar(actor: HoursManager, db: Tx, calendar_id: UUID) -> None:
    await service.delete_calendar(db, actor, calendar_id)


@router.get("/calendars/{calendar_id}/preview")
async def preview_calendar(
    actor: SignedIn,
    db: Read,
    calendar_id: UUID,
    locale: Locale,
    start: Annotated[date | None, Query(alias="from", description="First day; today when left out.")] = None,
    days: Annotated[int, Query(ge=1, le=400)] = 30,
) -> Preview:
    """The coming days with their hours and why: the week, a holiday, a make-up workday, an exception."""
    return await service.preview(db, calendar_id, start, days, locale)
