"""Verbs on customers: finding who writes, their profile, blocking, and showing personal data on the record."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.people.accounts import audit
from qiao.people.customers import policy, repository
from qiao.people.customers.events import CustomerCreated, CustomerUpdated
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.schemas import (
    CustomerCreate,
    CustomerPatch,
    CustomerRef,
    CustomerView,
    IdentityKind,
    IdentityView,
    Profile,
    Revealed,
)
from qiao.people.personal import mask

# Kinds whose values are the same person everywhere; those of all others mean something within one inbox only.
SHARED: Final = frozenset({"phone", "email", "union"})
_SEEN_EVERY: Final = timedelta(minutes=1)
_AUDIENCE: Final = Audience(permission="customers.view")

# -- views -----------------------------------------------------------------------------------------------------------


def _ref(row: CustomerRow) -> CustomerRef:
    return CustomerRef(
        id=row.id,
        number=row.number,
        name=row.name,
        level=row.level,
        avatar_color=policy.avatar_color(row.id),
        locale=row.locale,
        blocked=row.blocked_at is not None,
    )


def _identity(row: IdentityRow, masked: bool) -> IdentityView:
    kind = row.kind if row.kind in ("phone", "email") else "identity"
    return IdentityView(
        id=row.id,
        kind=row.kind,
        inbox_id=UUID(row.scope) if row.scope else None,
        value=mask(kind, row.value) if masked else row.value,
        verified=row.verified,
        created_at=row.created_at,
    )


def _view(row: CustomerRow, identities: Sequence[IdentityRow], actor: Actor) -> CustomerView:
    masked = not actor.may("customers.reveal")
    return CustomerView(
        **_ref(row).model_dump(),
        tags=row.tags,
        attributes=row.attributes,
        notes=row.notes,
        phone=mask("phone", row.phone) if masked else row.phone,
        email=mask("email", row.email) if masked else row.email,
        city=row.city,
        blocked_at=row.blocked_at,
        last_seen_at=row.last_seen_at,
        created_at=row.created_at,
        identities=[_identity(identity, masked) for identity in identities],
        masked=masked,
    )


async def ref(db: Session, customer_id: UUID) -> CustomerRef:
    """The customer's card. Raises NotFound."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    return _ref(row)


async def refs(db: Session, ids: Iterable[UUID]) -> dict[UUID, CustomerRef]:
    """Customers by id, in one query."""
    return {row.id: _ref(row) for row in await repository.customers(db, ids)}


