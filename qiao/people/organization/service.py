"""Verbs on the company, its departments and its business calendars."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.web.errors import from_validation
from qiao.people.accounts import audit
from qiao.people.accounts.models import UserRow
from qiao.people.organization import hours, repository
from qiao.people.organization.events import CalendarChanged, WorkspaceUpdated
from qiao.people.organization.hours import WEEKDAYS, Calendar
from qiao.people.organization.models import CalendarRow, DepartmentRow, WorkspaceRow
from qiao.people.organization.ports import ask_keepers
from qiao.people.organization.schemas import (
    CalendarPatch,
    CalendarSpec,
    CalendarView,
    DepartmentBody,
    DepartmentPatch,
    DepartmentView,
    Preview,
    PreviewDay,
    WorkspacePatch,
    WorkspaceSettings,
    WorkspaceView,
)

# -- the company -----------------------------------------------------------------------------------------------------


def _settings(stored: Mapping[str, Any]) -> WorkspaceSettings:
    # What an older version stored and we no longer know is ignored.
    return WorkspaceSettings(**{k: v for k, v in stored.items() if k in WorkspaceSettings.model_fields})


def _workspace(row: WorkspaceRow) -> WorkspaceView:
    return WorkspaceView(
        name=row.name,
        locale=row.locale,
        timezone=row.timezone,
        setup_done=row.setup_done,
        settings=_settings(row.settings),
    )


async def get_workspace(db: Session) -> WorkspaceView:
    """The company; defaults before it has been set up."""
    row = await repository.workspace(db)
    if row is None:
        return WorkspaceView(
            name="", locale="zh-CN", timezone="Asia/Shanghai", setup_done=False, settings=WorkspaceSettings()
        )
    return _workspace(row)


async def get_settings(db: Session) -> WorkspaceSettings:
    """What the company decided, defaults filled in."""
    return (await get_workspace(db)).settings


async def update_workspace(
    db: Session, actor: Actor, body: WorkspacePatch, *, setup_done: bool | None = None
) -> WorkspaceView:
    row = await repository.workspace_to_change(db)
    before = audit.snapshot(row)
    if body.name is not None:
        row.name = body.name
    if body.locale is not None:
        row.locale = body.locale
    if body.timezone is not None:
        row.timezone = body.timezone
    if body.settings is not None:
        try:
            settings = WorkspaceSettings(**{**_settings(row.settings).model_dump(), **body.settings})
        except ValidationError as error:
            raise from_validation([{**e, "loc": ("settings", *e["loc"])} for e in error.errors()]) from None
        row.settings = settings.model_dump(exclude_defaults=True)
    if setup_done is not None:
        row.setup_done = setup_done
    await db.flush()
    changes = audit.diff(before, audit.snapshot(row))
    changes.pop("updated_at", None)
    if changes:
        await audit.record(db, actor, "workspace.updated", "workspace", 1, changes)
        await emit(db, WorkspaceUpdated(fields=tuple(changes)), actor=actor)
    return _workspace(row)


# -- departments -----------------------------------------------------------------------------------------------------


def _department(row: DepartmentRow, users: int = 0) -> DepartmentView:
    return DepartmentView(id=row.id, name=row.name, description=row.description, parent_id=row.parent_id, users=users)


async def list_departments(db: Session) -> list[DepartmentView]:
    query = select(UserRow.department_id, func.count()).where(UserRow.active).group_by(UserRow.department_id)
    sizes = {row[0]: row[1] for row in await db.execute(query)}
    return [_department(row, sizes.get(row.id, 0)) for row in await repository.departments(db)]


async def department_names(db: Session) -> dict[UUID, str]:
    """Every department by id, read once in a transaction."""
    if "department_names" not in db.info:
        db.info["department_names"] = {row.id: row.name for row in await repository.departments(db)}
    return dict(db.info["department_names"])


async def create_department(db: Session, actor: Actor, body: DepartmentBody) -> DepartmentView:
    db.info.pop("department_names", None)
    await _check_department(db, None, body.name, body.parent_id)
    row = DepartmentRow(id=new_id(), name=body.name, description=body.description, parent_id=body.parent_id)
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "department.created", "department", row.id, {"name": row.name})
    return _department(row)


async def update_department(db: Session, actor: Actor, department_id: UUID, body: DepartmentPatch) -> DepartmentView:
    db.info.pop("department_names", None)
    row = await _existing_department(db, department_id)
    before = audit.snapshot(row)
    parent_id = body.parent_id if "parent_id" in body.model_fields_set else row.parent_id
    await _check_department(db, row.id, body.name, parent_id)
    if body.name is not None:
        row.name = body.name
    if body.description is not None:
        row.description = body.description
    row.parent_id = parent_id
    await db.flush()
    changes = audit.diff(before, audit.snapshot(row))
    if changes:
        await audit.record(db, actor, "department.updated", "department", row.id, changes)
    return _department(row)


async def delete_department(db: Session, actor: Actor, department_id: UUID) -> None:
    """Removes a department nobody stands below; its people stay, without one."""
    db.info.pop("department_names", None)
    row = await _existing_department(db, department_id)
    if any(other.parent_id == department_id for other in await repository.departments(db)):
        raise Conflict("department_has_children")
    await db.delete(row)
    await audit.record(db, actor, "department.deleted", "department", department_id, {"name": row.name})


async def _existing_department(db: Session, department_id: UUID) -> DepartmentRow:
    row = await repository.department(db, department_id)
    if row is None:
        raise NotFound("department_not_found")
    return row


async def _check_department(db: Session, own_id: UUID | None, name: str | None, parent_id: UUID | None) -> None:
    by_id = {row.id: row for row in await repository.departments(db)}
    if name is not None and any(row.name == name and row.id != own_id for row in by_id.values()):
        raise Invalid.field("name", "name_taken")
    if parent_id is not None and parent_id not in by_id:
        raise Invalid.field("parent_id", "department_not_found")
    above = parent_id
    while above is not None:
        if above == own_id:
            raise Invalid.field("parent_id", "department_circle")
        above = by_id[above].parent_id


# -- business calendars ----------------------------------------------------------------------------------------------


def _calendar_view(row: CalendarRow) -> CalendarView:
    return CalendarView.model_validate(row)


def _spec(row: CalendarRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "timezone": row.timezone,
        "weekly": row.weekly,
        "holidays_country": row.holidays_country,
        "follow_makeup_workdays": row.follow_makeup_workdays,
        "exceptions": row.exceptions,
    }


def calendar_of(view: CalendarView) -> Calendar:
    """The calendar as arithmetic."""
    return Calendar(
        timezone=view.timezone,
        weekly=tuple(tuple(hours.parse_interval(*pair) for pair in view.weekly.get(day, ())) for day in WEEKDAYS),
        holidays_country=view.holidays_country,
        follow_makeup_workdays=view.follow_makeup_workdays,
        exceptions={day.date: tuple(hours.parse_interval(*pair) for pair in day.hours) for day in view.exceptions},
        exception_names={day.date: day.name for day in view.exceptions if day.name},
    )


async def find_calendar(db: Session, calendar_id: UUID) -> Calendar | None:
    """A calendar ready for `hours.is_open` and the like, or None."""
    row = await repository.calendar(db, calendar_id)
    if row is None:
        return None
    calendar = calendar_of(_calendar_view(row))
    if calendar.holidays_country is not None:
        await asyncio.to_thread(hours.warm, calendar, clock.now().year)
    return calendar


async def get_calendar(db: Session, calendar_id: UUID) -> Calendar:
    """Like `find_calendar`. Raises NotFound."""
    calendar = await find_calendar(db, calendar_id)
    if calendar is None:
        raise NotFound("calendar_not_found")
    return calendar


async def list_calendars(db: Session) -> list[CalendarView]:
    return [_calendar_view(row) for row in await repository.calendars(db)]


async def show_calendar(db: Session, calendar_id: UUID) -> CalendarView:
    return _calendar_view(await _existing_calendar(db, calendar_id))


async def create_calendar(db: Session, actor: Actor, body: CalendarSpec) -> CalendarView:
    await _check_calendar(db, None, body)
    row = CalendarRow(id=new_id(), **body.model_dump(mode="json"))
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "calendar.created", "calendar", row.id, {"name": row.name})
    await emit(db, CalendarChanged(calendar_id=row.id), actor=actor, audience=Audience(permission="queues.manage"))
    return _calendar_view(row)


async def update_calendar(db: Session, actor: Actor, calendar_id: UUID, body: CalendarPatch) -> CalendarView:
    row = await _existing_calendar(db, calendar_id, lock=True)
    before = audit.snapshot(row)
    given = body.model_dump(mode="json", exclude_unset=True)
    given = {k: v for k, v in given.items() if v is not None or k == "holidays_country"}
    try:
        spec = CalendarSpec.model_validate({**_spec(row), **given})
    except ValidationError as error:
        raise from_validation(list(error.errors())) from None
    await _check_calendar(db, row.id, spec)
    for key, value in spec.model_dump(mode="json").items():
        setattr(row, key, value)
    await db.flush()
    changes = audit.diff(before, audit.snapshot(row))
    if changes:
        await audit.record(db, actor, "calendar.updated", "calendar", row.id, changes)
        await emit(db, CalendarChanged(calendar_id=row.id), actor=actor, audience=Audience(permission="queues.manage"))
    return _calendar_view(row)


async def delete_calendar(db: Session, actor: Actor, calendar_id: UUID) -> None:
    """Removes a calendar. Whoever keeps these hours (inboxes, queues, services, promises) refuses."""
    row = await _existing_calendar(db, calendar_id, lock=True)
    await ask_keepers(db, calendar_id)
    await db.delete(row)
    await db.flush()
    await audit.record(db, actor, "calendar.deleted", "calendar", calendar_id, {"name": row.name})
    await emit(db, CalendarChanged(calendar_id=calendar_id), actor=actor)


async def preview(db: Session, calendar_id: UUID, start: date | None, days: int, locale: str) -> Preview:
    """The coming days as routing will see them."""
    calendar = await get_calendar(db, calendar_id)
    now = clock.now()
    first = start or now.astimezone(calendar.zone).date()

    def work() -> Preview:
        found = []
        for number in range(days):
            day = hours.day_of(calendar, first + timedelta(days=number), locale)
            found.append(
                PreviewDay(
                    date=day.date,
                    hours=[[_clock(a), _clock(b)] for a, b in day.intervals],
                    reason="weekly" if day.kind == "weekday" else day.kind,
                    name=day.name,
                    clock_change=hours.offset_changes(calendar, day.date),
                )
            )
        return Preview(
            open_now=hours.is_open(calendar, now),
            next_open=_iso(hours.next_open(calendar, now)),
            next_close=_iso(hours.next_close(calendar, now)),
            days=found,
        )

    return await asyncio.to_thread(work)  # a far year of some country may have to be computed


def _clock(minutes: int) -> str:
    if minutes > hours.DAY_MINUTES:
        minutes -= hours.DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


async def _existing_calendar(db: Session, calendar_id: UUID, *, lock: bool = False) -> CalendarRow:
    row = await repository.calendar(db, calendar_id, lock=lock)
    if row is None:
        raise NotFound("calendar_not_found")
    return row


async def _check_calendar(db: Session, own_id: UUID | None, spec: CalendarSpec) -> None:
    if any(row.name == spec.name and row.id != own_id for row in await repository.calendars(db)):
        raise Invalid.field("name", "name_taken")
    country = spec.holidays_country
    if country not in (None, "CN") and not await asyncio.to_thread(hours.knows_country, country or ""):
        raise Invalid.field("holidays_country", "holidays_country_unknown")
