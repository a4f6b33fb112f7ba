"""Every query of customers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.people.customers.models import ConsentRow, CustomerRow, IdentityRow, MergeRow, SuggestionRow
from qiao.people.customers.policy import Search

LONGEST_CHAIN: Final = 50
"""How often a record may have become part of another that became part of another; far more than anybody merges."""


async def customer(db: Session, customer_id: UUID, *, lock: bool = False) -> CustomerRow | None:
    """A customer, also by the id of a record that became part of theirs."""
    for _ in range(LONGEST_CHAIN):
        query = select(CustomerRow).where(CustomerRow.id == customer_id).execution_options(populate_existing=lock)
        row = (await db.execute(query.with_for_update(key_share=True) if lock else query)).scalar_one_or_none()
        if row is None or row.merged_into is None:
            return row
        customer_id = row.merged_into
    return None


async def record(db: Session, customer_id: UUID) -> CustomerRow | None:
    """The very record with this id, whether it became part of another or not."""
    return await db.get(CustomerRow, customer_id, populate_existing=True)


async def lock_records(db: Session, ids: Iterable[UUID]) -> dict[UUID, CustomerRow]:
    """The very records, locked in the order of their ids, so that two who want the same pair wait and never block."""
    query = (
        select(CustomerRow)
        .where(CustomerRow.id.in_(list(ids)))
        .order_by(CustomerRow.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in (await db.execute(query)).scalars()}


async def customer_by_number(db: Session, number: int) -> CustomerRow | None:
    row = (await db.execute(select(CustomerRow).where(CustomerRow.number == number))).scalar_one_or_none()
    return await _survivor(db, row)


async def _survivor(db: Session, row: CustomerRow | None) -> CustomerRow | None:
    return row if row is None or row.merged_into is None else await customer(db, row.merged_into)


async def customers(db: Session, ids: Iterable[UUID]) -> dict[UUID, CustomerRow]:
    """Customers by the ids asked for, those of records that became part of another included."""
    leads: dict[UUID, UUID] = {one: one for one in ids}
    found: dict[UUID, CustomerRow] = {}
    wanted = set(leads)
    for _ in range(LONGEST_CHAIN):
        if not wanted:
            break
        rows = (await db.execute(select(CustomerRow).where(CustomerRow.id.in_(wanted)))).scalars()
        found.update((row.id, row) for row in rows)
        moved = {
            asked: row.merged_into
            for asked, now in leads.items()
            if (row := found.get(now)) is not None and row.merged_into is not None
        }
        leads.update(moved)
        wanted = set(moved.values()) - set(found)
        if not moved:
            break
    return {asked: found[now] for asked, now in leads.items() if now in found and found[now].merged_into is None}


async def former(db: Session, customer_id: UUID) -> Sequence[CustomerRow]:
    """The records that became part of this one, also by way of others."""
    found: list[CustomerRow] = []
    wanted = [customer_id]
    for _ in range(LONGEST_CHAIN):
        query = select(CustomerRow).where(CustomerRow.merged_into.in_(wanted)).order_by(CustomerRow.id)
        rows = list((await db.execute(query)).scalars())
        if not rows:
            break
        found += rows
        wanted = [row.id for row in rows]
    return found


async def by_identity(db: Session, kind: str, scope: str, value: str) -> tuple[CustomerRow, IdentityRow] | None:
    query = (
        select(CustomerRow, IdentityRow)
        .join(IdentityRow, IdentityRow.customer_id == CustomerRow.id)
        .where(IdentityRow.kind == kind, IdentityRow.scope == scope, IdentityRow.value == value)
    )
    found = (await db.execute(query)).one_or_none()
    row = await _survivor(db, found[0]) if found is not None else None
    return None if row is None or found is None else (row, found[1])


async def by_identities(db: Session, kind: str, scope: str, values: Collection[str]) -> dict[str, CustomerRow]:
    """Who has these verified addresses; left out are those whose record has become part of another one."""
    if not values:
        return {}
    query = (
        select(IdentityRow.value, CustomerRow)
        .join(CustomerRow, IdentityRow.customer_id == CustomerRow.id)
        .where(IdentityRow.kind == kind, IdentityRow.scope == scope, IdentityRow.value.in_(values))
        .where(IdentityRow.verified, CustomerRow.merged_into.is_(None))
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def by_profile(db: Session, kind: str, value: str, limit: int) -> Sequence[CustomerRow]:
    """Records that hold this phone or e-mail address, oldest first; those that became part of others included."""
    column = CustomerRow.phone if kind == "phone" else CustomerRow.email
    query = select(CustomerRow).where(column == value).order_by(CustomerRow.id).limit(limit)
    return (await db.execute(query)).scalars().all()


async def by_phone(db: Session, numbers: Iterable[str], limit: int) -> Sequence[CustomerRow]:
    """Customers with one of these numbers, as an identity or in their record; those heard of last first."""
    wanted = list(numbers)
    owners = select(IdentityRow.customer_id).where(
        IdentityRow.kind == "phone", IdentityRow.scope == "", IdentityRow.value.in_(wanted)
    )
    query = (
        select(CustomerRow)
        .where(or_(CustomerRow.phone.in_(wanted), CustomerRow.id.in_(owners)), CustomerRow.merged_into.is_(None))
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
    conditions: list[Any] = [CustomerRow.merged_into.is_(None)]
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
    return (await db.execute(query.where(and_(*conditions)))).scalars().all()


# -- merges ----------------------------------------------------------------------------------------------------------


async def records(db: Session, ids: Iterable[UUID]) -> Sequence[CustomerRow]:
    """The very records with these ids."""
    return (await db.execute(select(CustomerRow).where(CustomerRow.id.in_(list(ids))))).scalars().all()


async def merge(db: Session, merge_id: UUID, *, lock: bool = False) -> MergeRow | None:
    query = select(MergeRow).where(MergeRow.id == merge_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def merges(db: Session, ids: Iterable[UUID]) -> Sequence[MergeRow]:
    query = select(MergeRow).where(MergeRow.survivor_id.in_(list(ids))).order_by(MergeRow.at.desc(), MergeRow.id.desc())
    return (await db.execute(query.limit(100))).scalars().all()


async def recent_merges(db: Session, since: datetime) -> list[tuple[UUID, UUID, UUID]]:
    query = select(MergeRow.id, MergeRow.survivor_id, MergeRow.merged_id).where(
        MergeRow.at >= since, MergeRow.undone_at.is_(None)
    )
    return [(row[0], row[1], row[2]) for row in await db.execute(query)]


# -- suggestions -----------------------------------------------------------------------------------------------------


async def sharing(db: Session, kind: str, value: str, limit: int) -> list[CustomerRow]:
    """Records that hold this phone or e-mail, as what they gave, left behind, or proved."""
    column = CustomerRow.phone if kind == "phone" else CustomerRow.email
    proved = select(IdentityRow.customer_id).where(
        IdentityRow.kind == kind, IdentityRow.scope == "", IdentityRow.value == value
    )
    query = select(CustomerRow).where(
        CustomerRow.merged_into.is_(None),
        or_(
            column == value,
            CustomerRow.attributes.contains({f"contact_{kind}": value}),
            CustomerRow.id.in_(proved),
        ),
    )
    return list((await db.execute(query.limit(limit))).scalars())


async def with_attribute(db: Session, key: str, value: str | int, limit: int) -> list[CustomerRow]:
    query = select(CustomerRow).where(CustomerRow.merged_into.is_(None), CustomerRow.attributes.contains({key: value}))
    return list((await db.execute(query.limit(limit))).scalars())


async def bearing_name(db: Session, name: str, words: Sequence[str], most: int) -> int:
    """How many customers bear this very name; counts no further than `most`."""
    if not name or not words:
        return 0
    query = select(CustomerRow.id).where(
        CustomerRow.merged_into.is_(None), CustomerRow.tokens.contains(list(words)), CustomerRow.name == name
    )
    return len((await db.execute(query.limit(most))).all())


async def suggestions(db: Session, ids: Iterable[UUID]) -> Sequence[SuggestionRow]:
    wanted = list(ids)
    query = select(SuggestionRow).where(or_(SuggestionRow.first_id.in_(wanted), SuggestionRow.second_id.in_(wanted)))
    return (await db.execute(query.limit(200).execution_options(populate_existing=True))).scalars().all()


async def suggest(db: Session, first_id: UUID, second_id: UUID, score: int, evidence: list[str]) -> None:
    """Notes a suggestion, or what speaks for it now; what somebody has decided stays decided."""
    statement = insert(SuggestionRow).values(first_id=first_id, second_id=second_id, score=score, evidence=evidence)
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["first_id", "second_id"],
            set_={"score": statement.excluded.score, "evidence": statement.excluded.evidence},
        )
    )


async def dismiss(db: Session, first_id: UUID, second_id: UUID, by_name: str, at: datetime) -> None:
    values = {"state": "dismissed", "decided_by_name": by_name, "decided_at": at}
    statement = insert(SuggestionRow).values(first_id=first_id, second_id=second_id, score=0, evidence=[], **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=values))


async def reopen_suggestions(db: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    await db.execute(
        update(SuggestionRow)
        .where(tuple_(SuggestionRow.first_id, SuggestionRow.second_id).in_(list(pairs)))
        .values(state="open", decided_by_name=None, decided_at=None)
        .execution_options(synchronize_session=False)
    )


async def forget_suggestions(db: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    await db.execute(
        delete(SuggestionRow)
        .where(tuple_(SuggestionRow.first_id, SuggestionRow.second_id).in_(list(pairs)), SuggestionRow.state == "open")
        .execution_options(synchronize_session=False)
    )


# -- consent ---------------------------------------------------------------------------------------------------------


async def identity(db: Session, identity_id: UUID, *, lock: bool = False) -> IdentityRow | None:
    query = select(IdentityRow).where(IdentityRow.id == identity_id).execution_options(populate_existing=True)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def consents(db: Session, identity_id: UUID) -> Sequence[ConsentRow]:
    query = (
        select(ConsentRow)
        .where(ConsentRow.identity_id == identity_id)
        .order_by(ConsentRow.at.desc(), ConsentRow.id.desc())
        .limit(100)
    )
    return (await db.execute(query)).scalars().all()
