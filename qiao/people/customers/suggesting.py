"""Records that may be one person: found after a change, shown with their reasons, and never made one by themselves."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.people.accounts import audit
from qiao.people.customers import likeness, policy, repository, service
from qiao.people.customers.likeness import Person
from qiao.people.customers.merging import address_of
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.schemas import SuggestionView

SHARED_BY_MOST: Final = 6
"""A number or address more records than this have in common is a switchboard or a family computer: it tells nothing."""
SHOWN: Final = 20


async def of_customer(db: Session, actor: Actor, customer_id: UUID, *, refused: bool = False) -> list[SuggestionView]:
    """Who may be the same person, the likeliest first: without those somebody has said are not, or (`refused`) only those."""
    mine = await service.current(db, customer_id)
    family = {mine, *(row.id for row in await repository.former(db, mine))}
    rows = await repository.suggestions(db, family)
    others = {row.second_id if row.first_id in family else row.first_id: row for row in rows if row.state == "open"}
    said_no = {row.second_id if row.first_id in family else row.first_id: row for row in rows if row.state != "open"}
    now = await repository.customers(db, [*others, *said_no])
    not_them = set() if refused else {now[one].id for one in said_no if one in now}
    best: dict[UUID, SuggestionView] = {}
    addresses = await repository.identities(db, {row.id for row in now.values()} | {mine})
    own = [address_of(one) for one in addresses.get(mine, [])]
    masked = not actor.may("customers.reveal")
    for asked, suggestion in (said_no if refused else others).items():
        row = now.get(asked)
        if row is None or row.id == mine or row.id in not_them or row.id in family:
            continue
        if not refused and likeness.conflicts(own, [address_of(one) for one in addresses.get(row.id, [])]):
            continue
        if row.id not in best or best[row.id].score < suggestion.score:
            best[row.id] = SuggestionView(
                customer=service.ref_of(row),
                phone=service.shown("phone", row.phone, masked),
                email=service.shown("email", row.email, masked),
                score=suggestion.score,
                evidence=[str(one) for one in suggestion.evidence],
                found_at=suggestion.found_at,
                decided_by_name=suggestion.decided_by_name,
                decided_at=suggestion.decided_at,
            )
    return sorted(best.values(), key=lambda one: (-one.score, one.customer.number))[:SHOWN]


async def dismiss(db: Session, actor: Actor, customer_id: UUID, other_id: UUID) -> None:
    """Somebody says that these are two people. It is remembered: they are not suggested again."""
    mine, other = await service.ref(db, customer_id), await service.ref(db, other_id)
    if mine.id == other.id:
        raise NotFound("customer_not_found")
    await repository.dismiss(db, *_pair(mine.id, other.id), actor.name[:120], clock.now())
    for one, two in ((mine, other), (other, mine)):
        await audit.record(db, actor, "customer.not_the_same", "customer", one.id, {"number": [None, two.number]})
        await service.announce(db, actor, one.id, ("suggestions",))


async def reconsider(db: Session, actor: Actor, customer_id: UUID, other_id: UUID) -> None:
    """Takes back that they are two people: what speaks for one person is weighed and shown again."""
    mine, other = await service.ref(db, customer_id), await service.ref(db, other_id)
    family, theirs = [{one.id, *(row.id for row in await repository.former(db, one.id))} for one in (mine, other)]
    pairs = [
        (row.first_id, row.second_id)
        for row in await repository.suggestions(db, family)
        if row.state == "dismissed" and not theirs.isdisjoint((row.first_id, row.second_id))
    ]
    if not pairs:
        raise NotFound("customer_suggestion_not_refused")
    await repository.reopen_suggestions(db, pairs)
    await refresh(db, [mine.id, other.id])
    for one, two in ((mine, other), (other, mine)):
        await audit.record(db, actor, "customer.maybe_the_same", "customer", one.id, {"number": [None, two.number]})
        await service.announce(db, actor, one.id, ("suggestions",))


async def knows_order(db: Session, asker_id: UUID, owner_id: UUID) -> None:
    """`asker_id` has just proved to know an order of `owner_id` and the end of their number."""
    asker, owner = await repository.customers(db, [asker_id]), await repository.customers(db, [owner_id])
    one, two = asker.get(asker_id), owner.get(owner_id)
    if one is not None and two is not None and one.id != two.id:
        await _weigh(db, one, [two], proven={two.id})


async def refresh(db: Session, ids: Iterable[UUID]) -> None:
    """Looks again for whom some customers may be."""
    for row in {row.id: row for row in (await repository.customers(db, ids)).values()}.values():
        await _weigh(db, row, await _candidates(db, row))


async def _candidates(db: Session, row: CustomerRow) -> list[CustomerRow]:
    identities = (await repository.identities(db, [row.id])).get(row.id, [])
    found: dict[UUID, CustomerRow] = {}
    attributes = row.attributes or {}
    for kind in ("phone", "email"):
        values = {getattr(row, kind), attributes.get(f"contact_{kind}")} | {
            i.value for i in identities if i.kind == kind
        }
        for value in sorted(v for v in values if isinstance(v, str) and v):
            alike = await repository.sharing(db, kind, value, SHARED_BY_MOST + 1)
            if len(alike) <= SHARED_BY_MOST:
                found.update((one.id, one) for one in alike)
    for key in likeness.TELLING:
        known = attributes.get(key)
        if isinstance(known, str | int) and not isinstance(known, bool) and len(str(known)) >= 4:
            alike = await repository.with_attribute(db, key, known, SHARED_BY_MOST + 1)
            if len(alike) <= SHARED_BY_MOST:
                found.update((one.id, one) for one in alike)
    found.pop(row.id, None)
    return list(found.values())


async def _weigh(db: Session, row: CustomerRow, others: Sequence[CustomerRow], proven: set[UUID] | None = None) -> None:
    known = {(one.first_id, one.second_id): one for one in await repository.suggestions(db, {row.id})}
    proven = (proven or set()) | {
        one.second_id if one.first_id == row.id else one.first_id for one in known.values() if "order" in one.evidence
    }
    others = [*others, *(await repository.customers(db, proven - {one.id for one in others})).values()]
    if not others and not known:
        return
    identities = await repository.identities(db, [row.id, *(one.id for one in others)])
    me = _person(row, identities.get(row.id, []), frozenset(proven))
    same_name = await repository.bearing_name(db, row.name, policy.tokens_of_name(row.name), likeness.RARE_NAMES + 1)
    kept: set[tuple[UUID, UUID]] = set()
    for other in others:
        if other.id == row.id:
            continue
        found = likeness.likeness(me, _person(other, identities.get(other.id, [])), same_name=same_name)
        if found.score >= likeness.LEAST:
            pair = _pair(row.id, other.id)
            kept.add(pair)
            before = known.get(pair)
            if before is None or (before.score, list(before.evidence)) != (found.score, list(found.evidence)):
                await repository.suggest(db, *pair, found.score, list(found.evidence))
    gone = [pair for pair, one in known.items() if pair not in kept and one.state == "open"]
    if gone:
        await repository.forget_suggestions(db, gone)


def _person(row: CustomerRow, identities: Sequence[IdentityRow], proofs: frozenset[UUID] = frozenset()) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        phone_vouched=bool(row.phone_vouched),
        email_vouched=bool(row.email_vouched),
        city=row.city,
        attributes=row.attributes or {},
        addresses=[address_of(one) for one in identities],
        proofs=proofs,
    )


def _pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)
