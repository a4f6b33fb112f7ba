"""REST of the way a text goes: working draft, review, schedule, versions, and what waits for somebody."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles import service
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.lifecycle_schemas import (
    ArticleDraft,
    ConfirmBody,
    DiffView,
    DraftView,
    FaqDraft,
    Reason,
    ReviewBody,
    ScheduleBody,
    SubmitBody,
    Todo,
    VersionDetail,
    VersionView,
    WorkItem,
)
from qiao.knowledge.articles.routes.common import SOURCE, Editor, Kind, Publisher, Viewer
from qiao.knowledge.articles.schemas import ArticleView, Body, FaqView, Note

router = Router(prefix="/knowledge", tags=["knowledge"])
Number = Annotated[int, Query(ge=0, le=1_000_000)]


class Seen(Body):
    """`version` is the one the reader saw."""

    version: int


class Restore(Seen):
    note: Note = ""


async def _now(db: Session, actor: Actor, kind: Kind, item_id: UUID) -> FaqView | ArticleView:
    if kind == "faqs":
        return await service.get_faq(db, item_id, reader_of(actor))
    return await service.get_article(db, item_id, reader_of(actor))


@router.get("/todo")
async def todo(actor: Viewer, db: Read) -> Todo:
    """How many texts wait for review, for their time, for oneself; how many need a look again."""
    return await service.todo(db, actor)


@router.get("/work")
async def work(
    actor: Editor,
    db: Read,
    view: Literal["review", "scheduled", "mine"] = "review",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WorkItem]:
    """What is on its way: waiting for review (longest first), scheduled (next first), or one's own (newest first)."""
    items, following = await service.work_items(db, actor, view, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.get("/stale")
async def stale(
    actor: Viewer,
    db: Read,
    reason: Reason | None = None,
    mine: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WorkItem]:
    """Published texts that need a look: their review date has come (due), nobody touched them for half a year (old), or the
    original is newer than the translation (behind). Longest untouched first."""
    items, following = await service.stale(db, actor, reason, cursor, limit, mine=mine)
    return Page(items=items, next_cursor=following)


@router.put("/faqs/{faq_id}/draft")
async def save_faq_draft(faq_id: UUID, body: FaqDraft, actor: Editor, db: Tx) -> DraftView:
    """Keeps changes to a live FAQ beside it; customers go on reading the live one."""
    return await service.save_faq_draft(db, actor, faq_id, body)


@router.put("/articles/{article_id}/draft")
async def save_article_draft(article_id: UUID, body: ArticleDraft, actor: Editor, db: Tx) -> DraftView:
    """Keeps changes to a live article beside it; customers go on reading the live one."""
    return await service.save_article_draft(db, actor, article_id, body)


def _steps(kind: Kind) -> Router:
    """The steps of one kind of text. Paths name the kind in full: a variable there would take other rooms' paths."""
    source = SOURCE[kind]
    router = Router(prefix=f"/knowledge/{kind}", tags=["knowledge"])

    @router.get("/{item_id}/draft")
    async def read_draft(item_id: UUID, actor: Editor, db: Read) -> DraftView:
        """The text as it will be once the changes kept beside it are published."""
        return await service.get_draft(db, actor, source, item_id)

    @router.delete("/{item_id}/draft", status_code=204)
    async def discard_draft(item_id: UUID, actor: Editor, db: Tx) -> None:
        """Throws the changes kept beside a live text away."""
        await service.discard(db, actor, source, item_id)

    @router.post("/{item_id}/submit")
    async def submit(item_id: UUID, body: SubmitBody, actor: Editor, db: Tx) -> FaqView | ArticleView:
        """Asks for approval."""
        await service.submit(db, actor, source, item_id, body.version, body.note, body.publish_at)
        return await _now(db, actor, kind, item_id)

    @router.post("/{item_id}/withdraw")
    async def withdraw(item_id: UUID, body: Seen, actor: Editor, db: Tx) -> FaqView | ArticleView:
        """Takes a text back from review."""
        await service.withdraw(db, actor, source, item_id, body.version)
        return await _now(db, actor, kind, item_id)

    @router.post("/{item_id}/review")
    async def review(item_id: UUID, body: ReviewBody, actor: Publisher, db: Tx) -> FaqView | ArticleView:
        """Approves what was submitted, now or for `publish_at`, or sends it back with a comment."""
        await service.review(db, actor, source, item_id, body)
        return await _now(db, actor, kind, item_id)

    @router.post("/{item_id}/schedule")
    async def schedule(item_id: UUID, body: ScheduleBody, actor: Publisher, db: Tx) -> FaqView | ArticleView:
        """Sets the moment at which it goes live, or takes that back."""
        await service.schedule(db, actor, source, item_id, body.version, body.publish_at)
        return await _now(db, actor, kind, item_id)

    @router.post("/{item_id}/confirm")
    async def confirm(item_id: UUID, body: ConfirmBody, actor: Editor, db: Tx) -> FaqView | ArticleView:
        """Says that the text still holds, and when to look again."""
        await service.confirm(db, actor, source, item_id, body.review_by, body.note)
        return await _now(db, actor, kind, item_id)

    @router.get("/{item_id}/versions")
    async def versions(
        item_id: UUID, actor: Editor, db: Read, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[VersionView]:
        """Who did what to a text, newest first."""
        items, following = await service.history(db, actor, source, item_id, cursor, limit)
        return Page(items=items, next_cursor=following)

    @router.get("/{item_id}/versions/{number}")
    async def read_version(item_id: UUID, number: int, actor: Editor, db: Read) -> VersionDetail:
        """What a version said."""
        return await service.version(db, actor, source, item_id, number)

    @router.get("/{item_id}/diff")
    async def compare(
        item_id: UUID,
        actor: Editor,
        db: Read,
        left: Annotated[int, Query(ge=0, le=1_000_000, description="0 is the live text.")],
        right: Number = 0,
    ) -> DiffView:
        """What differs between two versions, line by line and word by word; 0 is the live text."""
        return await service.compare(db, actor, source, item_id, left, right)

    @router.post("/{item_id}/versions/{number}/restore")
    async def restore(item_id: UUID, number: int, body: Restore, actor: Editor, db: Tx) -> FaqView | ArticleView:
        """Brings the words of an earlier version back as those being worked on; a live text keeps its own until then."""
        await service.restore(db, actor, source, item_id, number, body.version, body.note)
        return await _now(db, actor, kind, item_id)

    return router


routers = [router, _steps("faqs"), _steps("articles")]
