"""What staff see live: that a ticket changed, to whoever may see it. What changed is read anew; nothing is told here."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.tickets import repository
from qiao.desk.tickets.events import (
    TicketAnswered,
    TicketAssigned,
    TicketChanged,
    TicketCommented,
    TicketCreated,
    TicketEscalated,
    TicketLinked,
    TicketMerged,
    TicketMoved,
    TicketNoted,
    TicketRated,
)

_KINDS = tuple(
    cls.kind
    for cls in (
        TicketCreated,
        TicketMoved,
        TicketAssigned,
        TicketCommented,
        TicketAnswered,
        TicketChanged,
        TicketEscalated,
        TicketMerged,
        TicketLinked,
        TicketRated,
        TicketNoted,
    )
)


@enrich(*_KINDS)
async def push_changes(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One `ticket.changed` per ticket and batch, with its last version, to all its events were addressed to."""
    last: dict[UUID, Envelope] = {}
    named: dict[UUID, tuple[set[UUID], set[UUID]]] = {}
    doers: dict[UUID, set[UUID | None]] = {}
    for envelope in envelopes:
        ticket_id = envelope.conversation_id
        if ticket_id is None:
            continue
        last[ticket_id] = envelope
        doers.setdefault(ticket_id, set()).add(envelope.actor_id if envelope.actor_kind == "user" else None)
        users, departments = named.setdefault(ticket_id, (set(), set()))
        users.update(envelope.audience.users)
        departments.update(envelope.audience.departments)
    if not last:
        return []
    hub = runtime.get(Hub)
    async with runtime.db.read() as db:
        rows = {row.id: row for row in await repository.many(db, last)}
        here = await repository.involved_here(db, last, hub.users_here())
    pushes: list[tuple[Envelope, Push]] = []
    for ticket_id, envelope in last.items():
        row = rows.get(ticket_id)
        if row is None:
            continue
        users, departments = named[ticket_id]
        people, places = here.get(ticket_id, (set(), set()))
        # Whoever did all of it themself has no news.
        by = next(iter(doers[ticket_id])) if len(doers[ticket_id]) == 1 else None
        data = {"ticket_id": ticket_id, "version": row.version, "by": by}
        target = Target(
            users=frozenset(users | people | hub.members_here(places)),
            departments=frozenset(departments | ({row.department_id} if row.department_id else set())),
            permission="tickets.view_all",
        )
        pushes.append((envelope, Push(target, "ticket.changed", data)))
        if row.department_id is None:
            # A ticket of no department is everybody's who handles tickets.
            pushes.append((envelope, Push(Target(permission="tickets.handle"), "ticket.changed", data)))
    return pushes
