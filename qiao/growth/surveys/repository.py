"""Every query of surveys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_

from qiao.core.db import Session
from qiao.growth.surveys.models import RatingRow


async def rating(db: Session, conversation_id: UUID, *, lock: bool = False) -> RatingRow | None:
    query = select(RatingRow).where(RatingRow.conversation_id == conversation_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def ratings(db: Session, ids: Sequence[UUID]) -> Sequence[RatingRow]:
    return (await db.execute(select(RatingRow).where(RatingRow.conversation_id.in_(ids)))).scalars().all()


def _conditions(
    agent_id: UUID | None, inbox_id: UUID | None, score: int | None, since: datetime | None, until: datetime | None
) -> list[object]:
    found: list[object] = []
    if agent_id is not None:
        found.append(RatingRow.agent_id == agent_id)
    if inbox_id is not None:
        found.append(RatingRow.inbox_id == inbox_id)
    if score is not None:
        found.append(RatingRow.score == score)
    if since is not None:
        found.append(RatingRow.created_at >= since)
    if until is not None:
        found.append(RatingRow.created_at < until)
    return found


async def page(
    db: Session,
    *,
    agent_id: UUID | None,
    inbox_id: UUID | None,
    score: int | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[RatingRow]:
    """Ratings, newest first."""
    query = select(RatingRow).where(*_conditions(agent_id, inbox_id, score, since, until))  # type: ignore[arg-type]  # columns
    if after is not None:
        query = query.where(tuple_(RatingRow.created_at, RatingRow.conversation_id) < after)
    query = query.order_by(RatingRow.created_at.desc(), RatingRow.conversation_id.desc()).limit(limit)
    return (await db.execute(query)).scalars().all()


async def figures(db: Session, since: datetime, until: datetime) -> tuple[int, float | None]:
    """How many ratings were given in a stretch of time, and their mean score."""
    query = select(func.count(), func.avg(RatingRow.score)).where(
        RatingRow.created_at >= since, RatingRow.created_at < until
    )
    count, mean = (await db.execute(query)).one()
    return int(count), float(mean) if mean is not None else None
