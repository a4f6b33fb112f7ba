"""Verbs on customers: finding who writes, their profile, blocking, and showing personal data on the record."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
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
    FormerView,
    IdentityKind,
    IdentityView,
    Profile,
    Revealed,
)
from qiao.people.personal import mask

# Kinds whose values are the same person everywhere; those of all others mean something within one inbox only.
SHARED: Final = frozenset({"phone", "email", "union"})
TRUSTED: Final = frozenset({"external", "api", "phone", "email"})
"""Kinds behind which the company's own systems, or the owner, stand: what comes along may replace what is known."""
MOST_HOLDERS: Final = 50
_SEEN_EVERY: Final = timedelta(minutes=1)
AUDIENCE: Final = Audience(permission="customers.view")

# -- views -----------------------------------------------------------------------------------------------------------


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


def _identity(row: IdentityRow, masked: bool) -> IdentityView:
    kind = row.kind if row.kind in ("phone", "email") else "identity"
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


def _view(
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
        identities=[_identity(identity, masked) for identity in identities],
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
        asked: {"name": row.name, "level": row.level, "city": row.city, "tags": list(row.tags)}
        for asked, row in (await repository.customers(db, ids)).items()
    }


async def by_phone(db: Session, numbers: Iterable[str], limit: int = 5) -> list[tuple[CustomerRef, datetime]]:
    """Whom one of these ways to write a number may belong to, those heard of last first, each with when that was."""
    return [(ref_of(row), row.last_seen_at) for row in await repository.by_phone(db, numbers, limit)]


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
    return ref_of(row)


