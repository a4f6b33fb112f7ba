"""Every query of the help centre."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock
from qiao.core.db import Session
from qiao.knowledge.articles.audience import readable
from qiao.knowledge.articles.headings import headings
from qiao.knowledge.helpcenter.models import EntryRow, FeedbackRow, HelpSettingsRow, SlugRow
from qiao.knowledge.helpcenter.readers import Reader
from qiao.knowledge.helpcenter.schemas import Entry

Key = tuple[str, str, str]
"""kind, locale, slug."""
_SHOWN = (
    EntryRow.id,
    EntryRow.source,
    EntryRow.group_id,
    EntryRow.locale,
    EntryRow.slug,
    EntryRow.title,
    EntryRow.excerpt,
    EntryRow.category_id,
    EntryRow.updated_at,
    EntryRow.regions,
)


def _visible(reader: Reader) -> list[ColumnElement[bool]]:
    """What every list of entries is narrowed by."""
    now = clock.now()
    return [
        readable(EntryRow.readers, reader.tags),
        or_(EntryRow.levels == [], literal(reader.level) == func.any(EntryRow.levels))
        if reader.level
        else EntryRow.levels == [],
        or_(EntryRow.valid_from.is_(None), EntryRow.valid_from <= now),
        or_(EntryRow.valid_until.is_(None), EntryRow.valid_until > now),
    ]


async def _entries(db: Session, query: Any) -> list[Entry]:
    return [Entry(*row) for row in await db.execute(query)]


# -- reading -----------------------------------------------------------------------------------------------------------


async def by_ids(db: Session, reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Entry]:
    found = await _entries(db, select(*_SHOWN).where(EntryRow.id.in_(list(ids)), *_visible(reader)))
    return {entry.id: entry for entry in found}


async def by_slug(db: Session, reader: Reader, kind: str, locale: str, slug: str) -> Entry | None:
    """The text at an address, also at one of its earlier ones."""
    query = (
        select(*_SHOWN)
        .join(SlugRow, SlugRow.item_id == EntryRow.id)
        .where(SlugRow.kind == kind, SlugRow.locale == locale, SlugRow.slug == slug, *_visible(reader))
    )
    found = await _entries(db, query)
    return found[0] if found else None


async def body_of(db: Session, entry_id: UUID) -> str:
    """The markdown of an entry that has just been found."""
    return await db.scalar(select(EntryRow.body).where(EntryRow.id == entry_id)) or ""


async def versions(db: Session, reader: Reader, group_id: UUID) -> list[Entry]:
    """The language versions of a text that the reader may see, itself included."""
    return await _entries(db, select(*_SHOWN).where(EntryRow.group_id == group_id, *_visible(reader)))


async def counts(db: Session, reader: Reader, locale: str) -> dict[UUID | None, int]:
    """How many texts the reader finds in each category."""
    query = (
        select(EntryRow.category_id, func.count())
        .where(EntryRow.locale == locale, *_visible(reader))
        .group_by(EntryRow.category_id)
    )
    return dict((await db.execute(query)).tuples().all())


async def shelf(
    db: Session,
    reader: Reader,
    locale: str,
    category_id: UUID,
    *,
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> list[Entry]:
    """The texts of a category by title."""
    query = select(*_SHOWN).where(EntryRow.locale == locale, EntryRow.category_id == category_id, *_visible(reader))
    if after is not None:
        query = query.where(tuple_(EntryRow.title, EntryRow.id) > after)
    return await _entries(db, query.order_by(EntryRow.title, EntryRow.id).limit(limit))


async def recent(db: Session, reader: Reader, locale: str, limit: int) -> list[Entry]:
    query = select(*_SHOWN).where(EntryRow.locale == locale, *_visible(reader))
    return await _entries(db, query.order_by(EntryRow.updated_at.desc(), EntryRow.id.desc()).limit(limit))


async def sounding(db: Session, reader: Reader, locale: str, typed: str, limit: int) -> list[Entry]:
    """Texts whose title, pinyin or initials begin with, or else hold, what was typed."""
    pattern = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    begins = or_(EntryRow.sounds.like(f"{pattern}%"), EntryRow.sounds.like(f"% {pattern}%"))
    query = (
        select(*_SHOWN)
        .where(EntryRow.locale == locale, EntryRow.sounds.like(f"%{pattern}%"), *_visible(reader))
        .order_by(begins.desc(), func.length(EntryRow.title), EntryRow.id)
        .limit(limit)
    )
    return await _entries(db, query)


async def all_for(
    db: Session, reader: Reader, after: UUID | None, limit: int
) -> list[tuple[Entry, list[tuple[str, str]]]]:
    """Texts in the order of their ids, each with the (locale, path) of its versions: for the sitemap."""
    query = select(*_SHOWN).where(*_visible(reader))
    if after is not None:
        query = query.where(EntryRow.id > after)
    found = await _entries(db, query.order_by(EntryRow.id).limit(limit))
    groups = {entry.group_id for entry in found}
    others = await _entries(db, select(*_SHOWN).where(EntryRow.group_id.in_(groups), *_visible(reader)))
    by_group: dict[UUID, list[tuple[str, str]]] = {}
    for other in others:
        by_group.setdefault(other.group_id, []).append((other.locale, other.path))
    return [(entry, sorted(by_group.get(entry.group_id, []))) for entry in found]


async def every_nth(db: Session, reader: Reader, number: int) -> list[UUID]:
    """The ids after which a new part of the sitemap begins; none when one holds all."""
    ordered = (
        select(EntryRow.id, func.row_number().over(order_by=EntryRow.id).label("place"))
        .where(*_visible(reader))
        .subquery()
    )
    total = int(await db.scalar(select(func.count()).select_from(ordered)) or 0)
    if total <= number:
        return []
    query = select(ordered.c.id).where(ordered.c.place % number == 0, ordered.c.place < total).order_by(ordered.c.id)
    return list((await db.execute(query)).scalars())


# -- following the knowledge base --------------------------------------------------------------------------------------


async def places(db: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID | None, datetime]]:
    """Category and last change of texts."""
    texts = headings()
    rows = await db.execute(select(texts.c.id, texts.c.category_id, texts.c.updated_at).where(texts.c.id.in_(ids)))
    return {row.id: (row.category_id, row.updated_at) for row in rows}


async def published(db: Session) -> dict[str, list[UUID]]:
    """The ids of all published texts by source."""
    texts = headings()
    found: dict[str, list[UUID]] = {"faq": [], "article": []}
    for row in await db.execute(select(texts.c.source, texts.c.id).where(texts.c.status == "published")):
        found[row.source].append(row.id)
    return found


async def is_empty(db: Session) -> bool:
    return await db.scalar(select(EntryRow.id).limit(1)) is None


async def known(db: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str, str]]:
    """(title, locale, slug) of entries that exist."""
    query = select(EntryRow.id, EntryRow.title, EntryRow.locale, EntryRow.slug).where(EntryRow.id.in_(ids))
    return {row.id: (row.title, row.locale, row.slug) for row in await db.execute(query)}


async def owners(db: Session, keys: Iterable[Key]) -> dict[Key, UUID]:
    """Whose the given addresses are."""
    query = select(SlugRow.kind, SlugRow.locale, SlugRow.slug, SlugRow.item_id).where(
        tuple_(SlugRow.kind, SlugRow.locale, SlugRow.slug).in_(list(keys))
    )
    return {(row.kind, row.locale, row.slug): row.item_id for row in await db.execute(query)}


async def slugs_of(db: Session, kind: str, ids: Iterable[UUID]) -> dict[tuple[UUID, str], str]:
    """The newest address of each item and language."""
    query = (
        select(SlugRow.item_id, SlugRow.locale, SlugRow.slug)
        .where(SlugRow.kind == kind, SlugRow.item_id.in_(list(ids)))
        .order_by(SlugRow.made_at)
    )
    return {(row.item_id, row.locale): row.slug for row in await db.execute(query)}


async def claim(db: Session, rows: Sequence[dict[str, Any]]) -> set[Key]:
    """Writes addresses that are free; returns those that are now ours."""
    if not rows:
        return set()
    statement = insert(SlugRow).values(rows).on_conflict_do_nothing()
    done = await db.execute(statement.returning(SlugRow.kind, SlugRow.locale, SlugRow.slug))
    return {(row.kind, row.locale, row.slug) for row in done}


async def refresh(db: Session, keys: Iterable[Key]) -> None:
    """Makes old addresses the current ones again."""
    found = list(keys)
    if found:
        await db.execute(
            SlugRow.__table__.update()  # type: ignore[attr-defined]  # a mapped class has a Table
            .where(tuple_(SlugRow.kind, SlugRow.locale, SlugRow.slug).in_(found))
            .values(made_at=clock.now())
        )


async def put(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Writes entries, in the order of their ids so that two writers never wait for each other in a circle."""
    ordered = sorted(rows, key=lambda row: str(row["id"]))
    for start in range(0, len(ordered), 1000):
        statement = insert(EntryRow).values(ordered[start : start + 1000])
        fresh = {name: statement.excluded[name] for name in ordered[0] if name != "id"}
        await db.execute(statement.on_conflict_do_update(index_elements=["id"], set_=fresh))


