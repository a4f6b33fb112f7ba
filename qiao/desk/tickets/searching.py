"""What a ticket can be found by: its number, title, description, fields, what was written and attached."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text

from qiao.core.db import Session
from qiao.core.text import search_tokens
from qiao.desk.tickets.definition import Definition, Option
from qiao.desk.tickets.models import Ticket, TicketEntry
from qiao.desk.tickets.types import known

LONGEST: Final = 200_000
"""Characters of one ticket that are indexed."""
_BETWEEN: Final = "\x1f"
_WORDY: Final = frozenset({"text", "long_text", "order", "phone", "email", "number"})
_CHOSEN: Final = frozenset({"choice", "choices", "cascade"})
_FOUND: Final = _WORDY | _CHOSEN | {"file", "table"}


class Finder:
    """What the fields of a type are found by. Names of options are looked up once, not for every ticket."""

    def __init__(self, definition: Definition) -> None:
        # What only certain roles may read is left out: a search must not tell.
        self.specs = [
            spec
            for spec in definition.fields
            if spec.searchable and not spec.view_roles and "staff" in spec.sides and spec.kind in _FOUND
        ]
        self._labels = {spec.key: _labels(spec.options) for spec in self.specs if spec.kind in _CHOSEN}

    def words(self, data: Mapping[str, Any]) -> Iterable[str]:
        for spec in self.specs:
            value = data.get(spec.key)
            if value is None:
                continue
            if spec.kind in _WORDY:
                yield str(value)
            elif spec.kind in _CHOSEN:
                labels = self._labels[spec.key]
                for one in value if isinstance(value, list) else [value]:
                    yield from labels.get(str(one), ())
            elif spec.kind == "file" and isinstance(value, list):
                yield from (str(one["name"]) for one in value if isinstance(one, Mapping) and one.get("name"))
            elif spec.kind == "table" and isinstance(value, list):
                yield from (str(cell) for row in value if isinstance(row, Mapping) for cell in row.values())


def _labels(options: Sequence[Option]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for option in options:
        found.setdefault(option.key, []).extend(option.label.values())
        for key, labels in _labels(option.children).items():
            found.setdefault(key, []).extend(labels)
    return found


async def ids_of_type(db: Session, type_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Tickets of a type, by id."""
    query = select(Ticket.id).where(Ticket.type_id == type_id)
    if after is not None:
        query = query.where(Ticket.id > after)
    return list((await db.execute(query.order_by(Ticket.id).limit(limit))).scalars())


async def index(db: Session, ids: Iterable[UUID]) -> None:
    """Writes the tokens of tickets anew. Safe to repeat."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return
    columns = (Ticket.id, Ticket.number, Ticket.type_id, Ticket.title, Ticket.description, Ticket.data)
    rows = list(await db.execute(select(*columns).where(Ticket.id.in_(wanted))))
    kinds = await known.by_ids(db, [row.type_id for row in rows])
    entries = await db.execute(
        select(TicketEntry.ticket_id, TicketEntry.body, TicketEntry.payload["files"])
        .where(TicketEntry.ticket_id.in_(wanted), TicketEntry.kind.in_(("comment", "note", "event")))
        .order_by(TicketEntry.ticket_id, TicketEntry.seq.desc())
        .limit(5000)
    )
    written: dict[UUID, list[str]] = {}
    for ticket_id, body, files in entries:
        parts = written.setdefault(ticket_id, [])
        parts.append(body)
        parts += [str(one["name"]) for one in files or [] if isinstance(one, Mapping) and one.get("name")]
    finders = {key: Finder(kind.definition) for key, kind in kinds.items()}
    found: list[tuple[UUID, str]] = []
    for row in rows:
        definition = kinds[row.type_id].definition
        parts = [str(row.number), f"{definition.prefix}-{row.number}", row.title, row.description]
        parts += [*finders[row.type_id].words(row.data), *written.get(row.id, ())]
        found.append((row.id, _BETWEEN.join(sorted(set(search_tokens("\n".join(parts)[:LONGEST]))))))
        await asyncio.sleep(0)  # cutting words is the processor's work
    if not found:
        return
    await db.execute(
        text(
            "INSERT INTO ticket_search (ticket_id, tokens)"
            " SELECT i, array_to_tsvector(string_to_array(t, :between))"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS text[])) AS n(i, t)"
            " ON CONFLICT (ticket_id) DO UPDATE SET tokens = excluded.tokens"
        ),
        {"ids": [one for one, _ in found], "tokens": [tokens for _, tokens in found], "between": _BETWEEN},
    )