async def get(db: Session, actor: Actor, customer_id: UUID) -> CustomerView:
    """A customer as `actor` may see them."""
    row = await repository.customer(db, customer_id)
    if row is None:
        raise NotFound("customer_not_found")
    identities = (await repository.identities(db, [row.id])).get(row.id, [])
    return _view(row, identities, actor, await repository.former(db, row.id))


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

    An address nobody has yet becomes a further one of the customer whom a vouched fact names (`profile.union`, or the
    phone and e-mail in `profile.vouched`). Two records are never made one here, however sure it is: that is suggested.

    An unverified phone or e-mail address is only a claim, and nobody becomes someone else by claiming: such values
    belong into `profile`, and raise ValueError here. A blocked customer is found like any other: see `refuse_blocked`.
    """
    if kind in ("phone", "email") and not verified:
        raise ValueError(f"an unverified {kind} does not identify anybody")
    return await _resolve(db, inbox_id, kind, value, verified, profile, overwrite=verified and kind in TRUSTED)


async def by_address(db: Session, inbox_id: UUID, kind: IdentityKind, address: str) -> CustomerRef | None:
    """Who has this address of a channel, if anybody."""
    scope = "" if kind in SHARED else str(inbox_id)
    found = await repository.by_identity(db, kind, scope, plain(kind, address))
    return ref_of(found[0]) if found is not None else None


async def recognise(
    db: Session,
    inbox_id: UUID,
    kind: IdentityKind,
    address: str,
    profile: Profile,
    vouched: Iterable[tuple[str, str]] = (),
) -> CustomerRef:
    """Who writes from an address of a channel, where answers go: known, linked by what the provider vouches for
    (`union`, `phone`, `email` with their values), or new. What the channel says besides fills gaps only."""
    facts = dict(vouched)
    profile = replace(
        profile,
        union=facts.get("union"),
        phone=facts.get("phone") or profile.phone,
        email=facts.get("email") or profile.email,
        vouched=frozenset(facts) & {"phone", "email"},
    )
    return await _resolve(db, inbox_id, kind, address, True, profile, overwrite=False)


async def _resolve(
    db: Session, inbox_id: UUID, kind: str, value: str, verified: bool, profile: Profile | None, *, overwrite: bool
) -> CustomerRef:
    value = plain(kind, value)
    scope = "" if kind in SHARED else str(inbox_id)
    profile = profile or Profile()
    found = await repository.by_identity(db, kind, scope, value)
    if found is None:
        row = await _link(db, kind, scope, value, verified, profile)
        if row is None:
            row = await _create_with_identity(db, kind, scope, value, verified, profile)
            if row is not None:
                await _keep_facts(db, row, profile)
                return ref_of(row)
        found = await repository.by_identity(db, kind, scope, value)
        if found is None:
            raise NotFound("customer_not_found")
    row, identity = found
    if verified and not identity.verified:
        identity.verified = True
    await _learn(db, row, profile, overwrite=overwrite)
    await _keep_facts(db, row, profile)
    return ref_of(row)


def _facts(profile: Profile) -> list[tuple[str, str]]:
    """What is vouched for, the surest first."""
    facts: list[tuple[str, str]] = []
    if profile.union and profile.union.strip():
        facts.append(("union", profile.union.strip()))
    for kind, given, clean in (
        ("phone", profile.phone, policy.clean_phone),
        ("email", profile.email, policy.clean_email),
    ):
        plain = clean(given) if given and kind in profile.vouched else None
        if plain:
            facts.append((kind, plain))
    return [(kind, value) for kind, value in facts if len(value) <= 254]


async def _named(db: Session, kind: str, value: str) -> CustomerRow | None:
    """The customer a vouched fact names: who proved it before, or the one whose record somebody stands for."""
    known = await repository.by_identity(db, kind, "", value)
    if known is not None:
        return known[0]
    return await _holder(db, kind, value) if kind in ("phone", "email") else None


async def _holder(db: Session, kind: str, value: str) -> CustomerRow | None:
    """The one customer whose record holds a phone or e-mail address that somebody stands for; None when several do.

    What was typed is nobody's word. Of records written before that was noted, only those count through which nobody can
    have typed anything: no visitor, no account of a site.
    """
    records = await repository.by_profile(db, kind, value, MOST_HOLDERS)
    unnoted = [row.id for row in records if getattr(row, f"{kind}_vouched") is None]
    spoken = await repository.identities(db, unnoted) if unnoted else {}

    def stands(row: CustomerRow) -> bool:
        noted = getattr(row, f"{kind}_vouched")
        if noted is not None:
            return bool(noted)
        return not any(one.kind not in SHARED for one in spoken.get(row.id, []))

    standing = {row.id for row in records if stands(row)}
    holders = {row.id: row for row in (await repository.customers(db, standing)).values()}
    return next(iter(holders.values())) if len(holders) == 1 else None


async def _link(db: Session, kind: str, scope: str, value: str, verified: bool, profile: Profile) -> CustomerRow | None:
    """Gives a new address to the customer whom a vouched fact names; None where none does."""
    if not verified or kind == "visitor":
        return None
    for fact, known in _facts(profile):
        row = await _named(db, fact, known)
        if row is None:
            continue
        if kind == "external" and await _has_account(db, row.id, scope):
            continue  # two accounts of one site are two people to that site, whatever they share
        if await repository.claim_identity(db, row.id, kind, scope, value, True) is not None:
            await audit.record(
                db, Actor.system(), "customer.linked", "customer", row.id, {"kind": [None, kind], "by": [None, fact]}
            )
            await announce(db, Actor.system(), row.id, ("identities",))
        return row
    return None


async def _has_account(db: Session, customer_id: UUID, scope: str) -> bool:
    taken = (await repository.identities(db, [customer_id])).get(customer_id, [])
    return any(one.kind == "external" and one.scope == scope for one in taken)


async def _keep_facts(db: Session, row: CustomerRow, profile: Profile) -> None:
    """Makes vouched facts addresses of their customer, unless they are somebody's already."""
    for kind, value in _facts(profile):
        if await repository.by_identity(db, kind, "", value) is None:
            await repository.claim_identity(db, row.id, kind, "", value, True)


