"""REST of knowledge search, for staff."""

from typing import Annotated

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Locale, Runtime_
from qiao.core.web.routing import Router
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.search.schemas import HitView, hit_view
from qiao.knowledge.search.service import SearchService
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge", tags=["knowledge"])


@router.get("/search")
async def search_knowledge(
    actor: Annotated[Actor, Needs("knowledge.view")],
    runtime: Runtime_,
    locale: Locale,
    q: Annotated[str, Query(min_length=1, max_length=500)],
    language: str | None = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[HitView]:
    """FAQs and articles that fit a question, best first; as far as one may read them."""
    hits = await runtime.get(SearchService).search(q, audience=reader_of(actor), locale=language or locale, limit=limit)
    return [hit_view(hit) for hit in hits]
