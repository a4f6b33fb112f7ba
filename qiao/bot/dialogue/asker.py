"""Whom the bot speaks to, as the knowledge base needs it: what they may read, and what is known of their case."""

from dataclasses import dataclass
from typing import Final

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.knowledge.articles.audience import ANONYMOUS, customer_reader
from qiao.knowledge.articles.conditions import Situation
from qiao.people.customers import service as customers

_UNKNOWN: Final = Situation()


@dataclass(frozen=True, slots=True)
class Asker:
    reader: frozenset[str] = ANONYMOUS
    situation: Situation = _UNKNOWN


async def asker_of(db: Session, facts: ConversationFacts) -> Asker:
    """The customer of a conversation. Only one whom the inbox itself vouches for reads what is for customers, and only
    theirs is a level to go by: a name, a number or an address that somebody gave is a claim."""
    view = await customers.get(db, Actor.system(), facts.customer_id)
    identified = any(
        identity.kind in ("external", "api") and identity.verified and identity.inbox_id == facts.inbox_id
        for identity in view.identities
    )
    situation = Situation(channel=facts.channel, region=view.city or None, level=view.level if identified else None)
    return Asker(customer_reader(identified=identified), situation)
