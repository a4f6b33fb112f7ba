"""Every query of tickets. Rows come back as models; nothing here decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    and_,
    any_,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from qiao.core.actor import Actor
from qiao.core.db import Session, held
from qiao.core.ids import new_id
from qiao.desk.tickets.models import (
    ChecklistItem,
    Ticket,
    TicketEntry,
    TicketInvolved,
    TicketLink,
    TicketType,
    Worklog,
)
from qiao.desk.tickets.policy import OPEN

_LINKS = 0x71617469  # one lock for whatever joins tickets into graphs: circles are found by reading them


def involved_of(actor: Actor) -> ColumnElement[bool]:
    """Whether an actor, or their department, is involved in the ticket of the surrounding query."""
    if actor.kind != "user" or actor.id is None:
        return false()
    party = and_(TicketInvolved.kind == "user", TicketInvolved.party_id == actor.id)
    if actor.department_id is not None:
        party = or_(party, and_(TicketInvolved.kind == "department", TicketInvolved.party_id == actor.department_id))
    return exists().where(TicketInvolved.ticket_id == Ticket.id, party)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one scoping condition of every list: which tickets `actor` may see (mirrors `policy.may_see`)."""
    if actor.kind in ("system", "bot"):
        return true()
    if actor.id is None:
        return false()
    if actor.kind == "customer":
        return Ticket.customer_id == actor.id
    if actor.may("tickets.view_all"):
        return true()
    mine: list[ColumnElement[bool]] = [Ticket.assignee_id == actor.id, involved_of(actor)]
    if actor.may("tickets.handle"):
        mine += [
            Ticket.created_by == actor.id,
            Ticket.requester_id == actor.id,
            Ticket.department_id.is_(None),
        ]
        if actor.department_id is not None:
            mine.append(Ticket.department_id == actor.department_id)
    elif not actor.may("tasks.handle"):
        return false()
    return or_(*mine)


# -- tickets -----------------------------------------------------------------------------------------------------------


def _held(db: Session) -> dict[UUID, Ticket]:
    """Tickets this transaction has locked or made: nobody else changes them, so nobody has to read them again."""
    known: dict[UUID, Ticket] = held(db).setdefault("tickets", {})
    return known


def stamps_seen(db: Session) -> dict[UUID, tuple[int, bool]]:
    """Revision and activity of the types of the tickets this transaction has read: they come with the tickets."""
    known: dict[UUID, tuple[int, bool]] = held(db).setdefault("ticket_type_stamps", {})
    return known


_FULL = select(Ticket, TicketType.revision, TicketType.active).join(TicketType, TicketType.id == Ticket.type_id)


async def get(db: Session, ticket_id: UUID, *, lock: bool = False) -> Ticket | None:
    return next(iter(await many(db, [ticket_id], lock=lock)), None)


async def for_actor(db: Session, actor: Actor, ticket_id: UUID, *, lock: bool = False) -> tuple[Ticket, bool] | None:
    """The ticket and whether `actor` is involved in it."""
    query = _FULL.add_columns(involved_of(actor)).where(Ticket.id == ticket_id)
    query = query.execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True, of=Ticket)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    ticket, revision, active, involved = row
    stamps_seen(db)[ticket.type_id] = (revision, active)
    if lock:
        _held(db)[ticket_id] = ticket
    return ticket, bool(involved)


async def many(db: Session, ids: Iterable[UUID], *, lock: bool = False) -> list[Ticket]:
    wanted = sorted(set(ids))
    if not wanted:
        return []
    known = _held(db)
    if not lock and all(one in known for one in wanted):
        return [known[one] for one in wanted]
    query = _FULL.where(Ticket.id.in_(wanted)).order_by(Ticket.id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True, of=Ticket)
    found, stamps = [], stamps_seen(db)
    for row, revision, active in await db.execute(query):
        found.append(row)
        stamps[row.type_id] = (revision, active)
    if lock:
        known.update((row.id, row) for row in found)
    return found


async def id_of_number(db: Session, number: int) -> UUID | None:
    return await db.scalar(select(Ticket.id).where(Ticket.number == number))


async def id_of_key(db: Session, key: str) -> UUID | None:
    return await db.scalar(select(Ticket.id).where(Ticket.key == key))


_ADD = insert(Ticket).returning(Ticket)
_ADD_ONCE = (
    insert(Ticket)
    .on_conflict_do_nothing(index_elements=[Ticket.key], index_where=Ticket.key.is_not(None))
    .returning(Ticket)
)


async def add(db: Session, values: dict[str, Any]) -> Ticket | None:
    """The new row; None when its key is taken (waits for a transaction that is just taking it)."""
    row = (await db.execute(_ADD if values.get("key") is None else _ADD_ONCE, values)).scalar_one_or_none()
    if row is not None:
        _held(db)[row.id] = row
    return row


