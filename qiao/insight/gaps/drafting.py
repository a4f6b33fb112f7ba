"""From a gap to an FAQ: what agents answered in its conversations, the one most of them gave, phrasings, sources."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.insight.gaps import writing
from qiao.insight.gaps.answers import Answer, answer_after, distinct, in_language
from qiao.insight.gaps.collecting import MESSAGES, names_in
from qiao.insight.gaps.schemas import AnswerView, CaseLink, DraftBody, DraftMade
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.gaps import service as gaps
from qiao.knowledge.gaps.clusters import embedded, floor_of, scaled
from qiao.knowledge.gaps.masking import mask
from qiao.knowledge.gaps.schemas import Question, Standing
from qiao.people.customers import service as customers

LOOKED_AT: Final = 200
READ: Final = 40
SHOWN: Final = 20
SOURCES: Final = 5
VARIANTS: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to draft from, most central answer first."""

    gap: Standing
    questions: list[Question]
    answers: list[tuple[Answer, float]]


async def gather(runtime: Runtime, gap_id: UUID) -> Found:
    """What agents answered in a gap's newest conversations, masked. Raises NotFound."""
    async with runtime.db.read() as db:
        gap = await gaps.standing(db, gap_id)
        questions = await gaps.questions(db, gap_id, answered=False, limit=LOOKED_AT)
        handed = [q for q in questions if q.handed_over and q.conversation_id is not None and q.seq is not None]
        found = await _answers(db, handed[:READ])
    if not found:
        return Found(gap, questions, [])
    texts = [answer.text for answer in found] + [question.text for question in questions[:READ]]
    _, vectors = await embedded(runtime, texts)
    floor = await asyncio.to_thread(floor_of, runtime)
    theirs = np.stack(vectors[: len(found)])
    asked = np.stack(vectors[len(found) :]).mean(axis=0)
    alike = scaled(theirs @ theirs.T, floor)
    # What the others say as well, and what speaks of what was asked.
    others = (alike.sum(axis=1) - alike.diagonal()) / max(len(found) - 1, 1)
    about = scaled(theirs @ (asked / max(float(np.linalg.norm(asked)), 1e-9)), floor)
    scores = 0.6 * others + 0.4 * about if len(found) > 1 else about
    ranked = sorted(range(len(found)), key=lambda i: (-round(float(scores[i]), 4), str(found[i].conversation_id)))
    return Found(gap, questions, [(found[i], float(min(max(scores[i], 0), 1))) for i in ranked])


async def _answers(db: Session, questions: Sequence[Question]) -> list[Answer]:
    ids = list(dict.fromkeys(q.conversation_id for q in questions if q.conversation_id is not None))
    facts = await conversations.facts_many(db, ids)
    people = await customers.refs(db, {one.customer_id for one in facts.values()})
    found: dict[UUID, Answer] = {}
    for question in questions:
        key, seq = question.conversation_id, question.seq
        if key is None or seq is None or key in found or key not in facts:
            continue
        messages, _ = await conversations.transcript(db, Actor.system(), key, after_seq=0, limit=MESSAGES)
        answer = answer_after(messages, key, seq)
        if answer is not None:
            customer = people.get(facts[key].customer_id)
            names = names_in(messages) | ({customer.name} if customer is not None and customer.name else set())
            text = mask(answer.text, facts[key].locale, names)
            found[key] = Answer(key, text, answer.at, answer.items)
    return list(found.values())


async def links(db: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, CaseLink]:
    """Links to those conversations the actor may see."""
    wanted = list(dict.fromkeys(ids))
    seen = await conversations.visible_of(db, actor, wanted) if wanted else set()
    views = await conversations.views_of(db, [key for key in wanted if key in seen])
    return {
        key: CaseLink(id=key, number=view.number, status=view.status, customer=view.customer.name or "")
        for key, view in views.items()
    }


async def answers(runtime: Runtime, actor: Actor, gap_id: UUID) -> list[AnswerView]:
    """What agents answered, most central first, masked; links only where the actor may see the conversation."""
    found = await gather(runtime, gap_id)
    shown = found.answers[:SHOWN]
    async with runtime.db.read() as db:
        cases = await links(db, actor, [answer.conversation_id for answer, _ in shown])
        titles = await gaps.titles(db, reader_of(actor), [item for answer, _ in shown for item in answer.items])
    return [
        AnswerView(
            text=answer.text,
            centrality=round(score, 3),
            at=answer.at,
            titles=[titles[item] for item in dict.fromkeys(answer.items) if item in titles],
            conversation=cases.get(answer.conversation_id),
            used=answer.conversation_id in found.gap.draft_sources,
        )
        for answer, score in shown
    ]


def main_language(questions: Sequence[Question]) -> str:
    counted = {name: sum(q.times for q in questions if q.locale == name) for name in ("zh-CN", "en")}
    return "en" if counted["en"] > counted["zh-CN"] else "zh-CN"


async def draft(runtime: Runtime, actor: Actor, gap_id: UUID, body: DraftBody) -> DraftMade:
    """Writes an FAQ draft for a gap. Raises Refused where nobody has answered yet, or there is a draft already."""
    found = await gather(runtime, gap_id)
    if found.gap.faq_id is not None:
        raise Refused("gaps.has_draft")
    locale = body.locale or main_language(found.questions)
    fitting = [answer for answer, _ in found.answers if in_language(answer.text, locale)]
    chosen = fitting or [answer for answer, _ in found.answers]
    if not chosen:
        raise Refused("gaps.no_answers")
    question = found.gap.name
    sources = chosen[:SOURCES]
    text = await writing.draft(runtime, question, [answer.text for answer in sources], locale)
    written = text is not None
    variants = await _variants(runtime, question, found.questions, locale)
    faq = FaqCreate(
        question=question[:500],
        variants=variants,
        answer=text or chosen[0].text,
        locale="en" if locale == "en" else "zh-CN",
        space_id=body.space_id,
        category_id=body.category_id,
        note=i18n.t("gaps.draft_note", locale, count=len(sources)),
    )
    async with runtime.db.transaction() as db:
        view = await articles.create_faq(db, actor, faq)
        await gaps.attach_draft(db, actor, gap_id, view.id, [answer.conversation_id for answer in sources])
    return DraftMade(
        faq_id=view.id, question=view.question, variants=view.variants, answer=view.answer,
        conversations=len(sources), written=written,
    )  # fmt: skip


async def _variants(runtime: Runtime, name: str, questions: Sequence[Question], locale: str) -> list[str]:
    """The ways people asked it in this language, each in other words."""
    texts = list(dict.fromkeys([name, *(q.text for q in questions if in_language(q.text, locale))]))[:100]
    _, vectors = await embedded(runtime, texts)
    floor = await asyncio.to_thread(floor_of, runtime)
    matrix = np.stack(vectors)
    closeness = scaled(matrix @ matrix.T, floor).tolist()
    kept = distinct(texts, closeness, VARIANTS + 1)
    return [texts[place] for place in kept if texts[place] != name][:VARIANTS]
