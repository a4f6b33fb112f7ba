"""Every query of visitor sessions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from qiao.channels.webchat.models import VisitorSessionRow
from qiao.core.db import Session


async def session(db: Session, session_id: UUID, *, lock: bool = False) -> VisitorSessionRow | None:
    """A session that has not been revoked."""
    query = select(VisitorSessionRow).where(VisitorSessionRow.id == session_id, VisitorSessionRow.revoked_at.is_(None))
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def unidentified(db: Session, customer_id: UUID) -> Sequence[VisitorSessionRow]:
    """A customer's browsers for which no site vouches."""
    query = select(VisitorSessionRow).where(
        VisitorSessionRow.customer_id == customer_id,
        VisitorSessionRow.identified.is_(False),
        VisitorSessionRow.revoked_at.is_(None),
    )
    return (await db.execute(query.order_by(VisitorSessionRow.id).with_for_update())).scalars().all()


async def revoke_of_customer(db: Session, customer_id: UUID, at: datetime) -> list[UUID]:
    """Ends every session of a customer; returns their ids."""
    result = await db.execute(
        update(VisitorSessionRow)
        .where(VisitorSessionRow.customer_id == customer_id, VisitorSessionRow.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(VisitorSessionRow.id)
    )
    return list(result.scalars())
