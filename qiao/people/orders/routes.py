"""HTTP doors of orders."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs
from qiao.people.customers import service as customers
from qiao.people.orders import requests, service
from qiao.people.orders.schemas import DecideBody, Number, OrderBody, OrderRequestView, OrderView

router = Router(tags=["orders"])
Viewer = Annotated[Actor, Needs("customers.view")]


@router.put("/orders/{number}")
async def put_order(
    actor: Annotated[Actor, Needs("orders.write")], db: Tx, number: Number, body: OrderBody
) -> OrderView:
    """Stores an order under the shop's number; repeating it changes nothing."""
    return await service.put(db, actor, number, body)


@router.get("/orders/{number}")
async def get_order(actor: Viewer, db: Read, number: Number) -> OrderView:
    return await service.get(db, actor, number)


@router.get("/customers/{customer_id}/orders", tags=["customers"])
async def list_orders(actor: Viewer, db: Read, customer_id: UUID) -> list[OrderView]:
    """A customer's orders, newest first."""
    customer_id = (await customers.ref(db, customer_id)).id
    return await service.of_customer(db, actor, customer_id)


@router.get("/order-requests")
async def list_order_requests(
    actor: Viewer,
    db: Read,
    customer_id: UUID | None = None,
    order_number: Annotated[str | None, Query(max_length=60)] = None,
    status: Literal["requested", "done", "rejected"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[OrderRequestView]:
    """What customers asked for about their orders (refund, address, invoice), newest first."""
    items, following = await requests.listing(
        db, actor, customer_id=customer_id, order_number=order_number, status=status, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following)


@router.post("/order-requests/{request_id}/decide")
async def decide_order_request(
    actor: Annotated[Actor, Needs("conversations.handle", "orders.write")],
    db: Tx,
    request_id: UUID,
    body: DecideBody,
) -> OrderRequestView:
    """Settles or refuses an open request."""
    return await requests.decide(db, actor, request_id, body)
