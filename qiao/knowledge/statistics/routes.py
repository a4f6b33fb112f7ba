"""REST of knowledge statistics."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.helpcenter import service as helpcenter
from qiao.knowledge.statistics import export, service
from qiao.knowledge.statistics.schemas import Miss, Only, Opinion, Sort, Summary, TextDetail, TextFigures
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge/statistics", tags=["knowledge"])
Reader = Annotated[Actor, Needs("reports.view", "knowledge.edit")]
Day = Annotated[date | None, Query(description="A day in the company's time zone; the last thirty when left out.")]
_EXPORTED = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which texts, in which order."""

    since: Day = None
    until: Day = None
    sort: Sort = "reads"
    order: Literal["desc", "asc"] = "desc"
    only: Only | None = None
    source: Literal["faq", "article"] | None = None
    language: Annotated[str | None, Query(max_length=10)] = None
    category_id: UUID | None = None
    q: Annotated[str | None, Query(max_length=200)] = None

    def filters(self) -> dict[str, Any]:
        return {
            "sort": self.sort,
            "descending": self.order == "desc",
            "only": self.only,
            "source": self.source,
            "locale": self.language,
            "category_id": self.category_id,
            "q": (self.q or "").replace("\x00", "").strip() or None,
        }


Filters = Annotated[Wanted, Depends()]


@router.get("")
async def read_summary(actor: Reader, db: Read, since: Day = None, until: Day = None) -> Summary:
    """All texts together by day, beside the same number of days before; what is never read; searches in vain."""
    return await service.summary(db, reader_of(actor), *await service.period(db, since, until))


@router.get("/texts")
async def list_texts(
    actor: Reader, db: Read, wanted: Filters, cursor: Cursor = None, limit: Limit = 50
) -> Page[TextFigures]:
    """Texts with what became of them. `only`: `read`, `unread` (nobody came across it), `handed_over`, `disliked`."""
    keys = tuple[str, UUID] if wanted.sort == "title" else tuple[float, UUID]
    after = decode_cursor(cursor, keys)
    since, until = await service.period(db, wanted.since, wanted.until)
    items, following = await service.texts(
        db, reader_of(actor), since, until, limit=limit, after=after, **wanted.filters()
    )
    return Page(items=items, next_cursor=encode_cursor(*following) if following else None)


async def _pages(runtime: Runtime, actor: Actor, wanted: Wanted) -> AsyncIterator[list[TextFigures]]:
    after: tuple[Any, UUID] | None = None
    while True:
        async with runtime.db.read() as db:
            since, until = await service.period(db, wanted.since, wanted.until)
            items, after = await service.texts(
                db, reader_of(actor), since, until, limit=_EXPORTED, after=after, **wanted.filters()
            )
        yield items
        if after is None:
            return


@router.get("/texts.csv")
async def export_csv(actor: Reader, db: Read, runtime: Runtime_, locale: Locale, wanted: Filters) -> Response:
    """The same list as a table, all of it."""
    since, until = await service.period(db, wanted.since, wanted.until)
    headers = {"content-disposition": f'attachment; filename="knowledge-{since}-{until}.csv"'}
    pages = export.as_csv(_pages(runtime, actor, wanted), locale)
    return StreamingResponse(pages, headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/texts.xlsx")
async def export_xlsx(actor: Reader, db: Read, runtime: Runtime_, locale: Locale, wanted: Filters) -> Response:
    """The same list as a workbook."""
    since, until = await service.period(db, wanted.since, wanted.until)
    path = await export.as_xlsx(_pages(runtime, actor, wanted), locale)
    return FileResponse(
        path,
        filename=f"knowledge-{since}-{until}.xlsx",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


@router.get("/texts/{text_id}")
async def read_text(text_id: UUID, actor: Reader, db: Read, since: Day = None, until: Day = None) -> TextDetail:
    """One text day by day."""
    return await service.one(db, reader_of(actor), text_id, *await service.period(db, since, until))


@router.get("/texts/{text_id}/opinions")
async def list_opinions(
    text_id: UUID, actor: Reader, db: Read, helpful: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[Opinion]:
    """What readers of the help centre said about it, newest first."""
    await service.one(db, reader_of(actor), text_id, *await service.period(db, None, None))
    after = decode_cursor(cursor, tuple[datetime, bytes])
    found = await helpcenter.opinions(db, text_id, helpful=helpful, after=after, limit=limit + 1)
    items = [
        Opinion(helpful=view.helpful, reason=view.reason, comment=view.comment, at=view.updated_at)
        for view, _ in found[:limit]
    ]
    place = (found[limit - 1][0].updated_at, found[limit - 1][1]) if len(found) > limit else None
    return Page(items=items, next_cursor=encode_cursor(*place) if place else None)


@router.get("/misses")
async def list_misses(
    actor: Reader, db: Read, since: Day = None, until: Day = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[Miss]:
    """Searches of the help centre that found nothing, most frequent first."""
    after = decode_cursor(cursor, tuple[int, str, str])
    found = await service.misses(db, *await service.period(db, since, until), after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    following = encode_cursor(last.count, last.words, last.locale) if last else None
    return Page(items=found[:limit], next_cursor=following)
