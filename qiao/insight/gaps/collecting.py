"""From conversations to questions: reads them, masks them, says what became of them."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from qiao.bot.copilot import service as copilot
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.growth.surveys import service as surveys
from qiao.insight.gaps import asked
from qiao.insight.gaps.asked import Rejection
from qiao.knowledge.gaps.masking import mask
from qiao.knowledge.gaps.schemas import Noted
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
        found += _noted(one, messages, rejections.get(key, []), names, rating.score if rating is not None else None)
    return found


def _noted(
    facts: ConversationFacts,
    messages: Sequence[MessageView],
    rejections: Sequence[Rejection],
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
        for one in asked.questions(messages, facts, rejections)
        if one.kind is not None
    ]
