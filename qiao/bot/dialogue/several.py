"""Several questions in one message, each answered."""

from typing import Any

from qiao.bot.answering.policy import Action, Reply
from qiao.bot.understanding.questions import asked
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService


async def each(search: SearchService, message: str, **options: Any) -> Reply | None:
    """The answers to the questions of a message; None unless at least two of them have one of their own."""
    parts = asked(message)
    if len(parts) < 2:
        return None
    hits: dict[str, Hit] = {}
    sure = 1.0
    before: str | None = None
    for part in parts:
        decision = await search.ask(part, context=before, **options)
        before = part
        if decision.kind == "answer" and decision.hits[0].id not in hits:
            hits[decision.hits[0].id] = decision.hits[0]
            sure = min(sure, decision.probability)
    return Reply(Action.ANSWER, 0, tuple(hits.values()), sure, several=True) if len(hits) > 1 else None
