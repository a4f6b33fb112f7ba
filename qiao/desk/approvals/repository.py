"""Every query of approvals."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, cast, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core.db import Session
from qiao.desk.approvals.models import Approval, ApprovalDecision, ApprovalLink, ApprovalStep, Deputy


async def lock_ticket(db: Session, ticket_id: UUID) -> None:
    """Holds the ticket for this transaction: who changes its amount and who approves it wait for each other."""
    await db.execute(text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE"), {"id": ticket_id})


async def approval(db: Session, approval_id: UUID) -> Approval | None:
    return await db.get(Approval, approval_id, populate_existing=True)


async def ticket_of(db: Session, approval_id: UUID) -> UUID | None:
    found: UUID | None = await db.scalar(select(Approval.ticket_id).where(Approval.id == approval_id))
    return found


async def of_ticket(db: Session, ticket_id: UUID) -> Sequence[Approval]:
    query = select(Approval).where(Approval.ticket_id == ticket_id).order_by(Approval.id.desc()).limit(100)
    return (await db.execute(query)).scalars().all()


async def open_of(db: Session, ticket_id: UUID) -> Sequence[Approval]:
    query = select(Approval).where(Approval.ticket_id == ticket_id, Approval.state == "open").order_by(Approval.id)
    return (await db.execute(query)).scalars().all()


async def granted_of(db: Session, ticket_id: UUID) -> Sequence[Approval]:
    """Granted by the rules and not used yet, the latest first."""
    query = (
        select(Approval)
        .where(
            Approval.ticket_id == ticket_id,
            Approval.state == "granted",
            Approval.source == "rule",
            Approval.used_at.is_(None),
        )
        .order_by(Approval.id.desc())
    )
    return (await db.execute(query)).scalars().all()


async def use_up(db: Session, ticket_id: UUID, transition: str, at: datetime) -> None:
    await db.execute(
        update(Approval)
        .where(
            Approval.ticket_id == ticket_id,
            Approval.state == "granted",
            Approval.source == "rule",
            Approval.used_at.is_(None),
            or_(Approval.transition == transition, Approval.transition.is_(None)),
        )
        .values(used_at=at)
    )


async def steps_of(db: Session, approval_ids: Iterable[UUID]) -> dict[UUID, list[ApprovalStep]]:
    query = (
        select(ApprovalStep)
        .where(ApprovalStep.approval_id.in_(list(approval_ids)))
        .order_by(ApprovalStep.approval_id, ApprovalStep.position)
    )
    found: dict[UUID, list[ApprovalStep]] = {}
    for row in (await db.execute(query)).scalars():
        found.setdefault(row.approval_id, []).append(row)
    return found


async def decisions_of(db: Session, approval_ids: Iterable[UUID]) -> dict[UUID, list[ApprovalDecision]]:
    """By step, in order."""
    query = (
        select(ApprovalDecision)
        .where(ApprovalDecision.approval_id.in_(list(approval_ids)))
        .order_by(ApprovalDecision.id)
    )
    found: dict[UUID, list[ApprovalDecision]] = {}
    for row in (await db.execute(query)).scalars():
        found.setdefault(row.step_id, []).append(row)
    return found


def _concerns(people: Collection[UUID], roles: Collection[str]) -> ColumnElement[bool]:
    named: Any = ApprovalStep.users.op("&&")(cast(list(people), ARRAY(PgUuid(as_uuid=True))))
    by_role: Any = ApprovalStep.roles.op("&&")(cast(list(roles), ARRAY(VARCHAR(60))))
    return or_(named, by_role)


async def page(
    db: Session,
    user_id: UUID,
    *,
    view: str,
    people: Collection[UUID],
    roles: Collection[str],
    after: UUID | None,
    limit: int,
) -> Sequence[Approval]:
    """Newest first: what may wait for somebody (`people`: they and whom they stand in for), what they asked, or decided."""
    query = select(Approval)
    if view == "waiting":
        steps = select(ApprovalStep.approval_id).where(ApprovalStep.state == "active", _concerns(people, roles))
        query = query.where(Approval.state == "open", Approval.id.in_(steps))
    elif view == "asked":
        query = query.where(Approval.requested_by == user_id)
    else:
        decided = select(ApprovalDecision.approval_id).where(ApprovalDecision.user_id == user_id)
        query = query.where(Approval.id.in_(decided))
    if after is not None:
        query = query.where(Approval.id < after)
    return (await db.execute(query.order_by(Approval.id.desc()).limit(limit))).scalars().all()


# -- time --------------------------------------------------------------------------------------------------------------


async def to_remind(db: Session, now: datetime, limit: int) -> list[UUID]:
    query = (
        select(Approval.id)
        .where(
            Approval.state == "open",
            Approval.reminded_at.is_(None),
            Approval.remind_at <= now,
            Approval.expires_at > now,
        )
        .order_by(Approval.expires_at)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def to_expire(db: Session, now: datetime, limit: int) -> list[UUID]:
    query = (
        select(Approval.id)
        .where(Approval.state == "open", Approval.expires_at <= now)
        .order_by(Approval.expires_at)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def all_of_role(db: Session, limit: int) -> list[UUID]:
    """Open ones that wait for everybody of a role: who leaves must not hold them up for ever."""
    query = (
        select(Approval.id)
        .where(
            Approval.state == "open",
            Approval.id.in_(
                select(ApprovalStep.approval_id).where(ApprovalStep.state == "active", ApprovalStep.needs == "all")
            ),
        )
        .order_by(Approval.expires_at)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


# -- links -------------------------------------------------------------------------------------------------------------


async def link(db: Session, link_id: UUID, *, lock: bool = False) -> ApprovalLink | None:
    query = select(ApprovalLink).where(ApprovalLink.id == link_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def linked(db: Session, step_id: UUID, *, reminder: bool) -> set[UUID]:
    """Who has been sent a link of this step."""
    query = select(ApprovalLink.user_id).where(ApprovalLink.step_id == step_id, ApprovalLink.reminder == reminder)
    return set((await db.execute(query)).scalars())


async def forget_links(db: Session, before: datetime) -> int:
    gone = await db.execute(delete(ApprovalLink).where(ApprovalLink.expires_at < before).returning(ApprovalLink.id))
    return len(gone.all())


# -- deputies ----------------------------------------------------------------------------------------------------------


async def stands_in_for(db: Session, user_id: UUID, now: datetime) -> list[UUID]:
    """For whom somebody decides now."""
    query = (
        select(Deputy.user_id)
        .distinct()
        .where(Deputy.deputy_id == user_id, Deputy.from_at <= now, Deputy.until_at > now)
        .order_by(Deputy.user_id)
    )
    return list((await db.execute(query)).scalars())


async def deputies_of(db: Session, users: Collection[UUID], now: datetime) -> dict[UUID, set[UUID]]:
    """Who decides now for each of these people."""
    query = select(Deputy.user_id, Deputy.deputy_id).where(
        Deputy.user_id.in_(list(users)), Deputy.from_at <= now, Deputy.until_at > now
    )
    found: dict[UUID, set[UUID]] = {}
    for user_id, deputy_id in await db.execute(query):
        found.setdefault(user_id, set()).add(deputy_id)
    return found


async def deputy(db: Session, deputy_row_id: UUID) -> Deputy | None:
    return await db.get(Deputy, deputy_row_id)


async def deputies(db: Session, user_id: UUID, now: datetime) -> Sequence[Deputy]:
    """Present and coming ones that concern somebody, either way."""
    query = (
        select(Deputy)
        .where(or_(Deputy.user_id == user_id, Deputy.deputy_id == user_id), Deputy.until_at > now)
        .order_by(Deputy.from_at, Deputy.id)
        .limit(200)
    )
    return (await db.execute(query)).scalars().all()


async def count_deputies(db: Session, user_id: UUID, now: datetime) -> int:
    query = select(func.count()).where(Deputy.user_id == user_id, Deputy.until_at > now)
    return int(await db.scalar(query) or 0)
