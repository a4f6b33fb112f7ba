"""Queries of agents: who is at work with which load. Read as columns, never as cached objects."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.desk.routing.models import (
    AgentStateRow,
    Queue,
    QueueEntry,
    QueueMember,
)
from qiao.desk.routing.policy import PRESENT, Agent
from qiao.desk.routing.repository.queues import skills_of

_FRESH = {"populate_existing": True}


async def agent_state(db: Session, user_id: UUID) -> AgentStateRow | None:
    return await db.get(AgentStateRow, user_id, populate_existing=True)


async def agent_states(db: Session, user_ids: Collection[UUID]) -> dict[UUID, AgentStateRow]:
    query = select(AgentStateRow).where(AgentStateRow.user_id.in_(list(user_ids))).execution_options(**_FRESH)
    return {row.user_id: row for row in (await db.execute(query)).scalars()}


async def ensure_agents(db: Session, user_ids: Collection[UUID], at: datetime) -> None:
    """Gives everybody a state row, offline to begin with."""
    if user_ids:
        new = {"state": "offline", "since": at, "capacity": Decimal(5), "load": Decimal(0), "missed_offers": 0}
        rows = [{"user_id": user_id, **new} for user_id in sorted(user_ids)]
        await db.execute(insert(AgentStateRow).values(rows).on_conflict_do_nothing())


async def agents_of(db: Session, queue_ids: Collection[UUID]) -> list[Agent]:
    """The members of some queues with state, load, skills and turns (in these queues)."""
    rows = (
        await db.execute(
            select(
                QueueMember.user_id,
                QueueMember.queue_id,
                QueueMember.turn,
                AgentStateRow.state,
                AgentStateRow.capacity,
                AgentStateRow.load,
                AgentStateRow.idle_since,
                AgentStateRow.last_assigned_at,
            )
            .outerjoin(AgentStateRow, AgentStateRow.user_id == QueueMember.user_id)
            .where(QueueMember.queue_id.in_(list(queue_ids)))
        )
    ).all()
    turns: dict[UUID, dict[UUID, int]] = {}
    states: dict[UUID, Any] = {}
    for row in rows:
        turns.setdefault(row.user_id, {})[row.queue_id] = row.turn
        states[row.user_id] = row
    levels = await skills_of(db, states)
    return [
        Agent(
            user_id,
            "",
            row.state or "offline",
            row.capacity if row.capacity is not None else Decimal(5),
            row.load or Decimal(0),
            row.idle_since,
            row.last_assigned_at,
            levels.get(user_id, {}),
            turns[user_id],
        )
        for user_id, row in states.items()
    ]


async def queues_with_room(db: Session, queue_ids: Collection[UUID] | None) -> set[UUID]:
    """Queues where something waits and a member online is not full; all queues when `queue_ids` is None."""
    conditions = [
        AgentStateRow.state == "online",
        AgentStateRow.load < AgentStateRow.capacity,
        exists().where(QueueEntry.queue_id == QueueMember.queue_id),
    ]
    if queue_ids is not None:
        conditions.append(QueueMember.queue_id.in_(list(queue_ids)))
    query = (
        select(QueueMember.queue_id)
        .join(AgentStateRow, AgentStateRow.user_id == QueueMember.user_id)
        .where(*conditions)
        .distinct()
    )
    return {queue_id for (queue_id,) in await db.execute(query)}


async def write_loads(db: Session, loads: Mapping[UUID, Decimal], at: datetime, given: UUID | None = None) -> set[UUID]:
    """Stores recounted loads; who has nothing left is idle from `at`. Returns those whose load went down.

    `given` is who has just been given something.
    """
    eased: set[UUID] = set()
    rows = await agent_states(db, loads)
    missing = set(loads) - set(rows)
    if missing:
        await ensure_agents(db, missing, at)
        rows = await agent_states(db, loads)
    for user_id, row in rows.items():
        load = loads[user_id]
        values: dict[str, Any] = {"last_assigned_at": at} if user_id == given else {}
        if load < row.load:
            eased.add(user_id)
        if load != row.load:
            values |= {"load": load, "idle_since": at if load == 0 else None}
        if values:
            await update_agent(db, user_id, **values)
    return eased


async def all_agents(db: Session) -> list[UUID]:
    return list((await db.execute(select(AgentStateRow.user_id).order_by(AgentStateRow.user_id))).scalars())


async def update_agent(db: Session, user_id: UUID, **values: Any) -> None:
    await db.execute(
        update(AgentStateRow)
        .where(AgentStateRow.user_id == user_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def touch(db: Session, user_ids: Collection[UUID] | None, at: datetime) -> None:
    """Notes that people are still here; None: everybody who is not offline."""
    condition: ColumnElement[bool] = AgentStateRow.state != "offline"
    if user_ids is not None:
        condition = AgentStateRow.user_id.in_(list(user_ids))
    await db.execute(
        update(AgentStateRow).where(condition).values(last_seen_at=at).execution_options(synchronize_session=False)
    )


async def vanished(db: Session, before: datetime) -> list[UUID]:
    """People not offline whom nobody has seen since `before`."""
    query = select(AgentStateRow.user_id).where(
        AgentStateRow.state != "offline",
        or_(
            AgentStateRow.last_seen_at < before,
            and_(AgentStateRow.last_seen_at.is_(None), AgentStateRow.since < before),
        ),
    )
    return [user_id for (user_id,) in await db.execute(query.order_by(AgentStateRow.user_id))]


async def offline_with_work(db: Session) -> dict[UUID, datetime]:
    """People who are offline while conversations are assigned to them, and since when they are."""
    query = select(AgentStateRow.user_id, AgentStateRow.since).where(
        AgentStateRow.state == "offline", AgentStateRow.load > 0
    )
    return {row.user_id: row.since for row in await db.execute(query)}


async def note_attendance(db: Session, queue_ids: Collection[UUID], at: datetime) -> None:
    """Keeps `unattended_since` of queues: set while no member is at work."""
    if not queue_ids:
        return
    present = (
        exists()
        .where(
            QueueMember.queue_id == Queue.id,
            AgentStateRow.user_id == QueueMember.user_id,
            AgentStateRow.state.in_(sorted(PRESENT)),
        )
        .correlate(Queue)
    )
    ids = list(queue_ids)
    await db.execute(
        update(Queue)
        .where(Queue.id.in_(ids), Queue.unattended_since.is_not(None), present)
        .values(unattended_since=None)
        .execution_options(synchronize_session=False)
    )
    await db.execute(
        update(Queue)
        .where(Queue.id.in_(ids), Queue.unattended_since.is_(None), ~present)
        .values(unattended_since=at)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Attendance:
    present: int
    available: int


async def attendance(db: Session, queue_ids: Iterable[UUID]) -> dict[UUID, Attendance]:
    """Members at work, and those of them who could take one more now, by queue."""
    rows = await db.execute(
        select(
            QueueMember.queue_id,
            func.count(),
            func.count().filter(AgentStateRow.state == "online", AgentStateRow.load < AgentStateRow.capacity),
        )
        .join(AgentStateRow, AgentStateRow.user_id == QueueMember.user_id)
        .where(QueueMember.queue_id.in_(list(queue_ids)), AgentStateRow.state.in_(sorted(PRESENT)))
        .group_by(QueueMember.queue_id)
    )
    return {queue_id: Attendance(present, available) for queue_id, present, available in rows}
