"""Every query of routing. Matching reads columns, never cached objects: it runs many times within one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.routing.models import (
    AgentStateRow,
    Offer,
    Queue,
    QueueEntry,
    QueueMember,
    RoutingLog,
    RoutingSettingsRow,
    Skill,
    UserSkill,
)
from qiao.desk.routing.policy import PRESENT, Agent, QueueRule, Waiting

_FRESH = {"populate_existing": True}


def rule_of(row: Queue) -> QueueRule:
    return QueueRule(
        row.id,
        row.priority,
        row.strategy,  # type: ignore[arg-type]  # the table's check constraint holds the same words
        tuple((UUID(str(need["skill_id"])), int(need["level"])) for need in row.required_skills),
        row.sticky,
        row.accept_timeout_s,
    )


def waiting_of(entry: QueueEntry, weight: Decimal) -> Waiting:
    return Waiting(
        entry.conversation_id,
        entry.queue_id,
        entry.entered_at,
        entry.seq,
        entry.priority,
        weight,
        entry.preferred_user_id,
        frozenset(entry.declined_by),
    )


# -- settings --------------------------------------------------------------------------------------------------------


async def settings(db: Session) -> dict[str, Any]:
    return await db.scalar(select(RoutingSettingsRow.settings).where(RoutingSettingsRow.id == 1)) or {}


async def save_settings(db: Session, values: dict[str, Any]) -> None:
    statement = insert(RoutingSettingsRow).values(id=1, settings=values)
    await db.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"settings": values}))


# -- queues, members, skills -----------------------------------------------------------------------------------------


async def queue(db: Session, queue_id: UUID) -> Queue | None:
    return await db.get(Queue, queue_id, populate_existing=True)


async def queues(db: Session, ids: Collection[UUID] | None = None) -> list[Queue]:
    query = select(Queue).order_by(Queue.priority.desc(), Queue.name).execution_options(**_FRESH)
    if ids is not None:
        query = query.where(Queue.id.in_(list(ids)))
    return list((await db.execute(query)).scalars())


async def queue_names(db: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await db.execute(select(Queue.id, Queue.name).where(Queue.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


async def default_queue_id(db: Session) -> UUID | None:
    query = select(Queue.id).where(Queue.active).order_by(Queue.is_default.desc(), Queue.created_at, Queue.id).limit(1)
    return await db.scalar(query)


async def members(db: Session, queue_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """User ids by queue."""
    found: dict[UUID, list[UUID]] = {queue_id: [] for queue_id in queue_ids}
    rows = await db.execute(
        select(QueueMember.queue_id, QueueMember.user_id)
        .where(QueueMember.queue_id.in_(list(queue_ids)))
        .order_by(QueueMember.user_id)
    )
    for queue_id, user_id in rows:
        found[queue_id].append(user_id)
    return found


async def queues_of(db: Session, user_ids: Collection[UUID]) -> set[UUID]:
    rows = await db.execute(select(QueueMember.queue_id).where(QueueMember.user_id.in_(list(user_ids))).distinct())
    return {queue_id for (queue_id,) in rows}


async def queue_ids_by_user(db: Session, user_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    query = select(QueueMember.user_id, QueueMember.queue_id).where(QueueMember.user_id.in_(list(user_ids)))
    for user_id, queue_id in await db.execute(query.order_by(QueueMember.queue_id)):
        found.setdefault(user_id, []).append(queue_id)
    return found


async def is_member(db: Session, queue_id: UUID, user_id: UUID) -> bool:
    query = select(exists().where(QueueMember.queue_id == queue_id, QueueMember.user_id == user_id))
    return bool(await db.scalar(query))


async def set_members(db: Session, queue_id: UUID, user_ids: Collection[UUID]) -> set[UUID]:
    """Makes exactly `user_ids` the members; who stays keeps their turn. Returns who came or went."""
    before = set((await members(db, [queue_id]))[queue_id])
    wanted = set(user_ids)
    gone, came = before - wanted, wanted - before
    if gone:
        await db.execute(delete(QueueMember).where(QueueMember.queue_id == queue_id, QueueMember.user_id.in_(gone)))
    if came:
        await db.execute(
            insert(QueueMember).values([{"queue_id": queue_id, "user_id": u, "turn": 0} for u in sorted(came)])
        )
    return gone | came


async def add_member(db: Session, queue_id: UUID, user_id: UUID) -> None:
    await db.execute(insert(QueueMember).values(queue_id=queue_id, user_id=user_id, turn=0).on_conflict_do_nothing())


async def remove_member_everywhere(db: Session, user_id: UUID) -> set[UUID]:
    rows = await db.execute(delete(QueueMember).where(QueueMember.user_id == user_id).returning(QueueMember.queue_id))
    return {queue_id for (queue_id,) in rows}


async def end_of_round(db: Session, queue_id: UUID, user_id: UUID) -> None:
    last = select(func.max(QueueMember.turn)).where(QueueMember.queue_id == queue_id).scalar_subquery()
    await db.execute(
        update(QueueMember)
        .where(QueueMember.queue_id == queue_id, QueueMember.user_id == user_id)
        .values(turn=func.coalesce(last, 0) + 1)
        .execution_options(synchronize_session=False)
    )


async def skills(db: Session) -> list[Skill]:
    return list((await db.execute(select(Skill).order_by(Skill.name))).scalars())


async def skill(db: Session, skill_id: UUID) -> Skill | None:
    return await db.get(Skill, skill_id, populate_existing=True)


async def known_skills(db: Session, ids: Collection[UUID]) -> set[UUID]:
    return {i for (i,) in await db.execute(select(Skill.id).where(Skill.id.in_(list(ids))))}


async def skills_of(db: Session, user_ids: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """Levels by user and skill."""
    found: dict[UUID, dict[UUID, int]] = {}
    rows = await db.execute(
        select(UserSkill.user_id, UserSkill.skill_id, UserSkill.level).where(UserSkill.user_id.in_(list(user_ids)))
    )
    for user_id, skill_id, level in rows:
        found.setdefault(user_id, {})[skill_id] = level
    return found


async def holders_of(db: Session, skill_id: UUID) -> set[UUID]:
    return {u for (u,) in await db.execute(select(UserSkill.user_id).where(UserSkill.skill_id == skill_id))}


async def set_skills(db: Session, user_id: UUID, levels: Mapping[UUID, int]) -> None:
    await db.execute(delete(UserSkill).where(UserSkill.user_id == user_id))
    if levels:
        rows = [{"user_id": user_id, "skill_id": skill_id, "level": level} for skill_id, level in levels.items()]
        await db.execute(insert(UserSkill).values(rows))


# -- agents ----------------------------------------------------------------------------------------------------------


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


# -- what waits ------------------------------------------------------------------------------------------------------


_offered = exists().where(Offer.conversation_id == QueueEntry.conversation_id, Offer.state == "offered")
ORDER = (QueueEntry.priority.desc(), Queue.priority.desc(), QueueEntry.entered_at, QueueEntry.seq)


async def entry(db: Session, conversation_id: UUID) -> QueueEntry | None:
    return await db.get(QueueEntry, conversation_id, populate_existing=True)


async def waiting(db: Session, queue_ids: Collection[UUID], offset: int, limit: int) -> list[QueueEntry]:
    """What waits without an open offer, in the order of service."""
    query = (
        select(QueueEntry)
        .join(Queue, Queue.id == QueueEntry.queue_id)
        .where(QueueEntry.queue_id.in_(list(queue_ids)), ~_offered)
        .order_by(*ORDER)
        .offset(offset)
        .limit(limit)
        .execution_options(**_FRESH)
    )
    return list((await db.execute(query)).scalars())


async def line(db: Session, queue_id: UUID) -> list[tuple[UUID, bool]]:
    """Conversations of one queue in order, offered ones included, and whether each is a left message."""
    query = (
        select(QueueEntry.conversation_id, QueueEntry.leave_message)
        .where(QueueEntry.queue_id == queue_id)
        .order_by(QueueEntry.priority.desc(), QueueEntry.entered_at, QueueEntry.seq)
    )
    return [(conversation_id, left) for conversation_id, left in await db.execute(query)]


async def ahead_of(db: Session, row: QueueEntry) -> int:
    """How many in the same queue come before `row`."""
    before = or_(
        QueueEntry.priority > row.priority,
        and_(
            QueueEntry.priority == row.priority,
            or_(
                QueueEntry.entered_at < row.entered_at,
                and_(QueueEntry.entered_at == row.entered_at, QueueEntry.seq < row.seq),
            ),
        ),
    )
    query = select(func.count()).select_from(QueueEntry).where(QueueEntry.queue_id == row.queue_id, before)
    return int(await db.scalar(query) or 0)


async def waiting_figures(
    db: Session, queue_ids: Collection[UUID] | None = None
) -> dict[UUID, tuple[int, datetime | None]]:
    """How many wait in each queue, and since when the first does."""
    query = select(QueueEntry.queue_id, func.count(), func.min(QueueEntry.entered_at)).group_by(QueueEntry.queue_id)
    if queue_ids is not None:
        query = query.where(QueueEntry.queue_id.in_(list(queue_ids)))
    return {queue_id: (count, oldest) for queue_id, count, oldest in await db.execute(query)}


async def put_entry(db: Session, **values: Any) -> None:
    """Adds a waiting conversation, or moves it; its number in line (`seq`) stays."""
    changes = {key: value for key, value in values.items() if key != "conversation_id"}
    statement = insert(QueueEntry).values(**values)
    await db.execute(statement.on_conflict_do_update(index_elements=["conversation_id"], set_=changes))


async def update_entry(db: Session, conversation_id: UUID, **values: Any) -> None:
    await db.execute(
        update(QueueEntry)
        .where(QueueEntry.conversation_id == conversation_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def drop_entry(db: Session, conversation_id: UUID) -> UUID | None:
    """Takes a conversation out of line. Returns the queue it waited in, if it did."""
    result = await db.execute(
        delete(QueueEntry)
        .where(QueueEntry.conversation_id == conversation_id)
        .returning(QueueEntry.queue_id)
        .execution_options(synchronize_session=False)
    )
    return result.scalar_one_or_none()


async def retries_due(db: Session, at: datetime) -> list[UUID]:
    query = select(QueueEntry.conversation_id).where(QueueEntry.retry_at <= at).order_by(QueueEntry.seq).limit(200)
    return [conversation_id for (conversation_id,) in await db.execute(query)]


async def overflow_due(db: Session, at: datetime, unattended: timedelta) -> list[UUID]:
    """Conversations whose queue's overflow rule may apply by now: waited too long, or nobody has been there a while."""
    after = Queue.overflow["after_s"].as_integer()
    timed_out = and_(
        Queue.overflow["on"].contains(["timeout"]),
        QueueEntry.queued_at + after * literal(timedelta(seconds=1)) <= at,
    )
    left_alone = or_(Queue.overflow["on"].contains(["no_agent"]), Queue.overflow["on"].contains(["closed"]))
    alone = and_(Queue.unattended_since <= at - unattended, left_alone)
    target = Queue.overflow["queue_id"].as_string()
    been_there = func.coalesce(target == any_(cast(QueueEntry.visited, ARRAY(Text))), False)
    query = (
        select(QueueEntry.conversation_id)
        .join(Queue, Queue.id == QueueEntry.queue_id)
        .where(Queue.overflow.is_not(None), ~QueueEntry.leave_message, ~_offered, or_(timed_out, alone), ~been_there)
        .order_by(*ORDER)
        .limit(200)
    )
    return [conversation_id for (conversation_id,) in await db.execute(query)]


