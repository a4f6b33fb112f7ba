"""Every query of promises."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import and_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSON, insert
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core.db import Session, held
from qiao.desk.sla.models import ClockRow, PolicyRow, SlaSettingsRow

OPEN_STATES: Final = ("running", "paused", "breached")
_OPEN: Final = ClockRow.state.in_(OPEN_STATES)

# -- what the company decided ------------------------------------------------------------------------------------------


async def revision(db: Session) -> int:
    """Which transaction last changed a policy or calendar; 0 before any did."""
    return int(await db.scalar(select(SlaSettingsRow.revision).where(SlaSettingsRow.id == 1)) or 0)


async def touch(db: Session) -> None:
    """Policies or calendars are other ones now. The mark is the transaction's own: a rolled back one never comes again."""
    held(db).pop("sla_book", None)
    mark = text("pg_current_xact_id()::text::bigint")
    statement = insert(SlaSettingsRow).values(id=1, revision=mark)
    await db.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"revision": mark, "updated_at": func.now()})
    )


async def settings(db: Session) -> SlaSettingsRow | None:
    return await db.get(SlaSettingsRow, 1, populate_existing=True)


async def put_reasons(db: Session, reasons: list[dict[str, Any]]) -> None:
    statement = insert(SlaSettingsRow).values(id=1, reasons=reasons)
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"reasons": statement.excluded.reasons, "updated_at": func.now()}
        )
    )


async def mark_seeded(db: Session) -> None:
    await db.execute(update(SlaSettingsRow).where(SlaSettingsRow.id == 1).values(seeded=True))


async def policies(db: Session) -> Sequence[PolicyRow]:
    return (await db.execute(select(PolicyRow).order_by(PolicyRow.position, PolicyRow.id))).scalars().all()


async def policy(db: Session, policy_id: UUID, *, lock: bool = False) -> PolicyRow | None:
    query = select(PolicyRow).where(PolicyRow.id == policy_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def last_position(db: Session) -> int:
    return int(await db.scalar(select(func.coalesce(func.max(PolicyRow.position), -1))) or 0)


async def lock_order(db: Session) -> None:
    """One change of the order at a time."""
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('sla_policies'))"))


async def remove_policy(db: Session, policy_id: UUID) -> None:
    await db.execute(delete(PolicyRow).where(PolicyRow.id == policy_id))


async def open_by_policy(db: Session) -> dict[UUID, int]:
    query = (
        select(ClockRow.policy_id, func.count())
        .where(_OPEN, ClockRow.policy_id.is_not(None))
        .group_by(ClockRow.policy_id)
    )
    return {row[0]: row[1] for row in await db.execute(query) if row[0] is not None}


# -- clocks of one subject ----------------------------------------------------------------------------------------------


async def open_clocks(db: Session, subject_ids: Collection[UUID]) -> list[ClockRow]:
    """Open clocks, locked. Of tickets whoever calls this holds their rows: clocks are always locked after their ticket."""
    query = (
        select(ClockRow)
        .where(ClockRow.subject_id.in_(list(subject_ids)), _OPEN)
        .order_by(ClockRow.subject_id, ClockRow.kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(query)).scalars())


async def clocks_of(db: Session, subject_id: UUID) -> Sequence[ClockRow]:
    query = select(ClockRow).where(ClockRow.subject_id == subject_id).order_by(ClockRow.started_at, ClockRow.kind)
    return (await db.execute(query)).scalars().all()


async def clock(db: Session, clock_id: UUID, *, lock: bool = False) -> ClockRow | None:
    query = select(ClockRow).where(ClockRow.id == clock_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def ever_had(db: Session, ticket_id: UUID, kind: str) -> bool:
    query = select(ClockRow.id).where(ClockRow.subject_id == ticket_id, ClockRow.kind == kind).limit(1)
    return await db.scalar(query) is not None


# -- many clocks at once -----------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    ClockRow.id,
    ClockRow.subject_kind,
    ClockRow.subject_id,
    ClockRow.kind,
    ClockRow.policy_id,
    ClockRow.calendar_id,
    ClockRow.target_s,
    ClockRow.state,
    ClockRow.spent_us,
    ClockRow.since,
    ClockRow.due_at,
    ClockRow.breached_at,
    ClockRow.fired,
    ClockRow.next_at,
)


