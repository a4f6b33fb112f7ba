"""Queries of queues, their members, skills and the settings of routing."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.desk.routing.models import (
    Queue,
    QueueMember,
    RoutingSettingsRow,
    Skill,
    UserSkill,
)
from qiao.desk.routing.policy import QueueRule

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


async def settings(db: Session) -> dict[str, Any]:
    return await db.scalar(select(RoutingSettingsRow.settings).where(RoutingSettingsRow.id == 1)) or {}


async def save_settings(db: Session, values: dict[str, Any]) -> None:
    statement = insert(RoutingSettingsRow).values(id=1, settings=values)
    await db.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"settings": values}))


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


async def set_skills(db: Session, user_id: UUID, levels: Mapping[UUID, int]) -> None:
    await db.execute(delete(UserSkill).where(UserSkill.user_id == user_id))
    if levels:
        rows = [{"user_id": user_id, "skill_id": skill_id, "level": level} for skill_id, level in levels.items()]
        await db.execute(insert(UserSkill).values(rows))
