"""Every query of notifications."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.dialects.postgresql import UUID as PgUuid

from qiao.core.db import Session
from qiao.people.notifications.models import Notification, NotificationChoice, NotificationErrand, NotificationWay

# One statement for everybody: who has an unread line of this kind about this link gets it counted up, who wants to hear
# of it at all gets a new one. Keys are UUIDv7 made by the caller, in order.
_TELL: Final = text(
    """
    WITH wanted AS (
        SELECT w.user_id, w.id, coalesce(c.console, true) AS console, coalesce(c.mail, :mailed) AS mail,
               coalesce(c.app, c.mail, :mailed) AND EXISTS (
                   SELECT FROM notification_ways y WHERE y.user_id = w.user_id AND y.active
               ) AS app
        FROM unnest(:users, :ids) AS w(user_id, id)
        JOIN users u ON u.id = w.user_id AND u.active
        LEFT JOIN notification_choices c ON c.user_id = w.user_id AND c.kind = :kind
    ), again AS (
        UPDATE notifications n
        SET count = n.count + 1, at = :at, params = :params, actor_name = :actor_name, batch_id = :batch_id
        FROM wanted w
        WHERE n.user_id = w.user_id AND n.kind = :kind AND n.link = :link AND n.read_at IS NULL AND n.at > :since
        RETURNING n.user_id
    ), fresh AS (
        INSERT INTO notifications
            (id, user_id, kind, link, params, count, actor_name, batch_id, console, at, mail_at, mail_tries)
        SELECT w.id, w.user_id, :kind, :link, :params, 1, :actor_name, :batch_id, w.console, :at,
               CASE WHEN w.mail AND :mails THEN CAST(:mail_at AS timestamptz) END, 0
        FROM wanted w
        WHERE (w.console OR (w.mail AND :mails) OR w.app)
              AND NOT EXISTS (SELECT FROM again a WHERE a.user_id = w.user_id)
        RETURNING id, user_id
    ), errands AS (
        INSERT INTO notification_errands (notification_id, way, user_id, due_at, tries)
        SELECT f.id, y.way, f.user_id, CAST(:way_at AS timestamptz), 0
        FROM fresh f
        JOIN wanted w ON w.user_id = f.user_id AND w.app
        JOIN notification_ways y ON y.user_id = f.user_id AND y.active
    )
    SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM fresh)
    """
).bindparams(
    bindparam("users", type_=ARRAY(PgUuid(as_uuid=True))),
    bindparam("ids", type_=ARRAY(PgUuid(as_uuid=True))),
    bindparam("params", type_=JSONB),
)


async def tell(db: Session, **values: Any) -> int:
    """Writes or counts up a line for each of `users`; returns how many."""
    return int(await db.scalar(_TELL, values) or 0)


async def page(
    db: Session, user_id: UUID, *, unread: bool, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Notification]:
    query = select(Notification).where(Notification.user_id == user_id, Notification.console)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if after is not None:
        query = query.where(func.row(Notification.at, Notification.id) < func.row(*after))
    query = query.order_by(Notification.at.desc(), Notification.id.desc()).limit(limit)
    return (await db.execute(query)).scalars().all()


async def unread(db: Session, user_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Unread lines of each person who has any."""
    query = (
        select(Notification.user_id, func.count())
        .where(Notification.user_id.in_(list(user_ids)), Notification.read_at.is_(None), Notification.console)
        .group_by(Notification.user_id)
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def told_with(db: Session, batch_ids: Collection[UUID], among: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(batch, person) of those among some people who were told something in these batches."""
    query = select(Notification.batch_id, Notification.user_id).where(
        Notification.batch_id.in_(list(batch_ids)), Notification.user_id.in_(list(among)), Notification.console
    )
    return [(row[0], row[1]) for row in await db.execute(query)]


async def mark_read(db: Session, user_id: UUID, ids: Collection[UUID] | None, at: datetime) -> int:
    query = update(Notification).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    if ids is not None:
        query = query.where(Notification.id.in_(list(ids)))
    done = await db.execute(query.values(read_at=at, mail_at=None).returning(Notification.id))
    return len(done.all())


async def mark_read_by_link(db: Session, user_id: UUID, link: str, at: datetime) -> int:
    query = update(Notification).where(
        Notification.user_id == user_id, Notification.link == link, Notification.read_at.is_(None)
    )
    return len((await db.execute(query.values(read_at=at, mail_at=None).returning(Notification.id))).all())


async def choices(db: Session, user_id: UUID) -> dict[str, NotificationChoice]:
    rows = await db.execute(select(NotificationChoice).where(NotificationChoice.user_id == user_id))
    return {row.kind: row for row in rows.scalars()}


async def choices_of_kind(db: Session, kind: str, user_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Who of these people has chosen whether a kind is mailed."""
    query = select(NotificationChoice.user_id, NotificationChoice.mail).where(
        NotificationChoice.kind == kind, NotificationChoice.user_id.in_(list(user_ids))
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def put_choices(db: Session, user_id: UUID, rows: Sequence[tuple[str, bool, bool, bool | None]]) -> None:
    if not rows:
        return
    statement = insert(NotificationChoice).values(
        [
            {"user_id": user_id, "kind": kind, "console": console, "mail": mail, "app": app}
            for kind, console, mail, app in rows
        ]
    )
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "kind"],
            set_={
                "console": statement.excluded.console,
                "mail": statement.excluded.mail,
                "app": statement.excluded.app,
            },
        )
    )


