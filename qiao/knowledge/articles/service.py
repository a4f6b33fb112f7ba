"""The verbs of the knowledge base."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, text, update

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.text import query_tokens, search_tokens
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.articles.models import ArticleRow, CategoryRow, FaqRow
from qiao.knowledge.articles.render import to_html
from qiao.knowledge.articles.schemas import (
    ArticleCreate,
    ArticlePatch,
    ArticleView,
    CategoryBody,
    CategoryView,
    FaqCreate,
    FaqPatch,
    FaqView,
    SearchableText,
    Translation,
)
from qiao.people.accounts import audit

Row = FaqRow | ArticleRow
R = TypeVar("R", FaqRow, ArticleRow)
_MOVES = {
    "publish": ({"draft", "archived"}, "published"),
    "archive": ({"draft", "published"}, "archived"),
    "draft": ({"archived", "published"}, "draft"),
}


def source_of(row: Row) -> str:
    return "faq" if isinstance(row, FaqRow) else "article"


def _title(row: Row) -> str:
    return row.question if isinstance(row, FaqRow) else row.title


async def _announce(db: Session, actor: Actor, rows: Sequence[Row]) -> None:
    await db.flush()
    for source in ("faq", "article"):
        items = tuple(row.id for row in rows if source_of(row) == source)
        if items:
            fact = KnowledgeChanged(source=source, items=items)
            await emit(db, fact, actor=actor, audience=Audience(permission="knowledge.view"))


async def _index(db: Session, *rows: Row) -> None:
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


# -- categories --------------------------------------------------------------------------------------------------------


async def categories(db: Session, locale: str) -> list[CategoryView]:
    """All categories in their order, with how much they hold."""
    rows = (await db.execute(select(CategoryRow).order_by(CategoryRow.position, CategoryRow.id))).scalars().all()
    held: dict[str, dict[UUID | None, int]] = {}
    for name, table in (("faqs", FaqRow), ("articles", ArticleRow)):
        counted = await db.execute(
            select(table.category_id, func.count()).where(table.status != "archived").group_by(table.category_id)
        )
        held[name] = dict(counted.tuples().all())
    return [_category(row, locale, held["faqs"].get(row.id, 0), held["articles"].get(row.id, 0)) for row in rows]


def _category(row: CategoryRow, locale: str, faqs: int = 0, articles: int = 0) -> CategoryView:
    name = row.names.get(locale) or next(iter(row.names.values()), "")
    return CategoryView(
        id=row.id,
        parent_id=row.parent_id,
        names=row.names,
        name=name,
        position=row.position,
        faqs=faqs,
        articles=articles,
    )


async def save_category(
    db: Session, actor: Actor, body: CategoryBody, locale: str, category_id: UUID | None = None
) -> CategoryView:
    """Creates a category, or changes one. Two levels deep at most."""
    if body.parent_id is not None:
        parent = await db.get(CategoryRow, body.parent_id)
        if parent is None or parent.parent_id is not None or body.parent_id == category_id:
            raise Invalid.field("parent_id", "knowledge.parent_invalid")
        if category_id is not None and await _has_children(db, category_id):
            raise Invalid.field("parent_id", "knowledge.parent_invalid")
    row = CategoryRow(id=new_id()) if category_id is None else await db.get(CategoryRow, category_id)
    if row is None:
        raise NotFound("knowledge.category_not_found")
    row.names = {str(key): name for key, name in body.names.items()}
    row.parent_id, row.position = body.parent_id, body.position
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "category.saved", "kb_category", row.id, {"names": row.names})
    return _category(row, locale)


async def _has_children(db: Session, category_id: UUID) -> bool:
    return bool(await db.scalar(select(func.count()).where(CategoryRow.parent_id == category_id)))


async def delete_category(db: Session, actor: Actor, category_id: UUID) -> None:
    """Removes an empty category."""
    row = await db.get(CategoryRow, category_id)
    if row is None:
        raise NotFound("knowledge.category_not_found")
    for table in (FaqRow, ArticleRow):
        if await db.scalar(select(func.count()).where(table.category_id == category_id)):
            raise Refused("knowledge.category_in_use")
    if await _has_children(db, category_id):
        raise Refused("knowledge.category_in_use")
    await db.delete(row)
    await audit.record(db, actor, "category.deleted", "kb_category", category_id, {"names": row.names})


async def category_named(db: Session, name: str, locale: str) -> UUID:
    """The category of this name, made if need be (imports and seeds)."""
    found = await db.scalar(select(CategoryRow.id).where(CategoryRow.names[locale].astext == name).limit(1))
    if found is not None:
        return found
    position = int(await db.scalar(select(func.coalesce(func.max(CategoryRow.position), 0))) or 0) + 1
    row = CategoryRow(id=new_id(), names={locale: name}, position=position, parent_id=None)
    db.add(row)
    await db.flush()
    return row.id


# -- reading -----------------------------------------------------------------------------------------------------------


async def _translations(db: Session, rows: Sequence[Row]) -> dict[UUID, list[Translation]]:
    found: dict[UUID, list[Translation]] = {}
    others: list[Row] = []
    faqs = {row.group_id for row in rows if isinstance(row, FaqRow)}
    if faqs:
        others.extend((await db.execute(select(FaqRow).where(FaqRow.group_id.in_(faqs)))).scalars())
    texts = {row.group_id for row in rows if isinstance(row, ArticleRow)}
    if texts:
        others.extend((await db.execute(select(ArticleRow).where(ArticleRow.group_id.in_(texts)))).scalars())
    for other in others:
        view = Translation(id=other.id, locale=other.locale, title=_title(other), status=other.status)
        found.setdefault(other.group_id, []).append(view)
    return found


async def faq_views(db: Session, rows: Sequence[FaqRow]) -> list[FaqView]:
    groups = await _translations(db, rows)
    return [
        FaqView.model_validate(row).model_copy(
            update={"translations": [t for t in groups.get(row.group_id, []) if t.id != row.id]}
        )
        for row in rows
    ]


async def article_views(db: Session, rows: Sequence[ArticleRow], *, html: bool = False) -> list[ArticleView]:
    groups = await _translations(db, rows)
    return [
        ArticleView.model_validate(row).model_copy(
            update={
                "translations": [t for t in groups.get(row.group_id, []) if t.id != row.id],
                "html": to_html(row.body) if html else None,
            }
        )
        for row in rows
    ]


async def _page(
    db: Session,
    table: type[R],
    *,
    q: str | None,
    category_id: UUID | None,
    status: str | None,
    locale: str | None,
    audience: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[R], str | None, int]:
    conditions: list[ColumnElement[bool]] = []
    if category_id is not None:
        conditions.append(table.category_id == category_id)
    if status:
        conditions.append(table.status == status)
    else:
        conditions.append(table.status != "archived")
    if locale:
        conditions.append(table.locale == locale)
    if audience:
        conditions.append(table.audience == audience)
    if q and q.strip():
        tokens = sorted(set(query_tokens(q)))
        if not tokens:
            return [], None, 0
        wanted = " & ".join("'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in tokens)
        conditions.append(text(f"{table.__tablename__}.tokens @@ CAST(:wanted AS tsquery)").bindparams(wanted=wanted))  # type: ignore[arg-type]  # a text clause is a condition
    total = int(await db.scalar(select(func.count()).select_from(table).where(*conditions)) or 0)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        conditions.append(func.row(table.updated_at, table.id) < func.row(*after))
    query = select(table).where(*conditions).order_by(table.updated_at.desc(), table.id.desc()).limit(limit + 1)
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
    return rows[:limit], following, total


async def list_faqs(db: Session, **filters: Any) -> tuple[list[FaqView], str | None, int]:
    """One page of FAQs by `q`, category_id, status, locale, audience, newest change first; archived ones only on request."""
    rows, following, total = await _page(db, FaqRow, **filters)
    return await faq_views(db, rows), following, total


async def list_articles(db: Session, **filters: Any) -> tuple[list[ArticleView], str | None, int]:
    """The same for articles."""
    rows, following, total = await _page(db, ArticleRow, **filters)
    return await article_views(db, rows), following, total


async def _get(db: Session, table: type[R], item_id: UUID, *, lock: bool = False) -> R:
    row = await db.get(table, item_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound(f"knowledge.{'faq' if table is FaqRow else 'article'}_not_found")
    return row


async def get_faq(db: Session, faq_id: UUID) -> FaqView:
    return (await faq_views(db, [await _get(db, FaqRow, faq_id)]))[0]


async def get_article(db: Session, article_id: UUID) -> ArticleView:
    return (await article_views(db, [await _get(db, ArticleRow, article_id)], html=True))[0]


async def public_article(db: Session, article_id: UUID) -> ArticleView:
    """An article a customer may read: published, public, valid now."""
    row = await _get(db, ArticleRow, article_id)
    now = clock.now()
    valid = (row.valid_from is None or row.valid_from <= now) and (row.valid_until is None or now < row.valid_until)
    if row.status != "published" or row.audience != "public" or not valid:
        raise NotFound("knowledge.article_not_found")
    return (await article_views(db, [row], html=True))[0]


async def searchable(db: Session, source: str, ids: Sequence[UUID] | None = None) -> list[SearchableText]:
    """Published texts for the index: all, or those of `ids` that are published."""
    found: list[SearchableText] = []
    if source == "faq":
        query = select(FaqRow).where(FaqRow.status == "published")
        if ids is not None:
            query = query.where(FaqRow.id.in_(ids))
        for faq in (await db.execute(query)).scalars():
            found.append(
                SearchableText(
                    faq.id,
                    "faq",
                    faq.locale,
                    faq.audience,
                    faq.question,
                    tuple(faq.variants),
                    faq.answer,
                    faq.valid_from,
                    faq.valid_until,
                    faq.group_id,
                    faq.action,
                )
            )
    else:
        articles = select(ArticleRow).where(ArticleRow.status == "published")
        if ids is not None:
            articles = articles.where(ArticleRow.id.in_(ids))
        for row in (await db.execute(articles)).scalars():
            found.append(
                SearchableText(
                    row.id,
                    "article",
                    row.locale,
                    row.audience,
                    row.title,
                    (),
                    row.body,
                    row.valid_from,
                    row.valid_until,
                    row.group_id,
                )
            )
    return found


# -- writing -----------------------------------------------------------------------------------------------------------


def _clean_variants(question: str, variants: Iterable[str]) -> list[str]:
    seen = {question.lower()}
    kept: list[str] = []
    for variant in variants:
        if variant and variant.lower() not in seen:
            seen.add(variant.lower())
            kept.append(variant)
    return kept


def _check_validity(row: Row) -> None:
    if row.valid_from is not None and row.valid_until is not None and row.valid_from >= row.valid_until:
        raise Invalid.field("valid_until", "knowledge.validity_reversed")


async def _check_group(db: Session, table: type[R], group_id: UUID | None, locale: str) -> UUID:
    if group_id is None:
        return new_id()
    existing = (await db.execute(select(table.locale).where(table.group_id == group_id))).scalars().all()
    if not existing:
        raise Invalid.field("group_id", "knowledge.group_unknown")
    if locale in existing:
        raise Invalid.field("locale", "knowledge.language_exists")
    return group_id


async def create_faq(db: Session, actor: Actor, body: FaqCreate, *, import_id: UUID | None = None) -> FaqView:
    """Writes an FAQ; `publish` needs the right to publish."""
    row = await _new_faq(db, actor, body, import_id)
    await _index(db, row)
    await _announce(db, actor, [row])
    await audit.record(db, actor, "faq.created", "faq", row.id, {"question": row.question, "status": row.status})
    return (await faq_views(db, [row]))[0]


async def create_faqs(
    db: Session, actor: Actor, bodies: Sequence[FaqCreate], *, import_id: UUID | None = None
) -> list[UUID]:
    """Many at once, announced together (imports and seeds)."""
    rows = [await _new_faq(db, actor, body, import_id) for body in bodies]
    await _index(db, *rows)
    await _announce(db, actor, rows)
    return [row.id for row in rows]


async def _new_faq(db: Session, actor: Actor, body: FaqCreate, import_id: UUID | None) -> FaqRow:
    if body.publish and not actor.may("knowledge.publish"):
        raise Forbidden("permission_missing", permission="knowledge.publish")
    now = clock.now()
    row = FaqRow(
        id=new_id(),
        group_id=await _check_group(db, FaqRow, body.group_id, body.locale),
        **body.model_dump(exclude={"publish", "group_id", "variants"}),
        variants=_clean_variants(body.question, body.variants),
        status="published" if body.publish else "draft",
        published_at=now if body.publish else None,
        version=1,
        updated_at=now,
        updated_by=actor.id,
        import_id=import_id,
    )
    _check_validity(row)
    db.add(row)
    return row


async def create_article(
    db: Session, actor: Actor, body: ArticleCreate, *, import_id: UUID | None = None
) -> ArticleView:
    """Writes an article; `publish` needs the right to publish."""
    if body.publish:
        actor.require("knowledge.publish")
    now = clock.now()
    row = ArticleRow(
        id=new_id(),
        group_id=await _check_group(db, ArticleRow, body.group_id, body.locale),
        **body.model_dump(exclude={"publish", "group_id"}),
        status="published" if body.publish else "draft",
        published_at=now if body.publish else None,
        version=1,
        updated_at=now,
        updated_by=actor.id,
        import_id=import_id,
    )
    _check_validity(row)
    db.add(row)
    await _index(db, row)
    await _announce(db, actor, [row])
    await audit.record(db, actor, "article.created", "article", row.id, {"title": row.title, "status": row.status})
    return (await article_views(db, [row], html=True))[0]


async def _patch(db: Session, actor: Actor, row: Row, given: dict[str, Any]) -> None:
    version = given.pop("version")
    if version != row.version:
        raise Conflict("knowledge.changed_meanwhile", version=row.version)
    if row.status == "published":
        # What customers read changes at once, so it takes the right to publish.
        actor.require("knowledge.publish")
    before = {key: getattr(row, key) for key in given}
    for key, value in given.items():
        if value is None and key in ("question", "answer", "title", "body", "summary", "variants", "tags", "audience"):
            continue
        setattr(row, key, value)
    if isinstance(row, FaqRow):
        row.variants = _clean_variants(row.question, row.variants)
    _check_validity(row)
    row.version += 1
    row.updated_at = clock.now()
    row.updated_by = actor.id
    await _index(db, row)
    await _announce(db, actor, [row])
    changes = {key: {"from": before[key], "to": getattr(row, key)} for key in given if before[key] != getattr(row, key)}
    short = {k: v if k not in ("body", "answer") else "changed" for k, v in changes.items()}
    await audit.record(db, actor, f"{source_of(row)}.updated", source_of(row), row.id, short)


async def update_faq(db: Session, actor: Actor, faq_id: UUID, body: FaqPatch) -> FaqView:
    """Changes what is given. Raises Conflict when somebody else has changed it since `version`."""
    row = await _get(db, FaqRow, faq_id, lock=True)
    await _patch(db, actor, row, body.model_dump(exclude_unset=True))
    return (await faq_views(db, [row]))[0]


async def update_article(db: Session, actor: Actor, article_id: UUID, body: ArticlePatch) -> ArticleView:
    """The same for an article."""
    row = await _get(db, ArticleRow, article_id, lock=True)
    await _patch(db, actor, row, body.model_dump(exclude_unset=True))
    return (await article_views(db, [row], html=True))[0]


async def move(db: Session, actor: Actor, source: str, item_id: UUID, step: str) -> None:
    """`publish`, `archive` or `draft`. Raises Refused for a move that its state does not allow."""
    actor.require("knowledge.publish")
    row: Row = (
        await _get(db, FaqRow, item_id, lock=True)
        if source == "faq"
        else await _get(db, ArticleRow, item_id, lock=True)
    )
    allowed, status = _MOVES[step]
    if row.status not in allowed:
        raise Refused("knowledge.move_refused")
    row.status = status
    row.version += 1
    row.updated_at = clock.now()
    row.updated_by = actor.id
    if status == "published":
        row.published_at = clock.now()
    await _announce(db, actor, [row])
    await audit.record(db, actor, f"{source}.{step}", source, row.id, {"title": _title(row)})


async def remove_imported(db: Session, actor: Actor, import_id: UUID) -> int:
    """Takes back an import: texts still as imported are deleted, those edited since are kept. Returns how many went."""
    removed = 0
    for source, table in (("faq", FaqRow), ("article", ArticleRow)):
        query = delete(table).where(table.import_id == import_id, table.version == 1).returning(table.id)
        items = tuple((await db.execute(query)).scalars())
        if items:
            fact = KnowledgeChanged(source=source, items=items)
            await emit(db, fact, actor=actor, audience=Audience(permission="knowledge.view"))
        removed += len(items)
    return removed


async def phrasings(db: Session) -> list[tuple[UUID, str, tuple[str, ...]]]:
    """(FAQ, question, variants) of all that are not archived: what an import compares its rows with."""
    rows = await db.execute(select(FaqRow.id, FaqRow.question, FaqRow.variants).where(FaqRow.status != "archived"))
    return [(faq_id, question, tuple(variants)) for faq_id, question, variants in rows]


async def most_used(db: Session, locale: str, limit: int) -> list[str]:
    """The public questions answered most often, to offer before anybody asks."""
    now = clock.now()
    query = (
        select(FaqRow.question)
        .where(
            FaqRow.status == "published",
            FaqRow.audience == "public",
            FaqRow.locale == locale,
            FaqRow.used > 0,
            or_(FaqRow.valid_until.is_(None), FaqRow.valid_until > now),
            or_(FaqRow.valid_from.is_(None), FaqRow.valid_from <= now),
        )
        .order_by(FaqRow.used.desc(), FaqRow.id)
        .limit(limit)
    )
    return list((await db.execute(query)).scalars())


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
