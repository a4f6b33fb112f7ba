"""Who is involved in a ticket, and what hangs on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    and_,
    any_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from qiao.core.db import Session
from qiao.desk.tickets.models import (
    ChecklistItem,
    Ticket,
    TicketInvolved,
    TicketLink,
    Worklog,
)


async def involve(
    db: Session, ticket_id: UUID, kind: str, parties: Sequence[UUID], reason: str, *, watching: bool
) -> list[UUID]:
    """Adds people or departments for a reason, all in one statement; returns those to whom it was new."""
    if not parties:
        return []
    rows = await db.execute(
        text(
            "INSERT INTO ticket_involved (ticket_id, kind, party_id, reasons, watching)"
            " SELECT :ticket_id, :kind, p, ARRAY[:reason]::varchar[], :watching"
            " FROM unnest(CAST(:parties AS uuid[])) AS p"
            " ON CONFLICT (ticket_id, kind, party_id) DO UPDATE SET"
            " reasons = CASE WHEN :reason = ANY(ticket_involved.reasons) THEN ticket_involved.reasons"
            " ELSE ticket_involved.reasons || excluded.reasons END,"
            " watching = ticket_involved.watching OR excluded.watching"
            " WHERE NOT :reason = ANY(ticket_involved.reasons) OR (excluded.watching AND NOT ticket_involved.watching)"
            " RETURNING party_id"
        ),
        {
            "ticket_id": ticket_id,
            "kind": kind,
            "parties": list(dict.fromkeys(parties)),
            "reason": reason,
            "watching": watching,
        },
    )
    return list(rows.scalars())


async def uninvolve(db: Session, ticket_id: UUID, kind: str, parties: Sequence[UUID], reason: str) -> list[UUID]:
    """Takes a reason away; without one left the row goes. `watcher` ends the watching, too. Returns who had it."""
    if not parties:
        return []
    whose = and_(
        TicketInvolved.ticket_id == ticket_id,
        TicketInvolved.kind == kind,
        TicketInvolved.party_id == any_(literal(list(parties), ARRAY(TicketInvolved.party_id.type))),
    )
    values: dict[str, Any] = {"reasons": func.array_remove(TicketInvolved.reasons, reason)}
    if reason == "watcher":
        values["watching"] = False
    had = await db.execute(
        update(TicketInvolved)
        .where(
            whose,
            or_(literal(reason) == any_(TicketInvolved.reasons), TicketInvolved.watching.is_(reason == "watcher")),
        )
        .values(values)
        .returning(TicketInvolved.party_id)
        .execution_options(synchronize_session=False)
    )
    found = list(had.scalars())
    await db.execute(
        delete(TicketInvolved)
        .where(whose, func.cardinality(TicketInvolved.reasons) == 0)
        .execution_options(synchronize_session=False)
    )
    return found


async def involved(db: Session, ticket_id: UUID, limit: int = 200) -> list[TicketInvolved]:
    rows = await db.execute(
        select(TicketInvolved)
        .where(TicketInvolved.ticket_id == ticket_id)
        .order_by(TicketInvolved.kind, TicketInvolved.since, TicketInvolved.party_id)
        .limit(limit)
    )
    return list(rows.scalars())


async def watchers(db: Session, ticket_id: UUID) -> list[UUID]:
    rows = await db.execute(
        select(TicketInvolved.party_id).where(
            TicketInvolved.ticket_id == ticket_id, TicketInvolved.kind == "user", TicketInvolved.watching
        )
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class Belongings:
    """What hangs on a ticket: how many watch and whether one person does, seconds worked, and which of the rest there is."""

    watchers: int
    watching: bool
    worked_seconds: int
    involved: bool
    links: bool
    children: bool
    checklist: bool


async def belongings(db: Session, ticket_id: UUID, user_id: UUID | None) -> Belongings:
    """All in one look: on most tickets there is nothing to be read."""
    watches = and_(TicketInvolved.ticket_id == ticket_id, TicketInvolved.kind == "user", TicketInvolved.watching)
    child = aliased(Ticket)
    row = (
        await db.execute(
            select(
                select(func.count()).where(watches).scalar_subquery(),
                exists().where(watches, TicketInvolved.party_id == user_id),
                select(func.coalesce(func.sum(Worklog.seconds), 0))
                .where(Worklog.ticket_id == ticket_id)
                .scalar_subquery(),
                exists().where(TicketInvolved.ticket_id == ticket_id),
                or_(exists().where(TicketLink.from_id == ticket_id), exists().where(TicketLink.to_id == ticket_id)),
                exists().where(child.parent_id == ticket_id),
                exists().where(ChecklistItem.ticket_id == ticket_id),
            )
        )
    ).one()
    return Belongings(int(row[0]), row[1], int(row[2]), row[3], row[4], row[5], row[6])


async def involved_here(
    db: Session, ticket_ids: Iterable[UUID], users: Iterable[UUID]
) -> dict[UUID, tuple[set[UUID], set[UUID]]]:
    """(those of `users`, departments) involved in each ticket: who of the people connected hears of it."""
    here = literal(list(users), ARRAY(TicketInvolved.party_id.type))
    rows = await db.execute(
        select(TicketInvolved.ticket_id, TicketInvolved.kind, TicketInvolved.party_id).where(
            TicketInvolved.ticket_id.in_(list(ticket_ids)),
            or_(TicketInvolved.kind == "department", TicketInvolved.party_id == any_(here)),
        )
    )
    found: dict[UUID, tuple[set[UUID], set[UUID]]] = {}
    for ticket_id, kind, party_id in rows:
        people, departments = found.setdefault(ticket_id, (set(), set()))
        (people if kind == "user" else departments).add(party_id)
    return found