async def identify_visitor(
    db: Session, inbox_id: UUID, visitor_customer_id: UUID | None, external_id: str, profile: Profile
) -> CustomerRef:
    """The host site vouches (by a signed token) that the visitor is its user `external_id`.

    A known user is that customer, whatever the browser did before. An unknown one takes over the anonymous visitor's
    record, so that the conversation in progress stays theirs; unless that visitor is someone else already, or the site
    has checked a phone or e-mail address (`profile.vouched`) that names a customer we know.
    """
    scope = str(inbox_id)
    value = plain("external", external_id)
    if await repository.by_identity(db, "external", scope, value) is None and visitor_customer_id is not None:
        row = await repository.customer(db, visitor_customer_id, lock=True)
        named = [found for kind, known in _facts(profile) if (found := await _named(db, kind, known)) is not None]
        someone_else = row is None or (bool(named) and all(found.id != row.id for found in named))
        if (
            row is not None
            and not someone_else
            and not await _has_account(db, row.id, scope)
            and await repository.claim_identity(db, row.id, "external", scope, value, True) is not None
        ):
            await _learn(db, row, profile, overwrite=True)
            await _keep_facts(db, row, profile)
            return ref_of(row)
    return await resolve_identity(db, inbox_id, "external", external_id, True, profile)


async def sign_in_by_email(db: Session, inbox_id: UUID, address: str, profile: Profile) -> CustomerRef:
    """The customer who has just proved to read this mailbox; a new one where nobody has it.

    Known are those who proved it before, and the one record that holds the address because somebody stands for it: the
    company, its site, a provider. An address that was merely typed proves nothing, whoever's record it was typed into:
    otherwise the owner of a mailbox would be given the record, and the requests, of whoever named it as theirs.
    """
    value = plain("email", address)
    if await repository.by_identity(db, "email", "", value) is None:
        holder = await _holder(db, "email", value)
        if holder is not None:
            await repository.claim_identity(db, holder.id, "email", "", value, True)
    proven = replace(profile, email=value, vouched=profile.vouched | {"email"})
    return await resolve_identity(db, inbox_id, "email", value, True, proven)


async def _create_with_identity(
    db: Session, kind: str, scope: str, value: str, verified: bool, profile: Profile
) -> CustomerRow | None:
    """A new customer with their first identity; None when somebody else was quicker (nothing is left behind)."""
    savepoint = await db.begin_nested()
    row = CustomerRow(id=new_id(), name="", last_seen_at=clock.now())
    if kind in ("phone", "email"):
        setattr(row, kind, value)
        setattr(row, f"{kind}_vouched", True)
    db.add(row)
    await db.flush()
    await db.refresh(row)
    if await repository.claim_identity(db, row.id, kind, scope, value, verified) is None:
        await savepoint.rollback()
        return None
    _apply_profile(row, profile, overwrite=True)
    index(row)
    await savepoint.commit()
    await emit(db, CustomerCreated(customer_id=row.id), actor=Actor.system(), audience=AUDIENCE)
    return row


def plain(kind: str, value: str) -> str:
    """An address in its one spelling. Raises Invalid."""
    clean = {"phone": policy.clean_phone, "email": policy.clean_email}.get(kind)
    spelled = clean(value) if clean else value.strip()
    if not spelled or len(spelled) > 254:
        raise Invalid.field("id", "identity_invalid")
    return spelled


async def _learn(db: Session, row: CustomerRow, profile: Profile, *, overwrite: bool) -> None:
    before = audit.snapshot(row)
    now = clock.now()
    if row.last_seen_at < now - _SEEN_EVERY:
        row.last_seen_at = now
    _apply_profile(row, profile, overwrite=overwrite)
    index(row)
    changed = [k for k, v in audit.snapshot(row).items() if before[k] != v and k not in ("last_seen_at", "tokens")]
    await db.flush()
    if changed:
        await announce(db, Actor.system(), row.id, changed)


def _apply_profile(row: CustomerRow, profile: Profile, *, overwrite: bool) -> None:
    """Takes over what is new. Only a voucher (`overwrite`) replaces what is known; a claim fills gaps."""
    values: dict[str, str | None] = {
        "name": policy.clean_name(profile.name) if profile.name else None,
        "city": policy.clean_name(profile.city) if profile.city else None,
        "locale": profile.locale if profile.locale in ("zh-CN", "en") else None,
    }
    for key, value in values.items():
        if value and (overwrite or not getattr(row, key)):
            setattr(row, key, value)
    for kind, plain in (
        ("phone", policy.clean_phone(profile.phone) if profile.phone else None),
        ("email", policy.clean_email(profile.email) if profile.email else None),
    ):
        if plain:
            _apply_contact(row, kind, plain, kind in profile.held or kind in profile.vouched, overwrite)
    if profile.attributes:
        known = row.attributes or {}
        merged = {**known, **profile.attributes} if overwrite else {**profile.attributes, **known}
        if policy.attributes_fault(merged) is None and merged != known:
            row.attributes = merged


