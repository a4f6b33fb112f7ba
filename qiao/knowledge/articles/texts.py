"""FAQs and articles as rows: what they share, how they are shown, found and written."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound
from qiao.core.events import Audience as Listeners
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.text import query_tokens, search_tokens
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import spaces, versions
from qiao.knowledge.articles.audience import ANONYMOUS, STAFF, Reader, level_of, may_read, readable, reader_of, tags_of
from qiao.knowledge.articles.conditions import Conditions, Situation, stored
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.articles.models import ArticleRow, DraftRow, FaqRow, SpaceRow, VersionRow
from qiao.knowledge.articles.render import to_html
from qiao.knowledge.articles.schemas import (
    ArticleCreate,
    ArticlePatch,
    ArticleView,
    ConditionsBody,
    FaqCreate,
    FaqPatch,
    FaqView,
    SearchableText,
    Translation,
    WorkView,
)
from qiao.people.accounts import audit

Row = FaqRow | ArticleRow
R = TypeVar("R", FaqRow, ArticleRow)
TABLES: Final[dict[str, type[FaqRow] | type[ArticleRow]]] = {"faq": FaqRow, "article": ArticleRow}
# A field that cannot be empty: null in a patch leaves it as it is.
NEVER_NULL: Final = frozenset(
    {"question", "answer", "title", "body", "summary", "variants", "tags", "audience", "department_ids", "conditions"}
)
_LONG: Final = frozenset({"body", "answer"})


def source_of(row: Row) -> str:
    return "faq" if isinstance(row, FaqRow) else "article"


def title_of(row: Row) -> str:
    return row.question if isinstance(row, FaqRow) else row.title


async def announce(db: Session, actor: Actor, rows: Sequence[Row]) -> None:
    """Tells the index (and whoever watches) that texts are others now."""
    await db.flush()
    for source in TABLES:
        items = tuple(row.id for row in rows if source_of(row) == source)
        if items:
            fact = KnowledgeChanged(source=source, items=items)
            await emit(db, fact, actor=actor, audience=Listeners(permission="knowledge.view"))


async def index(db: Session, *rows: Row) -> None:
    """Writes the search tokens of rows of one kind."""
    if not rows:
        return
    await db.flush()
    await db.execute(
        text(f"UPDATE {rows[0].__tablename__} SET tokens = array_to_tsvector(CAST(:tokens AS text[])) WHERE id = :id"),  # noqa: S608 - the table's own name
        [{"tokens": _tokens(row), "id": row.id} for row in rows],
    )


def _tokens(row: Row) -> list[str]:
    words = [row.question, *row.variants, row.answer] if isinstance(row, FaqRow) else [row.title, row.summary, row.body]
    return sorted(set(search_tokens("\n".join([*words, *row.tags]))))[:20_000]


# -- views -------------------------------------------------------------------------------------------------------------


async def _groups(db: Session, rows: Sequence[Row], reader: Reader) -> dict[UUID, list[Translation]]:
    """The language versions of each group that the reader may read, the original marked: it was there first."""
    found: dict[UUID, list[Translation]] = {}
    for table in TABLES.values():
        ids = {row.group_id for row in rows if isinstance(row, table)}
        if not ids:
            continue
        query = select(table).where(table.group_id.in_(ids), readable(table.readers, reader))
        others: Iterable[Any] = (await db.execute(query.order_by(table.created_at, table.id))).scalars()
        for other in others:
            group = found.setdefault(other.group_id, [])
            group.append(
                Translation(
                    id=other.id,
                    locale=other.locale,
                    title=title_of(other),
                    status=other.status,
                    content_at=other.content_at,
                    original=not group,
                )
            )
    return found


async def _drafts(db: Session, rows: Sequence[Row]) -> dict[UUID, WorkView]:
    query = select(DraftRow).where(DraftRow.item_id.in_([row.id for row in rows]))
    return {draft.item_id: WorkView.model_validate(draft) for draft in (await db.execute(query)).scalars()}


def _extras(
    row: Row, groups: dict[UUID, list[Translation]], drafts: dict[UUID, WorkView], *, to_staff: bool
) -> dict[str, Any]:
    group = groups.get(row.group_id, [])
    original = next((one for one in group if one.original), None)
    return {
        "translations": [one for one in group if one.id != row.id],
        "behind": original is not None and original.id != row.id and original.content_at > row.content_at,
        "draft": drafts.get(row.id) if to_staff else None,
        "level": level_of(row.readers),
        "conditions": ConditionsBody.model_validate(row.conditions),
    }


async def faq_views(db: Session, rows: Sequence[FaqRow], reader: Reader = STAFF) -> list[FaqView]:
    return await _views(db, rows, FaqView, reader)


async def article_views(
    db: Session, rows: Sequence[ArticleRow], reader: Reader = STAFF, *, html: bool = False
) -> list[ArticleView]:
    found = await _views(db, rows, ArticleView, reader)
    return [view.model_copy(update={"html": to_html(view.body)}) for view in found] if html else found


V = TypeVar("V", FaqView, ArticleView)


async def _views(db: Session, rows: Sequence[Row], view: type[V], reader: Reader) -> list[V]:
    if not rows:
        return []
    groups, drafts = await _groups(db, rows, reader), await _drafts(db, rows)
    to_staff = reader is None or "internal" in reader
    own = {column.key for column in type(rows[0]).__mapper__.column_attrs} - {"tokens", "conditions"}
    return [
        view.model_validate(
            {key: getattr(row, key) for key in own} | _extras(row, groups, drafts, to_staff=to_staff),
            strict=False,
        )
        for row in rows
    ]


# -- reading -----------------------------------------------------------------------------------------------------------


async def _page(
    db: Session,
    table: type[R],
    *,
    reader: Reader,
    cursor: str | None,
    limit: int,
    q: str | None = None,
    space_id: UUID | None = None,
    category_id: UUID | None = None,
    status: str | None = None,
    locale: str | None = None,
    audience: str | None = None,
    owner_id: UUID | None = None,
) -> tuple[list[R], str | None, int]:
    conditions: list[ColumnElement[bool]] = [readable(table.readers, reader)]
    if status:
        conditions.append(table.status == status)
    else:
        conditions.append(table.status != "archived")
    wanted = {"space_id": space_id, "category_id": category_id, "locale": locale, "audience": audience}
    for key, value in {**wanted, "owner_id": owner_id}.items():
        if value is not None:
            conditions.append(getattr(table, key) == value)
    if q and q.strip():
        tokens = sorted(set(query_tokens(q)))
        if not tokens:
            return [], None, 0
        words = " & ".join("'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in tokens)
        conditions.append(text(f"{table.__tablename__}.tokens @@ CAST(:wanted AS tsquery)").bindparams(wanted=words))  # type: ignore[arg-type]  # a text clause is a condition
    total = int(await db.scalar(select(func.count()).select_from(table).where(*conditions)) or 0)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        conditions.append(func.row(table.updated_at, table.id) < func.row(*after))
    query = select(table).where(*conditions).order_by(table.updated_at.desc(), table.id.desc()).limit(limit + 1)
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
    return rows[:limit], following, total


async def list_faqs(db: Session, *, reader: Reader = STAFF, **filters: Any) -> tuple[list[FaqView], str | None, int]:
    """One page of the FAQs a reader may read by `q`, space_id, category_id, status, locale, audience, owner_id; newest
    change first; archived ones only on request."""
    rows, following, total = await _page(db, FaqRow, reader=reader, **filters)
    return await faq_views(db, rows, reader), following, total


async def list_articles(
    db: Session, *, reader: Reader = STAFF, **filters: Any
) -> tuple[list[ArticleView], str | None, int]:
    """The same for articles."""
    rows, following, total = await _page(db, ArticleRow, reader=reader, **filters)
    return await article_views(db, rows, reader), following, total


async def get_row(db: Session, table: type[R], item_id: UUID, reader: Reader, *, lock: bool = False) -> R:
    """A row the reader may read; any other does not exist for them."""
    row = await db.get(table, item_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None or not may_read(row.readers, reader):
        raise NotFound(f"knowledge.{'faq' if table is FaqRow else 'article'}_not_found")
    return row


async def any_row(db: Session, source: str, item_id: UUID, reader: Reader, *, lock: bool = False) -> Row:
    if source == "faq":
        return await get_row(db, FaqRow, item_id, reader, lock=lock)
    return await get_row(db, ArticleRow, item_id, reader, lock=lock)


async def get_faq(db: Session, faq_id: UUID, reader: Reader = None) -> FaqView:
    """An FAQ, if the reader may read it (by default: asked for by the product itself)."""
    return (await faq_views(db, [await get_row(db, FaqRow, faq_id, reader)], reader))[0]


async def get_article(db: Session, article_id: UUID, reader: Reader = None) -> ArticleView:
    """The same for an article, with html."""
    return (await article_views(db, [await get_row(db, ArticleRow, article_id, reader)], reader, html=True))[0]


def _given(row: Row, reader: Reader, situation: Situation | None) -> bool:
    """Whether a customer may be given a text now: published, valid, theirs to read, and meant for their case."""
    now = clock.now()
    return (
        row.status == "published"
        and may_read(row.readers, reader)
        and (row.valid_from is None or row.valid_from <= now)
        and (row.valid_until is None or now < row.valid_until)
        and Conditions.of(row.conditions).hold(situation)
    )


async def public_article(
    db: Session, article_id: UUID, reader: Reader = ANONYMOUS, situation: Situation | None = None
) -> ArticleView:
    """An article a customer may read: published, theirs to read, valid now."""
    row = await db.get(ArticleRow, article_id)
    if row is None or not _given(row, reader, situation):
        raise NotFound("knowledge.article_not_found")
    return (await article_views(db, [row], reader, html=True))[0]


async def public_faq(
    db: Session, faq_id: UUID, reader: Reader = ANONYMOUS, situation: Situation | None = None
) -> FaqView:
    """The same for an FAQ."""
    row = await db.get(FaqRow, faq_id)
    if row is None or not _given(row, reader, situation):
        raise NotFound("knowledge.faq_not_found")
    return (await faq_views(db, [row], reader))[0]


async def searchable(db: Session, source: str, ids: Sequence[UUID] | None = None) -> list[SearchableText]:
    """Published texts for the index: all, or those of `ids` that are published."""
    table = FaqRow if source == "faq" else ArticleRow
    query = select(table).where(table.status == "published")
    if ids is not None:
        query = query.where(table.id.in_(ids))
    rows: Iterable[Any] = (await db.execute(query)).scalars()
    return [
        SearchableText(
            id=row.id,
            source=source,
            locale=row.locale,
            audience=row.audience,
            title=title_of(row),
            variants=tuple(row.variants) if isinstance(row, FaqRow) else (),
            body=row.answer if isinstance(row, FaqRow) else row.body,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            group_id=row.group_id,
            action=row.action if isinstance(row, FaqRow) else None,
            readers=frozenset(row.readers),
            conditions=row.conditions,
            category_id=row.category_id,
            space_id=row.space_id,
        )
        for row in rows
    ]


async def phrasings(db: Session, reader: Reader = STAFF) -> list[tuple[UUID, str, tuple[str, ...]]]:
    """(FAQ, question, variants) of all that are not archived and the reader may read: what an import compares with."""
    query = select(FaqRow.id, FaqRow.question, FaqRow.variants).where(
        FaqRow.status != "archived", readable(FaqRow.readers, reader)
    )
    return [(faq_id, question, tuple(variants)) for faq_id, question, variants in await db.execute(query)]


async def titles(db: Session, reader: Reader = STAFF) -> list[tuple[UUID, str]]:
    """(article, title) of all that are not archived and the reader may read."""
    query = select(ArticleRow.id, ArticleRow.title).where(
        ArticleRow.status != "archived", readable(ArticleRow.readers, reader)
    )
    return [(article_id, title) for article_id, title in await db.execute(query)]


_TRIES: Final = 200


async def most_used(
    db: Session, locale: str, limit: int, reader: Reader = ANONYMOUS, situation: Situation | None = None
) -> list[str]:
    """The questions answered most often that this reader may be given, to offer before anybody asks.

    Without a situation nothing is known of the asker, so what holds only in some cases is not offered.
    """
    query = (
        select(FaqRow)
        .where(FaqRow.status == "published", readable(FaqRow.readers, reader), FaqRow.locale == locale, FaqRow.used > 0)
        .order_by(FaqRow.used.desc(), FaqRow.id)
        .limit(max(_TRIES, limit))
    )
    rows = (await db.execute(query)).scalars()
    return [row.question for row in rows if _given(row, reader, situation or Situation())][:limit]


# -- writing -----------------------------------------------------------------------------------------------------------


def _clean_variants(question: str, variants: Iterable[str]) -> list[str]:
    seen = {question.lower()}
    kept: list[str] = []
    for variant in variants:
        if variant and variant.lower() not in seen:
            seen.add(variant.lower())
            kept.append(variant)
    return kept


async def _check(db: Session, actor: Actor, row: Row, space: SpaceRow, changed: Iterable[str]) -> None:
    """Holds a row's fields together and works out who may read it. Nobody writes a text out of their own sight."""
    if row.valid_from is not None and row.valid_until is not None and row.valid_from >= row.valid_until:
        raise Invalid.field("valid_until", "knowledge.validity_reversed")
    if row.audience != "departments":
        row.department_ids = []
    if {"audience", "department_ids"} & set(changed):
        await spaces.check_departments(db, row.audience, row.department_ids)
    row.space_id = space.id
    readers = sorted(tags_of(spaces.audience_of(space), spaces.audience_of(row)))
    if not may_read(readers, reader_of(actor)) and actor.kind == "user":
        raise Invalid.field("department_ids", "knowledge.out_of_sight")
    row.readers = readers
    if isinstance(row, FaqRow):
        row.variants = _clean_variants(row.question, row.variants)


