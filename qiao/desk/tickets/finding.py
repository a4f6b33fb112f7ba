"""Reading lists of tickets: one page, how many, how many per group, at any size of the table.

Whatever is asked, the order of a list has an index. A page first walks the nearest stretch of it and tests each row, which
is all it takes when matches are common; when the stretch holds too few, matches are rare, and are gathered by what makes
them rare and put in order afterwards. Neither trusts the planner's guess of how matches are spread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid
from qiao.core.text import query_tokens
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.tickets import repository
from qiao.desk.tickets.filters import LIVE, Filter
from qiao.desk.tickets.models import Ticket, TicketEntry, TicketInvolved, TicketSearch, TicketType
from qiao.desk.tickets.policy import parse_ref
from qiao.desk.tickets.types import known
from qiao.desk.tickets.types.known import Kind

SortKey = Literal["updated", "created", "due", "next_due", "priority", "number", "customer_wrote"]
WINDOW: Final = 3000
"""Rows tested in order before it is clear how rare matches are."""
FAR: Final = 60_000
"""How far a list is walked for matches no index finds, or that are too many to be gathered."""
COUNTED: Final = 10_000
"""Counts are exact up to here; beyond it is only said that there are more."""
MOST_GROUPS: Final = 500
_INVOLVED: Final = 2000
_KEYS: Final[Mapping[str, tuple[Any, ...]]] = {
    "updated": (Ticket.updated_at,),
    "created": (Ticket.created_at,),
    "due": (Ticket.due_at,),
    "next_due": (Ticket.next_due_at,),
    "priority": (Ticket.priority, Ticket.updated_at),
    "number": (Ticket.number,),
    "customer_wrote": (Ticket.customer_wrote_at,),
}
_LIVE_APART: Final = (_KEYS["updated"], _KEYS["created"])
"""Orders with an index of what is not done yet."""
_EMPTY_LAST: Final = frozenset({"due", "next_due", "customer_wrote"})
_LIVE_ONLY: Final = text("tickets.status IN ('new','open','pending','on_hold')")  # word for word what the indexes say
_COLUMNS: Final = (
    "id", "number", "type_id", "title", "status", "state", "priority", "tier", "source", "channel", "customer_id",
    "requester_id", "conversation_id", "assignee_id", "department_id", "parent_id", "merged_into_id", "tags",
    "waiting_on", "due_at", "next_due_at", "next_due_kind", "breached", "rating", "version", "reopened", "created_by",
    "created_at", "updated_at", "first_response_at", "customer_wrote_at", "solved_at", "closed_at",
)  # fmt: skip


class TicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as a list holds it: ids, no names. `data` are all of its fields where they were asked for, else empty."""

    id: UUID
    number: int
    type_id: UUID
    title: str
    status: str
    state: str
    priority: int
    tier: int
    source: str
    channel: str | None
    customer_id: UUID | None
    requester_id: UUID | None
    conversation_id: UUID | None
    assignee_id: UUID | None
    department_id: UUID | None
    parent_id: UUID | None
    merged_into_id: UUID | None
    tags: list[str]
    waiting_on: dict[str, Any] | None
    due_at: datetime | None
    next_due_at: datetime | None
    next_due_kind: str | None
    breached: bool
    rating: int | None
    version: int
    reopened: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    customer_wrote_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    data: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tickets an actor may see, as SQL. `all`: every one."""

    where: ColumnElement[bool]
    all: bool


@dataclass(frozen=True, slots=True)
class Searched(Filter):
    """A filter with words. `probe` says the same as `where` of a single row, for rows tested one by one in their order."""

    probe: ColumnElement[bool]


async def catalogue(db: Session) -> dict[UUID, Kind]:
    """Every type in its order, archived ones too."""
    rows = await db.execute(select(TicketType.id).order_by(TicketType.position, TicketType.key))
    order = list(rows.scalars())
    kinds = await known.by_ids(db, order)
    return {type_id: kinds[type_id] for type_id in order if type_id in kinds}


async def prepare(db: Session) -> None:
    """Lists are planned for their values: which index serves depends on them."""
    await db.execute(
        text("SELECT set_config('plan_cache_mode','force_custom_plan',true), set_config('jit','off',true)")
    )


async def scope_of(db: Session, actor: Actor) -> Scope:
    """`repository.visible_to`, with the tickets one is involved in by id where they are few: an index can use those."""
    if actor.kind != "user" or actor.id is None or actor.may("tickets.view_all"):
        where = repository.visible_to(actor)
        return Scope(where, all=actor.kind in ("system", "bot") or actor.may("tickets.view_all"))
    handles = actor.may("tickets.handle")
    if not handles and not actor.may("tasks.handle"):
        return Scope(false(), all=False)
    party = and_(TicketInvolved.kind == "user", TicketInvolved.party_id == actor.id)
    if actor.department_id is not None:
        party = or_(party, and_(TicketInvolved.kind == "department", TicketInvolved.party_id == actor.department_id))
    rows = await db.execute(select(TicketInvolved.ticket_id).where(party).limit(_INVOLVED + 1))
    involved = list(rows.scalars())
    if len(involved) > _INVOLVED:
        return Scope(repository.visible_to(actor), all=False)
    mine: list[ColumnElement[bool]] = [Ticket.assignee_id == actor.id]
    if handles:
        mine += [Ticket.created_by == actor.id, Ticket.requester_id == actor.id, Ticket.department_id.is_(None)]
        if actor.department_id is not None:
            mine.append(Ticket.department_id == actor.department_id)
    if involved:
        mine.append(Ticket.id == any_(literal(involved, ARRAY(Uuid()))))
    return Scope(or_(*mine), all=False)


def with_words(found: Filter, query: str) -> Filter:
    """The filter narrowed to tickets that hold all words of `query`, or whose number it is."""
    tokens = sorted(set(query_tokens(query)))
    if not tokens:
        number = number_in(query)
        here = Ticket.number == number if number is not None else false()
        return Filter(and_(found.where, here), live=found.live, narrow=True)
    held = TicketSearch.tokens.op("@@")(cast(" & ".join(_quoted(token) for token in tokens), TSQUERY))
    own = TicketSearch.ticket_id == Ticket.id
    return Searched(
        and_(found.where, exists().where(own, held)),
        live=found.live,
        narrow=True,
        # A subquery of its own for each row: the planner cannot turn it into reading everything the index finds.
        probe=and_(found.where, select(held).where(own).correlate(Ticket).scalar_subquery()),
    )


def number_in(query: str) -> int | None:
    """The number a query is: `R-10023`, `#10023`, `10023`."""
    found = parse_ref(query)
    return found if found is not None and found < 2**62 else None


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


# -- pages -------------------------------------------------------------------------------------------------------------


async def page(
    db: Session,
    scope: Scope,
    found: Filter,
    *,
    sort: SortKey,
    descending: bool,
    cursor: str | None,
    limit: int,
    data: bool,
) -> tuple[list[TicketRow], str | None]:
    """One page in order and the cursor of the next. Where the key of the order is empty a ticket stands at the end."""
    part, after = _position(cursor, sort, descending)
    rows: list[Any] = []
    parts = (0, 1) if sort in _EMPTY_LAST else (0,)
    for number in parts[part:]:
        keys, down = (_KEYS[sort], descending) if number == 0 else (_KEYS["updated"], True)
        here = []
        if sort in _EMPTY_LAST:
            column = _KEYS[sort][0]
            here.append(column.is_not(None) if number == 0 else column.is_(None))
        rows += [
            (number, row)
            for row in await _stretch(db, scope, found, keys, down, here, after, limit + 1 - len(rows), data)
        ]
        after = None
        if len(rows) > limit:
            break
    following = None
    if len(rows) > limit:
        number, last = rows[limit - 1]
        names = [key.key for key in (_KEYS[sort] if number == 0 else _KEYS["updated"])]
        following = encode_cursor(sort, descending, number, [getattr(last, name) for name in names], last.id)
    return [_row(row) for _, row in rows[:limit]], following


def _position(cursor: str | None, sort: str, descending: bool) -> tuple[int, list[Any] | None]:
    decoded = decode_cursor(cursor, tuple[str, bool, int, list[Any], UUID])
    if decoded is None:
        return 0, None
    of, down, part, values, last = decoded
    if of != sort or down != descending or part not in (0, 1) or (part == 1 and sort not in _EMPTY_LAST):
        raise Invalid.field("cursor", "cursor_invalid")
    keys = _KEYS[sort] if part == 0 else _KEYS["updated"]
    try:
        typed = [
            int(value) if key.key in ("priority", "number") else datetime.fromisoformat(value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (TypeError, ValueError):
        raise Invalid.field("cursor", "cursor_invalid") from None
    return part, [*typed, last]


async def _stretch(
    db: Session,
    scope: Scope,
    found: Filter,
    keys: Sequence[Any],
    down: bool,
    here: Sequence[ColumnElement[bool]],
    after: list[Any] | None,
    limit: int,
    data: bool,
) -> list[Any]:
    place = func.row(*keys, Ticket.id)
    order = [key.desc() if down else key.asc() for key in (*keys, Ticket.id)]
    walked: list[Any] = [*here]
    if found.live and keys in _LIVE_APART:
        # Elsewhere, said a second time, it makes the planner think that there are few, and leave the order's index.
        walked.append(_LIVE_ONLY)
    if after is not None:
        walked.append(place < func.row(*after) if down else place > func.row(*after))
    tested = found.probe if isinstance(found, Searched) else found.where
    columns = [getattr(Ticket, name) for name in _COLUMNS]
    if data:
        columns.append(Ticket.data)
    plain = select(*columns).where(*walked, tested, scope.where).order_by(*order).limit(limit)
    for window in (WINDOW, FAR):
        edge = (
            await db.execute(select(*keys, Ticket.id).where(*walked).order_by(*order).offset(window).limit(1))
        ).one_or_none()
        if edge is None:
            return list(await db.execute(plain))
        within = place >= func.row(*edge) if down else place <= func.row(*edge)
        rows = list(await db.execute(plain.where(within)))
        if len(rows) >= limit:
            return rows
        if window == WINDOW and found.narrow and len(rows) * (4 if scope.all else 10) >= limit:
            continue  # They stand close: what an index finds grows with all there is, the way to the next ones does not.
        if found.narrow or (not scope.all and await _few(db, scope)):
            asked = [*walked, found.where, scope.where]
            gathered = select(Ticket.id).where(*asked).cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")
            query = select(*columns).join(gathered, gathered.c.id == Ticket.id).order_by(*order).limit(limit)
            return list(await db.execute(query))
    return list(await db.execute(plain))


async def _few(db: Session, scope: Scope) -> bool:
    """Whether all an actor may see is little enough to be gathered."""
    some = select(Ticket.id).where(scope.where).limit(COUNTED * 2).subquery()
    return int(await db.scalar(select(func.count()).select_from(some)) or 0) < COUNTED * 2


def _row(row: Any) -> TicketRow:
    return TicketRow(**row._mapping)


# -- figures -----------------------------------------------------------------------------------------------------------


async def count(db: Session, scope: Scope, found: Filter) -> int:
    """How many there are, up to one more than `COUNTED`."""
    query = select(Ticket.id).where(*_asked(scope, found)).limit(COUNTED + 1)
    return int(await db.scalar(select(func.count()).select_from(query.subquery())) or 0)


async def groups(db: Session, scope: Scope, found: Filter, key: Any) -> list[tuple[Any, int]]:
    """How many there are for each value of `key`, most first."""
    value = key.label("value")
    number = func.count().label("number")
    query = (
        select(value, number)
        .select_from(Ticket)
        .where(*_asked(scope, found))
        .group_by(text("1"))
        .order_by(number.desc(), text("1"))
        .limit(MOST_GROUPS)
    )
    return [(row.value, int(row.number)) for row in await db.execute(query)]


def group_key(by: str, *, listed: bool = False) -> Any:
    """The column or expression lists are grouped by; a tag, or one of several choices, counts in each of its groups."""
    plain = {
        "status": Ticket.status,
        "state": Ticket.state,
        "type": Ticket.type_id,
        "assignee": Ticket.assignee_id,
        "department": Ticket.department_id,
        "customer": Ticket.customer_id,
        "requester": Ticket.requester_id,
        "priority": Ticket.priority,
        "tier": Ticket.tier,
        "source": Ticket.source,
        "channel": Ticket.channel,
    }
    if by in plain:
        return plain[by]
    nothing = cast([None], ARRAY(Text))
    if by == "tag":
        return func.unnest(func.coalesce(func.nullif(Ticket.tags, cast([], ARRAY(Text))), nothing))
    value = Ticket.data[by.removeprefix("fields.")]
    if not listed:
        return value.astext
    filled = and_(func.jsonb_typeof(value) == "array", value != literal([], JSONB))
    return func.jsonb_array_elements_text(case((filled, value), else_=literal([None], JSONB)))


def _asked(scope: Scope, found: Filter) -> list[Any]:
    return [*([_LIVE_ONLY] if found.live else []), found.where, scope.where]


async def ids(db: Session, scope: Scope, found: Filter, limit: int) -> list[UUID]:
    """The ids of what is asked for, oldest first."""
    query = select(Ticket.id).where(*_asked(scope, found)).order_by(Ticket.id).limit(limit)
    return list((await db.execute(query)).scalars())


async def visible(db: Session, scope: Scope, wanted: Sequence[UUID]) -> set[UUID]:
    """Those of `wanted` that are in scope."""
    query = select(Ticket.id).where(Ticket.id == any_(literal(list(wanted), ARRAY(Uuid()))), scope.where)
    return set((await db.execute(query)).scalars())


async def rows_of(db: Session, scope: Scope, wanted: Sequence[UUID], *, data: bool = False) -> list[TicketRow]:
    columns = [getattr(Ticket, name) for name in _COLUMNS] + ([Ticket.data] if data else [])
    query = select(*columns).where(Ticket.id == any_(literal(list(wanted), ARRAY(Uuid()))), scope.where)
    return [_row(row) for row in await db.execute(query)]


async def texts_of(db: Session, wanted: Sequence[UUID]) -> tuple[dict[UUID, str], dict[UUID, list[str]]]:
    """Descriptions, and what was written and attached, of a few tickets: to show where a word stands."""
    if not wanted:
        return {}, {}
    described = await db.execute(select(Ticket.id, Ticket.description).where(Ticket.id.in_(wanted)))
    written = await db.execute(
        select(TicketEntry.ticket_id, TicketEntry.body, TicketEntry.payload["files"])
        .where(TicketEntry.ticket_id.in_(wanted), TicketEntry.kind.in_(("comment", "note")))
        .order_by(TicketEntry.ticket_id, TicketEntry.seq)
        .limit(2000)
    )
    entries: dict[UUID, list[str]] = {}
    for ticket_id, body, files in written:
        parts = entries.setdefault(ticket_id, [])
        parts.append(body)
        parts += [str(one.get("name")) for one in files or [] if isinstance(one, dict) and one.get("name")]
    return {row.id: row.description for row in described}, entries


def all_live() -> Filter:
    return Filter(Ticket.status.in_(LIVE), live=True, narrow=False)


def nothing_asked() -> Filter:
    return Filter(true(), live=False, narrow=False)
