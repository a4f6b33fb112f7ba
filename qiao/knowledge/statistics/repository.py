"""Every query of knowledge statistics."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, String, and_, case, cast, delete, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.knowledge.articles.audience import Reader, readable
from qiao.knowledge.articles.headings import headings
from qiao.knowledge.statistics.models import COUNTERS, SearchDayRow, TextDayRow, UseRow
from qiao.knowledge.statistics.schemas import Use

_BATCH = 1000
READS = ("views", "cards", "inserted", "answered")


# -- writing -----------------------------------------------------------------------------------------------------------


async def add(db: Session, counts: Mapping[tuple[date, UUID], Mapping[str, int]]) -> None:
    """Adds to the rollup, in one order so that two writers never wait for each other in a circle."""
    rows = [
        {"day": day, "item_id": item, **{name: by.get(name, 0) for name in COUNTERS}}
        for (day, item), by in sorted(counts.items(), key=lambda pair: (pair[0][0], str(pair[0][1])))
    ]
    for start in range(0, len(rows), _BATCH):
        statement = insert(TextDayRow).values(rows[start : start + _BATCH])
        sums = {name: getattr(TextDayRow, name) + statement.excluded[name] for name in COUNTERS}
        await db.execute(statement.on_conflict_do_update(index_elements=["day", "item_id"], set_=sums))


async def write_uses(db: Session, uses: Sequence[Use]) -> list[Use]:
    """Those that were not known yet."""
    fresh: list[Use] = []
    for start in range(0, len(uses), _BATCH):
        rows = [
            {"conversation_id": u.conversation_id, "item_id": u.item_id, "kind": u.kind, "seq": u.seq, "at": u.at}
            for u in uses[start : start + _BATCH]
        ]
        statement = insert(UseRow).values(rows).on_conflict_do_nothing()
        done = await db.execute(
            statement.returning(UseRow.item_id, UseRow.conversation_id, UseRow.kind, UseRow.seq, UseRow.at)
        )
        fresh += [Use(row[0], row[1], row[2], row[3], row[4]) for row in done]  # type: ignore[arg-type]  # as written
    return fresh


async def answers_in(db: Session, conversation_ids: Iterable[UUID]) -> list[tuple[UUID, UUID, datetime]]:
    """(conversation, text, when) of what answered in conversations."""
    query = select(UseRow.conversation_id, UseRow.item_id, func.min(UseRow.at)).where(
        UseRow.conversation_id.in_(list(conversation_ids)), UseRow.kind == "answered"
    )
    return [
        (row[0], row[1], row[2]) for row in await db.execute(query.group_by(UseRow.conversation_id, UseRow.item_id))
    ]


async def add_searches(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    ordered = sorted(rows, key=lambda row: (row["day"], row["locale"], row["words"]))
    for start in range(0, len(ordered), _BATCH):
        statement = insert(SearchDayRow).values(ordered[start : start + _BATCH])
        fresh = {
            "count": SearchDayRow.count + statement.excluded.count,
            "found": statement.excluded.found,
            "last_at": func.greatest(SearchDayRow.last_at, statement.excluded.last_at),
        }
        await db.execute(statement.on_conflict_do_update(index_elements=["day", "locale", "words"], set_=fresh))


async def forget(db: Session, before: date, at: datetime) -> None:
    await db.execute(delete(SearchDayRow).where(SearchDayRow.day < before))
    await db.execute(delete(UseRow).where(UseRow.at < at))


# -- reading -----------------------------------------------------------------------------------------------------------


def _sums(since: date, until: date) -> Any:
    columns = [func.sum(getattr(TextDayRow, name)).label(name) for name in COUNTERS]
    return (
        select(TextDayRow.item_id, *columns)
        .where(TextDayRow.day >= since, TextDayRow.day <= until)
        .group_by(TextDayRow.item_id)
        .subquery("sums")
    )


def _joined(since: date, until: date) -> tuple[Any, Any, dict[str, Any]]:
    """Texts, their sums, and the columns one may sort by."""
    texts, sums = headings(), _sums(since, until)
    columns: dict[str, Any] = {name: func.coalesce(sums.c[name], 0) for name in COUNTERS}
    columns["reads"] = sum((columns[name] for name in READS[1:]), columns[READS[0]])
    votes = columns["useful"] + columns["useless"]
    columns["handover_rate"] = case(
        (columns["answered"] > 0, cast(columns["handed_over"], Float) / columns["answered"]), else_=literal(-1.0)
    )
    columns["useful_rate"] = case((votes > 0, cast(columns["useful"], Float) / votes), else_=literal(-1.0))
    columns["title"] = cast(texts.c.title, String)
    return texts, sums, columns


def _conditions(
    texts: Any, sums: Any, columns: Mapping[str, Any], reader: Reader, filters: Mapping[str, Any]
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        or_(texts.c.status == "published", sums.c.item_id.is_not(None)),
        readable(texts.c.readers, reader),
    ]
    for name in ("source", "locale", "category_id", "id"):
        if filters.get(name) is not None:
            found.append(texts.c[name] == filters[name])
    if words := filters.get("q"):
        pattern = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found.append(texts.c.title.ilike(f"%{pattern}%"))
    match filters.get("only"):
        case "read":
            found.append(columns["reads"] > 0)
        case "unread":
            found.append(and_(texts.c.status == "published", columns["reads"] + columns["offered"] == 0))
        case "handed_over":
            found.append(columns["handed_over"] > 0)
        case "disliked":
            found.append(columns["useless"] > 0)
    return found


async def texts_page(
    db: Session,
    reader: Reader,
    since: date,
    until: date,
    *,
    sort: str,
    descending: bool,
    after: tuple[Any, UUID] | None,
    limit: int,
    **filters: Any,
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Texts with their sums, and the sort key of each."""
    texts, sums, columns = _joined(since, until)
    key = columns[sort]
    query = (
        select(
            texts.c.id,
            texts.c.source,
            texts.c.locale,
            texts.c.title,
            texts.c.status,
            texts.c.category_id,
            *(columns[name].label(name) for name in COUNTERS),
            key.label("key"),
        )
        .select_from(texts.outerjoin(sums, sums.c.item_id == texts.c.id))
        .where(*_conditions(texts, sums, columns, reader, filters))
    )
    if after is not None:
        place = tuple_(key, texts.c.id)
        query = query.where(place < after if descending else place > after)
    order = (key.desc(), texts.c.id.desc()) if descending else (key, texts.c.id)
    rows = [dict(row) for row in (await db.execute(query.order_by(*order).limit(limit))).mappings()]
    return rows, [row.pop("key") for row in rows]


