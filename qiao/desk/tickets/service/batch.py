"""Verbs on very many tickets at once, for what time does to them: one statement each, no versions counted up.

Whoever changes tickets and rows that hang on them claims the tickets first, as every other verb does.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.tickets import policy
from qiao.desk.tickets.models import Ticket
from qiao.desk.tickets.types import known


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


@dataclass(frozen=True, slots=True)
class Claimed:
    """What whoever acts on many tickets has to know of each."""

    id: UUID
    number: int
    ref: str
    title: str
    assignee_id: UUID | None
    department_id: UUID | None


async def claim(db: Session, ids: Collection[UUID], *, skip: bool = True) -> dict[UUID, Claimed]:
    """Locks tickets, by id. Those somebody works on right now are left out, or with `skip=False` waited for."""
    wanted = bindparam("ids", list(ids), type_=ARRAY(PgUuid(as_uuid=True)))
    query = (
        select(Ticket.id, Ticket.number, Ticket.type_id, Ticket.title, Ticket.assignee_id, Ticket.department_id)
        .where(Ticket.id == any_(wanted))
        .order_by(Ticket.id)
        .with_for_update(key_share=True, skip_locked=skip)
    )
    rows = (await db.execute(query)).all()
    kinds = await known.by_ids(db, {row.type_id for row in rows})
    prefixes = {type_id: kind.definition.prefix for type_id, kind in kinds.items()}
    return {
        row.id: Claimed(
            row.id,
            row.number,
            policy.ref(prefixes[row.type_id], row.number),
            row.title,
            row.assignee_id,
            row.department_id,
        )
        for row in rows
    }


_WRITE: Final = text(
    """
    WITH due AS (
        SELECT * FROM json_to_recordset(:dues)
            AS d(ticket_id uuid, due_at timestamptz, kind text, breached boolean, lines int)
    ), moved AS (
        UPDATE tickets t
        SET next_due_at = d.due_at, next_due_kind = d.kind, breached = d.breached, last_seq = t.last_seq + d.lines
        FROM due d WHERE t.id = d.ticket_id
        RETURNING t.id, t.last_seq
    ), lines AS (
        SELECT * FROM json_to_recordset(:lines) AS l(id uuid, ticket_id uuid, back int, payload jsonb)
    ), written AS (
        INSERT INTO ticket_entries (id, ticket_id, seq, kind, author_kind, author_id, author_name, body, payload, created_at)
        SELECT l.id, l.ticket_id, m.last_seq - l.back, 'event', :actor_kind, NULL, :actor_name, '', l.payload, :at
        FROM lines l JOIN moved m ON m.id = l.ticket_id
    ), logged AS (
        INSERT INTO events (kind, conversation_id, actor_kind, actor_id, audience, payload, at)
        SELECT 'ticket.noted', l.ticket_id, :actor_kind, NULL, jsonb_build_object('permission', 'tickets.view_all'),
               jsonb_build_object('ticket_id', l.ticket_id, 'entry_id', l.id, 'entry_type', l.payload->>'type',
                                  'at', CAST(:noted AS text)),
               :at
        FROM lines l JOIN moved m ON m.id = l.ticket_id
        ORDER BY l.ticket_id, l.back DESC
        RETURNING xid, id
    )
    SELECT max(xid), max(id) FROM logged
    """
).bindparams(bindparam("dues", type_=JSON), bindparam("lines", type_=JSON))


async def mark_due(db: Session, actor: Actor, dues: Sequence[Due], lines: Sequence[Line]) -> None:
    """Writes what claimed tickets show of their promises, and lines of their timelines (of those tickets only), as
    `note_event` does."""
    if not dues:
        return
    count = Counter(line.ticket_id for line in lines)
    left = Counter(count)
    written = []
    for line in lines:
        left[line.ticket_id] -= 1
        payload = {"type": line.entry_type, "params": line.params}
        written.append({"id": new_id(), "ticket_id": line.ticket_id, "back": left[line.ticket_id], "payload": payload})
    at = clock.now()
    # The same rows `emit` writes, many at once: `ticket.noted` is hot, nothing reacts inside this transaction.
    position = await db.execute(
        _WRITE,
        {
            "dues": [
                {
                    "ticket_id": due.ticket_id,
                    "due_at": due.due_at,
                    "kind": due.kind,
                    "breached": due.breached,
                    "lines": count[due.ticket_id],
                }
                for due in dues
            ],
            "lines": written,
            "actor_kind": actor.kind,
            "actor_name": actor.name or None,
            "at": at,
            "noted": at.isoformat(),
        },
    )
    xid, event_id = position.one()
    if xid is not None:
        db.info["events"] = (xid, event_id)
