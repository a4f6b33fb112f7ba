"""Who writes: addresses and vouched facts lead to one customer; claims fill gaps and make nobody someone else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, Invalid, NotFound
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.people.accounts import audit
from qiao.people.customers import policy, repository
from qiao.people.customers.events import CustomerCreated
from qiao.people.customers.models import CustomerRow
from qiao.people.customers.schemas import CustomerRef, IdentityKind, Profile
from qiao.people.customers.service.reading import AUDIENCE, announce, current, index, read_phone, ref, ref_of

# Kinds whose values are the same person everywhere; those of all others mean something within one inbox only.
SHARED: Final = frozenset({"phone", "email", "union"})
TRUSTED: Final = frozenset({"external", "api", "phone", "email"})
"""Kinds behind which the company's own systems, or the owner, stand: what comes along may replace what is known."""
MOST_HOLDERS: Final = 50
_SPOKEN: Final = ("zh-CN", "en")
_SEEN_EVERY: Final = timedelta(minutes=1)


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
    overwrite = verified and kind in TRUSTED
    return await _resolve(
        db, inbox_id, kind, value, verified, await _read(db, profile or Profile()), overwrite=overwrite
    )


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
    return await _resolve(db, inbox_id, kind, address, True, await _read(db, profile), overwrite=False)


async def recognised(
    db: Session, inbox_id: UUID, kind: IdentityKind, seen: Sequence[tuple[str, Profile]]
) -> dict[str, CustomerRef]:
    """Of many addresses of a channel those `recognise` would change nothing about: known, and nothing new is said.

    Many at once are found as quickly as one. The others are for `recognise`, which knows every case.
    """
    scope = "" if kind in SHARED else str(inbox_id)
    spelled = {address: policy.spelled(kind, address) for address, _ in seen}
    found = await repository.by_identities(db, kind, scope, {value for value in spelled.values() if value})
    known: dict[str, CustomerRef] = {}
    new: set[str] = set()
    for address, profile in seen:
        row = found.get(spelled[address] or "")
        if row is None or _facts(profile) or _says_new(row, profile):
            new.add(address)
        else:
            known[address] = ref_of(row)
    return {address: ref for address, ref in known.items() if address not in new}


async def give_address(db: Session, customer_id: UUID, inbox_id: UUID, kind: IdentityKind, address: str) -> bool:
    """From now on answers from this address of a channel are the customer's. False when it is somebody else's."""
    mine = await current(db, customer_id)
    held = await by_address(db, inbox_id, kind, address)
    if held is None:
        scope = "" if kind in SHARED else str(inbox_id)
        if await repository.claim_identity(db, mine, kind, scope, plain(kind, address), True) is not None:
            await announce(db, Actor.system(), mine, ("identities",))
            return True
        held = await by_address(db, inbox_id, kind, address)
    return held is not None and held.id == mine


async def _read(db: Session, profile: Profile) -> Profile:
    """The profile with its number in the one spelling: what comes in is read once, as the company's country writes it."""
    phone = await read_phone(db, profile.phone) if profile.phone else None
    return replace(profile, phone=phone) if phone else profile


async def _resolve(
    db: Session, inbox_id: UUID, kind: str, value: str, verified: bool, profile: Profile, *, overwrite: bool
) -> CustomerRef:
    value = plain(kind, value)
    scope = "" if kind in SHARED else str(inbox_id)
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
    profile = await _read(db, profile)
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
    return await _resolve(db, inbox_id, "external", external_id, True, profile, overwrite=True)


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
    spelled = policy.spelled(kind, value)
    if spelled is None:
        raise Invalid.field("id", "identity_invalid")
    return spelled


def _says_new(row: CustomerRow, profile: Profile) -> bool:
    """Whether a claim would change anything about a record."""
    locale = profile.locale if profile.locale in _SPOKEN else None
    gaps = (profile.name and not row.name) or (profile.city and not row.city) or (locale and not row.locale)
    stands = profile.held | profile.vouched
    contacts = any(
        getattr(profile, kind) and (not getattr(row, kind) or (kind in stands and not getattr(row, f"{kind}_vouched")))
        for kind in ("phone", "email")
    )
    attributes = not profile.attributes.keys() <= (row.attributes or {}).keys()
    return bool(gaps or contacts or attributes) or row.last_seen_at < clock.now() - _SEEN_EVERY


async def _learn(db: Session, row: CustomerRow, profile: Profile, *, overwrite: bool) -> None:
    if not overwrite and not _says_new(row, profile):
        return
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
        "locale": profile.locale if profile.locale in _SPOKEN else None,
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
    profile = await _read(db, profile)
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
