"""HTTP doors of orders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from qiao.core.actor import Actor
from qiao.core.web import Read, Tx
from qiao.people.accounts.access import Needs
from qiao.people.customers import service as customers
from qiao.people.orders import service
from qiao.people.orders.schemas import Number, OrderBody, OrderView

router = APIRouter(tags=["orders"])
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
    await customers.ref(db, customer_id)
    return await service.of_customer(db, actor, customer_id)
