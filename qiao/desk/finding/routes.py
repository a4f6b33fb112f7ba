"""`GET /search`: tickets, conversations, customers, FAQs, articles."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Query, Response

from qiao.core.actor import Actor
from qiao.core.web import Locale, Read, Runtime_
from qiao.core.web.routing import Router
from qiao.desk.conversations import service as conversations
from qiao.desk.ticketlists import lists as ticketlists
from qiao.desk.ticketlists.schemas import QueryBody
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.schemas import hit_view
from qiao.knowledge.search.service import SearchService
from qiao.people.accounts.access import SignedIn
from qiao.people.customers import service as customers

router = Router(tags=["search"])
TYPES = frozenset({"tickets", "conversations", "customers", "faqs", "articles"})
_MEANT = 0.2  # below this a text only shares a word or two with the question
_BESIDE = 0.45  # of the best one's score: what is worth reading beside it
_VAGUE, _FEW = 0.5, 3  # where even the best one is only vaguely like it, a few are enough


@router.get("/search")
async def search_everything(
    actor: SignedIn,
    db: Read,
    runtime: Runtime_,
    locale: Locale,
    q: Annotated[str, Query(min_length=1, max_length=200)],
    types: Annotated[str, Query(description="Comma-separated; empty means all.")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """`{tickets, conversations, customers, faqs, articles}`, each only as far as the caller may see."""
    wanted = {part.strip() for part in types.split(",") if part.strip()} & TYPES or TYPES
    found: dict[str, Any] = {kind: [] for kind in sorted(TYPES)}
    if "tickets" in wanted and _any(actor, "tickets.handle", "tickets.view_all", "tasks.handle"):
        page = await ticketlists.query(db, actor, QueryBody(q=q, limit=limit))
        found["tickets"] = [{"ticket": row, "hits": row.hits or []} for row in page.items]
    if "conversations" in wanted and _any(actor, "conversations.handle", "conversations.view_all"):
        found["conversations"] = await conversations.search(db, actor, q, limit)
    if "customers" in wanted and _any(actor, "customers.view"):
        people = await customers.find(db, actor, q=q, limit=limit)
        found["customers"] = [person.model_dump(mode="json") for person in people]
    if wanted & {"faqs", "articles"} and _any(actor, "knowledge.view"):
        hits = await runtime.get(SearchService).search(q, audience=reader_of(actor), locale=locale, limit=limit * 2)
        for hit in _worth_reading(hits):
            kind = "faqs" if hit.document.kind == "faq" else "articles"
            if kind in wanted and len(found[kind]) < limit:
                found[kind].append(hit_view(hit).model_dump())
    return Response(msgspec.json.encode(found), media_type="application/json")


def _worth_reading(hits: Sequence[Hit]) -> list[Hit]:
    """Those that are meant: a knowledge base that lacks a word shows a few neighbours of it, not a page of strangers."""
    best = max((hit.score for hit in hits), default=0.0)
    kept = [hit for hit in hits if hit.score >= max(_MEANT, _BESIDE * best)]
    return kept if best >= _VAGUE else kept[:_FEW]


def _any(actor: Actor, *permissions: str) -> bool:
    return any(actor.may(permission) for permission in permissions)
