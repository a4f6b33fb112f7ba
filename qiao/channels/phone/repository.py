"""Every query of the phone room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.phone.models import Attempt, Call, Callback, CallFact, Dial, Extension
from qiao.channels.phone.policy import Fact
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id

# -- calls -----------------------------------------------------------------------------------------------------------


async def claim_call(db: Session, inbox_id: UUID, external_id: str, at: datetime) -> Call:
    """The locked row of a call, made if it is new; waits for a transaction that is just making it."""
    fresh = {
        "id": new_id(), "inbox_id": inbox_id, "external_id": external_id, "direction": "inbound", "state": "ringing",
        "started_at": at,
    }  # fmt: skip
    await db.execute(insert(Call).values(**fresh).on_conflict_do_nothing())
    query = select(Call).where(Call.inbox_id == inbox_id, Call.external_id == external_id).with_for_update()
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def call(db: Session, call_id: UUID, *, lock: bool = False) -> Call | None:
    query = select(Call).where(Call.id == call_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def call_by_external(db: Session, inbox_id: UUID, external_id: str) -> Call | None:
    query = select(Call).where(Call.inbox_id == inbox_id, Call.external_id == external_id)
    return (await db.execute(query)).scalar_one_or_none()


async def add_fact(db: Session, call_id: UUID, fact: Fact) -> bool:
    """False when it was known."""
    query = (
        insert(CallFact)
        .values(call_id=call_id, key=fact.key, kind=fact.kind, at=fact.at, data=fact.data)
        .on_conflict_do_nothing()
        .returning(CallFact.key)
    )
    return (await db.execute(query)).scalar_one_or_none() is not None


async def facts(db: Session, call_id: UUID) -> list[Fact]:
    rows = (await db.execute(select(CallFact).where(CallFact.call_id == call_id))).scalars()
    return [Fact(row.key, row.kind, row.at, row.data) for row in rows]  # type: ignore[arg-type]  # checked when it came


def calls_of(actor: Actor, missed_in: Collection[UUID]) -> ColumnElement[bool]:
    """Calls in the actor's lists: all for who sees all; else their own, those that rang at them, and missed ones of
    lines whose queue they are in (`missed_in`)."""
    if actor.kind == "system" or actor.may("conversations.view_all"):
        return true()
    own = or_(Call.user_id == actor.id, Call.rang.contains([actor.id]))
    return or_(own, and_(Call.state.in_(("missed", "abandoned")), Call.inbox_id.in_(list(missed_in))))


async def calls(
    db: Session, conditions: Sequence[ColumnElement[bool]], after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Call]:
    """Newest first."""
    query = select(Call).where(*conditions).order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
    if after is not None:
        query = query.where(func.row(Call.started_at, Call.id) < func.row(*after))
    return (await db.execute(query)).scalars().all()


async def live_at(db: Session, user_id: UUID, since: datetime, ended_since: datetime) -> Sequence[Call]:
    """Calls at somebody's telephone now, and theirs that have just ended."""
    query = (
        select(Call)
        .where(
            Call.started_at > since,
            or_(
                and_(Call.state.in_(("ringing", "active", "held")), Call.ringing.contains([user_id])),
                and_(Call.user_id == user_id, Call.state.in_(("ringing", "active", "held"))),
                and_(Call.user_id == user_id, Call.state == "ended", Call.ended_at > ended_since),
            ),
        )
        .order_by(Call.started_at.desc())
        .limit(5)
    )
    return (await db.execute(query)).scalars().all()


async def stale(db: Session, *, heard_before: datetime, begun_before: datetime, limit: int) -> Sequence[UUID]:
    """Calls that never ended, as far as we were told: those that ring and were not heard of since, and old ones."""
    query = (
        select(Call.id)
        .where(
            Call.state.in_(("ringing", "active", "held")),
            Call.updated_at < heard_before,
            or_(Call.state == "ringing", Call.started_at < begun_before),
        )
        .order_by(Call.started_at)
        .limit(limit)
    )
    return (await db.execute(query)).scalars().all()


# -- extensions ------------------------------------------------------------------------------------------------------


async def users_of(db: Session, inbox_id: UUID, extensions: Collection[str]) -> dict[str, UUID]:
    query = select(Extension).where(Extension.inbox_id == inbox_id, Extension.extension.in_(list(extensions)))
    return {row.extension: row.user_id for row in (await db.execute(query)).scalars()} if extensions else {}


async def extensions(db: Session, inbox_id: UUID) -> Sequence[Extension]:
    query = select(Extension).where(Extension.inbox_id == inbox_id).order_by(Extension.extension)
    return (await db.execute(query)).scalars().all()


async def lines_of(db: Session, user_id: UUID) -> Sequence[Extension]:
    query = select(Extension).where(Extension.user_id == user_id).order_by(Extension.inbox_id, Extension.extension)
    return (await db.execute(query)).scalars().all()


async def put_extensions(db: Session, inbox_id: UUID, rows: Collection[tuple[str, UUID]]) -> None:
    await db.execute(delete(Extension).where(Extension.inbox_id == inbox_id))
    if rows:
        await db.execute(
            insert(Extension), [{"inbox_id": inbox_id, "extension": one, "user_id": user} for one, user in rows]
        )


# -- dialling --------------------------------------------------------------------------------------------------------


async def claim_dial(db: Session, values: dict[str, Any]) -> tuple[Dial, bool]:
    """The dial under this `client_id`, and whether it is new."""
    made = (
        await db.execute(insert(Dial).values(**values).on_conflict_do_nothing().returning(Dial.id))
    ).scalar_one_or_none()
    query = select(Dial).where(Dial.user_id == values["user_id"], Dial.client_id == values["client_id"])
    return (await db.execute(query)).scalar_one(), made is not None