async def counted(db: Session, reader: Reader, since: date, until: date) -> tuple[int, int]:
    """How many texts are published, and how many of them nobody came across."""
    texts, sums, columns = _joined(since, until)
    unread = columns["reads"] + columns["offered"] == 0
    query = (
        select(func.count(), func.count().filter(unread))
        .select_from(texts.outerjoin(sums, sums.c.item_id == texts.c.id))
        .where(texts.c.status == "published", readable(texts.c.readers, reader))
    )
    row = (await db.execute(query)).one()
    return int(row[0]), int(row[1])


async def days(db: Session, since: date, until: date, ids: Sequence[UUID] | None = None) -> list[dict[str, Any]]:
    """Sums by day, of some texts or of all; by text as well when there are several."""
    columns = [func.sum(getattr(TextDayRow, name)).label(name) for name in COUNTERS]
    query = select(TextDayRow.day, *columns).where(TextDayRow.day >= since, TextDayRow.day <= until)
    if ids is not None:
        query = query.where(TextDayRow.item_id.in_(ids))
    query = query.group_by(TextDayRow.day).order_by(TextDayRow.day)
    return [dict(row) for row in (await db.execute(query)).mappings()]


async def reads_by_day(db: Session, since: date, until: date, ids: Sequence[UUID]) -> dict[UUID, dict[date, int]]:
    reads = sum((getattr(TextDayRow, name) for name in READS[1:]), getattr(TextDayRow, READS[0]))
    query = select(TextDayRow.item_id, TextDayRow.day, reads).where(
        TextDayRow.item_id.in_(ids), TextDayRow.day >= since, TextDayRow.day <= until
    )
    found: dict[UUID, dict[date, int]] = {}
    for item, day, count in await db.execute(query):
        found.setdefault(item, {})[day] = count
    return found


async def most_read(db: Session, locale: str, since: date, limit: int) -> list[UUID]:
    """Published texts of a language by how often they were read, answered with, or chosen."""
    texts = headings()
    sums = (
        select(
            TextDayRow.item_id, func.sum(TextDayRow.views + TextDayRow.answered + TextDayRow.chosen).label("interest")
        )
        .where(TextDayRow.day >= since)
        .group_by(TextDayRow.item_id)
        .subquery()
    )
    query = (
        select(sums.c.item_id)
        .join(texts, texts.c.id == sums.c.item_id)
        .where(texts.c.locale == locale, texts.c.status == "published", sums.c.interest > 0)
        .order_by(sums.c.interest.desc(), sums.c.item_id)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


async def uses(
    db: Session,
    item_id: UUID,
    kind: str,
    since: datetime,
    until: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[UUID, datetime]]:
    """(conversation, when last) of a text's uses of one kind, newest first."""
    last = func.max(UseRow.at)
    query = (
        select(UseRow.conversation_id, last)
        .where(UseRow.item_id == item_id, UseRow.kind == kind, UseRow.at >= since, UseRow.at < until)
        .group_by(UseRow.conversation_id)
    )
    if after is not None:
        query = query.having(tuple_(last, UseRow.conversation_id) < after)
    query = query.order_by(last.desc(), UseRow.conversation_id.desc()).limit(limit)
    return [(row[0], row[1]) for row in await db.execute(query)]


async def misses(
    db: Session, since: date, until: date, *, after: tuple[int, str, str] | None, limit: int
) -> list[tuple[str, str, int, datetime]]:
    """(words, locale, count, last) of searches that found nothing, most frequent first."""
    count = func.sum(SearchDayRow.count)
    query = (
        select(SearchDayRow.words, SearchDayRow.locale, count, func.max(SearchDayRow.last_at))
        .where(SearchDayRow.found == 0, SearchDayRow.day >= since, SearchDayRow.day <= until)
        .group_by(SearchDayRow.words, SearchDayRow.locale)
    )
    if after is not None:
        query = query.having(tuple_(count, SearchDayRow.words, SearchDayRow.locale) < after)
    query = query.order_by(count.desc(), SearchDayRow.words.desc(), SearchDayRow.locale.desc()).limit(limit)
    return [(row[0], row[1], int(row[2]), row[3]) for row in await db.execute(query)]


async def searched(db: Session, since: date, until: date) -> tuple[int, int]:
    """How often was searched, and how often in vain."""
    query = select(
        func.coalesce(func.sum(SearchDayRow.count), 0),
        func.coalesce(func.sum(SearchDayRow.count).filter(SearchDayRow.found == 0), 0),
    ).where(SearchDayRow.day >= since, SearchDayRow.day <= until)
    row = (await db.execute(query)).one()
    return int(row[0]), int(row[1])