# -- offers ----------------------------------------------------------------------------------------------------------


async def offer(db: Session, offer_id: UUID) -> Offer | None:
    return await db.get(Offer, offer_id, populate_existing=True)


async def add_offer(db: Session, **values: Any) -> UUID:
    offer_id = new_id()
    await db.execute(insert(Offer).values(id=offer_id, state="offered", **values))
    return offer_id


async def offers_by_id(db: Session, ids: Collection[UUID]) -> list[Offer]:
    query = select(Offer).where(Offer.id.in_(list(ids))).order_by(Offer.offered_at).execution_options(**_FRESH)
    return list((await db.execute(query)).scalars())


async def open_offers(
    db: Session, *, user_id: UUID | None = None, conversation_id: UUID | None = None, due: datetime | None = None
) -> list[Offer]:
    query = (
        select(Offer).where(Offer.state == "offered").order_by(Offer.offered_at, Offer.id).execution_options(**_FRESH)
    )
    if user_id is not None:
        query = query.where(Offer.user_id == user_id)
    if conversation_id is not None:
        query = query.where(Offer.conversation_id == conversation_id)
    if due is not None:
        query = query.where(Offer.expires_at <= due)
    return list((await db.execute(query)).scalars())


async def end_offer(db: Session, offer_id: UUID, state: str, at: datetime) -> bool:
    """Returns whether it was still open."""
    result = await db.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.state == "offered")
        .values(state=state, ended_at=at)
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    )
    return result.first() is not None


