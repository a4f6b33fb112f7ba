"""The queue of reviews: answers agents have marked, then questions drawn by lot, judged by colleagues who know the texts."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from qiao.bot.certainty import repository, service
from qiao.bot.certainty.models import CertaintyDecision, CertaintyEvidence
from qiao.bot.certainty.policy import Finding
from qiao.bot.certainty.schemas import Judged, Queue, ReviewView, Verdict
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import may_read, reader_of
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.search.text import needs_context
from qiao.people.accounts import audit

_SHOWN: Final = 2000
_LOOKED_AT: Final = 4
"""Times as many as asked for are drawn at once: some lie in conversations the caller may not see."""
_ROUNDS: Final = 5


async def queue(db: Session, actor: Actor, limit: int) -> Queue:
    """The next to judge: what agents have marked, then the others in the order of their lots, so that whichever of these
    are judged are a fair sample of all.

    Answers that were given and texts that would have been given alike; only in conversations the caller may see, with
    texts the caller may read.
    """
    marked = (await _views(db, actor, await repository.marked(db, _LOOKED_AT * limit)))[:limit]
    first = {view.question_id for view in marked}
    open_ = select(CertaintyDecision).where(CertaintyDecision.usable, ~CertaintyDecision.reviewed)
    items: list[ReviewView] = []
    after = -1.0
    for _ in range(_ROUNDS):
        query = open_.where(CertaintyDecision.lot > after).order_by(CertaintyDecision.lot).limit(_LOOKED_AT * limit)
        rows = list((await db.execute(query)).scalars())
        items += await _views(db, actor, rows)
        if len(items) >= limit + len(first) or len(rows) < _LOOKED_AT * limit:
            break
        after = rows[-1].lot
    waiting = await db.scalar(
        select(func.count()).select_from(CertaintyDecision).where(CertaintyDecision.usable, ~CertaintyDecision.reviewed)
    )
    judged = await db.scalar(
        select(func.count()).select_from(CertaintyEvidence).where(CertaintyEvidence.kind == "review")
    )
    drawn = [item for item in items if item.question_id not in first]
    both = [view.model_copy(update={"marked": True}) for view in marked] + drawn
    return Queue(items=both[:limit], waiting=int(waiting or 0), judged=int(judged or 0))


async def _views(db: Session, actor: Actor, rows: list[CertaintyDecision]) -> list[ReviewView]:
    seen = await conversations.visible_of(db, actor, [row.conversation_id for row in rows])
    rows = [row for row in rows if row.conversation_id in seen]
    facts = await conversations.facts_many(db, [row.conversation_id for row in rows])
    said = await conversations.messages_by_id(
        db, [key for row in rows for key in (row.question_id, row.answer_id) if key is not None]
    )
    wanted = [row.items[0] for row in rows]
    texts = {text.id: text for kind in ("faq", "article") for text in await articles.searchable(db, kind, wanted)}
    reader = reader_of(actor)
    found: list[ReviewView] = []
    for row in rows:
        text, question = texts.get(row.items[0]), said.get(row.question_id)
        if text is None or question is None or not may_read(text.readers, reader):
            continue
        given = said.get(row.answer_id) if row.answer_id is not None and row.kind == "answer" else None
        found.append(
            ReviewView(
                question_id=row.question_id,
                conversation_id=row.conversation_id,
                number=facts[row.conversation_id].number,
                at=row.at,
                locale=row.locale,
                channel=row.channel,
                before=await _before(db, row, question),
                question=question.body[:_SHOWN],
                text_id=text.id,
                kind=text.source,
                title=text.title,
                text=_said(given, text)[:_SHOWN],
            )
        )
    return found


def _said(given: MessageView | None, text: SearchableText) -> str:
    """What the customer read, or would have read."""
    return given.body if given is not None else text.body


async def _before(db: Session, row: CertaintyDecision, question: MessageView) -> str | None:
    if not needs_context(question.body):
        return None
    turns, _ = await conversations.transcript(db, Actor.system(), row.conversation_id, before_seq=row.seq, limit=10)
    asked = [turn.body for turn in turns if turn.author.kind == "customer" and turn.kind == "text"]
    return asked[-1][:_SHOWN] if asked else None


async def judge(db: Session, actor: Actor, question_id: UUID, verdict: Verdict) -> Judged:
    """Keeps what a colleague says of the first text for a question; said again, the last word counts.

    Of a marked answer it is kept apart: it was looked at because it seemed wrong, and no fair sample of all. It may
    still be drawn.
    """
    row = await _judgeable(db, actor, question_id)
    if row is None or not row.usable:
        raise NotFound("certainty.question_not_found")
    if not verdict.marked:
        row.reviewed = True
        await db.flush()
    finding = Finding(question_id, "checked" if verdict.marked else "review", verdict.right)
    await service.learn(db, [finding], clock.now(), actor.id)
    await audit.record(db, actor, "certainty.judged", "certainty", question_id, {"right": [None, verdict.right]})
    return Judged(question_id=question_id, right=verdict.right)


async def take_back(db: Session, actor: Actor, question_id: UUID, *, marked: bool) -> None:
    """The question stands in the queue again, where it stood."""
    row = await _judgeable(db, actor, question_id)
    if row is None:
        raise NotFound("certainty.question_not_found")
    found = await db.get(CertaintyEvidence, (question_id, "checked" if marked else "review"))
    if not marked:
        row.reviewed = False
    if found is not None:
        await db.delete(found)
        await audit.record(db, actor, "certainty.judged", "certainty", question_id, {"right": [found.right, None]})
    await db.flush()


async def _judgeable(db: Session, actor: Actor, question_id: UUID) -> CertaintyDecision | None:
    row = await db.get(CertaintyDecision, question_id, with_for_update=True)
    if row is None or not await conversations.visible_of(db, actor, [row.conversation_id]):
        return None
    return row
