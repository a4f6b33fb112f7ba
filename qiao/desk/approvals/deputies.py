"""Who decides for whom while they are away."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.desk.approvals import repository
from qiao.desk.approvals.models import Deputy
from qiao.desk.approvals.schemas import Deputies, DeputyBody, DeputyView, Named
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import own_id
from qiao.people.notifications import service as notifications

MOST: Final = 20
LONGEST: Final = timedelta(days=366)


async def listing(db: Session, actor: Actor) -> Deputies:
    user_id = own_id(actor)
    views = await _views(db, list(await repository.deputies(db, user_id, clock.now())))
    return Deputies(
        mine=[view for view in views if view.user.id == user_id],
        standing_in=[view for view in views if view.deputy.id == user_id],
    )


async def name(db: Session, actor: Actor, body: DeputyBody) -> DeputyView:
    """Names a deputy: for oneself, or for somebody else by who manages people."""
    user_id, now = body.user_id or own_id(actor), clock.now()
    if user_id != actor.id:
        actor.require("users.manage")
    start = body.from_at or now
    if body.deputy_id == user_id:
        raise Invalid.field("deputy_id", "approval.deputy_oneself")
    if {user_id, body.deputy_id} - await accounts.active_among(db, [user_id, body.deputy_id]):
        raise Invalid.field("deputy_id", "approval.person_unknown")
    if not max(start, now) < body.until_at <= start + LONGEST:
        raise Invalid.field("until_at", "approval.deputy_span")
    if await repository.count_deputies(db, user_id, now) >= MOST:
        raise Conflict("approval.deputies_too_many", count=MOST)
    row = Deputy(
        id=new_id(),
        user_id=user_id,
        deputy_id=body.deputy_id,
        from_at=start,
        until_at=body.until_at,
        note=body.note,
        created_at=now,
    )
    db.add(row)
    await db.flush()
    await audit.record(
        db,
        actor,
        "approval.deputy_named",
        "user",
        user_id,
        {"deputy": [None, str(row.deputy_id)], "from": [None, row.from_at], "until": [None, row.until_at]},
    )
    await notifications.tell(db, [row.deputy_id], "approval.deputy", params={}, link="/approvals", actor=actor)
    return (await _views(db, [row]))[0]


async def dismiss(db: Session, actor: Actor, deputy_row_id: UUID) -> None:
    """Ends it at once. What was decided stays decided."""
    row = await repository.deputy(db, deputy_row_id)
    if row is None or (row.user_id != actor.id and not actor.may("users.manage")):
        raise NotFound("approval.deputy_not_found")
    await db.delete(row)
    await audit.record(
        db, actor, "approval.deputy_dismissed", "user", row.user_id, {"deputy": [str(row.deputy_id), None]}
    )


async def _views(db: Session, rows: list[Deputy]) -> list[DeputyView]:
    people = await accounts.people(db, {user for row in rows for user in (row.user_id, row.deputy_id)})
    now = clock.now()

    def named(user_id: UUID) -> Named:
        return Named(id=user_id, name=people[user_id].name if user_id in people else None)

    return [
        DeputyView(
            id=row.id,
            user=named(row.user_id),
            deputy=named(row.deputy_id),
            from_at=row.from_at,
            until_at=row.until_at,
            note=row.note,
            active=row.from_at <= now < row.until_at,
        )
        for row in rows
    ]
