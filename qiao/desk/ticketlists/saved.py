"""Saved views: who sees which, who may change them, the ones that come with the product."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.desk.ticketlists.models import TicketListView
from qiao.desk.ticketlists.schemas import ViewBody, ViewCreate, ViewOrder, ViewPatch, ViewView
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import own_id
from qiao.people.organization import service as organization

MOST: Final = 200
"""Views one person may own."""
_LIVE: Final = {"fact": "status", "op": "in", "value": ["new", "open", "pending", "on_hold"]}


def _view(conditions: list[dict[str, Any]], sort: str = "updated", descending: bool = True, **more: Any) -> ViewBody:
    return ViewBody.model_validate(
        {
            "filter": {"match": "all", "conditions": conditions},
            "sort": {"by": sort, "descending": descending},
            **more,
        }
    )


def _test(fact: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value}


SHIPPED: Final[dict[str, ViewBody]] = {
    "mine": _view([_LIVE, _test("assignee_id", "is", "@me")], "next_due", descending=False),
    "my_department_unassigned": _view(
        [_LIVE, _test("department_id", "is", "@my_department"), _test("assignee_id", "empty")],
        "created",
        descending=False,
    ),
    "waiting_for_customer": _view([_test("status", "is", "pending")]),
    "due_today": _view(
        [
            _LIVE,
            {
                "match": "any",
                "conditions": [_test("due_at", "below", "@today+1d"), _test("next_due_at", "below", "@today+1d")],
            },
        ],
        "next_due",
        descending=False,
    ),
    "breached": _view([_LIVE, _test("breached", "is", True)], "next_due", descending=False),
    "open": _view([_LIVE]),
    "followed": _view([_test("watchers", "contains", "@me")]),
    "recently_solved": _view(
        [_test("status", "in", ["solved", "closed"]), _test("solved_at", "at_least", "@today-7d")]
    ),
    "all": _view([]),
}


async def ensure_shipped(db: Session) -> None:
    """Adds those views of the product that are not there yet. One that somebody removed would come back: they cannot be."""
    rows = [
        {"id": new_id(), "shipped": key, "scope": "everyone", "position": index, "body": body.model_dump(mode="json")}
        for index, (key, body) in enumerate(SHIPPED.items())
    ]
    await db.execute(
        insert(TicketListView)
        .values(rows)
        .on_conflict_do_nothing(
            index_elements=[TicketListView.shipped], index_where=TicketListView.shipped.is_not(None)
        )
    )


def _usable(actor: Actor) -> ColumnElement[bool]:
    mine = [TicketListView.scope == "everyone", TicketListView.owner_id == actor.id]
    if actor.department_id is not None:
        mine.append(and_(TicketListView.scope == "department", TicketListView.department_id == actor.department_id))
    return or_(*mine)


def _order() -> tuple[Any, ...]:
    rank = case((TicketListView.scope == "own", 0), (TicketListView.scope == "department", 1), else_=2)
    return rank, TicketListView.position, TicketListView.id


def may_edit(actor: Actor, row: TicketListView) -> bool:
    """One's own always; shared ones with `tickets.manage`; one's department's own who made it."""
    if row.owner_id == actor.id and row.scope != "everyone":
        return True
    return row.scope != "own" and actor.may("tickets.manage")


async def _views(db: Session, actor: Actor, rows: Sequence[TicketListView]) -> list[ViewView]:
    people = await accounts.people(db, {row.owner_id for row in rows if row.owner_id is not None})
    departments = await organization.department_names(db) if any(row.department_id for row in rows) else {}
    return [
        ViewView(
            id=row.id,
            name=name_of(row, actor.locale),
            shipped=row.shipped,
            renamed=row.shipped is not None and bool(row.name),
            scope=row.scope,
            owner=people[row.owner_id].name if row.owner_id in people else None,
            department_id=row.department_id,
            department=departments.get(row.department_id) if row.department_id else None,
            position=row.position,
            body=ViewBody.model_validate(row.body),
            revision=row.revision,
            may_edit=may_edit(actor, row),
        )
        for row in rows
    ]


def name_of(row: TicketListView, locale: str) -> str:
    if row.name or row.shipped is None:
        return row.name
    return i18n.t(f"ticketlists.views.{row.shipped}", locale)