def _apply_contact(row: CustomerRow, kind: str, value: str, stands: bool, overwrite: bool) -> None:
    """A phone or e-mail address. A mere claim never takes the place of one that somebody stands for."""
    known, vouched = getattr(row, kind), getattr(row, f"{kind}_vouched")
    if known == value:
        if stands and not vouched:
            setattr(row, f"{kind}_vouched", True)
    elif not known or (stands and (overwrite or not vouched)) or (overwrite and not vouched):
        setattr(row, kind, value)
        setattr(row, f"{kind}_vouched", stands)


async def fill_contact(db: Session, customer_id: UUID, profile: Profile) -> CustomerRef:
    """Contact details a customer left themselves (a message left out of hours): they fill gaps, replace nothing,
    and what differs from the known is kept in the attributes so that nothing is lost. They are claims."""
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
    return ref_of(row)


async def touch(db: Session, customer_id: UUID) -> None:
    """Notes that the customer is here now."""
    await repository.seen(db, customer_id, clock.now())


async def refuse_blocked(db: Session, customer_id: UUID) -> None:
    """Raises Forbidden when the customer is blocked."""
    if (await ref(db, customer_id)).blocked:
        raise Forbidden("customer_blocked")


async def current(db: Session, customer_id: UUID) -> UUID:
    """The id of the customer that `customer_id` means now. Raises NotFound."""
    return (await ref(db, customer_id)).id


async def means(db: Session, customer_id: UUID) -> UUID:
    """What an id that somebody kept stands for now; an unknown one stands for itself."""
    found = await repository.customers(db, [customer_id])
    return found[customer_id].id if customer_id in found else customer_id


# -- what staff do ---------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, body: CustomerCreate) -> CustomerView:
    """Adds a customer by hand."""
    row = CustomerRow(id=new_id(), last_seen_at=clock.now())
    _apply(row, body.model_dump())
    row.phone_vouched, row.email_vouched = bool(row.phone), bool(row.email)  # the company's own word
    db.add(row)
    await db.flush()
    await db.refresh(row)
    index(row)
    await audit.record(db, actor, "customer.created", "customer", row.id, {"number": row.number})
    await emit(db, CustomerCreated(customer_id=row.id), actor=actor, audience=AUDIENCE)
    return _view(row, [], actor)


async def update(db: Session, actor: Actor, customer_id: UUID, body: CustomerPatch) -> CustomerView:
    """Changes a customer's profile."""
    row = await _locked(db, customer_id)
    before = audit.snapshot(row)
    given = body.model_dump(exclude_unset=True)
    if not actor.may("customers.reveal"):
        _refuse_masked(row, given)
    _apply(row, given)
    for kind in ("phone", "email"):
        if getattr(row, kind) != before[kind]:
            # What a colleague writes down is what somebody told them, unless they say that they have checked it.
            setattr(row, f"{kind}_vouched", bool(getattr(row, kind) and given.get(f"{kind}_vouched")))
    index(row)
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
        await announce(db, actor, row.id, changes)


async def announce(db: Session, actor: Actor, customer_id: UUID, fields: Iterable[str]) -> None:
    """Tells everybody who sees a customer what changed."""
    await emit(db, CustomerUpdated(customer_id=customer_id, fields=tuple(fields)), actor=actor, audience=AUDIENCE)


def index(row: CustomerRow) -> None:
    """Keeps the search tokens of a record true."""
    own = policy.tokens(name=row.name or "", number=row.number, phone=row.phone, email=row.email)
    fresh = list(dict.fromkeys([*own, *(row.also_tokens or ())]))
    if fresh != row.tokens:
        row.tokens = fresh
