"""Who follows when two records become one: every column that holds a customer's id is named here by its own room.

A room says so once, in its `reactions.py`: `follow(OrderRow.customer_id, shown="orders")`. What was moved is noted by key,
so that undoing gives back exactly that. A test walks all tables for columns nobody has named.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.people.customers.events import CustomerMerged, CustomerUnmerged
from qiao.people.customers.models import MergeMoveRow

Keys = Sequence[Any]
"""Keys of rows: one value each, or one tuple where the key has several columns."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows that have just changed their customer, within the transaction that does it."""

    keys: Keys
    previous_id: UUID
    customer_id: UUID
    actor: Actor
    undone: bool = False


Then = Callable[[Session, Moved], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Followed:
    """A column of customers' ids. `shown` names it in the preview of a merge; without, it is too small to mention."""

    column: InstrumentedAttribute[Any]
    shown: str | None
    then: Then | None

    @property
    def place(self) -> str:
        return f"{self.own.table.name}.{self.own.name}"

    @property
    def own(self) -> Column[Any]:
        found: Column[Any] = self.column.property.columns[0]
        return found

    @property
    def keys(self) -> list[Column[Any]]:
        return list(self.own.table.primary_key.columns)


FOLLOWED: Final[dict[str, Followed]] = {}


def follow(
    column: InstrumentedAttribute[Any],
    *,
    shown: str | None = None,
    then: Then | None = None,
    before: Callable[[Session], Awaitable[None]] | None = None,
) -> None:
    """Makes the rows behind `column` follow their customer into a merge, and out of it again.

    `before` takes a lock the room needs first; `then` does what else changes with the customer.
    """
    one = Followed(column, shown, then)
    if one.place in FOLLOWED:
        return
    FOLLOWED[one.place] = one

    async def into(db: Session, fact: CustomerMerged, envelope: Envelope) -> None:
        if before is not None:
            await before(db)
        await gather(db, one, fact.merge_id, fact.merged_id, fact.survivor_id, _actor(envelope))

    async def out(db: Session, fact: CustomerUnmerged, envelope: Envelope) -> None:
        if before is not None:
            await before(db)
        await give_back(db, one, fact, _actor(envelope))

    in_transaction(CustomerMerged)(into)
    in_transaction(CustomerUnmerged)(out)


def _actor(envelope: Envelope) -> Actor:
    return Actor(kind=envelope.actor_kind, id=envelope.actor_id)  # type: ignore[arg-type]  # it came from an Actor


async def gather(db: Session, one: Followed, merge_id: UUID, merged_id: UUID, survivor_id: UUID, actor: Actor) -> int:
    """Gives the rows that are still the merged record's to the survivor, and notes which they were."""
    own, keys = one.own, one.keys
    done = await db.execute(update(own.table).where(own == merged_id).values({own: survivor_id}).returning(*keys))
    moved = [row[0] if len(keys) == 1 else tuple(row) for row in done]
    if not moved:
        return 0
    noted = [_plain(key) for key in moved]
    statement = insert(MergeMoveRow).values(merge_id=merge_id, place=one.place, row_keys=noted)
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["merge_id", "place"],
            set_={"row_keys": MergeMoveRow.row_keys.op("||")(statement.excluded.row_keys)},
        )
    )
    if one.then is not None:
        await one.then(db, Moved(moved, merged_id, survivor_id, actor))
    return len(moved)


async def moved(db: Session, merge_id: UUID, place: str) -> set[Any]:
    """Keys of the rows of a place that a merge has moved so far; the rooms move theirs one after the other."""
    query = select(MergeMoveRow.row_keys).where(MergeMoveRow.merge_id == merge_id, MergeMoveRow.place == place)
    return {_key(key, FOLLOWED[place].keys) for key in await db.scalar(query) or []}


async def give_back(db: Session, one: Followed, fact: CustomerUnmerged, actor: Actor) -> None:
    """Gives back what a merge moved, as far as it is still the survivor's."""
    own, keys = one.own, one.keys
    noted = await db.scalar(
        select(MergeMoveRow.row_keys).where(MergeMoveRow.merge_id == fact.merge_id, MergeMoveRow.place == one.place)
    )
    wanted = [_key(key, keys) for key in noted or []]
    if not wanted:
        return
    which = keys[0].in_(wanted) if len(keys) == 1 else tuple_(*keys).in_(wanted)
    # What has moved on since (another merge, a visitor who turned out to be somebody) stays where it is.
    done = await db.execute(
        update(own.table).where(which, own == fact.survivor_id).values({own: fact.merged_id}).returning(*keys)
    )
    moved = [row[0] if len(keys) == 1 else tuple(row) for row in done]
    if moved and one.then is not None:
        await one.then(db, Moved(moved, fact.survivor_id, fact.merged_id, actor, undone=True))


def _plain(key: Any) -> Any:
    return [_plain(part) for part in key] if isinstance(key, tuple) else str(key) if isinstance(key, UUID) else key


def _key(key: Any, columns: Sequence[Column[Any]]) -> Any:
    if len(columns) > 1:
        return tuple(_typed(part, column) for part, column in zip(key, columns, strict=True))
    return _typed(key, columns[0])


def _typed(value: Any, column: Column[Any]) -> Any:
    return UUID(value) if column.type.python_type is UUID else value


async def counts(db: Session, customer_id: UUID) -> dict[str, int]:
    """How many rows each place that is worth mentioning would move."""
    found: dict[str, int] = {}
    for one in FOLLOWED.values():
        if one.shown is not None:
            query = select(func.count()).select_from(one.own.table).where(one.own == customer_id)
            found[one.shown] = found.get(one.shown, 0) + int(await db.scalar(query) or 0)
    return found
