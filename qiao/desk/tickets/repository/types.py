"""Types of tickets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    func,
    select,
)

from qiao.core.db import Session
from qiao.desk.tickets.models import (
    Ticket,
    TicketType,
)


async def type_by_id(db: Session, type_id: UUID, *, lock: bool = False) -> TicketType | None:
    query = select(TicketType).where(TicketType.id == type_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def type_by_key(db: Session, key: str, *, lock: bool = False) -> TicketType | None:
    query = select(TicketType).where(TicketType.key == key).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def types(db: Session) -> list[TicketType]:
    rows = await db.execute(
        select(TicketType).order_by(TicketType.position, TicketType.key).execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def type_stamps(db: Session, *, ids: Sequence[UUID] = (), keys: Sequence[str] = ()) -> list[Any]:
    """(id, key, revision, active) of types by id or by key: what tells whether a definition in memory is still good."""
    query = select(TicketType.id, TicketType.key, TicketType.revision, TicketType.active)
    return list(await db.execute(query.where(TicketType.id.in_(ids) if ids else TicketType.key.in_(keys))))


async def in_states(db: Session, type_id: UUID) -> dict[str, int]:
    """How many tickets of a type stand in each state."""
    rows = await db.execute(select(Ticket.state, func.count()).where(Ticket.type_id == type_id).group_by(Ticket.state))
    return {row[0]: row[1] for row in rows}


async def per_type(db: Session) -> dict[UUID, int]:
    rows = await db.execute(select(Ticket.type_id, func.count()).group_by(Ticket.type_id))
    return {row[0]: row[1] for row in rows}
