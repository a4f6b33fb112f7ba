"""How customers are shown and found, and what everybody keeps true of their records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Audience, emit
from qiao.people.customers import policy, repository
from qiao.people.customers.events import CustomerUpdated
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.schemas import CustomerRef, CustomerView, FormerView, IdentityView
from qiao.people.organization import service as organization
from qiao.people.personal import mask

AUDIENCE: Final = Audience(permission="customers.view")


def ref_of(row: CustomerRow) -> CustomerRef:
    """The card of a record."""
    return CustomerRef(
        id=row.id,
        number=row.number,
        name=row.name,
        level=row.level,
        avatar_color=policy.avatar_color(row.id),
        locale=row.locale,
        blocked=row.blocked_at is not None,
    )


_MASKS: Final = {"phone": "phone", "email": "email", "mail": "email", "sms": "phone"}


def identity_view(row: IdentityRow, masked: bool) -> IdentityView:
    kind = _MASKS.get(row.kind, "identity")
    return IdentityView(
        id=row.id,
        kind=row.kind,
        inbox_id=UUID(row.scope) if row.scope else None,
        value=mask(kind, row.value) if masked else row.value,
        verified=row.verified,
        created_at=row.created_at,
        consent=row.consent,
    )


def shown(kind: str, value: str | None, masked: bool) -> str | None:
    """A phone or e-mail address as the reader may see it."""
    return mask(kind, value) if masked else value


def _former(row: CustomerRow, masked: bool) -> FormerView:
    return FormerView(
        id=row.id,
        number=row.number,
        name=row.name,
        phone=mask("phone", row.phone) if masked else row.phone,
        email=mask("email", row.email) if masked else row.email,
    )


def view(
    row: CustomerRow, identities: Sequence[IdentityRow], actor: Actor, former: Sequence[CustomerRow] = ()
) -> CustomerView:
    masked = not actor.may("customers.reveal")
    return CustomerView(
        **ref_of(row).model_dump(),
        tags=row.tags,
        attributes=row.attributes,
        notes=row.notes,
        phone=mask("phone", row.phone) if masked else row.phone,
        email=mask("email", row.email) if masked else row.email,
        phone_vouched=bool(row.phone and row.phone_vouched),
        email_vouched=bool(row.email and row.email_vouched),
        city=row.city,
        blocked_at=row.blocked_at,
        last_seen_at=row.last_seen_at,
        created_at=row.created_at,
        identities=[identity_view(identity, masked) for identity in identities],
        formerly=[_former(one, masked) for one in former],
        masked=masked,
    )


async def ref(db: Session, customer_id: UUID) -> CustomerRef:
    """The customer's card. Raises NotFound."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    return ref_of(row)


async def refs(db: Session, ids: Iterable[UUID]) -> dict[UUID, CustomerRef]:
    """Customers by the ids asked for; one of a record that became part of another leads to that one."""
    return {asked: ref_of(row) for asked, row in (await repository.customers(db, ids)).items()}


async def condition_facts(db: Session, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What rules may ask of customers, by id."""
    return {
        asked: {
            "name": row.name,
            "level": row.level,
            "city": row.city,
            "tags": list(row.tags),
            "locale": row.locale,
            "number": row.number,
            "attributes": dict(row.attributes),
        }
        for asked, row in (await repository.customers(db, ids)).items()
    }


async def by_phone(db: Session, numbers: Iterable[str], limit: int = 5) -> list[tuple[CustomerRef, datetime]]:
    """Whom one of these ways to write a number may belong to, those heard of last first, each with when that was."""
    return [(ref_of(row), row.last_seen_at) for row in await repository.by_phone(db, numbers, limit)]


async def ref_by_number(db: Session, number: int) -> CustomerRef:
    """The customer with this short number. Raises NotFound."""
    row = await repository.customer_by_number(db, number)
    if row is None:
        raise NotFound("customer_not_found")
    return ref_of(row)


async def get(db: Session, actor: Actor, customer_id: UUID) -> CustomerView:
    """A customer as `actor` may see them."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    identities = (await repository.identities(db, [row.id])).get(row.id, [])
    return view(row, identities, actor, await repository.former(db, row.id))


async def find(
    db: Session,
    actor: Actor,
    *,
    q: str | None = None,
    level: str | None = None,
    tag: str | None = None,
    blocked: bool | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[CustomerView]:
    """Customers by words of the name, number, phone or e-mail; those heard of last first."""
    search = policy.parse_search(q, may_reveal=actor.may("customers.reveal")) if q and q.strip() else None
    rows = await repository.page(db, search=search, level=level, tag=tag, blocked=blocked, after=after, limit=limit)
    identities = await repository.identities(db, [row.id for row in rows])
    return [view(row, identities.get(row.id, []), actor) for row in rows]


async def phone_of(db: Session, customer_id: UUID) -> str | None:
    """The number to call a customer at: the one in their record, else a verified one. For dialling, not for showing."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    if row.phone:
        return row.phone
    known = (await repository.identities(db, [customer_id])).get(customer_id, [])
    return next((one.value for one in known if one.kind == "phone"), None)


async def current(db: Session, customer_id: UUID) -> UUID:
    """The id of the customer that `customer_id` means now. Raises NotFound."""
    return (await ref(db, customer_id)).id


async def means(db: Session, customer_id: UUID) -> UUID:
    """What an id that somebody kept stands for now; an unknown one stands for itself."""
    found = await repository.customers(db, [customer_id])
    return found[customer_id].id if customer_id in found else customer_id


async def announce(db: Session, actor: Actor, customer_id: UUID, fields: Iterable[str]) -> None:
    """Tells everybody who sees a customer what changed."""
    await emit(db, CustomerUpdated(customer_id=customer_id, fields=tuple(fields)), actor=actor, audience=AUDIENCE)


async def read_phone(db: Session, written: str) -> str | None:
    """A number in its one spelling, read as the company's country writes it; None when it cannot be one."""
    region = policy.HOME
    if policy.needs_region(written):
        region = (await organization.get_settings(db)).phone_region
    return policy.clean_phone(written, region)


def index(row: CustomerRow) -> None:
    """Keeps the search tokens of a record true."""
    own = policy.tokens(name=row.name or "", number=row.number, phone=row.phone, email=row.email)
    fresh = list(dict.fromkeys([*own, *(row.also_tokens or ())]))
    if fresh != row.tokens:
        row.tokens = fresh
