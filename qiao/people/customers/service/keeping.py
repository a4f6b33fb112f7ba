"""What staff do with customers: adding, changing, blocking them, and showing personal data on the record."""

from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.people.accounts import audit
from qiao.people.customers import policy, repository
from qiao.people.customers.events import CustomerCreated
from qiao.people.customers.models import CustomerRow
from qiao.people.customers.schemas import CustomerCreate, CustomerPatch, CustomerView, Revealed
from qiao.people.customers.service.reading import AUDIENCE, announce, get, identity_view, index, read_phone
from qiao.people.personal import mask


async def create(db: Session, actor: Actor, body: CustomerCreate) -> CustomerView:
    """Adds a customer by hand."""
    row = CustomerRow(id=new_id(), last_seen_at=clock.now())
    await _apply(db, row, body.model_dump())
    row.phone_vouched, row.email_vouched = bool(row.phone), bool(row.email)  # the company's own word
    db.add(row)
    await db.flush()
    await db.refresh(row)
    index(row)
    await _keep_vouched(db, row)
    await audit.record(db, actor, "customer.created", "customer", row.id, {"number": row.number})
    await emit(db, CustomerCreated(customer_id=row.id), actor=actor, audience=AUDIENCE)
    return await get(db, actor, row.id)


async def update(db: Session, actor: Actor, customer_id: UUID, body: CustomerPatch) -> CustomerView:
    """Changes a customer's profile."""
    row = await _locked(db, customer_id)
    before = audit.snapshot(row)
    given = body.model_dump(exclude_unset=True)
    if not actor.may("customers.reveal"):
        _refuse_masked(row, given)
    await _apply(db, row, given)
    for kind in ("phone", "email"):
        if getattr(row, kind) != before[kind]:
            # What a colleague writes down is what somebody told them, unless they say that they have checked it.
            setattr(row, f"{kind}_vouched", bool(getattr(row, kind) and given.get(f"{kind}_vouched")))
    index(row)
    await db.flush()
    if await _keep_vouched(db, row):
        await announce(db, actor, row.id, ("identities",))
    await _changed(db, actor, row, before, "customer.updated")
    return await get(db, actor, customer_id)


async def _keep_vouched(db: Session, row: CustomerRow) -> bool:
    """What a colleague stands for is an address of the customer, too, unless it is somebody's already: they can be written
    to there once they have agreed. Returns whether there is a new one."""
    new = False
    for kind in ("phone", "email"):
        value = getattr(row, kind)
        if value and getattr(row, f"{kind}_vouched"):
            new = await repository.claim_identity(db, row.id, kind, "", value, True) is not None or new
    return new


def _refuse_masked(row: CustomerRow, given: dict[str, Any]) -> None:
    """Someone who sees `199****1234` sends it back with the rest of a form: that is no change, not a new number."""
    for kind in ("phone", "email"):
        if kind in given and getattr(row, kind) and given[kind] == mask(kind, getattr(row, kind)):
            del given[kind]


async def _apply(db: Session, row: CustomerRow, given: dict[str, Any]) -> None:
    nullable = {"locale", "phone", "email", "city"}
    for key, value in given.items():
        if value is None and key not in nullable:
            continue
        if key == "phone" and value:
            value = await read_phone(db, value)
            if value is None:
                raise Invalid.field("phone", "phone_invalid")
        elif key == "email" and value:
            value = policy.clean_email(value)
            if value is None:
                raise Invalid.field("email", "email_invalid")
        elif key in ("phone_vouched", "email_vouched"):
            value = bool(value and getattr(row, key.partition("_")[0]))
        elif key in ("name", "city") and value:
            value = policy.clean_name(value)
        elif key == "tags":
            value = list(dict.fromkeys(value))
        elif key == "attributes":
            fault = policy.attributes_fault(value)
            if fault is not None:
                raise Invalid.field("attributes", fault)
        setattr(row, key, value if value != "" or key not in nullable else None)


async def reveal(db: Session, actor: Actor, customer_id: UUID) -> Revealed:
    """Personal data in full; who looked is noted."""
    actor.require("customers.reveal")
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    identities = (await repository.identities(db, [row.id])).get(row.id, [])
    await audit.record(db, actor, "customer.revealed", "customer", row.id)
    return Revealed(phone=row.phone, email=row.email, identities=[identity_view(i, False) for i in identities])


async def set_blocked(db: Session, actor: Actor, customer_id: UUID, blocked: bool) -> CustomerView:
    """Blocks a customer (they can no longer write) or lets them write again."""
    row = await _locked(db, customer_id)
    if (row.blocked_at is not None) == blocked:
        raise Refused("customer_already_blocked" if blocked else "customer_not_blocked")
    before = audit.snapshot(row)
    row.blocked_at = clock.now() if blocked else None
    await db.flush()
    await _changed(db, actor, row, before, "customer.blocked" if blocked else "customer.unblocked")
    return await get(db, actor, customer_id)


async def _locked(db: Session, customer_id: UUID) -> CustomerRow:
    row = await repository.customer(db, customer_id, lock=True)
    if row is None:
        raise NotFound("customer_not_found")
    return row


async def _changed(db: Session, actor: Actor, row: CustomerRow, before: dict[str, Any], action: str) -> None:
    changes = audit.diff(before, audit.snapshot(row), model=CustomerRow)
    changes.pop("tokens", None)
    if changes:
        await audit.record(db, actor, action, "customer", row.id, changes)
        await announce(db, actor, row.id, changes)
