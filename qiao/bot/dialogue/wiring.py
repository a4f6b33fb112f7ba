"""What the bot lends to the channels below it: summaries for handoffs, questions to offer."""

from typing import Any
from uuid import UUID

from qiao.bot.dialogue import service
from qiao.channels.contract.ports import HandoffSummary, Suggestions
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.conditions import Situation


class Summaries:
    async def summarise(self, db: Session, conversation_id: UUID) -> dict[str, Any] | None:
        return await service.summary(db, conversation_id, "customer_request")


class MostAsked:
    async def top(self, db: Session, locale: str, limit: int) -> list[str]:
        return await articles.most_used(db, locale, limit, situation=Situation(channel="webchat"))


def provide(runtime: Runtime) -> None:
    runtime.provide(HandoffSummary, Summaries())  # type: ignore[type-abstract]  # a protocol is the key of its part
    runtime.provide(Suggestions, MostAsked())  # type: ignore[type-abstract]  # as above
