"""What joins tickets: links, parents, merging."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CursorResult,
    delete,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.desk.tickets.models import (
    Ticket,
    TicketLink,
)
from qiao.desk.tickets.repository.tickets import held_rows

_LINKS = 0x71617469  # one lock for whatever joins tickets into graphs: circles are found by reading them


async def lock_links(db: Session) -> None:
    """Two links made at once must not close a circle together."""
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LINKS})


async def add_link(db: Session, from_id: UUID, to_id: UUID, kind: str, by: UUID | None) -> bool:
    statement = (
        insert(TicketLink)
        .values(from_id=from_id, to_id=to_id, kind=kind, created_by=by)
        .on_conflict_do_nothing()
        .returning(TicketLink.kind)
    )
    return (await db.execute(statement)).first() is not None


async def remove_link(db: Session, from_id: UUID, to_id: UUID, kind: str) -> bool:
    statement = (
        delete(TicketLink)
        .where(TicketLink.from_id == from_id, TicketLink.to_id == to_id, TicketLink.kind == kind)
        .returning(TicketLink.kind)
    )
    return (await db.execute(statement)).first() is not None


async def links(db: Session, ticket_id: UUID) -> list[TicketLink]:
    rows = await db.execute(
        select(TicketLink)
        .where(or_(TicketLink.from_id == ticket_id, TicketLink.to_id == ticket_id))
        .order_by(TicketLink.created_at, TicketLink.kind)
        .limit(500)
    )
    return list(rows.scalars())


async def leads_to(db: Session, from_id: UUID, to_id: UUID, kind: str) -> bool:
    """Whether links of a kind lead from one ticket to the other, over any number of steps."""
    found = await db.scalar(
        text(
            "WITH RECURSIVE on_way(id) AS (SELECT CAST(:from_id AS uuid) UNION"
            " SELECT l.to_id FROM ticket_links l JOIN on_way w ON l.from_id = w.id WHERE l.kind = :kind)"
            " SELECT 1 FROM on_way WHERE id = :to_id LIMIT 1"
        ),
        {"from_id": from_id, "to_id": to_id, "kind": kind},
    )
    return found is not None


async def ancestors(db: Session, ticket_id: UUID) -> list[UUID]:
    """The parent, its parent and so on."""
    rows = await db.execute(
        text(
            "WITH RECURSIVE up(id, parent_id, n) AS ("
            " SELECT id, parent_id, 0 FROM tickets WHERE id = :id UNION"
            " SELECT t.id, t.parent_id, up.n + 1 FROM tickets t JOIN up ON t.id = up.parent_id WHERE up.n < 1000)"
            " SELECT id FROM up WHERE n > 0 ORDER BY n"
        ),
        {"id": ticket_id},
    )
    return [UUID(str(row[0])) for row in rows]


async def height(db: Session, ticket_id: UUID) -> int:
    """How many levels of children stand below a ticket."""
    found = await db.scalar(
        text(
            "WITH RECURSIVE down(id, n) AS (SELECT CAST(:id AS uuid), 0 UNION"
            " SELECT t.id, down.n + 1 FROM tickets t JOIN down ON t.parent_id = down.id WHERE down.n < 50)"
            " SELECT max(n) FROM down"
        ),
        {"id": ticket_id},
    )
    return int(found or 0)


async def children(db: Session, ticket_id: UUID) -> list[Ticket]:
    rows = await db.execute(select(Ticket).where(Ticket.parent_id == ticket_id).order_by(Ticket.number).limit(200))
    return list(rows.scalars())


async def move_entries(db: Session, source_id: UUID, into_id: UUID, last_seq: int) -> int:
    """Puts the timeline of one ticket behind that of another; returns how many lines moved."""
    result = await db.execute(
        text(
            "UPDATE ticket_entries e SET ticket_id = :into, seq = :base + n.place, client_id = NULL,"
            " origin_ticket_id = COALESCE(e.origin_ticket_id, :source)"
            " FROM (SELECT id, row_number() OVER (ORDER BY seq) AS place FROM ticket_entries WHERE ticket_id = :source) n"
            " WHERE e.id = n.id"
        ),
        {"into": into_id, "source": source_id, "base": last_seq},
    )
    return int(cast("CursorResult[Any]", result).rowcount)


_MOVES = (
    "UPDATE ticket_worklogs SET ticket_id = :into, origin_ticket_id = COALESCE(origin_ticket_id, :source)"
    " WHERE ticket_id = :source",
    "UPDATE ticket_checklist SET ticket_id = :into, position = position + 1 + COALESCE("
    "(SELECT max(position) FROM ticket_checklist WHERE ticket_id = :into), -1) WHERE ticket_id = :source",
    "INSERT INTO ticket_involved (ticket_id, kind, party_id, reasons, watching, since)"
    " SELECT :into, kind, party_id, reasons, watching, since FROM ticket_involved WHERE ticket_id = :source"
    " ON CONFLICT (ticket_id, kind, party_id) DO UPDATE SET"
    " reasons = (SELECT array_agg(DISTINCT r) FROM unnest(ticket_involved.reasons || excluded.reasons) r),"
    " watching = ticket_involved.watching OR excluded.watching, since = LEAST(ticket_involved.since, excluded.since)",
    "DELETE FROM ticket_involved WHERE ticket_id = :source",
    "INSERT INTO ticket_links (from_id, to_id, kind, created_at, created_by)"
    " SELECT CASE WHEN from_id = :source THEN :into ELSE from_id END, CASE WHEN to_id = :source THEN :into ELSE to_id END,"
    " kind, created_at, created_by FROM ticket_links WHERE :source IN (from_id, to_id) AND :into NOT IN (from_id, to_id)"
    " ON CONFLICT DO NOTHING",
    "DELETE FROM ticket_links WHERE :source IN (from_id, to_id)",
    "UPDATE tickets SET parent_id = :into WHERE parent_id = :source AND id <> :into",
    "UPDATE tickets SET merged_into_id = :into WHERE merged_into_id = :source",
)


async def move_rest(db: Session, source_id: UUID, into_id: UUID) -> None:
    """Everything else that hangs on a ticket: time, checklist, people, links, children, what was merged into it before."""
    for statement in _MOVES:
        typed = statement.replace(":into", "CAST(:into AS uuid)").replace(":source", "CAST(:source AS uuid)")
        await db.execute(text(typed), {"into": into_id, "source": source_id})
    held_rows(db).clear()
