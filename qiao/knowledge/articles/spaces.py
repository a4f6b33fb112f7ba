"""The verbs of spaces and categories."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound, Refused
from qiao.core.events import Audience as Listeners
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.knowledge.articles.audience import EVERYTHING, STAFF, Audience, Reader, may_read, readable, reader_of, tags_of
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.articles.models import ArticleRow, CategoryRow, FaqRow, SpaceRow
from qiao.knowledge.articles.schemas import CategoryBody, CategoryView, SpaceBody, SpaceView
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

_DEFAULT_NAMES = {"zh-CN": "帮助中心", "en": "Help centre"}


def audience_of(row: Any) -> Audience:
    """What a space or a text says of its readers."""
    return Audience(row.audience, frozenset(row.department_ids))


# -- spaces ------------------------------------------------------------------------------------------------------------


async def default_space(db: Session) -> SpaceRow:
    """Where texts go that name no space: open to everybody, made when first needed."""
    query = select(SpaceRow).where(SpaceRow.is_default)
    found = await db.scalar(query)
    if found is not None:
        return found
    taken = await db.scalar(select(SpaceRow.id).where(SpaceRow.slug == "help"))
    values = {"id": new_id(), "slug": f"help-{new_id().hex[-6:]}" if taken else "help", "names": _DEFAULT_NAMES}
    await db.execute(
        insert(SpaceRow)
        .values(**values, audience="public", readers=["public"], department_ids=[], position=0, is_default=True)
        .on_conflict_do_nothing()
    )
    return (await db.execute(query)).scalar_one()


async def space_for(db: Session, reader: Reader, space_id: UUID | None) -> SpaceRow:
    """The space to write into. One the reader may not read does not exist for them."""
    if space_id is None:
        return await default_space(db)
    row = await db.get(SpaceRow, space_id)
    if row is None or not may_read(row.readers, reader):
        raise Invalid.field("space_id", "knowledge.space_unknown")
    return row


async def spaces(db: Session, locale: str, reader: Reader = STAFF) -> list[SpaceView]:
    """The spaces a reader may read, in their order, with how much they find there."""
    query = select(SpaceRow).where(readable(SpaceRow.readers, reader)).order_by(SpaceRow.position, SpaceRow.id)
    rows = (await db.execute(query)).scalars().all()
    held = await _held(db, "space_id", reader)
    return [_space(row, locale, held["faqs"].get(row.id, 0), held["articles"].get(row.id, 0)) for row in rows]


async def _held(db: Session, column: str, reader: Reader) -> dict[str, dict[UUID | None, int]]:
    held: dict[str, dict[UUID | None, int]] = {}
    for name, table in (("faqs", FaqRow), ("articles", ArticleRow)):
        key = getattr(table, column)
        counted = await db.execute(
            select(key, func.count()).where(table.status != "archived", readable(table.readers, reader)).group_by(key)
        )
        held[name] = dict(counted.tuples().all())
    return held


def _in(names: dict[str, Any], locale: str) -> str:
    return str(names.get(locale) or next(iter(names.values()), ""))


def _space(row: SpaceRow, locale: str, faqs: int = 0, articles: int = 0) -> SpaceView:
    return SpaceView(
        id=row.id,
        slug=row.slug,
        names=row.names,
        name=_in(row.names, locale),
        descriptions=row.descriptions,
        description=_in(row.descriptions, locale),
        audience=row.audience,
        department_ids=row.department_ids,
        position=row.position,
        is_default=row.is_default,
        faqs=faqs,
        articles=articles,
    )


async def save_space(
    db: Session, actor: Actor, body: SpaceBody, locale: str, space_id: UUID | None = None
) -> SpaceView:
    """Creates a space, or changes one; who may read its texts changes with it at once."""
    await check_departments(db, body.audience, body.department_ids)
    if space_id is None:
        row = SpaceRow(id=new_id(), is_default=False)
    else:
        row = await _space_row(db, reader_of(actor), space_id)
    other = await db.scalar(select(SpaceRow.id).where(SpaceRow.slug == body.slug, SpaceRow.id != row.id))
    if other is not None:
        raise Invalid.field("slug", "knowledge.slug_taken")
    before = {"names": row.names, "slug": row.slug, "audience": row.audience} if space_id is not None else {}
    row.slug, row.position, row.audience = body.slug, body.position, body.audience
    row.names = {str(key): name for key, name in body.names.items()}
    row.descriptions = {str(key): words for key, words in body.descriptions.items() if words}
    row.department_ids = body.department_ids if body.audience == "departments" else []
    readers = sorted(tags_of(audience_of(row)))
    if not may_read(readers, reader_of(actor)):
        raise Invalid.field("department_ids", "knowledge.out_of_sight")
    narrowed = space_id is not None and set(readers) != set(row.readers)
    row.readers = readers
    db.add(row)
    await db.flush()
    if narrowed:
        await _retag(db, actor, row)
    after = {"names": row.names, "slug": row.slug, "audience": row.audience}
    await audit.record(db, actor, "space.saved", "kb_space", row.id, audit.diff(before, after))
    return _space(row, locale)


async def _retag(db: Session, actor: Actor, space: SpaceRow) -> None:
    """Gives every text of a space its readers anew, and tells the index."""
    for source, table in (("faq", FaqRow), ("article", ArticleRow)):
        rows = (
            await db.execute(
                select(table.id, table.audience, table.department_ids, table.readers).where(table.space_id == space.id)
            )
        ).all()
        changed: dict[tuple[str, ...], list[UUID]] = {}
        for row in rows:
            tags = sorted(tags_of(audience_of(space), audience_of(row)))
            if tags != row.readers:
                changed.setdefault(tuple(tags), []).append(row.id)
        for tags_, ids in changed.items():
            await db.execute(update(table).where(table.id.in_(ids)).values(readers=list(tags_)))
        items = tuple(id_ for ids in changed.values() for id_ in ids)
        if items:
            fact = KnowledgeChanged(source=source, items=items)
            await emit(db, fact, actor=actor, audience=Listeners(permission="knowledge.view"))


async def check_departments(db: Session, audience: str | None, departments: Iterable[UUID]) -> None:
    """Named departments have to exist, and there has to be one where only departments read."""
    wanted = set(departments)
    if audience == "departments" and not wanted:
        raise Invalid.field("department_ids", "knowledge.department_needed")
    if wanted - {department.id for department in await organization.list_departments(db)} if wanted else False:
        raise Invalid.field("department_ids", "department_not_found")


async def _space_row(db: Session, reader: Reader, space_id: UUID) -> SpaceRow:
    row = await db.get(SpaceRow, space_id, with_for_update=True, populate_existing=True)
    if row is None or not may_read(row.readers, reader):
        raise NotFound("knowledge.space_not_found")
    return row


async def delete_space(db: Session, actor: Actor, space_id: UUID) -> None:
    """Removes an empty space; the default one stays."""
    row = await _space_row(db, reader_of(actor), space_id)
    if row.is_default:
        raise Refused("knowledge.space_is_default")
    for table in (FaqRow, ArticleRow, CategoryRow):
        if await db.scalar(select(func.count()).select_from(table).where(table.space_id == space_id)):
            raise Refused("knowledge.space_in_use")
    await db.delete(row)
    await audit.record(db, actor, "space.deleted", "kb_space", space_id, {"names": row.names})


async def default_space_id(db: Session) -> UUID:
    return (await default_space(db)).id


async def space_named(db: Session, slug: str) -> UUID | None:
    """The space with this slug."""
    return await db.scalar(select(SpaceRow.id).where(SpaceRow.slug == slug))


# -- categories --------------------------------------------------------------------------------------------------------


async def categories(db: Session, locale: str, reader: Reader = STAFF) -> list[CategoryView]:
    """The categories of the spaces a reader may read, in their order, with how much they find there."""
    query = (
        select(CategoryRow)
        .join(SpaceRow, SpaceRow.id == CategoryRow.space_id)
        .where(readable(SpaceRow.readers, reader))
        .order_by(CategoryRow.position, CategoryRow.id)
    )
    rows = (await db.execute(query)).scalars().all()
    held = await _held(db, "category_id", reader)
    return [_category(row, locale, held["faqs"].get(row.id, 0), held["articles"].get(row.id, 0)) for row in rows]


def _category(row: CategoryRow, locale: str, faqs: int = 0, articles: int = 0) -> CategoryView:
    return CategoryView(
        id=row.id,
        space_id=row.space_id,
        parent_id=row.parent_id,
        names=row.names,
        name=_in(row.names, locale),
        position=row.position,
        faqs=faqs,
        articles=articles,
    )


async def _category_row(db: Session, reader: Reader, category_id: UUID) -> CategoryRow:
    row = await db.get(CategoryRow, category_id)
    space = await db.get(SpaceRow, row.space_id) if row is not None else None
    if row is None or space is None or not may_read(space.readers, reader):
        raise NotFound("knowledge.category_not_found")
    return row


async def save_category(
    db: Session, actor: Actor, body: CategoryBody, locale: str, category_id: UUID | None = None
) -> CategoryView:
    """Creates a category, or changes one. Two levels deep at most; it moves to another space only while empty."""
    reader = reader_of(actor)
    row = CategoryRow(id=new_id()) if category_id is None else await _category_row(db, reader, category_id)
    space_id = body.space_id or (row.space_id if category_id is not None else None)
    if body.parent_id is not None:
        parent = await db.get(CategoryRow, body.parent_id)
        if parent is None or parent.parent_id is not None or body.parent_id == category_id:
            raise Invalid.field("parent_id", "knowledge.parent_invalid")
        if category_id is not None and await _has_children(db, category_id):
            raise Invalid.field("parent_id", "knowledge.parent_invalid")
        if body.space_id is None and category_id is None:
            space_id = parent.space_id
        if parent.space_id != space_id:
            raise Invalid.field("parent_id", "knowledge.parent_elsewhere")
    space = await space_for(db, reader, space_id)
    if category_id is not None and row.space_id != space.id and await _in_use(db, category_id):
        raise Conflict("knowledge.category_in_use")
    row.space_id = space.id
    row.names = {str(key): name for key, name in body.names.items()}
    row.parent_id, row.position = body.parent_id, body.position
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "category.saved", "kb_category", row.id, {"names": row.names})
    return _category(row, locale)


async def _has_children(db: Session, category_id: UUID) -> bool:
    return bool(await db.scalar(select(func.count()).where(CategoryRow.parent_id == category_id)))


async def _in_use(db: Session, category_id: UUID) -> bool:
    for table in (FaqRow, ArticleRow):
        if await db.scalar(select(func.count()).where(table.category_id == category_id)):
            return True
    return await _has_children(db, category_id)


async def delete_category(db: Session, actor: Actor, category_id: UUID) -> None:
    """Removes an empty category."""
    row = await _category_row(db, reader_of(actor), category_id)
    if await _in_use(db, category_id):
        raise Refused("knowledge.category_in_use")
    await db.delete(row)
    await audit.record(db, actor, "category.deleted", "kb_category", category_id, {"names": row.names})


async def category_named(db: Session, name: str, locale: str, space_id: UUID | None = None) -> UUID:
    """The category of this name in a space (the default one unless said), made if need be (imports and seeds)."""
    space = await space_for(db, EVERYTHING, space_id)
    named = CategoryRow.names[locale].astext == name
    found = await db.scalar(select(CategoryRow.id).where(CategoryRow.space_id == space.id, named).limit(1))
    if found is not None:
        return found
    position = int(await db.scalar(select(func.coalesce(func.max(CategoryRow.position), 0))) or 0) + 1
    row = CategoryRow(id=new_id(), space_id=space.id, names={locale: name}, position=position, parent_id=None)
    db.add(row)
    await db.flush()
    return row.id


async def place(
    db: Session, reader: Reader, space_id: UUID | None, category_id: UUID | None, current: SpaceRow | None = None
) -> SpaceRow:
    """The space of a text: the one named, else its category's, else where it is, else the default one.

    A category of a space the reader may not read does not exist for them; one that is gone is left to the database.
    """
    category = await db.get(CategoryRow, category_id) if category_id is not None else None
    if category is not None and space_id is None:
        space_id = category.space_id
    space = current if current is not None and space_id is None else await space_for(db, reader, space_id)
    if category is not None and category.space_id != space.id:
        raise Invalid.field("category_id", "knowledge.category_elsewhere")
    return space