async def dial(db: Session, dial_id: UUID) -> Dial | None:
    return await db.get(Dial, dial_id, with_for_update=True, populate_existing=True)


async def dial_of_call(
    db: Session, inbox_id: UUID, extension: str | None, number: str | None, since: datetime
) -> Dial | None:
    """The dial a call going out may have come of."""
    if extension is None or number is None:
        return None
    query = (
        select(Dial)
        .where(
            Dial.inbox_id == inbox_id, Dial.extension == extension, Dial.number == number, Dial.created_at >= since,
            Dial.state != "refused",
        )
        .order_by(Dial.created_at.desc()).limit(1)
    )  # fmt: skip
    return (await db.execute(query)).scalar_one_or_none()


# -- call-backs ------------------------------------------------------------------------------------------------------


async def callback(db: Session, callback_id: UUID, *, lock: bool = False) -> Callback | None:
    query = select(Callback).where(Callback.id == callback_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def callback_by_key(db: Session, inbox_id: UUID, key: str) -> Callback | None:
    query = select(Callback).where(Callback.inbox_id == inbox_id, Callback.key == key)
    return (await db.execute(query)).scalar_one_or_none()


async def open_of_customer(db: Session, customer_id: UUID) -> Callback | None:
    query = (
        select(Callback).where(Callback.customer_id == customer_id, Callback.state == "open")
        .order_by(Callback.created_at.desc()).limit(1)
    )  # fmt: skip
    return (await db.execute(query)).scalar_one_or_none()


async def open_of_number(db: Session, inbox_id: UUID, number: str) -> Callback | None:
    query = (
        select(Callback)
        .where(Callback.inbox_id == inbox_id, Callback.number == number, Callback.state == "open")
        .order_by(Callback.waiting_since).limit(1)
    )  # fmt: skip
    return (await db.execute(query)).scalar_one_or_none()


async def open_of_conversation(db: Session, conversation_id: UUID) -> Sequence[Callback]:
    query = select(Callback).where(Callback.conversation_id == conversation_id, Callback.state == "open")
    return (await db.execute(query.order_by(Callback.id))).scalars().all()


def callbacks_of(actor: Actor) -> ColumnElement[bool]:
    """Call-backs in the actor's lists: all for who sees all; else their own and those of their queues or of none."""
    if actor.kind == "system" or actor.may("conversations.view_all"):
        return true()
    return or_(
        Callback.assignee_id == actor.id,
        Callback.promised_by == actor.id,
        and_(
            Callback.assignee_id.is_(None),
            or_(Callback.queue_id.is_(None), Callback.queue_id.in_(list(actor.queue_ids))),
        ),
    )


async def callbacks(
    db: Session,
    actor: Actor,
    *,
    which: str,
    mine: bool,
    customer_id: UUID | None,
    conversation_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Callback]:
    """Open ones by when the customer began to wait; those over and broken ones newest first."""
    query = select(Callback).where(callbacks_of(actor)).limit(limit)
    if mine:
        query = query.where(Callback.assignee_id == actor.id)
    if customer_id is not None:
        query = query.where(Callback.customer_id == customer_id)
    if conversation_id is not None:
        query = query.where(Callback.conversation_id == conversation_id)
    if which == "open":
        query = query.where(Callback.state == "open").order_by(Callback.waiting_since, Callback.id)
        if after is not None:
            query = query.where(func.row(Callback.waiting_since, Callback.id) > func.row(*after))
    else:
        column = Callback.broken_at if which == "broken" else Callback.closed_at
        query = query.where(column.is_not(None)).order_by(column.desc(), Callback.id.desc())
        if after is not None:
            query = query.where(func.row(column, Callback.id) < func.row(*after))
    return (await db.execute(query)).scalars().all()


async def callback_counts(db: Session, actor: Actor, now: datetime) -> tuple[int, int, int]:
    """Open, due now, and broken ones among the open."""
    query = select(
        func.count(),
        func.count().filter(Callback.next_at <= now),
        func.count().filter(Callback.broken_at.is_not(None)),
    ).where(Callback.state == "open", callbacks_of(actor))
    row = (await db.execute(query)).one()
    return row[0], row[1], row[2]


async def attempts(db: Session, ids: Collection[UUID]) -> dict[UUID, list[Attempt]]:
    query = select(Attempt).where(Attempt.callback_id.in_(list(ids))).order_by(Attempt.at, Attempt.id)
    found: dict[UUID, list[Attempt]] = {}
    for row in (await db.execute(query)).scalars():
        found.setdefault(row.callback_id, []).append(row)
    return found


async def attempt_by_client_id(db: Session, callback_id: UUID, client_id: str) -> Attempt | None:
    query = select(Attempt).where(Attempt.callback_id == callback_id, Attempt.client_id == client_id)
    return (await db.execute(query)).scalar_one_or_none()


async def due(db: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Open ones whose time has come and that no one has before them."""
    query = (
        select(Callback.id).where(Callback.state == "open", Callback.queued_at.is_(None), Callback.next_at <= now)
        .order_by(Callback.next_at).limit(limit)
    )  # fmt: skip
    return (await db.execute(query)).scalars().all()


async def running_out(db: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Open ones whose promise has run out and that are not counted as broken yet."""
    query = (
        select(Callback.id).where(Callback.state == "open", Callback.broken_at.is_(None), Callback.promised_until < now)
        .order_by(Callback.promised_until).limit(limit)
    )  # fmt: skip
    return (await db.execute(query)).scalars().all()