async def _check_group(db: Session, reader: Reader, table: type[R], group_id: UUID | None, locale: str) -> UUID:
    if group_id is None:
        return new_id()
    query = select(table.locale, table.readers).where(table.group_id == group_id)
    existing = (await db.execute(query)).all()
    if not any(may_read(row.readers, reader) for row in existing):
        raise Invalid.field("group_id", "knowledge.group_unknown")
    if any(row.locale == locale for row in existing):
        raise Invalid.field("locale", "knowledge.language_exists")
    return group_id


async def _new(db: Session, actor: Actor, table: type[R], body: Any, import_id: UUID | None) -> R:
    if body.publish and not actor.may("knowledge.publish"):
        raise Forbidden("permission_missing", permission="knowledge.publish")
    now, reader = clock.now(), reader_of(actor)
    space = await spaces.place(db, reader, body.space_id, body.category_id)
    row = table(
        id=new_id(),
        group_id=await _check_group(db, reader, table, body.group_id, body.locale),
        **body.model_dump(exclude={"publish", "group_id", "conditions", "note", "space_id"}),
        conditions=stored(body.conditions.model_dump()),
        space_id=space.id,
        status="published" if body.publish else "draft",
        published_at=now if body.publish else None,
        version=1,
        content_at=now,
        created_at=now,
        updated_at=now,
        updated_by=actor.id,
        import_id=import_id,
    )
    await _check(db, actor, row, space, ("audience",) if row.audience == "departments" else ())
    db.add(row)
    return row


