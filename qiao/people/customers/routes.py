"""HTTP doors of customers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs
from qiao.people.customers import service
from qiao.people.customers.schemas import CustomerCreate, CustomerPatch, CustomerView, Level, Revealed

router = Router(prefix="/customers", tags=["customers"])
Viewer = Annotated[Actor, Needs("customers.view")]
Editor = Annotated[Actor, Needs("customers.edit")]


@router.get("")
async def list_customers(
    actor: Viewer,
    db: Read,
    q: Annotated[str | None, Query(max_length=200, description="Words of the name, number, phone or e-mail.")] = None,
    level: Level | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    blocked: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CustomerView]:
    """Customers, those heard of last first. Contact data is masked unless one may reveal it."""
    after = decode_cursor(cursor, tuple[datetime, UUID])
    items = await service.find(db, actor, q=q, level=level, tag=tag, blocked=blocked, after=after, limit=limit + 1)
    more = len(items) > limit
    items = items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].last_seen_at, items[-1].id) if more else None)


@router.post("", status_code=201)
async def create_customer(actor: Editor, db: Tx, body: CustomerCreate) -> CustomerView:
    return await service.create(db, actor, body)


@router.get("/{customer_id}")
async def get_customer(actor: Viewer, db: Read, customer_id: UUID) -> CustomerView:
    return await service.get(db, actor, customer_id)


@router.patch("/{customer_id}")
async def update_customer(actor: Editor, db: Tx, customer_id: UUID, body: CustomerPatch) -> CustomerView:
    return await service.update(db, actor, customer_id, body)


@router.post("/{customer_id}/reveal")
async def reveal_customer(actor: Annotated[Actor, Needs("customers.reveal")], db: Tx, customer_id: UUID) -> Revealed:
    """Phone, e-mail and identities in full; who looked is noted in the audit log."""
    return await service.reveal(db, actor, customer_id)


@router.post("/{customer_id}/block")
async def block_customer(actor: Editor, db: Tx, customer_id: UUID) -> CustomerView:
    """Keeps a customer from writing."""
    return await service.set_blocked(db, actor, customer_id, True)


@router.post("/{customer_id}/unblock")
async def unblock_customer(actor: Editor, db: Tx, customer_id: UUID) -> CustomerView:
    return await service.set_blocked(db, actor, customer_id, False)
