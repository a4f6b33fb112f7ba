"""Queries of the portal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.portal.models import PortalCodeRow, PortalSuggestionRow
from qiao.core.db import Session


async def codes_since(db: Session, email: str, since: datetime) -> int:
    """How many codes an address was sent."""
    query = select(func.count()).where(PortalCodeRow.email == email, PortalCodeRow.created_at >= since)
    return int(await db.scalar(query) or 0)


async def code(db: Session, code_id: UUID, *, lock: bool = False) -> PortalCodeRow | None:
    query = select(PortalCodeRow).where(PortalCodeRow.id == code_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def forget_codes(db: Session, before: datetime) -> None:
    await db.execute(delete(PortalCodeRow).where(PortalCodeRow.created_at < before))


async def opened(db: Session, form: UUID, item_id: UUID, customer_id: UUID) -> None:
    row = {"form": form, "item_id": item_id, "customer_id": customer_id}
    await db.execute(insert(PortalSuggestionRow).values(row).on_conflict_do_nothing())


async def sent(db: Session, form: UUID, customer_id: UUID, at: datetime) -> None:
    await db.execute(
        update(PortalSuggestionRow)
        .where(PortalSuggestionRow.form == form, PortalSuggestionRow.customer_id == customer_id)
        .values(sent_at=at)
    )


async def suggestions(db: Session, since: datetime, settled: datetime) -> tuple[int, int]:
    """Forms from which a text was opened since then, and those of them that were never sent (older than `settled`)."""
    by_form = (
        select(
            func.min(PortalSuggestionRow.opened_at).label("opened_at"),
            func.max(PortalSuggestionRow.sent_at).label("sent_at"),
        )
        .where(PortalSuggestionRow.opened_at >= since)
        .group_by(PortalSuggestionRow.form)
        .subquery()
    )
    unsent = (by_form.c.sent_at.is_(None)) & (by_form.c.opened_at < settled)
    row = (await db.execute(select(func.count(), func.count().filter(unsent)).select_from(by_form))).one()
    return int(row[0]), int(row[1])