async def create_faq(db: Session, actor: Actor, body: FaqCreate, *, import_id: UUID | None = None) -> FaqView:
    """Writes an FAQ; `publish` needs the right to publish."""
    row = await _new(db, actor, FaqRow, body, import_id)
    await _made(db, actor, row, body.note)
    return (await faq_views(db, [row], reader_of(actor)))[0]


async def create_article(
    db: Session, actor: Actor, body: ArticleCreate, *, import_id: UUID | None = None
) -> ArticleView:
    """Writes an article; `publish` needs the right to publish."""
    row = await _new(db, actor, ArticleRow, body, import_id)
    await _made(db, actor, row, body.note)
    return (await article_views(db, [row], reader_of(actor), html=True))[0]


async def _made(db: Session, actor: Actor, row: Row, note: str | None) -> None:
    await index(db, row)
    versions.note(db, actor, row, "created", note)
    await announce(db, actor, [row])
    key = "question" if isinstance(row, FaqRow) else "title"
    await audit.record(
        db, actor, f"{source_of(row)}.created", source_of(row), row.id, {key: title_of(row), "status": row.status}
    )


async def create_faqs(
    db: Session, actor: Actor, bodies: Sequence[FaqCreate], *, import_id: UUID | None = None
) -> list[UUID]:
    """Many at once, announced together (imports and seeds)."""
    rows = [await _new(db, actor, FaqRow, body, import_id) for body in bodies]
    await index(db, *rows)
    for row in rows:
        versions.note(db, actor, row, "created", None)
    await announce(db, actor, rows)
    return [row.id for row in rows]


