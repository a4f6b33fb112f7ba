"""What customers ask for about their orders: money back, another address, an invoice. Asked here, settled by staff."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts import audit
from qiao.people.orders.events import OrderRequestDecided, OrderRequested, OrderStored
from qiao.people.orders.models import OrderRequestRow, OrderRow
from qiao.people.orders.schemas import (
    AddressDetails,
    DecideBody,
    InvoiceDetails,
    OrderRequestView,
    RefundDetails,
)
from qiao.people.personal import mask

REFUNDABLE: Final = frozenset({"paid", "shipped", "delivered", "completed"})
MOVABLE: Final = frozenset({"pending_payment", "paid"})
"""Before the parcel leaves, its address may change."""
BILLABLE: Final = frozenset({"paid", "shipped", "delivered", "completed"})
_MASKS: Final = {"recipient": "name", "phone": "phone", "address": "address", "email": "email", "tax_number": "id"}
_AUDIENCE: Final = Audience(permission="customers.view")


async def refund(
    db: Session, actor: Actor, order_number: str, details: RefundDetails, *, key: str, conversation_id: UUID | None
) -> OrderRequestView:
    """Asks for money back. Raises Refused when the order's state or an open request forbids it."""
    order = await _locked(db, order_number)
    known = await _asked_before(db, order, key)
    if known is not None:
        return known
    if order.status not in REFUNDABLE:
        raise Refused("order_not_refundable")
    if details.amount_minor > order.total_minor:
        raise Refused("order_refund_too_much")
    return await _ask(db, actor, order, "refund", "requested", details.model_dump(), key, conversation_id)


async def address(
    db: Session, actor: Actor, order_number: str, details: AddressDetails, *, key: str, conversation_id: UUID | None
) -> OrderRequestView:
    """Changes where an order goes, at once. Raises Refused when its parcel is on the way."""
    order = await _locked(db, order_number)
    known = await _asked_before(db, order, key)
    if known is not None:
        return known
    if order.status not in MOVABLE:
        raise Refused("order_already_sent")
    before = audit.snapshot(order)
    changed = {"recipient": details.recipient, "address": details.address}
    order.logistics = {**order.logistics, **changed, **({"phone": details.phone} if details.phone else {})}
    order.updated_at = clock.now()
    await db.flush()
    changes = audit.diff(before, audit.snapshot(order), model=OrderRow)
    changes.pop("updated_at", None)
    await audit.record(db, actor, "order.updated", "order", order.number, changes)
    await emit(
        db,
        OrderStored(order_id=order.id, customer_id=order.customer_id, status=order.status),
        actor=actor,
        audience=_AUDIENCE,
    )
    return await _ask(db, actor, order, "address", "done", details.model_dump(), key, conversation_id)


async def invoice(
    db: Session, actor: Actor, order_number: str, details: InvoiceDetails, *, key: str, conversation_id: UUID | None
) -> OrderRequestView:
    """Asks for an invoice. Raises Refused for an order that is not paid."""
    order = await _locked(db, order_number)
    known = await _asked_before(db, order, key)
    if known is not None:
        return known
    if order.status not in BILLABLE:
        raise Refused("order_not_billable")
    body = {**details.model_dump(), "amount_minor": order.total_minor}
    return await _ask(db, actor, order, "invoice", "requested", body, key, conversation_id)


async def _locked(db: Session, number: str) -> OrderRow:
    query = select(OrderRow).where(OrderRow.number == number).with_for_update()
    row = (await db.execute(query, execution_options={"populate_existing": True})).scalar_one_or_none()
    if row is None:
        raise NotFound("order_not_found")
    return row


async def _asked_before(db: Session, order: OrderRow, key: str) -> OrderRequestView | None:
    row = (await db.execute(select(OrderRequestRow).where(OrderRequestRow.key == key))).scalar_one_or_none()
    return _view(row, order.number, whole=True) if row is not None else None