async def forget_offers(db: Session, queue_id: UUID) -> None:
    """Removes the ended offers of a queue that goes away."""
    await db.execute(delete(Offer).where(Offer.queue_id == queue_id, Offer.state != "offered"))


async def offered_counts(db: Session, user_ids: Collection[UUID] | None) -> list[tuple[UUID, str, int]]:
    """Open offers by person and channel."""
    query = (
        select(Offer.user_id, Offer.channel, func.count())
        .where(Offer.state == "offered")
        .group_by(Offer.user_id, Offer.channel)
    )
    if user_ids is not None:
        query = query.where(Offer.user_id.in_(list(user_ids)))
    return [(user_id, channel, count) for user_id, channel, count in await db.execute(query)]


# -- the log of decisions --------------------------------------------------------------------------------------------


async def add_log(
    db: Session,
    conversation_id: UUID,
    at: datetime,
    decision: str,
    queue_id: UUID | None,
    user_id: UUID | None,
    explanation: dict[str, Any],
) -> None:
    await db.execute(
        insert(RoutingLog).values(
            id=new_id(),
            conversation_id=conversation_id,
            at=at,
            decision=decision,
            queue_id=queue_id,
            user_id=user_id,
            explanation=explanation,
        )
    )


async def log_of(db: Session, conversation_id: UUID, limit: int = 200) -> Sequence[RoutingLog]:
    query = select(RoutingLog).where(RoutingLog.conversation_id == conversation_id).order_by(RoutingLog.id).limit(limit)
    return (await db.execute(query)).scalars().all()


# -- figures ---------------------------------------------------------------------------------------------------------


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


# -- what is long past -----------------------------------------------------------------------------------------------


async def forget_decisions(db: Session, *, before: datetime, limit: int) -> int:
    """Removes explanations older than `before`, the oldest first (keys sort by time). Returns how many."""
    old = select(RoutingLog.id).where(RoutingLog.at < before, RoutingLog.id < first_id_at(before))
    found = await db.execute(
        delete(RoutingLog).where(RoutingLog.id.in_(old.order_by(RoutingLog.id).limit(limit))).returning(RoutingLog.id)
    )
    return len(found.all())


async def forget_ended_offers(db: Session, *, before: datetime, limit: int) -> int:
    """Removes offers that ended before `before`. Returns how many."""
    old = select(Offer.id).where(Offer.state != "offered", Offer.ended_at < before, Offer.id < first_id_at(before))
    found = await db.execute(delete(Offer).where(Offer.id.in_(old.order_by(Offer.id).limit(limit))).returning(Offer.id))
    return len(found.all())


def first_id_at(moment: datetime) -> UUID:
    """The smallest key that can have been made at `moment`: its index finds what is older."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
