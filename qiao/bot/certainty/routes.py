"""REST of certainty: what it rests on, the accepted error, versions, the queue of reviews, and agents' marks."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.bot.certainty import figures, marking, reviewing, service
from qiao.bot.certainty.schemas import CertaintyBody, CertaintyView, FitView, Judged, Mark, Queue, Verdict
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot/certainty", tags=["bot"])
Reader = Annotated[Actor, Needs("settings.manage", "knowledge.edit")]
Editor = Annotated[Actor, Needs("knowledge.edit")]
Manager = Annotated[Actor, Needs("settings.manage")]
Agent = Annotated[Actor, Needs("conversations.handle")]


@router.get("")
async def read_certainty(actor: Reader, db: Read) -> CertaintyView:
    """How sure the bot may be, what that rests on, and what other settings would have made of the last questions."""
    return await figures.view(db)


@router.put("/settings")
async def write_certainty(body: CertaintyBody, actor: Manager, db: Tx) -> CertaintyBody:
    """Accepted errors, and whether the company's layer applies and renews itself."""
    return await service.put_settings(db, actor, body)


@router.get("/fits")
async def list_fits(actor: Reader, db: Read, cursor: Cursor = None, limit: Limit = 20) -> Page[FitView]:
    """Versions of the layer, newest first."""
    items, following = await service.fits(db, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.post("/fits", status_code=201)
async def make_fit(actor: Manager, db: Tx) -> FitView:
    """A version of what is known now, without waiting for the next."""
    return await service.fit(db, actor)


@router.post("/fits/{version}/use")
async def use_fit(version: int, actor: Manager, db: Tx) -> FitView:
    """This version applies; new ones wait until somebody says so."""
    return await service.use(db, actor, version)


@router.get("/reviews")
async def next_reviews(actor: Editor, db: Read, limit: Annotated[int, Query(ge=1, le=50)] = 20) -> Queue:
    """The next questions to judge, drawn by lot."""
    return await reviewing.queue(db, actor, limit)


@router.put("/reviews/{question_id}")
async def judge(question_id: UUID, body: Verdict, actor: Editor, db: Tx) -> Judged:
    """Whether the text answers the question; said again, the last word counts."""
    return await reviewing.judge(db, actor, question_id, body)


@router.delete("/reviews/{question_id}", status_code=204)
async def take_back(question_id: UUID, actor: Editor, db: Tx, marked: bool = False) -> None:
    """As if it had not been judged. `marked`: as an answer an agent has marked."""
    await reviewing.take_back(db, actor, question_id, marked=marked)


@router.get("/marks")
async def list_marks(conversation_id: UUID, actor: Agent, db: Read) -> list[Mark]:
    """Which answers of the bot in a conversation agents say were wrong."""
    return await marking.of_conversation(db, actor, conversation_id)


@router.put("/marks/{answer_id}", status_code=204)
async def mark(answer_id: UUID, actor: Agent, db: Tx) -> None:
    """This answer of the bot was wrong: the bot learns from it, and an editor is asked to look."""
    await marking.mark(db, actor, answer_id)


@router.delete("/marks/{answer_id}", status_code=204)
async def unmark(answer_id: UUID, actor: Agent, db: Tx) -> None:
    """As if it had not been marked."""
    await marking.unmark(db, actor, answer_id)
