"""The lines of a ticket, in their order."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    and_,
    or_,
    select,
    update,
)

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.tickets.models import (
    Ticket,
    TicketEntry,
)


async def entry_by_client_id(db: Session, ticket_id: UUID, client_id: str) -> TicketEntry | None:
    return (
        await db.execute(
            select(TicketEntry).where(TicketEntry.ticket_id == ticket_id, TicketEntry.client_id == client_id)
        )
    ).scalar_one_or_none()


async def change_author(db: Session, ticket_ids: Iterable[UUID], previous_id: UUID, author_id: UUID) -> None:
    """Signs what a customer wrote in these tickets with another record of theirs."""
    await db.execute(
        update(TicketEntry)
        .where(
            TicketEntry.ticket_id.in_(list(ticket_ids)),
            TicketEntry.author_kind == "customer",
            TicketEntry.author_id == previous_id,
        )
        .values(author_id=author_id)
        .execution_options(synchronize_session=False)
    )


async def entry(db: Session, entry_id: UUID) -> TicketEntry | None:
    return await db.get(TicketEntry, entry_id, populate_existing=True)


async def entries_by_id(db: Session, ticket_id: UUID, ids: Sequence[UUID]) -> list[TicketEntry]:
    rows = await db.execute(
        select(TicketEntry)
        .where(TicketEntry.ticket_id == ticket_id, TicketEntry.id.in_(list(ids)))
        .order_by(TicketEntry.seq)
    )
    return list(rows.scalars())


async def entries(
    db: Session,
    ticket_id: UUID,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
    kinds: Sequence[str] = (),
    public_only: bool = False,
) -> list[TicketEntry]:
    """A stretch of the timeline in order: after `after_seq`, else the newest before `before_seq`."""
    query = select(TicketEntry).where(TicketEntry.ticket_id == ticket_id)
    if kinds:
        query = query.where(TicketEntry.kind.in_(list(kinds)))
    if public_only:
        query = query.where(
            or_(
                TicketEntry.kind == "comment",
                and_(TicketEntry.kind == "change", TicketEntry.changes.has_key("status")),
                and_(TicketEntry.kind == "event", TicketEntry.payload["public"].as_boolean()),
            )
        )
    if after_seq is not None:
        query = query.where(TicketEntry.seq > after_seq).order_by(TicketEntry.seq).limit(limit)
        return list((await db.execute(query)).scalars())
    if before_seq is not None:
        query = query.where(TicketEntry.seq < before_seq)
    rows = (await db.execute(query.order_by(TicketEntry.seq.desc()).limit(limit))).scalars().all()
    return list(reversed(rows))


async def changes_since(db: Session, ticket_id: UUID, version: int) -> list[TicketEntry]:
    """The changes made after a version, oldest first."""
    rows = await db.execute(
        select(TicketEntry)
        .where(
            TicketEntry.ticket_id == ticket_id,
            TicketEntry.kind == "change",
            TicketEntry.payload["version"].as_integer() > version,
        )
        .order_by(TicketEntry.seq)
    )
    return list(rows.scalars())


def new_entry(ticket: Ticket, *, first: bool = False, **values: Any) -> TicketEntry:
    """The next line of a locked ticket's timeline; the `first` one has been counted where the ticket was made."""
    if not first:
        ticket.last_seq += 1
    return TicketEntry(id=new_id(), ticket_id=ticket.id, seq=ticket.last_seq, **values)
