"""Sites that articles are made of: kept, read by hand or on a schedule, with what became of each page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update

from qiao.core import clock, i18n, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import service as articles
from qiao.knowledge.importing import addresses, crawling
from qiao.knowledge.importing.models import ImportItem, ImportRow, PageRow, SourceRow
from qiao.knowledge.importing.schemas import PageView, SourceBody, SourceView
from qiao.people.accounts import audit

_DAYS: Final = {"daily": 1, "weekly": 7}
_MOST_AT_ONCE: Final = 20


def _next(every: str, now: datetime) -> datetime | None:
    return now + timedelta(days=_DAYS[every]) if every in _DAYS else None


async def save(db: Session, actor: Actor, body: SourceBody, locale: str, source_id: UUID | None = None) -> SourceView:
    """Keeps a source, or changes one. Reaching into the company's own network takes the right to manage knowledge."""
    actor.require("knowledge.edit")
    if body.allow_private:
        actor.require("knowledge.manage")
    if body.after == "publish" and not actor.may("knowledge.publish"):
        raise Forbidden("permission_missing", permission="knowledge.publish")
    url, urls = await _checked(db, actor, body)
    if source_id is None:
        row = SourceRow(id=new_id(), created_by=actor.id, created_at=clock.now(), last={})
        db.add(row)
    else:
        row = await _get(db, actor, source_id, lock=True)
        if row.kind != body.kind:
            raise Invalid.field("kind", "import.source_kind_fixed")
        row.created_by = actor.id  # it is read in the name of whoever decided last what may be read
    for key, value in body.model_dump(exclude={"url", "urls"}).items():
        setattr(row, key, value)
    row.url, row.urls = url, urls
    row.next_at = _next(body.every, row.read_at or clock.now())
    await db.flush()
    await audit.record(db, actor, "knowledge_source.saved", "knowledge_source", row.id, {"name": [None, row.name]})
    return (await _views(db, [row], locale))[0]


async def _checked(db: Session, actor: Actor, body: SourceBody) -> tuple[str, list[str]]:
    if body.space_id is not None:
        around = await articles.spaces(db, "zh-CN", articles.reader_of(actor))
        if all(space.id != body.space_id for space in around):
            raise Invalid.field("space_id", "knowledge.space_unknown")
    if body.kind != "pages":
        if addresses.canonical(body.url) is None:
            raise Invalid.field("url", "import.address_unfit", url=body.url[:200])
        return body.url.strip(), []
    bad = [
        FieldError(f"urls.{n}", "import.address_unfit", {"url": url[:200]})
        for n, url in enumerate(body.urls)
        if url.strip() and addresses.canonical(url) is None
    ]
    if bad:
        raise Invalid("invalid", fields=bad[:20])
    urls = list(dict.fromkeys(found for url in body.urls if url.strip() and (found := addresses.canonical(url))))
    if not urls:
        raise Invalid.field("urls", "field_missing")
    return urls[0], urls


async def _get(db: Session, actor: Actor, source_id: UUID, *, lock: bool = False) -> SourceRow:
    """A source whose space the actor may read; any other does not exist for them."""
    row = await db.get(SourceRow, source_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is not None and row.space_id is not None:
        around = await articles.spaces(db, "zh-CN", articles.reader_of(actor))
        if all(space.id != row.space_id for space in around):
            row = None
    if row is None:
        raise NotFound("import.source_not_found")
    return row


async def listing(db: Session, actor: Actor, locale: str) -> list[SourceView]:
    """The sources of spaces the actor may read, newest first."""
    around = {space.id for space in await articles.spaces(db, locale, articles.reader_of(actor))}
    rows = (await db.execute(select(SourceRow).order_by(SourceRow.id.desc()).limit(500))).scalars()
    return await _views(db, [row for row in rows if row.space_id is None or row.space_id in around], locale)


async def _views(db: Session, rows: Sequence[SourceRow], locale: str) -> list[SourceView]:
    counts: dict[UUID, dict[str, int]] = {}
    query = select(PageRow.source_id, PageRow.state, func.count()).where(
        PageRow.source_id.in_([row.id for row in rows])
    )
    for source_id, state, count in await db.execute(query.group_by(PageRow.source_id, PageRow.state)):
        counts.setdefault(source_id, {})[state] = count
    open_ones = [row.import_id for row in rows if row.import_id is not None]
    found = (await db.execute(select(ImportRow.id, ImportRow.job_id).where(ImportRow.id.in_(open_ones)))).tuples()
    job_ids: dict[UUID, UUID | None] = dict(found.all())
    return [
        SourceView(
            **{key: getattr(row, key) for key in SourceBody.model_fields},
            id=row.id,
            next_at=row.next_at,
            read_at=row.read_at,
            last={key: value for key, value in row.last.items() if key != "problem"},
            problem=_sentence(row.last.get("problem"), locale),
            pages=counts.get(row.id, {}),
            import_id=row.import_id,
            job_id=job_ids.get(row.import_id) if row.import_id else None,
        )
        for row in rows
    ]


def _sentence(problem: dict[str, Any] | None, locale: str) -> str | None:
    return i18n.t(f"errors.{problem['code']}", locale, **problem.get("params", {})) if problem else None


async def pages(
    db: Session, actor: Actor, source_id: UUID, locale: str, *, state: str | None, cursor: str | None, limit: int
) -> tuple[list[PageView], str | None]:
    """The pages of a source by address, or those in one state (gone: there no more)."""
    row = await _get(db, actor, source_id)
    query = select(PageRow).where(PageRow.source_id == row.id).order_by(PageRow.url).limit(limit + 1)
    if state is not None:
        query = query.where(PageRow.state == state)
    after = decode_cursor(cursor, tuple[str])
    if after:
        query = query.where(PageRow.url > after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].url) if len(rows) > limit else None
    seen = await articles.named(
        db, [page.article_id for page in rows if page.article_id is not None], articles.reader_of(actor)
    )
    views = []
    for page in rows[:limit]:
        article = seen.get(page.article_id) if page.article_id else None
        views.append(
            PageView(
                url=page.url,
                title=page.title,
                state=page.state,
                article_id=article.id if article else None,
                article_status=article.status if article else None,
                problem=_sentence(page.problem, locale),
                seen_at=page.seen_at,
                changed_at=page.changed_at,
                gone_at=page.gone_at,
            )
        )
    return views, following


