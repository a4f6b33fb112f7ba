"""Verbs on orders: the shop keeps them here, people and the bot look them up."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.people.accounts import audit
from qiao.people.customers import service as customers
from qiao.people.orders.events import OrderStored
from qiao.people.orders.models import OrderRow
from qiao.people.orders.schemas import OrderBody, OrderView
from qiao.people.personal import mask_text

_PERSONAL = ("recipient", "address")


def _view(row: OrderRow, *, whole: bool) -> OrderView:
    logistics = dict(row.logistics)
    if not whole:
        logistics.update({key: mask_text(logistics.get(key)) for key in _PERSONAL if logistics.get(key)})
    return OrderView(
        id=row.id,
        number=row.number,
        customer_id=row.customer_id,
        status=row.status,
        placed_at=row.placed_at,
        currency=row.currency,
        total_minor=row.total_minor,
        items=row.items,
        logistics=logistics,
        updated_at=row.updated_at,
    )


async def put(db: Session, actor: Actor, number: str, body: OrderBody) -> OrderView:
    """Stores an order under the shop's number, new or changed. Safe to repeat."""
    customer_id = await _owner(db, body)
    values = body.model_dump(mode="json", exclude={"customer_id", "customer_number", "placed_at"})
    values |= {"customer_id": customer_id, "placed_at": body.placed_at, "updated_at": clock.now()}
    before = (
        await db.execute(select(OrderRow).where(OrderRow.number == number).with_for_update())
    ).scalar_one_or_none()
    known = audit.snapshot(before) if before is not None else {}
    query = (
        insert(OrderRow)
        .values(id=new_id(), number=number, **values)
        .on_conflict_do_update(index_elements=[OrderRow.number], set_=values)
        .returning(OrderRow)
    )
    row = (await db.execute(query, execution_options={"populate_existing": True})).scalar_one()
    changes = audit.diff(known, audit.snapshot(row), model=OrderRow)
    for key in ("updated_at", "id", "number"):
        changes.pop(key, None)
    if changes:
        await audit.record(db, actor, "order.updated" if known else "order.created", "order", number, changes)
        await emit(
            db,
            OrderStored(order_id=row.id, customer_id=customer_id, status=row.status),
            actor=actor,
            audience=Audience(permission="customers.view"),
        )
    return _view(row, whole=actor.may("customers.reveal"))


async def _owner(db: Session, body: OrderBody) -> UUID:
    field = "customer_id" if body.customer_id is not None else "customer_number"
    try:
        if body.customer_id is not None:
            return (await customers.ref(db, body.customer_id)).id
        if body.customer_number is not None:
            return (await customers.ref_by_number(db, body.customer_number)).id
    except NotFound:
        raise Invalid.field(field, "order_customer_unknown") from None
    raise Invalid.field("customer_id", "order_customer_needed")


async def get(db: Session, actor: Actor, number: str) -> OrderView:
    """An order by the shop's number. Raises NotFound."""
    row = (await db.execute(select(OrderRow).where(OrderRow.number == number))).scalar_one_or_none()
    if row is None:
        raise NotFound("order_not_found")
    return _view(row, whole=actor.may("customers.reveal"))


async def of_customer(db: Session, actor: Actor, customer_id: UUID, limit: int = 50) -> list[OrderView]:
    """A customer's orders, newest first. For the customer themselves, the bot and staff."""
    query = (
        select(OrderRow)
        .where(OrderRow.customer_id == customer_id)
        .order_by(OrderRow.placed_at.desc(), OrderRow.id.desc())
        .limit(limit)
    )
    rows: Sequence[OrderRow] = (await db.execute(query)).scalars().all()
    return [_view(row, whole=actor.may("customers.reveal")) for row in rows]
