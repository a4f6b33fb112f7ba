"""From a figure of a text to the conversations behind it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.conversations import service as conversations
from qiao.insight.knowledge.schemas import Case
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.statistics import service as statistics
from qiao.knowledge.statistics.schemas import UseKind
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge/statistics", tags=["knowledge"])


@router.get("/texts/{text_id}/conversations")
async def list_cases(
    text_id: UUID,
    actor: Annotated[Actor, Needs("reports.view", "knowledge.edit")],
    db: Read,
    kind: Annotated[UseKind, Query(description="Which of the figures.")],
    since: date | None = None,
    until: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[Case]:
    """The conversations in which a text answered, was offered, chosen, sent, or did not spare a person; newest first.

    Only those the caller may see: a page may be shorter than the figure, or empty, and still have a next one.
    """
    stretch = await statistics.period(db, since, until)
    await statistics.one(db, reader_of(actor), text_id, *stretch)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    found = await statistics.conversations_of(db, text_id, kind, *stretch, after=after, limit=limit + 1)
    following = encode_cursor(found[limit - 1][1], found[limit - 1][0]) if len(found) > limit else None
    found = found[:limit]
    ids = [conversation for conversation, _ in found]
    seen = await conversations.visible_of(db, actor, ids)
    views = await conversations.views_of(db, [key for key in ids if key in seen])
    items = [
        Case(
            conversation_id=key,
            number=views[key].number,
            status=views[key].status,
            customer=views[key].customer.name or "",
            preview=last.preview if (last := views[key].last_message) is not None else "",
            at=at,
        )
        for key, at in found
        if key in views
    ]
    return Page(items=items, next_cursor=following)