async def _ask(
    db: Session,
    actor: Actor,
    order: OrderRow,
    kind: str,
    status: str,
    details: dict[str, Any],
    key: str,
    conversation_id: UUID | None,
) -> OrderRequestView:
    # The order's row is locked, so nobody else can be asking for the same now.
    query = select(OrderRequestRow.id).where(
        OrderRequestRow.order_id == order.id, OrderRequestRow.kind == kind, OrderRequestRow.status == "requested"
    )
    if status == "requested" and (await db.execute(query)).first() is not None:
        raise Refused("order_request_open")
    now = clock.now()
    row = OrderRequestRow(
        id=new_id(),
        order_id=order.id,
        customer_id=order.customer_id,
        kind=kind,
        status=status,
        details=details,
        conversation_id=conversation_id,
        key=key,
        created_at=now,
        decided_at=now if status == "done" else None,
    )
    db.add(row)
    await db.flush()
    await audit.record(
        db, actor, "order.requested", "order", order.number, {"kind": [None, kind], "number": [None, row.number]}
    )
    await emit(
        db,
        OrderRequested(
            request_id=row.id, order_id=order.id, customer_id=order.customer_id, request_kind=kind, status=status
        ),
        actor=actor,
        conversation_id=conversation_id,
        audience=_AUDIENCE,
    )
    return _view(row, order.number, whole=True)


async def decide(db: Session, actor: Actor, request_id: UUID, body: DecideBody) -> OrderRequestView:
    """Settles or refuses an open request. Repeating the same decision changes nothing."""
    query = (
        select(OrderRequestRow, OrderRow.number)
        .join(OrderRow, OrderRow.id == OrderRequestRow.order_id)
        .where(OrderRequestRow.id == request_id)
        .with_for_update(of=OrderRequestRow)
    )
    found = (await db.execute(query)).first()
    if found is None:
        raise NotFound("order_request_not_found")
    row, order_number = found
    whole = actor.may("customers.reveal")
    if row.status == body.status:
        return _view(row, order_number, whole=whole)
    if row.status != "requested":
        raise Conflict("order_request_decided")
    row.status, row.note, row.decided_at, row.decided_by = body.status, body.note, clock.now(), actor.id
    await db.flush()
    await audit.record(
        db,
        actor,
        "order.request_decided",
        "order",
        order_number,
        {"number": [None, row.number], "kind": [None, row.kind], "status": ["requested", row.status]},
    )
    await emit(
        db,
        OrderRequestDecided(
            request_id=row.id,
            order_id=row.order_id,
            customer_id=row.customer_id,
            request_kind=row.kind,
            status=row.status,
        ),
        actor=actor,
        conversation_id=row.conversation_id,
        audience=_AUDIENCE,
    )
    return _view(row, order_number, whole=whole)


async def listing(
    db: Session,
    actor: Actor,
    *,
    customer_id: UUID | None = None,
    order_number: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[OrderRequestView], str | None]:
    """Requests, newest first, by whatever is given."""
    query = select(OrderRequestRow, OrderRow.number).join(OrderRow, OrderRow.id == OrderRequestRow.order_id)
    if customer_id is not None:
        query = query.where(OrderRequestRow.customer_id == customer_id)
    if order_number is not None:
        query = query.where(OrderRow.number == order_number)
    if status is not None:
        query = query.where(OrderRequestRow.status == status)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        at, last = after
        query = query.where(func.row(OrderRequestRow.created_at, OrderRequestRow.id) < func.row(at, last))
    query = query.order_by(OrderRequestRow.created_at.desc(), OrderRequestRow.id.desc()).limit(limit + 1)
    rows = (await db.execute(query)).all()
    whole = actor.may("customers.reveal")
    items = [_view(row, number, whole=whole) for row, number in rows[:limit]]
    following = encode_cursor(items[-1].created_at, items[-1].id) if len(rows) > limit else None
    return items, following


def _view(row: OrderRequestRow, order_number: str, *, whole: bool) -> OrderRequestView:
    details = dict(row.details)
    if not whole:
        details = {key: mask(_MASKS[key], value) if key in _MASKS else value for key, value in details.items()}
    return OrderRequestView(
        id=row.id,
        number=row.number,
        order_number=order_number,
        customer_id=row.customer_id,
        kind=row.kind,
        status=row.status,
        details=details,
        conversation_id=row.conversation_id,
        note=row.note,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
