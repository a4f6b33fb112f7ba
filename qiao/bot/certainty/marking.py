"""Answers of the bot that agents say were wrong: each is evidence of its own, and asks an editor to look."""

from uuid import UUID

from sqlalchemy import select

from qiao.bot.certainty import repository, service
from qiao.bot.certainty.models import CertaintyDecision, CertaintyEvidence
from qiao.bot.certainty.policy import Finding
from qiao.bot.certainty.schemas import Mark
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.desk.conversations import service as conversations
from qiao.people.accounts import audit


async def mark(db: Session, actor: Actor, answer_id: UUID) -> None:
    """Keeps that an answer was wrong; repeating it changes nothing."""
    row = await _answered(db, actor, answer_id)
    if await db.get(CertaintyEvidence, (row.question_id, "marked")) is not None:
        return
    await service.learn(db, [Finding(row.question_id, "marked", False)], clock.now(), actor.id)
    await audit.record(db, actor, "certainty.marked", "certainty", row.question_id, {"wrong": [None, True]})


async def unmark(db: Session, actor: Actor, answer_id: UUID) -> None:
    """As if it had not been marked; whoever may answer in the conversation may say so."""
    row = await _answered(db, actor, answer_id)
    found = await db.get(CertaintyEvidence, (row.question_id, "marked"))
    if found is None:
        return
    await db.delete(found)
    await audit.record(db, actor, "certainty.marked", "certainty", row.question_id, {"wrong": [True, None]})
    await db.flush()


async def of_conversation(db: Session, actor: Actor, conversation_id: UUID) -> list[Mark]:
    if not await conversations.visible_of(db, actor, [conversation_id]):
        raise NotFound("certainty.answer_not_found")
    query = (
        select(CertaintyDecision.answer_id, CertaintyEvidence.at)
        .join(CertaintyEvidence, CertaintyEvidence.question_id == CertaintyDecision.question_id)
        .where(CertaintyDecision.conversation_id == conversation_id, CertaintyEvidence.kind == "marked")
        .where(CertaintyDecision.answer_id.is_not(None))
    )
    return [Mark(answer_id=answer, at=at) for answer, at in (await db.execute(query)).all()]


async def _answered(db: Session, actor: Actor, answer_id: UUID) -> CertaintyDecision:
    """The decision behind an answer that was given, in a conversation the caller may see."""
    row = (await repository.answered_with(db, [answer_id])).get(answer_id)
    if row is None or row.kind != "answer" or not await conversations.visible_of(db, actor, [row.conversation_id]):
        raise NotFound("certainty.answer_not_found")
    return row
