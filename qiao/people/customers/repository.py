"""Every query of customers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.policy import Search


async def customer(db: Session, customer_id: UUID, *, lock: bool = False) -> CustomerRow | None:
    query = select(CustomerRow).where(CustomerRow.id == customer_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def customer_by_number(db: Session, number: int) -> CustomerRow | None:
    return (await db.execute(select(CustomerRow).where(CustomerRow.number == number))).scalar_one_or_none()


async def customers(db: Session, ids: Iterable[UUID]) -> Sequence[CustomerRow]:
    return (await db.execute(select(CustomerRow).where(CustomerRow.id.in_(list(ids))))).scalars().all()


async def by_identity(db: Session, kind: str, scope: str, value: str) -> tuple[CustomerRow, IdentityRow] | None:
    query = (
        select(CustomerRow, IdentityRow)
        .join(IdentityRow, IdentityRow.customer_id == CustomerRow.id)
        .where(IdentityRow.kind == kind, IdentityRow.scope == scope, IdentityRow.value == value)
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def by_profile_email(db: Session, address: str, limit: int) -> Sequence[CustomerRow]:
    """Customers whose record holds this address, oldest first."""
    query = select(CustomerRow).where(CustomerRow.email == address).order_by(CustomerRow.id).limit(limit)
    return (await db.execute(query)).scalars().all()


async def by_phone(db: Session, numbers: Iterable[str], limit: int) -> Sequence[CustomerRow]:
    """Customers with one of these numbers, as an identity or in their record; those heard of last first."""
    wanted = list(numbers)
    owners = select(IdentityRow.customer_id).where(
        IdentityRow.kind == "phone", IdentityRow.scope == "", IdentityRow.value.in_(wanted)
    )
    query = (
        select(CustomerRow)
        .where(or_(CustomerRow.phone.in_(wanted), CustomerRow.id.in_(owners)))
        .order_by(CustomerRow.last_seen_at.desc(), CustomerRow.id)
        .limit(limit)
    )
    return (await db.execute(query)).scalars().all()


async def claim_identity(
    db: Session, customer_id: UUID, kind: str, scope: str, value: str, verified: bool
) -> IdentityRow | None:
    """Adds an identity unless somebody has it; waits for a transaction that is just adding it. None when taken."""
    query = (
        insert(IdentityRow)
        .values(id=new_id(), customer_id=customer_id, kind=kind, scope=scope, value=value, verified=verified)
        .on_conflict_do_nothing()
        .returning(IdentityRow)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def identities(db: Session, customer_ids: Iterable[UUID]) -> dict[UUID, list[IdentityRow]]:
    query = (
        select(IdentityRow)
        .where(IdentityRow.customer_id.in_(list(customer_ids)))
        .order_by(IdentityRow.created_at, IdentityRow.id)
    )
    found: dict[UUID, list[IdentityRow]] = {}
    for row in (await db.execute(query)).scalars():
        found.setdefault(row.customer_id, []).append(row)
    return found


async def seen(db: Session, customer_id: UUID, at: datetime) -> None:
    await db.execute(
        update(CustomerRow)
        .where(CustomerRow.id == customer_id, CustomerRow.last_seen_at < at)
        .values(last_seen_at=at)
        .execution_options(synchronize_session=False)
    )


def _matches(search: Search) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if search.tokens:
        ways.append(CustomerRow.tokens.contains(list(search.tokens)))
    if search.phone:
        ways.append(CustomerRow.phone == search.phone)
    if search.email:
        ways.append(CustomerRow.email == search.email)
    if search.phone_prefix:
        ways.append(CustomerRow.phone.startswith(search.phone_prefix, autoescape=True))
    if search.email_prefix:
        ways.append(CustomerRow.email.startswith(search.email_prefix, autoescape=True))
    return or_(*ways) if ways else CustomerRow.id.is_(None)


async def page(
    db: Session,
    *,
    search: Search | None,
    level: str | None,
    tag: str | None,
    blocked: bool | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[CustomerRow]:
    """Customers, those heard of last first."""
    conditions: list[Any] = []
    if search is not None:
        conditions.append(_matches(search))
    if level is not None:
        conditions.append(CustomerRow.level == level)
    if tag is not None:
        conditions.append(CustomerRow.tags.contains([tag]))
    if blocked is not None:
        conditions.append(CustomerRow.blocked_at.isnot(None) if blocked else CustomerRow.blocked_at.is_(None))
    if after is not None:
        conditions.append(tuple_(CustomerRow.last_seen_at, CustomerRow.id) < after)
    query = select(CustomerRow).order_by(CustomerRow.last_seen_at.desc(), CustomerRow.id.desc()).limit(limit)
    return (await db.execute(query.where(and_(*conditions)) if conditions else query)).scalars().all()
