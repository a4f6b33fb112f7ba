"""`GET /search`: tickets, conversations, customers, FAQs, articles."""

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
from qiao.knowledge.search.schemas import hit_view
from qiao.knowledge.search.service import SearchService
from qiao.people.accounts.access import SignedIn
from qiao.people.customers import service as customers

router = Router(tags=["search"])
TYPES = frozenset({"tickets", "conversations", "customers", "faqs", "articles"})
_MEANT = 0.2  # below this a text only shares a word or two with the question


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
        for hit in hits:
            kind = "faqs" if hit.document.kind == "faq" else "articles"
            if kind in wanted and len(found[kind]) < limit and hit.score >= _MEANT:
                found[kind].append(hit_view(hit).model_dump())
    return Response(msgspec.json.encode(found), media_type="application/json")


def _any(actor: Actor, *permissions: str) -> bool:
    return any(actor.may(permission) for permission in permissions)
