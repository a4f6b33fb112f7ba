"""Ratings for those who read reports."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.growth.surveys import service
from qiao.growth.surveys.schemas import RatingView
from qiao.people.accounts.access import Needs

router = Router(prefix="/ratings", tags=["surveys"])


@router.get("")
async def list_ratings(
    actor: Annotated[Actor, Needs("reports.view")],
    db: Read,
    agent_id: UUID | None = None,
    inbox_id: UUID | None = None,
    score: Annotated[int | None, Query(ge=1, le=5)] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RatingView]:
    """What customers think, newest first."""
    after = decode_cursor(cursor, tuple[datetime, UUID])
    found = await service.listing(
        db,
        actor,
        agent_id=agent_id,
        inbox_id=inbox_id,
        score=score,
        since=since,
        until=until,
        after=after,
        limit=limit + 1,
    )
    page, following = found[:limit], None
    if len(found) > limit:
        following = encode_cursor(page[-1].created_at, page[-1].conversation.id)
    return Page(items=page, next_cursor=following)
