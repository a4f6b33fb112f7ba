"""Every query of accounts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, String, and_, any_, cast, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.people.accounts.models import ApiTokenRow, AuditRow, RoleRow, SessionRow, UserRoleRow, UserRow


async def user(db: Session, user_id: UUID, *, lock: bool = False) -> UserRow | None:
    query = select(UserRow).where(UserRow.id == user_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def user_by_email(db: Session, email: str) -> UserRow | None:
    return (await db.execute(select(UserRow).where(UserRow.email == email))).scalar_one_or_none()


async def active_with_emails(db: Session, emails: Sequence[str]) -> list[UUID]:
    query = select(UserRow.id).where(UserRow.email.in_(list(emails)), UserRow.active).order_by(UserRow.id)
    return list((await db.execute(query)).scalars())


async def names_by_id(db: Session, ids: Iterable[UUID]) -> Sequence[tuple[UUID, str, str | None]]:
    """Each with the name they are called by and their picture; a whole row of a person is wide."""
    called = func.coalesce(func.nullif(UserRow.display_name, ""), UserRow.name)
    found = await db.execute(select(UserRow.id, called, UserRow.avatar_url).where(UserRow.id.in_(list(ids))))
    return [(key, name, picture) for key, name, picture in found.tuples()]


async def users_by_id(db: Session, ids: Iterable[UUID]) -> Sequence[UserRow]:
    return (await db.execute(select(UserRow).where(UserRow.id.in_(list(ids))))).scalars().all()


async def set_avatar(db: Session, user_id: UUID, url: str) -> None:
    await db.execute(update(UserRow).where(UserRow.id == user_id).values(avatar_url=url))


async def any_user(db: Session) -> bool:
    return bool(await db.scalar(select(select(UserRow.id).exists())))


async def user_page(
    db: Session,
    *,
    q: str | None,
    role_id: UUID | None,
    department_id: UUID | None,
    active: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[UserRow]:
    query = select(UserRow).order_by(UserRow.name, UserRow.id).limit(limit)
    if q:
        pattern = "%" + q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        query = query.where(
            or_(UserRow.name.ilike(pattern), UserRow.email.ilike(pattern), UserRow.display_name.ilike(pattern))
        )
    if role_id is not None:
        query = query.where(UserRow.id.in_(select(UserRoleRow.user_id).where(UserRoleRow.role_id == role_id)))
    if department_id is not None:
        query = query.where(UserRow.department_id == department_id)
    if active is not None:
        query = query.where(UserRow.active == active)
    if after is not None:
        query = query.where(tuple_(UserRow.name, UserRow.id) > after)
    return (await db.execute(query)).scalars().all()


async def roles_of(db: Session, user_ids: Iterable[UUID]) -> dict[UUID, list[RoleRow]]:
    """Roles by user, oldest role first."""
    query = (
        select(UserRoleRow.user_id, RoleRow)
        .join(RoleRow, RoleRow.id == UserRoleRow.role_id)
        .where(UserRoleRow.user_id.in_(list(user_ids)))
        .order_by(RoleRow.created_at, RoleRow.id)
    )
    found: dict[UUID, list[RoleRow]] = {}
    for user_id, role in await db.execute(query):
        found.setdefault(user_id, []).append(role)
    return found


def holders(permission: str) -> Select[UUID]:
    """Ids of active people who hold `permission`."""
    return (
        select(UserRow.id)
        .distinct()
        .join(UserRoleRow, UserRoleRow.user_id == UserRow.id)
        .join(RoleRow, RoleRow.id == UserRoleRow.role_id)
        .where(UserRow.active, RoleRow.permissions.contains([permission]))
    )


async def active_in_roles(db: Session, names: Iterable[str]) -> Sequence[UUID]:
    """Ids of active people in any of the roles with these keys or ids."""
    wanted = list(names)
    query = (
        select(UserRow.id)
        .distinct()
        .join(UserRoleRow, UserRoleRow.user_id == UserRow.id)
        .join(RoleRow, RoleRow.id == UserRoleRow.role_id)
        .where(UserRow.active, or_(RoleRow.key.in_(wanted), cast(RoleRow.id, String).in_(wanted)))
    )
    return (await db.execute(query)).scalars().all()


async def active_in_department(db: Session, department_id: UUID) -> Sequence[UUID]:
    query = select(UserRow.id).where(UserRow.department_id == department_id, UserRow.active)
    return (await db.execute(query)).scalars().all()


async def active_among(db: Session, ids: Iterable[UUID]) -> set[UUID]:
    wanted = literal(list(ids), ARRAY(UserRow.id.type))
    return set((await db.execute(select(UserRow.id).where(UserRow.active, UserRow.id == any_(wanted)))).scalars())


async def active_users(db: Session) -> Sequence[UserRow]:
    return (await db.execute(select(UserRow).where(UserRow.active).order_by(UserRow.name, UserRow.id))).scalars().all()


async def set_roles(db: Session, user_id: UUID, role_ids: Iterable[UUID]) -> None:
    await db.execute(delete(UserRoleRow).where(UserRoleRow.user_id == user_id))
    rows = [{"user_id": user_id, "role_id": role_id} for role_id in dict.fromkeys(role_ids)]
    if rows:
        await db.execute(insert(UserRoleRow).values(rows))


async def role(db: Session, role_id: UUID, *, lock: bool = False) -> RoleRow | None:
    query = select(RoleRow).where(RoleRow.id == role_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def roles(db: Session, ids: Iterable[UUID] | None = None) -> Sequence[RoleRow]:
    query = select(RoleRow).order_by(RoleRow.created_at, RoleRow.id)
    if ids is not None:
        query = query.where(RoleRow.id.in_(list(ids)))
    return (await db.execute(query)).scalars().all()


async def role_by_key(db: Session, key: str, *, lock: bool = False) -> RoleRow | None:
    query = select(RoleRow).where(RoleRow.key == key)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def role_members(db: Session, role_id: UUID) -> list[UUID]:
    return list((await db.execute(select(UserRoleRow.user_id).where(UserRoleRow.role_id == role_id))).scalars())


async def role_sizes(db: Session) -> dict[UUID, int]:
    rows = await db.execute(select(UserRoleRow.role_id, func.count()).group_by(UserRoleRow.role_id))
    return {row[0]: row[1] for row in rows}


async def add_roles(db: Session, rows: list[dict[str, Any]]) -> None:
    """Adds built-in roles unless they are there."""
    await db.execute(insert(RoleRow).values(rows).on_conflict_do_nothing())


async def other_active_members(db: Session, role_id: UUID, but: UUID) -> int:
    query = (
        select(func.count())
        .select_from(UserRow)
        .join(UserRoleRow, UserRoleRow.user_id == UserRow.id)
        .where(UserRoleRow.role_id == role_id, UserRow.active, UserRow.id != but)
    )
    return (await db.execute(query)).scalar_one()


async def sessions_of(db: Session, user_id: UUID, now: datetime) -> Sequence[SessionRow]:
    query = (
        select(SessionRow)
        .where(SessionRow.user_id == user_id, SessionRow.expires_at > now)
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc())
    )
    return (await db.execute(query)).scalars().all()


async def end_sessions(db: Session, user_id: UUID, *, only: UUID | None = None, but: UUID | None = None) -> list[UUID]:
    """Deletes sessions of a person; returns their ids."""
    conditions = [SessionRow.user_id == user_id]
    if only is not None:
        conditions.append(SessionRow.id == only)
    if but is not None:
        conditions.append(SessionRow.id != but)
    return list((await db.execute(delete(SessionRow).where(and_(*conditions)).returning(SessionRow.id))).scalars())


async def tokens_of(db: Session, user_id: UUID) -> Sequence[ApiTokenRow]:
    query = select(ApiTokenRow).where(ApiTokenRow.user_id == user_id).order_by(ApiTokenRow.id.desc())
    return (await db.execute(query)).scalars().all()


async def token(db: Session, user_id: UUID, token_id: UUID) -> ApiTokenRow | None:
    query = select(ApiTokenRow).where(ApiTokenRow.id == token_id, ApiTokenRow.user_id == user_id)
    return (await db.execute(query)).scalar_one_or_none()


async def audit_page(
    db: Session,
    *,
    actor_id: UUID | None,
    object_type: str | None,
    object_id: str | None,
    action: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[AuditRow]:
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if actor_id is not None:
        query = query.where(AuditRow.actor_id == actor_id)
    if object_type is not None:
        query = query.where(AuditRow.object_type == object_type)
    if object_id is not None:
        query = query.where(AuditRow.object_id == object_id)
    if action is not None:
        query = query.where(or_(AuditRow.action == action, AuditRow.action.startswith(action + ".", autoescape=True)))
    if before is not None:
        query = query.where(AuditRow.id < before)
    return (await db.execute(query)).scalars().all()
