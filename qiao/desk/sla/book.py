"""The rulebook as this process keeps it: read again when a policy or calendar has changed."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from qiao.core import clock
from qiao.core.db import Session, held
from qiao.core.runtime import runtime_of
from qiao.desk.sla import repository
from qiao.desk.sla.clock import Hours
from qiao.desk.sla.models import PolicyRow
from qiao.desk.sla.rules import Policy, Rulebook
from qiao.desk.sla.schemas import PolicyBody
from qiao.people.organization import hours
from qiao.people.organization import service as organization


@dataclass
class Shelf:
    """Holds the last rulebook that was read."""

    book: Rulebook | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


def body_of(row: PolicyRow) -> PolicyBody:
    return PolicyBody.model_validate(
        {
            "name": row.name,
            "description": row.description,
            "subject": row.subject,
            "active": row.active,
            "conditions": row.conditions,
            "targets": row.targets,
            "calendar_id": row.calendar_id,
            "pause_on": row.pause_on,
            "ladder": row.ladder,
        }
    )


async def current(db: Session) -> Rulebook:
    """The rulebook as of this transaction: one short query when nothing has changed."""
    known: Rulebook | None = held(db).get("sla_book")
    if known is None:
        held(db)["sla_book"] = known = await _latest(db)
    return known


async def _latest(db: Session) -> Rulebook:
    revision = await repository.revision(db)
    shelf = runtime_of(db).find(Shelf)
    if shelf is not None and shelf.book is not None and shelf.book.revision == revision:
        return shelf.book
    book = await read(db, revision)
    if shelf is not None:
        shelf.book = book
    return book


async def read(db: Session, revision: int) -> Rulebook:
    policies = tuple(Policy.of(row.id, body_of(row)) for row in await repository.policies(db))
    rulers: dict[UUID, Hours] = {}
    for view in await organization.list_calendars(db):
        calendar = organization.calendar_of(view)
        await asyncio.to_thread(hours.warm, calendar, clock.now().year)
        rulers[view.id] = Hours(calendar)
    return Rulebook(revision, policies, rulers)
