"""Making one record of two, and taking it apart again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.people.accounts import audit
from qiao.people.customers import following, likeness, repository, service
from qiao.people.customers.events import CustomerMerged, CustomerUnmerged
from qiao.people.customers.likeness import Address
from qiao.people.customers.models import CustomerRow, IdentityRow, MergeRow
from qiao.people.customers.schemas import MergePreview, MergeView
from qiao.people.personal import marks, mask

UNDO_WITHIN: Final = timedelta(days=30)
STRAGGLERS_FOR: Final = timedelta(minutes=15)
_TIMES: Final = frozenset({"blocked_at", "last_seen_at"})
_UNSHOWN: Final = frozenset({"also_tokens", "last_seen_at", "phone_vouched", "email_vouched"})


async def preview(db: Session, actor: Actor, survivor_id: UUID, merged_id: UUID) -> MergePreview:
    """What would become of two records, and what speaks against it."""
    survivor, merged = await _pair(db, survivor_id, merged_id)
    addresses = await _addresses(db, survivor.id, merged.id)
    after = likeness.combined(audit.snapshot(survivor), audit.snapshot(merged))
    masked = not actor.may("customers.reveal")
    former = len(await repository.former(db, merged.id))
    moves = await following.counts(db, merged.id)
    return MergePreview(
        survivor=await service.get(db, actor, survivor.id),
        merged=await service.get(db, actor, merged.id),
        changes={
            key: [_shown(key, getattr(survivor, key), masked), _shown(key, value, masked)]
            for key, value in after.items()
            if key not in _UNSHOWN
        },
        moves={key: count for key, count in moves.items() if count},
        former=former,
        conflicts=likeness.conflicts(addresses[survivor.id], addresses[merged.id]),
        warnings=_warnings(survivor, merged, addresses),
        undo_days=UNDO_WITHIN.days,
    )


async def merge(db: Session, actor: Actor, survivor_id: UUID, merged_id: UUID, *, reason: str = "") -> MergeView:
    """Makes `merged_id` part of `survivor_id`: everything of theirs moves, and their id means the survivor from now on.

    Records are locked in the order of their ids: two merges that overlap happen one after the other, and the second
    is refused when a record of it is gone by then.
    """
    actor.require("customers.merge")
    if survivor_id == merged_id:
        raise Invalid.field("other_id", "customer_merge_same")
    rows = await repository.lock_records(db, [survivor_id, merged_id])
    if len(rows) < 2:
        raise NotFound("customer_not_found")
    survivor, merged = rows[survivor_id], rows[merged_id]
    if survivor.merged_into is not None or merged.merged_into is not None:
        raise Refused("customer_merged_already")
    addresses = await _addresses(db, survivor.id, merged.id)
    against = likeness.conflicts(addresses[survivor.id], addresses[merged.id])
    if against:
        raise Refused(f"customer_merge_{against[0]}")
    snapshot = audit.snapshot(survivor)
    after = likeness.combined(snapshot, audit.snapshot(merged))
    now = clock.now()
    row = MergeRow(
        id=new_id(),
        survivor_id=survivor.id,
        merged_id=merged.id,
        reason=reason.strip()[:500],
        before={key: _stored(snapshot[key]) for key in after},
        after={key: _stored(value) for key, value in after.items()},
        by=actor.id,
        by_name=actor.name[:120],
        at=now,
        undo_until=now + UNDO_WITHIN,
    )
    db.add(row)
    for key, value in after.items():
        setattr(survivor, key, value)
    merged.merged_into = survivor.id
    service.index(survivor)
    await db.flush()
    note = {"reason": [None, row.reason]} if row.reason else {}
    await audit.record(
        db, actor, "customer.merged", "customer", survivor.id, {"number": [merged.number, survivor.number], **note}
    )
    await audit.record(
        db, actor, "customer.merged_away", "customer", merged.id, {"number": [merged.number, survivor.number], **note}
    )
    fact = CustomerMerged(merge_id=row.id, survivor_id=survivor.id, merged_id=merged.id)
    await emit(db, fact, actor=actor, audience=service.AUDIENCE)
    for one in (survivor.id, merged.id):
        await service.announce(db, actor, one, (*after, "identities"))
    return await _view(db, row)


async def undo(db: Session, actor: Actor, merge_id: UUID) -> MergeView:
    """Takes a merge back: what moved goes back where it was, fields become what they were unless somebody has changed
    them since, and what came since stays with the survivor unless it came to an address that goes back."""
    actor.require("customers.merge")
    found = await repository.merge(db, merge_id)
    if found is None:
        raise NotFound("customer_merge_not_found")
    rows = await repository.lock_records(db, [found.survivor_id, found.merged_id])
    row = await repository.merge(db, merge_id, lock=True)
    assert row is not None
    if row.undone_at is not None:
        raise Refused("customer_merge_undone")
    if row.undo_until < clock.now():
        raise Refused("customer_merge_over", days=UNDO_WITHIN.days)
    survivor, merged = rows[row.survivor_id], rows[row.merged_id]
    if survivor.merged_into is not None:
        raise Refused("customer_merge_later_first")
    back = likeness.restored(_loaded_all(audit.snapshot(survivor)), _loaded_all(row.before), _loaded_all(row.after))
    for key, value in back.items():
        setattr(survivor, key, value)
    merged.merged_into = None
    row.undone_at, row.undone_by_name = clock.now(), actor.name[:120]
    service.index(survivor)
    await db.flush()
    numbers = {"number": [survivor.number, merged.number]}
    for one in (survivor.id, merged.id):
        await audit.record(db, actor, "customer.unmerged", "customer", one, numbers)
    fact = CustomerUnmerged(merge_id=row.id, survivor_id=survivor.id, merged_id=merged.id)
    # Addresses go first: other rooms tell by them whose is what came since.
    await following.give_back(db, following.FOLLOWED["customer_identities.customer_id"], fact, actor)
    await emit(db, fact, actor=actor, audience=service.AUDIENCE)
    for one in (survivor.id, merged.id):
        await service.announce(db, actor, one, (*back, "identities"))
    return await _view(db, row)


async def merges(db: Session, customer_id: UUID) -> list[MergeView]:
    """The merges that made this customer's record, newest first; undone ones included."""
    current = await service.current(db, customer_id)
    family = [current, *(row.id for row in await repository.former(db, current))]
    rows = await repository.merges(db, family)
    numbers = {
        row.id: row for row in await repository.records(db, {one for r in rows for one in (r.survivor_id, r.merged_id)})
    }
    return [_merge_view(row, numbers) for row in rows]


