"""Verbs on very many tickets at once, for what time does to them: one statement each, no versions counted up.

Whoever changes tickets and rows that hang on them claims the tickets first, as every other verb does.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Due:
    """What a ticket shows of its promises, as `set_next_due` writes it."""

    ticket_id: UUID
    due_at: datetime | None
    kind: str | None
    breached: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of another room for a ticket's timeline, as `note_event` writes it."""

    ticket_id: UUID
    entry_type: str
    params: dict[str, Any] = field(default_factory=dict)


async def claim(db: Session, ids: Collection[UUID], *, skip: bool = True) -> set[UUID]:
    """Locks tickets. Those somebody works on right now are left out, or with `skip=False` waited for."""
    query = (
        select(Ticket.id)
        .where(Ticket.id.in_(list(ids)))
        .order_by(Ticket.id)
        .with_for_update(key_share=True, skip_locked=skip)
    )
    return set((await db.execute(query)).scalars())


_WRITE: Final = text(
    """
    WITH due AS (
        SELECT * FROM unnest(:ids, CAST(:dues AS timestamptz[]), CAST(:kinds AS text[]), CAST(:breached AS boolean[]),
                             CAST(:counts AS int[])) AS d(id, due_at, kind, breached, lines)
    ), moved AS (
        UPDATE tickets t
        SET next_due_at = d.due_at, next_due_kind = d.kind, breached = d.breached, last_seq = t.last_seq + d.lines
        FROM due d WHERE t.id = d.id
        RETURNING t.id, t.last_seq
    )
    INSERT INTO ticket_entries (id, ticket_id, seq, kind, author_kind, author_id, author_name, body, payload, created_at)
    SELECT l.id, l.ticket_id, m.last_seq - l.back, 'event', :actor_kind, NULL, :actor_name, '', l.payload, :at
    FROM unnest(:entries, :tickets, CAST(:backs AS int[]), :payloads) AS l(id, ticket_id, back, payload)
    JOIN moved m ON m.id = l.ticket_id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(PgUuid(as_uuid=True))),
    bindparam("entries", type_=ARRAY(PgUuid(as_uuid=True))),
    bindparam("tickets", type_=ARRAY(PgUuid(as_uuid=True))),
    bindparam("payloads", type_=ARRAY(JSONB)),
)


async def mark_due(db: Session, actor: Actor, dues: Sequence[Due], lines: Sequence[Line]) -> None:
    """Writes what claimed tickets show of their promises, and lines of their timelines (of those tickets only)."""
    if not dues:
        return
    count = Counter(line.ticket_id for line in lines)
    left = Counter(count)
    backs = []
    for line in lines:
        left[line.ticket_id] -= 1
        backs.append(left[line.ticket_id])
    await db.execute(
        _WRITE,
        {
            "ids": [due.ticket_id for due in dues],
            "dues": [due.due_at for due in dues],
            "kinds": [due.kind for due in dues],
            "breached": [due.breached for due in dues],
            "counts": [count[due.ticket_id] for due in dues],
            "actor_kind": actor.kind,
            "actor_name": actor.name or None,
            "at": clock.now(),
            "entries": [new_id() for _ in lines],
            "tickets": [line.ticket_id for line in lines],
            "backs": backs,
            "payloads": [{"type": line.entry_type, "params": line.params} for line in lines],
        },
    )
