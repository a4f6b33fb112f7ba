"""Every query of inboxes."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from qiao.core.db import Session
from qiao.desk.inboxes.models import InboxRow


async def inbox(db: Session, inbox_id: UUID, *, lock: bool = False) -> InboxRow | None:
    query = select(InboxRow).where(InboxRow.id == inbox_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def by_key(db: Session, key: str) -> InboxRow | None:
    return (await db.execute(select(InboxRow).where(InboxRow.key == key))).scalar_one_or_none()


async def some(db: Session, ids: Iterable[UUID]) -> Sequence[InboxRow]:
    return (await db.execute(select(InboxRow).where(InboxRow.id.in_(list(ids))))).scalars().all()


async def everything(db: Session) -> Sequence[InboxRow]:
    return (await db.execute(select(InboxRow).order_by(InboxRow.created_at, InboxRow.id))).scalars().all()
