"""What the bot lends to the channels below it: summaries for handoffs, its name, questions to offer."""

from typing import Any
from uuid import UUID

from qiao.bot.dialogue import service
from qiao.channels.contract.ports import Greeter, HandoffSummary
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.conditions import Situation


class Summaries:
    async def summarise(self, db: Session, conversation_id: UUID) -> dict[str, Any] | None:
        return await service.summary(db, conversation_id, "customer_request")


class Bot:
    async def name(self, db: Session, inbox_id: UUID, locale: str) -> str:
        return await service.name_in(db, await service.get_settings(db), inbox_id, locale)

    async def suggestions(self, db: Session, locale: str, limit: int) -> list[str]:
        return await articles.most_used(db, locale, limit, situation=Situation(channel="webchat"))


def provide(runtime: Runtime) -> None:
    runtime.provide(HandoffSummary, Summaries())
    runtime.provide(Greeter, Bot())
