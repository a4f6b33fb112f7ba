"""REST of agent assist: beside one conversation, and what became of suggestions overall."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from qiao.bot.copilot import service
from qiao.bot.copilot.schemas import (
    AssistView,
    FeedbackBody,
    FeedbackView,
    PreviewBody,
    SimilarView,
    SummaryView,
    WrapUpView,
)
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

beside = Router(prefix="/conversations/{conversation_id}/assist", tags=["agent assist"])
overall = Router(prefix="/assist", tags=["agent assist"])
routers = [beside, overall]
Reader = Annotated[Actor, Needs("conversations.handle", "conversations.view_all")]
Handler = Annotated[Actor, Needs("conversations.handle")]
Write = Annotated[bool, Query(description="Also ask the language model, when there is one.")]


@beside.get("")
async def read_suggestions(conversation_id: UUID, actor: Reader, runtime: Runtime_) -> AssistView:
    """The best answers and articles for what the customer asked last, with how sure they are."""
    return await service.suggest(runtime, actor, conversation_id)


@beside.post("/preview")
async def preview_suggestions(
    conversation_id: UUID, body: PreviewBody, actor: Handler, runtime: Runtime_
) -> AssistView:
    """The same for words the customer has not sent yet. Nothing is stored."""
    return await service.preview(runtime, actor, conversation_id, body.text)


@beside.get("/summary")
async def read_summary(
    conversation_id: UUID, actor: Reader, runtime: Runtime_, locale: Locale, write: Write = False
) -> SummaryView:
    return await service.summary(runtime, actor, conversation_id, locale, write=write)


@beside.get("/wrap-up")
async def read_wrap_up(
    conversation_id: UUID, actor: Reader, runtime: Runtime_, locale: Locale, write: Write = False
) -> WrapUpView:
    """A proposal: disposition and tags as similar conversations ended, and a note."""
    return await service.wrap_up(runtime, actor, conversation_id, locale, write=write)


@beside.get("/similar")
async def read_similar(conversation_id: UUID, actor: Reader, runtime: Runtime_) -> list[SimilarView]:
    """Resolved conversations that began alike, of those the caller may see, and what solved them."""
    return await service.similar(runtime, actor, conversation_id)


@beside.post("/feedback", status_code=201)
async def give_feedback(conversation_id: UUID, body: FeedbackBody, actor: Handler, runtime: Runtime_) -> FeedbackView:
    """Notes that a suggestion was put into a reply or waved away. How much of it was sent is found out by itself."""
    return await service.give_feedback(runtime, actor, conversation_id, body)


@overall.get("/feedback")
async def list_feedback(
    actor: Annotated[Actor, Needs("knowledge.edit", "reports.view")],
    db: Read,
    outcome: Literal["inserted", "accepted", "edited", "rejected"] | None = None,
    source_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[FeedbackView]:
    """What became of suggestions, newest first."""
    items, following = await service.listing(db, outcome=outcome, source_id=source_id, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@overall.get("/figures")
async def read_figures(
    actor: Annotated[Actor, Needs("knowledge.edit", "reports.view")],
    db: Read,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
) -> dict[str, int]:
    """How many suggestions were accepted, edited, rejected, or are in a reply not yet sent."""
    return await service.figures(db, days)
