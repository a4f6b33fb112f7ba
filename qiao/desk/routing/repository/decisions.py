"""Queries of the log of decisions, and of what is long past."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.routing.models import (
    Offer,
    RoutingLog,
)


async def add_log(
    db: Session,
    conversation_id: UUID,
    at: datetime,
    decision: str,
    queue_id: UUID | None,
    user_id: UUID | None,
    explanation: dict[str, Any],
) -> None:
    await db.execute(
        insert(RoutingLog).values(
            id=new_id(),
            conversation_id=conversation_id,
            at=at,
            decision=decision,
            queue_id=queue_id,
            user_id=user_id,
            explanation=explanation,
        )
    )


async def log_of(db: Session, conversation_id: UUID, limit: int = 200) -> Sequence[RoutingLog]:
    query = select(RoutingLog).where(RoutingLog.conversation_id == conversation_id).order_by(RoutingLog.id).limit(limit)
    return (await db.execute(query)).scalars().all()


async def forget_decisions(db: Session, *, before: datetime, limit: int) -> int:
    """Removes explanations older than `before`, the oldest first (keys sort by time). Returns how many."""
    old = select(RoutingLog.id).where(RoutingLog.at < before, RoutingLog.id < first_id_at(before))
    found = await db.execute(
        delete(RoutingLog).where(RoutingLog.id.in_(old.order_by(RoutingLog.id).limit(limit))).returning(RoutingLog.id)
    )
    return len(found.all())


async def forget_ended_offers(db: Session, *, before: datetime, limit: int) -> int:
    """Removes offers that ended before `before`. Returns how many."""
    old = select(Offer.id).where(Offer.state != "offered", Offer.ended_at < before, Offer.id < first_id_at(before))
    found = await db.execute(delete(Offer).where(Offer.id.in_(old.order_by(Offer.id).limit(limit))).returning(Offer.id))
    return len(found.all())


def first_id_at(moment: datetime) -> UUID:
    """The smallest key that can have been made at `moment`: its index finds what is older."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
