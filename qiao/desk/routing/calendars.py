"""Business hours of queues. No calendar means always open."""

from datetime import datetime
from uuid import UUID

from qiao.core.db import Session
from qiao.people.organization import hours
from qiao.people.organization import service as organization


async def exists(db: Session, calendar_id: UUID) -> bool:
    return await organization.find_calendar(db, calendar_id) is not None


async def is_open(db: Session, calendar_id: UUID | None, at: datetime) -> bool:
    calendar = await organization.find_calendar(db, calendar_id) if calendar_id is not None else None
    return calendar is None or hours.is_open(calendar, at)


async def next_open(db: Session, calendar_id: UUID | None, at: datetime) -> datetime | None:
    """When it opens next; None for a calendar that never does, or no calendar."""
    calendar = await organization.find_calendar(db, calendar_id) if calendar_id is not None else None
    return hours.next_open(calendar, at) if calendar is not None else None