async def remove(db: Session, actor: Actor, source_id: UUID) -> None:
    """Forgets a source; the articles made of it stay."""
    actor.require("knowledge.edit")
    row = await _get(db, actor, source_id, lock=True)
    await db.execute(delete(SourceRow).where(SourceRow.id == row.id))
    await audit.record(db, actor, "knowledge_source.deleted", "knowledge_source", row.id, {"name": [row.name, None]})


async def read_now(db: Session, actor: Actor, source_id: UUID, *, by_itself: bool = False) -> ImportRow:
    """Starts a reading: an import whose rows are the pages that are new or have changed. One that is under way goes on."""
    from qiao.knowledge.importing.service import new_import

    actor.require("knowledge.edit")
    source = await _get(db, actor, source_id, lock=True)
    if source.import_id is not None:
        row = await db.get(ImportRow, source.import_id)
        if row is not None and row.state == "preview" and row.stage == "reading":
            return row
        if row is not None and row.state == "running":
            raise Refused("import.running")
    row = new_import(actor, source.name, 0)
    row.format, row.stage, row.source_id = "site", "reading", source.id
    db.add(row)
    await db.flush()
    payload = {"import_id": str(row.id), "user_id": str(actor.id) if actor.id else None, "by_itself": by_itself}
    row.job_id = await jobs.enqueue(db, actor, crawling.JOB, payload)
    source.import_id = row.id
    source.next_at = _next(source.every, clock.now())
    await db.flush()
    return row


async def read_due(runtime: Runtime) -> None:
    """Starts the reading of every source whose time has come, in the name of whoever keeps it."""
    async with runtime.db.read() as db:
        due = select(SourceRow.id, SourceRow.created_by).where(SourceRow.next_at <= clock.now())
        rows = list((await db.execute(due.order_by(SourceRow.next_at).limit(_MOST_AT_ONCE))).tuples())
    for source_id, user_id in rows:
        await runtime.db.run(lambda db, one=source_id, who=user_id: _start_due(db, one, who))  # type: ignore[misc]  # bound now


async def _start_due(db: Session, source_id: UUID, user_id: UUID | None) -> None:
    row = await db.get(SourceRow, source_id, with_for_update=True, populate_existing=True)
    if row is None or row.next_at is None or row.next_at > clock.now():
        return
    row.next_at = _next(row.every, clock.now())
    actor = await crawling.actor_of(db, user_id)
    if actor is None or not actor.may("knowledge.edit"):
        row.last = {**row.last, "problem": {"code": "import.nobody", "params": {}}}
        row.next_at = None
        return
    try:
        async with db.begin_nested():
            await read_now(db, actor, source_id, by_itself=True)
    except Refused:
        return  # the one before is not through yet; its turn comes again
    except NotFound:
        row.next_at = None  # its keeper may not see it any more


# -- what imports tell -------------------------------------------------------------------------------------------------


async def note_pages(db: Session, row: ImportRow, items: Sequence[ImportItem]) -> None:
    """After a batch: which article each page became, so that the next reading compares with what was taken."""
    if row.source_id is None:
        return
    taken = {item.url: item for item in items if item.url and not item.errors and item.state != "failed"}
    if not taken:
        return
    written = [item.item_id for item in taken.values() if item.item_id is not None]
    versions = await _versions(db, written)
    now = clock.now()
    query = select(PageRow).where(PageRow.source_id == row.source_id, PageRow.url.in_(list(taken)))
    for page in (await db.execute(query)).scalars():
        item = taken[page.url]
        page.digest, page.state, page.changed_at = item.digest, "kept", now
        if item.item_id is not None and item.state in ("created", "updated", "skipped"):
            page.article_id, page.version = item.item_id, versions.get(item.item_id)
    await db.flush()


async def _versions(db: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    found = {}
    for article_id in dict.fromkeys(ids):
        try:
            found[article_id] = (await articles.get_article(db, article_id)).version
        except NotFound:
            continue
    return found


async def note_end(db: Session, import_id: UUID, state: str, result: dict[str, int]) -> None:
    """A reading has been imported: the source waits for the next."""
    await db.execute(update(SourceRow).where(SourceRow.import_id == import_id).values(import_id=None))
