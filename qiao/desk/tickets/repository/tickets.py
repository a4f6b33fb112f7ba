"""Tickets themselves: who sees which, one, many, and what is known of them within a transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from qiao.core.actor import Actor
from qiao.core.db import Session, held
from qiao.desk.tickets.models import (
    Ticket,
    TicketInvolved,
    TicketType,
)
from qiao.desk.tickets.policy import OPEN


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


def held_rows(db: Session) -> dict[UUID, Ticket]:
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
        held_rows(db)[ticket_id] = ticket
    return ticket, bool(involved)


async def many(db: Session, ids: Iterable[UUID], *, lock: bool = False) -> list[Ticket]:
    wanted = sorted(set(ids))
    if not wanted:
        return []
    known = held_rows(db)
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
        held_rows(db)[row.id] = row
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
    row = held_rows(db).get(ticket_id)
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
