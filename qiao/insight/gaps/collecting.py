"""From conversations to questions: reads them, masks them, says what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from qiao.bot.answering import asking
from qiao.bot.copilot import service as copilot
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.growth.surveys import service as surveys
from qiao.insight.gaps import asked
from qiao.insight.gaps.asked import Asked, Rejection
from qiao.knowledge.articles.audience import EVERYTHING
from qiao.knowledge.gaps.masking import mask
from qiao.knowledge.gaps.schemas import Noted
from qiao.knowledge.search.service import SearchService
from qiao.people.customers import service as customers

MESSAGES: Final = 300
_ENDED: Final = frozenset({"resolved", "closed"})


def names_in(messages: Iterable[MessageView]) -> set[str]:
    """Who took part, as they are called; the bot is nobody."""
    return {m.author.name for m in messages if m.author.name and m.author.kind in ("customer", "user")}


async def read(db: Session, conversation_ids: Sequence[UUID]) -> list[Noted]:
    """Every question of some conversations with what became of it. Only reads."""
    facts = await conversations.facts_many(db, conversation_ids)
    ratings = await surveys.of_conversations(db, list(facts))
    people = await customers.refs(db, {one.customer_id for one in facts.values()})
    rejections: dict[UUID, list[Rejection]] = {}
    for conversation_id, question, at in await copilot.rejections(db, list(facts)):
        rejections.setdefault(conversation_id, []).append(Rejection(question, at))
    found: list[Noted] = []
    for key in sorted(facts, key=lambda key: key.bytes):
        one = facts[key]
        messages, _ = await conversations.transcript(db, Actor.system(), key, after_seq=0, limit=MESSAGES)
        rating = ratings.get(key)
        customer = people.get(one.customer_id)
        names = names_in(messages) | ({customer.name} if customer is not None and customer.name else set())
        questions = asked.questions(messages, one, rejections.get(key, []))
        if not questions and one.status in _ENDED:
            questions = await _unanswered(db, one, messages)
        found += _noted(one, messages, questions, names, rating.score if rating is not None else None)
    return found


async def _unanswered(db: Session, facts: ConversationFacts, messages: Sequence[MessageView]) -> list[Asked]:
    """Where no bot is, the knowledge base is asked afterwards: what people had to know by themselves is missing in it."""
    one = asked.opening(messages)
    if one is None or asked.handed_at(facts) is None:
        return []
    found = await asking.ask(runtime_of(db).get(SearchService), one.text, audience=EVERYTHING, locale=facts.locale)
    return [] if found.decision.kind == "answer" else [replace(one, kind="missed")]


def _noted(
    facts: ConversationFacts,
    messages: Sequence[MessageView],
    questions: Sequence[Asked],
    names: set[str],
    score: int | None,
) -> list[Noted]:
    minutes = asked.minutes_spent(messages, facts)
    return [
        Noted(
            key=f"c:{facts.id}:{one.seq}",
            kind=one.kind,
            text=mask(one.text, facts.locale, names),
            channel=facts.channel,
            locale=facts.locale,
            asked_at=one.at,
            conversation_id=facts.id,
            seq=one.seq,
            handed_over=asked.went_to_people(one, facts),
            ended=facts.status in _ENDED,
            minutes=minutes,
            score=score,
            items=one.items,
        )
        for one in questions
        if one.kind is not None
    ]