@every(60, name="customers.stragglers")
async def follow_stragglers(runtime: Runtime) -> None:
    """Work that had read a record just before it became part of another may have written to it since: it follows, too."""
    async with runtime.db.read() as db:
        fresh = await repository.recent_merges(db, clock.now() - STRAGGLERS_FOR)
    for merge_id, survivor_id, merged_id in fresh:
        await runtime.db.run(partial(_gather_late, merge_id=merge_id, survivor_id=survivor_id, merged_id=merged_id))


async def _gather_late(db: Session, *, merge_id: UUID, survivor_id: UUID, merged_id: UUID) -> None:
    rows = await repository.lock_records(db, [survivor_id, merged_id])
    merged = rows.get(merged_id)
    if merged is None or merged.merged_into != survivor_id:
        return
    for one in following.FOLLOWED.values():
        await following.gather(db, one, merge_id, merged_id, survivor_id, Actor.system())


async def _pair(db: Session, survivor_id: UUID, merged_id: UUID) -> tuple[CustomerRow, CustomerRow]:
    survivor, merged = await repository.record(db, survivor_id), await repository.record(db, merged_id)
    if survivor is None or merged is None:
        raise NotFound("customer_not_found")
    if survivor.id == merged.id:
        raise Invalid.field("other_id", "customer_merge_same")
    if survivor.merged_into is not None or merged.merged_into is not None:
        raise Refused("customer_merged_already")
    return survivor, merged


async def _addresses(db: Session, *ids: UUID) -> dict[UUID, list[Address]]:
    rows = await repository.identities(db, ids)
    return {one: [address_of(row) for row in rows.get(one, [])] for one in ids}


def address_of(row: IdentityRow) -> Address:
    return Address(row.kind, row.scope, row.value)


def _warnings(survivor: CustomerRow, merged: CustomerRow, addresses: Mapping[UUID, Sequence[Address]]) -> list[str]:
    """What is worth a second look, as codes."""
    found: list[str] = []
    if survivor.name and merged.name and survivor.name.casefold() != merged.name.casefold():
        found.append("names_differ")
    if (survivor.blocked_at is None) != (merged.blocked_at is None):
        found.append("blocked")
    if survivor.phone and merged.phone and survivor.phone != merged.phone:
        found.append("phones_differ")
    if survivor.email and merged.email and survivor.email != merged.email:
        found.append("emails_differ")
    mine = {(a.kind, a.scope) for a in addresses[survivor.id] if a.scope and a.kind not in ("visitor", "external")}
    if any((a.kind, a.scope) in mine for a in addresses[merged.id]):
        found.append("two_addresses")
    for one, other in ((survivor.id, merged.id), (merged.id, survivor.id)):
        signed_in = {a.scope for a in addresses[one] if a.kind == "external"}
        visits = {a.scope for a in addresses[one] if a.kind == "visitor"} - signed_in
        if visits & {a.scope for a in addresses[other] if a.scope}:
            found.append("visitor")
            break
    return found


async def _view(db: Session, row: MergeRow) -> MergeView:
    numbers = {one.id: one for one in await repository.records(db, {row.survivor_id, row.merged_id})}
    return _merge_view(row, numbers)


def _merge_view(row: MergeRow, records: Mapping[UUID, CustomerRow]) -> MergeView:
    survivor, merged = records[row.survivor_id], records[row.merged_id]
    return MergeView(
        id=row.id,
        survivor_id=survivor.id,
        survivor_number=survivor.number,
        merged_id=merged.id,
        merged_number=merged.number,
        merged_name=merged.name,
        reason=row.reason,
        by_name=row.by_name,
        at=row.at,
        undo_until=row.undo_until,
        undone_at=row.undone_at,
        undone_by_name=row.undone_by_name,
        undoable=row.undone_at is None and row.undo_until >= clock.now() and survivor.merged_into is None,
    )


def _shown(key: str, value: Any, masked: bool) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    kind = marks(CustomerRow).get(key)
    return mask(kind, value) if masked and kind in ("phone", "email") else value


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _loaded_all(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: datetime.fromisoformat(value) if key in _TIMES and isinstance(value, str) else value
        for key, value in fields.items()
    }
