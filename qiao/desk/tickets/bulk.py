"""Many tickets at once, for importers and seeds: copied into the tables as they are, found by search at once.

Nothing is announced, routed or checked here beyond what the tables check: an import brings facts of another system. Whoever
calls fills `last_seq`-like counts by giving the entries; ids may be chosen so that loading again is refused by the key.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.core.db import Db
from qiao.core.ids import new_id
from qiao.core.text import search_tokens
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.searching import LONGEST, Finder

BATCH: Final = 5000
_TICKETS: Final = (
    "id", "number", "type_id", "title", "description", "status", "state", "priority", "tier", "source", "channel",
    "locale", "customer_id", "requester_id", "assignee_id", "department_id", "data", "tags", "due_at", "next_due_at",
    "next_due_kind", "breached", "rating", "key", "version", "last_seq", "reopened", "created_by_kind", "created_by",
    "created_at", "updated_at", "first_response_at", "customer_wrote_at", "solved_at", "closed_at",
)  # fmt: skip
_ENTRIES: Final = (
    "id", "ticket_id", "seq", "kind", "author_kind", "author_id", "author_name", "body", "payload", "created_at",
)  # fmt: skip


@dataclass(slots=True)
class BulkEntry:
    kind: str
    author_kind: str
    body: str
    created_at: datetime
    author_id: UUID | None = None
    author_name: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class BulkTicket:
    """One ticket as it stood elsewhere. `key` refuses a second load of the same."""

    type_id: UUID
    title: str
    status: str
    state: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    priority: int = 1
    tier: int = 1
    source: str = "import"
    channel: str | None = None
    locale: str = "zh-CN"
    customer_id: UUID | None = None
    requester_id: UUID | None = None
    assignee_id: UUID | None = None
    department_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    due_at: datetime | None = None
    next_due_at: datetime | None = None
    next_due_kind: str | None = None
    breached: bool = False
    rating: int | None = None
    key: str | None = None
    reopened: int = 0
    created_by_kind: str = "system"
    created_by: UUID | None = None
    first_response_at: datetime | None = None
    customer_wrote_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    entries: Sequence[BulkEntry] = ()
    id: UUID = field(default_factory=new_id)


async def load(
    db: Db,
    tickets: Iterable[BulkTicket],
    definitions: Mapping[UUID, Definition],
    *,
    batch: int = BATCH,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Copies tickets in, a transaction per batch. Returns how many. `definitions` by type: what fields are found by."""
    pool = await db.raw()
    finders = {key: (one.prefix, Finder(one)) for key, one in definitions.items()}
    source = iter(tickets)
    done = 0
    async with pool.acquire() as connection:
        while rows := list(islice(source, batch)):
            async with connection.transaction():
                first = await connection.fetchval(
                    "SELECT setval(s, nextval(s) + $1 - 1) - $1 + 1"
                    " FROM (SELECT pg_get_serial_sequence('tickets', 'number')::regclass AS s) q",
                    len(rows),
                )
                for column, name in ((_tickets(rows, first), "tickets"), (_entries(rows), "ticket_entries")):
                    await connection.copy_to_table(
                        name, source=column, columns=_TICKETS if name == "tickets" else _ENTRIES, format="text"
                    )
                await connection.copy_to_table(
                    "ticket_search",
                    source=_search(rows, first, finders),
                    columns=("ticket_id", "tokens"),
                    format="text",
                )
            done += len(rows)
            if on_progress is not None:
                on_progress(done)
    return done


_REBUILT: Final = ("ix_ticket_search_tokens", "ix_tickets_data", "ix_tickets_tags")


@asynccontextmanager
async def indexes_last(db: Db, *, memory: str = "512MB") -> AsyncIterator[None]:
    """Builds the large indexes once after a first load instead of row by row, and tells the planner what there is.

    For a company that has no tickets yet: searches meanwhile read whole tables.
    """
    pool = await db.raw()
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY($1::text[])", list(_REBUILT)
        )
        for row in rows:
            await connection.execute(f'DROP INDEX "{row["indexname"]}"')
    try:
        yield
    finally:
        async with pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute("SELECT set_config('maintenance_work_mem', $1, true)", memory)
                for row in rows:
                    await connection.execute(row["indexdef"])
            for table in ("tickets", "ticket_search", "ticket_entries"):
                await connection.execute(f"VACUUM (ANALYZE) {table}")


class _Lines:
    """An asynchronous source of COPY's text format over an ordinary iterator of rows."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = iter(rows)

    def __aiter__(self) -> "_Lines":
        return self

    async def __anext__(self) -> bytes:
        lines = ["\t".join(map(_copied, row)) for row in islice(self._rows, 500)]
        if not lines:
            raise StopAsyncIteration
        return ("\n".join(lines) + "\n").encode()


_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": ""})


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode().translate(_ESCAPES)
    if isinstance(value, list | tuple):
        quoted = ",".join('"' + str(one).replace("\\", "\\\\").replace('"', '\\"') + '"' for one in value)
        return ("{" + quoted + "}").translate(_ESCAPES)
    return str(value)


def _tickets(rows: Sequence[BulkTicket], first: int) -> _Lines:
    def values() -> Iterable[Sequence[Any]]:
        for number, row in enumerate(rows, first):
            yield [
                number
                if name == "number"
                else 1
                if name == "version"
                else len(row.entries)
                if name == "last_seq"
                else tuple(row.tags)
                if name == "tags"
                else max(filter(None, (row.updated_at, row.solved_at, row.closed_at)))  # lists count on it
                if name == "updated_at"
                else getattr(row, name)
                for name in _TICKETS
            ]

    return _Lines(values())


def _entries(rows: Sequence[BulkTicket]) -> _Lines:
    return _Lines(
        (new_id(), row.id, seq, one.kind, one.author_kind, one.author_id, one.author_name, one.body, one.payload,
         one.created_at)
        for row in rows
        for seq, one in enumerate(row.entries, 1)
    )  # fmt: skip


def _search(rows: Sequence[BulkTicket], first: int, finders: Mapping[UUID, tuple[str, Finder]]) -> _Lines:
    def values() -> Iterable[Sequence[Any]]:
        for number, row in enumerate(rows, first):
            prefix, finder = finders[row.type_id]
            parts = [row.title, row.description, *finder.words(row.data)]
            for one in row.entries:
                parts.append(one.body)
                files = one.payload.get("files") or []
                parts += [str(file["name"]) for file in files if isinstance(file, dict) and file.get("name")]
            tokens = {f"'{number}'", f"'{prefix.lower()}'", f"'{prefix.lower()}{number}'"}
            left = LONGEST
            for part in parts:
                if part and left > 0:
                    tokens.update(_quoted(part[:left]) if len(part) > 400 else _known(part))
                    left -= len(part)
            yield row.id, " ".join(tokens)

    return _Lines(values())


def _quoted(part: str) -> list[str]:
    return ["'" + one.replace("\\", "\\\\").replace("'", "''") + "'" for one in search_tokens(part)]


@lru_cache(maxsize=200_000)
def _known(part: str) -> tuple[str, ...]:
    """Short texts repeat in what other systems export: titles, stock phrases, names of files."""
    return tuple(_quoted(part))
