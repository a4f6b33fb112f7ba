"""Several questions in one message, each answered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from qiao.bot.answering.asking import Found
from qiao.bot.answering.policy import Action, Reply
from qiao.bot.understanding.questions import asked
from qiao.knowledge.search.document import Hit


async def each(ask: Callable[..., Awaitable[Found]], message: str, **options: Any) -> Reply | None:
    """The answers to the questions of a message; None unless at least two of them have one of their own."""
    parts = asked(message)
    if len(parts) < 2:
        return None
    hits: dict[str, Hit] = {}
    answered: list[Found] = []
    before: str | None = None
    for part in parts:
        found = await ask(part, context=before, **options)
        decision, before = found.decision, part
        if decision.kind == "answer" and decision.hits[0].id not in hits:
            hits[decision.hits[0].id] = decision.hits[0]
            answered.append(found)
    if len(hits) < 2:
        return None
    least = min(answered, key=lambda found: found.decision.probability)
    shown = tuple(key for found in answered for key in found.weighed.shown)
    return Reply(
        Action.ANSWER, 0, tuple(hits.values()), least.decision.probability, several=True,
        weighed=replace(least.weighed, several=True, shown=shown),
    )  # fmt: skip