async def condition_facts(db: Session, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What rules may ask of customers, by id."""
    return {
        row.id: {"name": row.name, "level": row.level, "city": row.city, "tags": list(row.tags)}
        for row in await repository.customers(db, ids)
    }


async def by_phone(db: Session, numbers: Iterable[str], limit: int = 5) -> list[tuple[CustomerRef, datetime]]:
    """Whom one of these ways to write a number may belong to, those heard of last first, each with when that was."""
    return [(_ref(row), row.last_seen_at) for row in await repository.by_phone(db, numbers, limit)]


async def phone_of(db: Session, customer_id: UUID) -> str | None:
    """The number to call a customer at: the one in their record, else a verified one. For dialling, not for showing."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    if row.phone:
        return row.phone
    known = (await repository.identities(db, [customer_id])).get(customer_id, [])
    return next((one.value for one in known if one.kind == "phone"), None)


async def ref_by_number(db: Session, number: int) -> CustomerRef:
    """The customer with this short number. Raises NotFound."""
    row = await repository.customer_by_number(db, number)
    if row is None:
        raise NotFound("customer_not_found")
    return _ref(row)


async def get(db: Session, actor: Actor, customer_id: UUID) -> CustomerView:
    """A customer as `actor` may see them."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    return _view(row, (await repository.identities(db, [row.id])).get(row.id, []), actor)


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
    return [_view(row, identities.get(row.id, []), actor) for row in rows]


# -- who writes ------------------------------------------------------------------------------------------------------


async def resolve_identity(
    db: Session, inbox_id: UUID, kind: IdentityKind, value: str, verified: bool, profile: Profile | None = None
) -> CustomerRef:
    """The customer behind an address, created when new. Safe when two processes ask for the same one at once.

    An unverified phone or e-mail address is only a claim, and nobody becomes someone else by claiming: such values
    belong into `profile`, and raise ValueError here. A blocked customer is found like any other: see `refuse_blocked`.
    """
    if kind in ("phone", "email") and not verified:
        raise ValueError(f"an unverified {kind} does not identify anybody")
    value = _identity_value(kind, value)
    scope = "" if kind in SHARED else str(inbox_id)
    profile = profile or Profile()
    found = await repository.by_identity(db, kind, scope, value)
    if found is None:
        row = await _create_with_identity(db, kind, scope, value, verified, profile)
        if row is not None:
            return _ref(row)
        found = await repository.by_identity(db, kind, scope, value)
        if found is None:
            raise NotFound("customer_not_found")
    row, identity = found
    if verified and not identity.verified:
        identity.verified = True
    await _learn(db, row, profile, overwrite=verified and kind != "visitor")
    return _ref(row)


async def by_address(db: Session, inbox_id: UUID, kind: IdentityKind, address: str) -> CustomerRef | None:
    """Who has this address of a channel, if anybody."""
    scope = "" if kind in SHARED else str(inbox_id)
    found = await repository.by_identity(db, kind, scope, _identity_value(kind, address))
    return _ref(found[0]) if found is not None else None


async def recognise(
    db: Session,
    inbox_id: UUID,
    kind: IdentityKind,
    address: str,
    profile: Profile,
    vouched: Sequence[tuple[IdentityKind, str]] = (),
) -> CustomerRef:
    """The customer behind an address of a channel, which vouches for who writes.

    `vouched` are facts that mean the same person everywhere (`phone`, `email`, `union`), checked by the provider: an
    address not seen before belongs to whoever has one of them. Where the address has an owner it stays theirs.
    """
    scope = "" if kind in SHARED else str(inbox_id)
    known = await repository.by_identity(db, kind, scope, _identity_value(kind, address))
    if known is None:
        for shared, value in vouched:
            owner = await repository.by_identity(db, shared, "", _identity_value(shared, value))
            if owner is not None:
                await repository.claim_identity(db, owner[0].id, kind, scope, _identity_value(kind, address), True)
                break
    found = await resolve_identity(db, inbox_id, kind, address, True, profile)
    for shared, value in vouched:
        await repository.claim_identity(db, found.id, shared, "", _identity_value(shared, value), True)
    return found


async def identify_visitor(
    db: Session, inbox_id: UUID, visitor_customer_id: UUID | None, external_id: str, profile: Profile
) -> CustomerRef:
    """The host site vouches (by a signed token) that the visitor is its user `external_id`.

    A known user is that customer, whatever the browser did before. An unknown one takes over the anonymous visitor's
    record, so that the conversation in progress stays theirs; unless that visitor is someone else already.
    """
    scope = str(inbox_id)
    value = _identity_value("external", external_id)
    if await repository.by_identity(db, "external", scope, value) is None and visitor_customer_id is not None:
        row = await repository.customer(db, visitor_customer_id, lock=True)
        if row is not None:
            taken = (await repository.identities(db, [row.id])).get(row.id, [])
            if not any(i.kind == "external" and i.scope == scope for i in taken) and await repository.claim_identity(
                db, row.id, "external", scope, value, True
            ):
                await _learn(db, row, profile, overwrite=True)
                return _ref(row)
    return await resolve_identity(db, inbox_id, "external", external_id, True, profile)


async def sign_in_by_email(db: Session, inbox_id: UUID, address: str, profile: Profile) -> CustomerRef:
    """The customer who has just proved to read this mailbox; a new one where nobody has it.

    Known are those who proved it before, and the one record that holds the address because the company put it there
    (staff, or the site that vouches for its customers). What an anonymous visitor typed as their address proves nothing:
    a record that began as a visitor and was never vouched for is nobody's by it.
    """
    value = _identity_value("email", address)
    if await repository.by_identity(db, "email", "", value) is None:
        records = await repository.by_profile_email(db, value, 50)
        known = await repository.identities(db, [row.id for row in records])
        kinds = {row.id: {one.kind for one in known.get(row.id, [])} for row in records}
        given = [row for row in records if "external" in kinds[row.id] or "visitor" not in kinds[row.id]]
        if len(given) == 1:
            await repository.claim_identity(db, given[0].id, "email", "", value, True)
    return await resolve_identity(db, inbox_id, "email", value, True, profile)


async def _create_with_identity(
    db: Session, kind: str, scope: str, value: str, verified: bool, profile: Profile
) -> CustomerRow | None:
    """A new customer with their first identity; None when somebody else was quicker (nothing is left behind)."""
    savepoint = await db.begin_nested()
    row = CustomerRow(id=new_id(), name="", last_seen_at=clock.now())
    if kind == "phone":
        row.phone = value
    if kind == "email":
        row.email = value
    db.add(row)
    await db.flush()
    await db.refresh(row)
    if await repository.claim_identity(db, row.id, kind, scope, value, verified) is None:
        await savepoint.rollback()
        return None
    _apply_profile(row, profile, overwrite=True)
    _index(row)
    await savepoint.commit()
    await emit(db, CustomerCreated(customer_id=row.id), actor=Actor.system(), audience=_AUDIENCE)
    return row


def _identity_value(kind: str, value: str) -> str:
    clean = {"phone": policy.clean_phone, "email": policy.clean_email}.get(kind)
    plain = clean(value) if clean else value.strip()
    if not plain or len(plain) > 254:
        raise Invalid.field("id", "identity_invalid")
    return plain


async def _learn(db: Session, row: CustomerRow, profile: Profile, *, overwrite: bool) -> None:
    before = audit.snapshot(row)
    now = clock.now()
    if row.last_seen_at < now - _SEEN_EVERY:
        row.last_seen_at = now
    _apply_profile(row, profile, overwrite=overwrite)
    _index(row)
    changed = [k for k, v in audit.snapshot(row).items() if before[k] != v and k not in ("last_seen_at", "tokens")]
    await db.flush()
    if changed:
        await _announce(db, Actor.system(), row.id, changed)


def _apply_profile(row: CustomerRow, profile: Profile, *, overwrite: bool) -> None:
    """Takes over what is new. Only a voucher (`overwrite`) replaces what is known; a claim fills gaps."""
    values: dict[str, str | None] = {
        "name": policy.clean_name(profile.name) if profile.name else None,
        "phone": policy.clean_phone(profile.phone) if profile.phone else None,
        "email": policy.clean_email(profile.email) if profile.email else None,
        "city": policy.clean_name(profile.city) if profile.city else None,
        "locale": profile.locale if profile.locale in ("zh-CN", "en") else None,
    }
    for key, value in values.items():
        if value and (overwrite or not getattr(row, key)):
            setattr(row, key, value)
    if profile.attributes:
        known = row.attributes or {}
        merged = {**known, **profile.attributes} if overwrite else {**profile.attributes, **known}
        if policy.attributes_fault(merged) is None and merged != known:
            row.attributes = merged


async def fill_contact(db: Session, customer_id: UUID, profile: Profile) -> CustomerRef:
    """Contact details a customer left themselves (a message left out of hours): they fill gaps, replace nothing,
    and what differs from the known is kept in the attributes so that nothing is lost."""
    row = await repository.customer(db, customer_id, lock=True)
    if row is None:
        raise NotFound("customer_not_found")
    extra: dict[str, Any] = dict(profile.attributes)
    phone = policy.clean_phone(profile.phone) if profile.phone else None
    email = policy.clean_email(profile.email) if profile.email else None
    if phone and row.phone and phone != row.phone:
        extra["contact_phone"] = phone
    if email and row.email and email != row.email:
        extra["contact_email"] = email
    await _learn(
        db,
        row,
        Profile(profile.name, profile.phone, profile.email, profile.locale, profile.city, extra),
        overwrite=False,
    )
    return _ref(row)


async def touch(db: Session, customer_id: UUID) -> None:
    """Notes that the customer is here now."""
    await repository.seen(db, customer_id, clock.now())


async def refuse_blocked(db: Session, customer_id: UUID) -> None:
    """Raises Forbidden when the customer is blocked."""
    if (await ref(db, customer_id)).blocked:
        raise Forbidden("customer_blocked")


# -- what staff do ---------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, body: CustomerCreate) -> CustomerView:
    """Adds a customer by hand."""
    row = CustomerRow(id=new_id(), last_seen_at=clock.now())
    _apply(row, body.model_dump())
    db.add(row)
    await db.flush()
    await db.refresh(row)
    _index(row)
    await audit.record(db, actor, "customer.created", "customer", row.id, {"number": row.number})
    await emit(db, CustomerCreated(customer_id=row.id), actor=actor, audience=_AUDIENCE)
    return _view(row, [], actor)


async def update(db: Session, actor: Actor, customer_id: UUID, body: CustomerPatch) -> CustomerView:
    """Changes a customer's profile."""
    row = await _locked(db, customer_id)
    before = audit.snapshot(row)
    given = body.model_dump(exclude_unset=True)
    if not actor.may("customers.reveal"):
        _refuse_masked(row, given)
    _apply(row, given)
    _index(row)
    await db.flush()
    await _changed(db, actor, row, before, "customer.updated")
    return await get(db, actor, customer_id)


def _refuse_masked(row: CustomerRow, given: dict[str, Any]) -> None:
    """Someone who sees `199****1234` sends it back with the rest of a form: that is no change, not a new number."""
    for kind in ("phone", "email"):
        if kind in given and getattr(row, kind) and given[kind] == mask(kind, getattr(row, kind)):
            del given[kind]


def _apply(row: CustomerRow, given: dict[str, Any]) -> None:
    nullable = {"locale", "phone", "email", "city"}
    for key, value in given.items():
        if value is None and key not in nullable:
            continue
        if key == "phone" and value:
            value = policy.clean_phone(value)
            if value is None:
                raise Invalid.field("phone", "phone_invalid")
        elif key == "email" and value:
            value = policy.clean_email(value)
            if value is None:
                raise Invalid.field("email", "email_invalid")
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
    return Revealed(phone=row.phone, email=row.email, identities=[_identity(i, False) for i in identities])


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
        await _announce(db, actor, row.id, changes)


async def _announce(db: Session, actor: Actor, customer_id: UUID, fields: Iterable[str]) -> None:
    await emit(db, CustomerUpdated(customer_id=customer_id, fields=tuple(fields)), actor=actor, audience=_AUDIENCE)


def _index(row: CustomerRow) -> None:
    fresh = policy.tokens(name=row.name or "", number=row.number, phone=row.phone, email=row.email)
    if fresh != row.tokens:
        row.tokens = fresh