async def take_away(db: Session, ids: Sequence[UUID]) -> None:
    await db.execute(delete(EntryRow).where(EntryRow.id.in_(ids)))


# -- settings ----------------------------------------------------------------------------------------------------------


async def settings(db: Session, *, lock: bool = False) -> HelpSettingsRow | None:
    query = select(HelpSettingsRow).where(HelpSettingsRow.id == 1)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def logo(db: Session) -> tuple[bytes, str, str] | None:
    """Bytes, type and mark."""
    query = select(HelpSettingsRow.logo, HelpSettingsRow.logo_type, HelpSettingsRow.logo_mark)
    row = (await db.execute(query)).one_or_none()
    if row is None or row.logo is None:
        return None
    return row.logo, str(row.logo_type), str(row.logo_mark)


async def save(db: Session, **values: Any) -> None:
    values["updated_at"] = clock.now()
    statement = insert(HelpSettingsRow).values(id=1, **{"settings": {}, **values})
    await db.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


# -- feedback ----------------------------------------------------------------------------------------------------------


async def vote(db: Session, item_id: UUID, voter: bytes) -> FeedbackRow | None:
    """The vote of a reader, locked."""
    return await db.get(FeedbackRow, (item_id, voter), with_for_update=True, populate_existing=True)


async def first_vote(db: Session, **values: Any) -> bool:
    """Writes a vote unless the reader has one already."""
    done = await db.execute(insert(FeedbackRow).values(values).on_conflict_do_nothing())
    return cast("CursorResult[Any]", done).rowcount == 1


async def opinions(
    db: Session, item_id: UUID, *, helpful: bool | None, after: tuple[datetime, bytes] | None, limit: int
) -> list[FeedbackRow]:
    """What readers said about a text, newest first."""
    query = select(FeedbackRow).where(FeedbackRow.item_id == item_id)
    if helpful is not None:
        query = query.where(FeedbackRow.helpful == helpful)
    if after is not None:
        query = query.where(tuple_(FeedbackRow.updated_at, FeedbackRow.voter) < after)
    query = query.order_by(FeedbackRow.updated_at.desc(), FeedbackRow.voter.desc()).limit(limit)
    return list((await db.execute(query)).scalars())