# -- mail --------------------------------------------------------------------------------------------------------------


async def people_due(db: Session, now: datetime, limit: int) -> list[UUID]:
    query = (
        select(Notification.user_id)
        .where(Notification.mail_at <= now, Notification.mail_at.is_not(None))
        .group_by(Notification.user_id)
        .order_by(func.min(Notification.mail_at))
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def to_mail(db: Session, user_id: UUID, limit: int) -> Sequence[Notification]:
    """What waits to be mailed to somebody, oldest first, the rest of this minute included."""
    query = (
        select(Notification)
        .where(Notification.user_id == user_id, Notification.mail_at.is_not(None))
        .order_by(Notification.mail_at, Notification.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await db.execute(query)).scalars().all()


# -- further ways ------------------------------------------------------------------------------------------------------


async def ways_of(db: Session, user_id: UUID) -> dict[str, NotificationWay]:
    rows = await db.execute(select(NotificationWay).where(NotificationWay.user_id == user_id))
    return {row.way: row for row in rows.scalars()}


async def put_way(db: Session, user_id: UUID, way: str, account: str, active: bool) -> None:
    values = {"account": account, "active": active, "problem": None}
    statement = insert(NotificationWay).values(user_id=user_id, way=way, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["user_id", "way"], set_=values))


async def drop_way(db: Session, user_id: UUID, way: str) -> None:
    await db.execute(delete(NotificationWay).where(NotificationWay.user_id == user_id, NotificationWay.way == way))


async def errands_due(db: Session, now: datetime, limit: int) -> list[tuple[UUID, str]]:
    """(person, way) for whom something has to go out."""
    query = (
        select(NotificationErrand.user_id, NotificationErrand.way)
        .where(NotificationErrand.due_at <= now)
        .group_by(NotificationErrand.user_id, NotificationErrand.way)
        .order_by(func.min(NotificationErrand.due_at))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await db.execute(query)]


async def errands_of(
    db: Session, user_id: UUID, way: str, limit: int
) -> Sequence[tuple[NotificationErrand, Notification]]:
    """What waits for somebody by a way, oldest first, the rest of this minute included."""
    query = (
        select(NotificationErrand, Notification)
        .join(Notification, Notification.id == NotificationErrand.notification_id)
        .where(NotificationErrand.user_id == user_id, NotificationErrand.way == way)
        .order_by(NotificationErrand.due_at, NotificationErrand.notification_id)
        .limit(limit)
        .with_for_update(of=NotificationErrand, skip_locked=True)
    )
    return [(row[0], row[1]) for row in await db.execute(query)]


# -- forgetting --------------------------------------------------------------------------------------------------------


async def forget(db: Session, *, read_before: datetime, before: datetime, limit: int) -> int:
    old = (
        select(Notification.id)
        .where(Notification.at < read_before, (Notification.read_at.is_not(None)) | (Notification.at < before))
        .limit(limit)
    )
    gone = await db.execute(delete(Notification).where(Notification.id.in_(old)).returning(Notification.id))
    return len(gone.all())