async def listing(db: Session, actor: Actor) -> list[ViewView]:
    """Every view the caller may use: own ones first, then their department's, then everyone's."""
    rows = (
        await db.execute(select(TicketListView).where(_usable(actor)).order_by(*_order()).limit(500))
    ).scalars().all()  # fmt: skip
    return await _views(db, actor, rows)


async def bodies(db: Session, actor: Actor) -> list[tuple[UUID, ViewBody]]:
    rows = await db.execute(
        select(TicketListView.id, TicketListView.body).where(_usable(actor)).order_by(*_order()).limit(100)
    )
    return [(row.id, ViewBody.model_validate(row.body)) for row in rows]


async def _usable_row(db: Session, actor: Actor, view_id: UUID, *, lock: bool = False) -> TicketListView:
    query = (
        select(TicketListView)
        .where(TicketListView.id == view_id, _usable(actor))
        .execution_options(populate_existing=True)
    )
    row = (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        raise NotFound("ticketlists.view_not_found")
    return row


async def body_of(db: Session, actor: Actor, view_id: UUID) -> ViewBody:
    return ViewBody.model_validate((await _usable_row(db, actor, view_id)).body)


async def get(db: Session, actor: Actor, view_id: UUID) -> ViewView:
    return (await _views(db, actor, [await _usable_row(db, actor, view_id)]))[0]


def _check_scope(actor: Actor, scope: str) -> UUID | None:
    """The department of a shared view. Raises Forbidden or Invalid."""
    if scope == "everyone":
        actor.require("tickets.manage")
    if scope == "department" and actor.department_id is None:
        raise Invalid.field("scope", "ticketlists.no_department")
    return actor.department_id if scope == "department" else None


async def create(db: Session, actor: Actor, body: ViewCreate) -> ViewView:
    owner = own_id(actor)
    department_id = _check_scope(actor, body.scope)
    count = await db.scalar(select(func.count()).where(TicketListView.owner_id == owner))
    if int(count or 0) >= MOST:
        raise Conflict("ticketlists.too_many_views", most=MOST)
    last = await db.scalar(select(func.max(TicketListView.position)).where(TicketListView.scope == body.scope))
    row = TicketListView(
        id=new_id(),
        name=body.name,
        scope=body.scope,
        owner_id=owner,
        department_id=department_id,
        position=int(last or 0) + 1,
        body=body.body.model_dump(mode="json"),
    )
    db.add(row)
    await db.flush()
    return (await _views(db, actor, [row]))[0]


async def change(db: Session, actor: Actor, view_id: UUID, patch: ViewPatch) -> ViewView:
    row = await _usable_row(db, actor, view_id, lock=True)
    if not may_edit(actor, row):
        raise Forbidden("ticketlists.view_not_yours")
    if row.revision != patch.revision:
        raise Conflict("ticketlists.view_changed_meanwhile")
    if patch.scope is not None and patch.scope != row.scope:
        if row.shipped is not None:
            raise Forbidden("ticketlists.view_shipped")
        row.department_id = _check_scope(actor, patch.scope)
        row.owner_id = row.owner_id or own_id(actor)
        row.scope = patch.scope
    if patch.name is not None:
        row.name = patch.name
    if patch.body is not None:
        row.body = patch.body.model_dump(mode="json")
    row.revision += 1
    row.updated_at = clock.now()
    await db.flush()
    return (await _views(db, actor, [row]))[0]


async def remove(db: Session, actor: Actor, view_id: UUID) -> None:
    row = await _usable_row(db, actor, view_id, lock=True)
    if row.shipped is not None:
        raise Forbidden("ticketlists.view_shipped")
    if not may_edit(actor, row):
        raise Forbidden("ticketlists.view_not_yours")
    await db.delete(row)
    await db.flush()


async def reorder(db: Session, actor: Actor, body: ViewOrder) -> list[ViewView]:
    """Puts views in this order within their scope; those the caller may not move stay."""
    rows = (await db.execute(select(TicketListView).where(TicketListView.id.in_(body.ids), _usable(actor)))).scalars()
    movable = {row.id for row in rows if may_edit(actor, row)}
    for place, view_id in enumerate(one for one in body.ids if one in movable):
        await db.execute(update(TicketListView).where(TicketListView.id == view_id).values(position=place))
    await db.flush()
    db.expire_all()
    return await listing(db, actor)