async def visible_ids(db: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` that `actor` may see, in one query."""
    wanted = list(ids)
    if not wanted:
        return set()
    return set((await db.execute(select(Ticket.id).where(Ticket.id.in_(wanted), visible_to(actor)))).scalars())


async def listing(
    db: Session, actor: Actor, conditions: Sequence[ColumnElement[bool]], after: Any, limit: int
) -> list[Ticket]:
    """One page of what `actor` may see, last changed first."""
    query = select(Ticket).where(visible_to(actor), *conditions)
    if after:
        query = query.where(func.row(Ticket.updated_at, Ticket.id) < func.row(*after))
    query = query.order_by(Ticket.updated_at.desc(), Ticket.id.desc()).limit(limit)
    return list((await db.execute(query)).scalars())


async def of_customer(
    db: Session, actor: Actor, customer_id: UUID, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Ticket]:
    query = (
        select(Ticket)
        .where(Ticket.customer_id == customer_id, visible_to(actor))
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(func.row(Ticket.created_at, Ticket.id) < func.row(*before))
    return list((await db.execute(query)).scalars())


async def open_of_customer(db: Session, actor: Actor, customer_id: UUID, limit: int) -> list[Ticket]:
    query = (
        select(Ticket)
        .where(Ticket.customer_id == customer_id, Ticket.status.in_(OPEN), visible_to(actor))
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def set_next_due(
    db: Session, ticket_id: UUID, *, due_at: datetime | None, kind: str | None, breached: bool
) -> None:
    row = _held(db).get(ticket_id)
    if row is not None:
        row.next_due_at, row.next_due_kind, row.breached = due_at, kind, breached
        return
    await db.execute(
        update(Ticket)
        .where(Ticket.id == ticket_id)
        .values(next_due_at=due_at, next_due_kind=kind, breached=breached)
        .execution_options(synchronize_session=False)
    )


async def solved_before(db: Session, type_id: UUID, before: datetime, limit: int) -> list[UUID]:
    rows = await db.execute(
        select(Ticket.id)
        .where(Ticket.type_id == type_id, Ticket.status == "solved", Ticket.solved_at < before)
        .order_by(Ticket.solved_at)
        .limit(limit)
    )
    return list(rows.scalars())


class Undone(NamedTuple):
    """A ticket that is not done: since when it exists, whether it waits for the customer, or owes them an answer."""

    conversation_id: UUID
    ticket_id: UUID
    since: datetime
    waits: bool
    owes: bool


async def undone_of(db: Session, conversation_ids: Iterable[UUID]) -> list[Undone]:
    owes = or_(Ticket.customer_wrote_at.is_not(None), Ticket.first_response_at.is_(None))
    rows = await db.execute(
        select(Ticket.conversation_id, Ticket.id, Ticket.created_at, Ticket.status == "pending", owes)
        .where(Ticket.conversation_id.in_(list(conversation_ids)), Ticket.status.in_(OPEN))
        .order_by(Ticket.id)
    )
    return [Undone._make(row) for row in rows]


async def open_by_assignee(db: Session, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many tickets that are not done each of these people has."""
    rows = await db.execute(
        select(Ticket.assignee_id, func.count())
        .where(Ticket.assignee_id.in_(list(user_ids)), Ticket.status.in_(OPEN))
        .group_by(Ticket.assignee_id)
    )
    return {user_id: count for user_id, count in rows if user_id is not None}


# -- the timeline ------------------------------------------------------------------------------------------------------


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


# -- who is involved ---------------------------------------------------------------------------------------------------


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


# -- links, parents ----------------------------------------------------------------------------------------------------


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


# -- merging -----------------------------------------------------------------------------------------------------------


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
    _held(db).clear()


# -- checklists, time --------------------------------------------------------------------------------------------------


async def checklist(db: Session, ticket_id: UUID) -> list[ChecklistItem]:
    rows = await db.execute(
        select(ChecklistItem)
        .where(ChecklistItem.ticket_id == ticket_id)
        .order_by(ChecklistItem.position, ChecklistItem.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def worklogs(db: Session, ticket_id: UUID) -> list[Worklog]:
    rows = await db.execute(
        select(Worklog).where(Worklog.ticket_id == ticket_id).order_by(Worklog.started_at, Worklog.id).limit(1000)
    )
    return list(rows.scalars())


# -- types -------------------------------------------------------------------------------------------------------------


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


def new_entry(ticket: Ticket, *, first: bool = False, **values: Any) -> TicketEntry:
    """The next line of a locked ticket's timeline; the `first` one has been counted where the ticket was made."""
    if not first:
        ticket.last_seq += 1
    return TicketEntry(id=new_id(), ticket_id=ticket.id, seq=ticket.last_seq, **values)