async def due(db: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Tickets of clocks the sweep has to look at, oldest first, a ticket for each of its clocks. Without locks: tickets
    are claimed before their clocks."""
    query = (
        select(ClockRow.subject_id)
        .where(ClockRow.next_at < now, ClockRow.subject_kind == "ticket")
        .order_by(ClockRow.next_at, ClockRow.id)
        .limit(limit)
    )
    return (await db.execute(query)).scalars().all()


async def due_of_conversations(db: Session, now: datetime, limit: int) -> Sequence[Any]:
    """Clocks of conversations the sweep has to look at, oldest first, locked; those somebody changes right now wait for
    the next pass."""
    query = (
        select(*_COLUMNS)
        .where(ClockRow.next_at < now, ClockRow.subject_kind == "conversation")
        .order_by(ClockRow.next_at, ClockRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await db.execute(query)).all()


async def due_of(db: Session, now: datetime, ticket_ids: Collection[UUID]) -> Sequence[Any]:
    """What is due now of these tickets, locked."""
    query = (
        select(*_COLUMNS)
        .where(ClockRow.subject_id == func.any(_ids(ticket_ids)), ClockRow.next_at < now)
        .order_by(ClockRow.id)
        .with_for_update()
    )
    return (await db.execute(query)).all()


async def running(db: Session, ticket_ids: Collection[UUID], calendar_id: UUID) -> Sequence[Any]:
    """Clocks of these tickets that run and count in a calendar, locked."""
    query = (
        select(*_COLUMNS)
        .where(
            ClockRow.subject_id == func.any(_ids(ticket_ids)),
            _OPEN,
            ClockRow.since.is_not(None),
            ClockRow.calendar_id == calendar_id,
        )
        .order_by(ClockRow.id)
        .with_for_update()
    )
    return (await db.execute(query)).all()


async def open_tickets(db: Session, after: UUID | None, limit: int, *, calendar_id: UUID | None = None) -> list[UUID]:
    """Tickets with an open clock (that counts in a calendar), by id."""
    return await _open_subjects(db, "ticket", after, limit, calendar_id)


async def open_conversations(db: Session, after: UUID | None, limit: int) -> list[UUID]:
    """Conversations with an open clock, by id."""
    return await _open_subjects(db, "conversation", after, limit, None)


async def _open_subjects(
    db: Session, subject: str, after: UUID | None, limit: int, calendar_id: UUID | None
) -> list[UUID]:
    query = select(ClockRow.subject_id).where(_OPEN, ClockRow.subject_kind == subject).distinct()
    if calendar_id is not None:
        query = query.where(ClockRow.calendar_id == calendar_id)
    if after is not None:
        query = query.where(ClockRow.subject_id > after)
    return list((await db.execute(query.order_by(ClockRow.subject_id).limit(limit))).scalars())


_PUT: Final = text(
    """
    UPDATE sla_clocks c
    SET state = i.state, due_at = i.due_at, next_at = i.next_at, breached_at = i.breached_at, fired = c.fired || i.fired
    FROM json_to_recordset(:rows)
        AS i(id uuid, state text, due_at timestamptz, next_at timestamptz, breached_at timestamptz, fired jsonb)
    WHERE c.id = i.id
    """
).bindparams(bindparam("rows", type_=JSON))


class Written(msgspec.Struct, frozen=True):
    """What has become of a clock; `fired` are the steps taken just now."""

    id: UUID
    state: str
    due_at: datetime | None
    next_at: datetime | None
    breached_at: datetime | None
    fired: list[dict[str, Any]]


async def put(db: Session, rows: Sequence[Written]) -> None:
    """Writes what has become of many clocks in one statement."""
    if rows:
        await db.execute(_PUT, {"rows": rows})


async def next_dues(db: Session, subject_ids: Collection[UUID]) -> dict[UUID, tuple[datetime | None, str | None, bool]]:
    """What each ticket or conversation shows: its first open promise, and whether one is broken."""
    open_ones = and_(ClockRow.subject_id == func.any(_ids(subject_ids)), _OPEN)
    broken = func.bool_or(ClockRow.state == "breached").over(partition_by=ClockRow.subject_id)
    query = (
        select(ClockRow.subject_id, ClockRow.due_at, ClockRow.kind, broken)
        .where(open_ones, ClockRow.paused_why.is_distinct_from("no_promise"))
        .distinct(ClockRow.subject_id)
        .order_by(ClockRow.subject_id, ClockRow.due_at.asc().nulls_last(), ClockRow.kind)
    )
    found: dict[UUID, tuple[datetime | None, str | None, bool]] = dict.fromkeys(subject_ids, (None, None, False))
    found.update({row[0]: (row[1], row[2], row[3]) for row in await db.execute(query)})
    return found


async def conversations_due(db: Session, before: datetime) -> tuple[set[UUID], set[UUID]]:
    """Conversations with a broken promise, and the others with one that runs out before a moment."""
    query = select(ClockRow.subject_id, ClockRow.state).where(
        ClockRow.subject_kind == "conversation",
        ClockRow.state.in_(("running", "breached")),
        ClockRow.due_at < before,
        ClockRow.paused_why.is_distinct_from("no_promise"),
    )
    found = (await db.execute(query)).all()
    broken = {row.subject_id for row in found if row.state == "breached"}
    return broken, {row.subject_id for row in found} - broken


async def claim_step(db: Session, clock_id: UUID, step_id: str) -> bool:
    """Whether this step has not changed the ticket yet; from now on it has."""
    query = (
        update(ClockRow)
        .where(ClockRow.id == clock_id, ~ClockRow.acted.any(step_id))  # type: ignore[arg-type]  # any() of an ARRAY
        .values(acted=func.array_append(ClockRow.acted, step_id))
        .returning(ClockRow.id)
    )
    return (await db.execute(query)).first() is not None


# -- the report --------------------------------------------------------------------------------------------------------


def _between(
    subject: str, since: datetime, until: datetime, policy_id: UUID | None, kind: str | None, reason: str | None
) -> list[Any]:
    found: list[Any] = [
        ClockRow.breached_at >= since,
        ClockRow.breached_at < until,
        ClockRow.subject_kind == subject,
    ]
    if policy_id is not None:
        found.append(ClockRow.policy_id == policy_id)
    if kind is not None:
        found.append(ClockRow.kind == kind)
    if reason == "none":
        found.append(and_(ClockRow.reason_key.is_(None), ClockRow.reason_text.is_(None)))
    elif reason == "words":
        found.append(and_(ClockRow.reason_key.is_(None), ClockRow.reason_text.is_not(None)))
    elif reason is not None:
        found.append(ClockRow.reason_key == reason)
    return found


async def breach_counts(db: Session, subject: str, since: datetime, until: datetime) -> Sequence[Any]:
    """(policy, kind, reason, whether in words only, how many)."""
    words = and_(ClockRow.reason_key.is_(None), ClockRow.reason_text.is_not(None))
    query = (
        select(ClockRow.policy_id, ClockRow.kind, ClockRow.reason_key, words, func.count())
        .where(*_between(subject, since, until, None, None, None))
        .group_by(ClockRow.policy_id, ClockRow.kind, ClockRow.reason_key, words)
        .order_by(func.count().desc(), ClockRow.kind)
    )
    return (await db.execute(query)).all()


async def kept_count(db: Session, subject: str, since: datetime, until: datetime) -> int:
    query = select(func.count()).where(
        ClockRow.met_at >= since,
        ClockRow.met_at < until,
        ClockRow.breached_at.is_(None),
        ClockRow.subject_kind == subject,
    )
    return int(await db.scalar(query) or 0)


async def breach_page(
    db: Session,
    subject: str,
    since: datetime,
    until: datetime,
    *,
    policy_id: UUID | None,
    kind: str | None,
    reason: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ClockRow]:
    query = select(ClockRow).where(*_between(subject, since, until, policy_id, kind, reason))
    if after is not None:
        query = query.where(func.row(ClockRow.breached_at, ClockRow.id) < func.row(*after))
    query = query.order_by(ClockRow.breached_at.desc(), ClockRow.id.desc()).limit(limit)
    return (await db.execute(query)).scalars().all()


def _ids(ids: Collection[UUID]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(PgUuid(as_uuid=True)))