async def apply(db: Session, actor: Actor, row: Row, given: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Sets the fields `given` on a row and holds it together. Returns what changed; no version, no announcement."""
    before = {key: getattr(row, key) for key in given}
    for key, value in given.items():
        if key == "space_id" or (value is None and key in NEVER_NULL):
            continue
        setattr(row, key, stored(value) if key == "conditions" else value)
    if "review_by" in given:
        row.reminded_at = None
    current = await db.get(SpaceRow, row.space_id)
    moved = {"space_id", "category_id"} & set(given)
    if moved:
        wanted = given.get("space_id")
        if wanted is not None and "category_id" not in given and wanted != row.space_id:
            row.category_id = None  # its shelf stays where it is
        current = await spaces.place(db, reader_of(actor), wanted, row.category_id, current)
    assert current is not None  # the foreign key says so
    await _check(db, actor, row, current, given)
    changes = {key: (before[key], getattr(row, key)) for key in given if before[key] != getattr(row, key)}
    if changes.keys() & versions.WORDS:
        row.content_at = clock.now()
    return changes


def touch(row: Row, actor: Actor) -> None:
    row.version += 1
    row.updated_at = clock.now()
    row.updated_by = actor.id


async def saved(
    db: Session, actor: Actor, row: Row, changes: dict[str, tuple[Any, Any]], step: str, note: str | None
) -> None:
    """After `apply`: the next version, its place in history, the index, the audit log."""
    touch(row, actor)
    await index(db, row)
    versions.note(db, actor, row, step, note, words=bool(changes))
    await announce(db, actor, [row])
    shown = {key: "changed" if key in _LONG else {"from": old, "to": new} for key, (old, new) in changes.items()}
    await audit.record(db, actor, f"{source_of(row)}.updated", source_of(row), row.id, shown)


def same_version(row: Row, version: int) -> None:
    if version != row.version:
        raise Conflict("knowledge.changed_meanwhile", version=row.version)


async def _patch(db: Session, actor: Actor, row: Row, given: dict[str, Any]) -> None:
    same_version(row, given.pop("version"))
    note = given.pop("note", None)
    if row.status == "published":
        # What customers read changes at once, so it takes the right to publish.
        actor.require("knowledge.publish")
    changes = await apply(db, actor, row, given)
    if row.status == "scheduled" and changes and not actor.may("knowledge.publish"):
        row.status, row.publish_at = "draft", None  # what was approved is not what would go live
    await saved(db, actor, row, changes, "saved", note)


async def update_faq(db: Session, actor: Actor, faq_id: UUID, body: FaqPatch) -> FaqView:
    """Changes what is given. Raises Conflict when somebody else has changed it since `version`."""
    row = await get_row(db, FaqRow, faq_id, reader_of(actor), lock=True)
    await _patch(db, actor, row, body.model_dump(exclude_unset=True))
    return (await faq_views(db, [row], reader_of(actor)))[0]


async def update_article(db: Session, actor: Actor, article_id: UUID, body: ArticlePatch) -> ArticleView:
    """The same for an article."""
    row = await get_row(db, ArticleRow, article_id, reader_of(actor), lock=True)
    await _patch(db, actor, row, body.model_dump(exclude_unset=True))
    return (await article_views(db, [row], reader_of(actor), html=True))[0]


async def remove_imported(db: Session, actor: Actor, import_id: UUID) -> int:
    """Takes back an import: texts still as imported are deleted, those edited since are kept. Returns how many went."""
    removed = 0
    for source, table in (("faq", FaqRow), ("article", ArticleRow)):
        query = delete(table).where(table.import_id == import_id, table.version == 1).returning(table.id)
        items = tuple((await db.execute(query)).scalars())
        if items:
            await db.execute(delete(VersionRow).where(VersionRow.item_id.in_(items)))
            fact = KnowledgeChanged(source=source, items=items)
            await emit(db, fact, actor=actor, audience=Listeners(permission="knowledge.view"))
        removed += len(items)
    return removed


async def change_votes(db: Session, source: str, item_id: UUID, *, helpful: int = 0, unhelpful: int = 0) -> None:
    """Counts readers' verdicts on a text; negative when somebody changed their mind."""
    table = FaqRow if source == "faq" else ArticleRow
    await db.execute(
        update(table)
        .where(table.id == item_id)
        .values(
            helpful=func.greatest(table.helpful + helpful, 0), unhelpful=func.greatest(table.unhelpful + unhelpful, 0)
        )
    )


async def count_use(db: Session, source: str, item_id: UUID) -> None:
    """Counts that a text was given as an answer."""
    table = FaqRow if source == "faq" else ArticleRow
    await db.execute(update(table).where(table.id == item_id).values(used=table.used + 1))
