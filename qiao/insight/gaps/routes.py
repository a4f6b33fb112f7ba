"""What of a knowledge gap needs its conversations: examples with links, what agents answered, the draft made of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Runtime_, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.insight.gaps import drafting
from qiao.insight.gaps.schemas import AnswerView, DraftBody, DraftMade, QuestionView
from qiao.knowledge.gaps import service as gaps
from qiao.knowledge.gaps.schemas import Question
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge/gaps/{gap_id}", tags=["knowledge"])
Reader = Annotated[Actor, Needs("reports.view", "knowledge.edit")]
Editor = Annotated[Actor, Needs("knowledge.edit")]


@router.get("/questions")
async def list_questions(
    gap_id: UUID,
    actor: Reader,
    db: Read,
    since: date | None = None,
    until: date | None = None,
    answered: Annotated[bool | None, Query(description="Only those with (or without) a good answer.")] = None,
    language: Annotated[str | None, Query(max_length=10)] = None,
    channel: Annotated[str | None, Query(max_length=30)] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[QuestionView]:
    """The questions of a gap, masked, newest first; with a link where the caller may see the conversation."""
    await gaps.standing(db, gap_id)
    begin, end = await gaps.stretch(db, *await gaps.period(db, since, until))
    after = decode_cursor(cursor, tuple[datetime, UUID])
    found = await gaps.questions(
        db, gap_id, since=begin, until=end, answered=answered, channel=channel, locale=language, after=after,
        limit=limit + 1,
    )  # fmt: skip
    following = encode_cursor(found[limit - 1].asked_at, found[limit - 1].id) if len(found) > limit else None
    found = found[:limit]
    cases = await drafting.links(db, actor, [one.conversation_id for one in found if one.conversation_id is not None])
    items = [
        QuestionView(
            id=one.id,
            kind=one.kind,
            text=one.text,
            channel=one.channel,
            locale=one.locale,
            asked_at=one.asked_at,
            times=one.times,
            outcome=_outcome(one),
            minutes=round(one.minutes, 1),
            score=one.score,
            conversation=cases.get(one.conversation_id) if one.conversation_id is not None else None,
        )
        for one in found
    ]
    return Page(items=items, next_cursor=following)


def _outcome(one: Question) -> Literal["people", "open", "bot", "search"]:
    if one.conversation_id is None:
        return "search"
    if one.handed_over:
        return "people"
    return "bot" if one.ended else "open"


@router.get("/answers")
async def list_answers(gap_id: UUID, actor: Reader, runtime: Runtime_) -> list[AnswerView]:
    """What agents answered in the newest of these conversations, masked; what most of them said first."""
    return await drafting.answers(runtime, actor, gap_id)


@router.post("/draft", status_code=201)
async def draft_faq(gap_id: UUID, body: DraftBody, actor: Editor, runtime: Runtime_) -> DraftMade:
    """Drafts an FAQ from what agents answered, with the questions' phrasings. It is published by who may publish."""
    return await drafting.draft(runtime, actor, gap_id, body)
