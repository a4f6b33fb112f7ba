"""Several questions in one message: each is answered, asked back, or said to be open."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from qiao.bot.answering.asking import Found
from qiao.bot.answering.policy import Action, Left, Reply
from qiao.bot.understanding.questions import asked, stands_alone
from qiao.knowledge.search.document import Hit


async def each(ask: Callable[..., Awaitable[Found]], message: str, **options: Any) -> Reply | None:
    """What to say to the questions of a message; None where the message is better taken as a whole."""
    parts = asked(message)
    if len(parts) < 2:
        return None
    hits: dict[str, Hit] = {}
    answered: list[Found] = []
    left: list[Left] = []
    before: str | None = None
    for part in parts:
        found = await ask(part, context=before, **options)
        decision, before = found.decision, part
        if decision.kind == "answer":
            if decision.hits[0].id not in hits:
                hits[decision.hits[0].id] = decision.hits[0]
                answered.append(found)
        elif stands_alone(part):
            left.append(Left(part, decision.hits if decision.kind == "choices" else ()))
    if not answered or (len(answered) == 1 and not left):
        return None
    if len(answered) == 1:
        # One part may be but the story to the other: then the whole is a question with an answer of its own.
        whole = (await ask(message, context=None, **options)).decision
        if whole.kind == "answer" and whole.hits[0].id not in hits:
            return None
    least = min(answered, key=lambda found: found.decision.probability)
    shown = tuple(key for found in answered for key in found.weighed.shown)
    open_ = tuple(replace(one, hits=tuple(hit for hit in one.hits if hit.id not in hits)) for one in left)
    return Reply(
        Action.ANSWER, 0, tuple(hits.values()), least.decision.probability,
        several=len(hits) > 1, left=open_, offer_person=any(not one.hits for one in open_),
        weighed=replace(least.weighed, several=True, shown=shown),
    )  # fmt: skip


async def beside(ask: Callable[..., Awaitable[Found]], questions: tuple[str, ...], **options: Any) -> Reply | None:
    """What to say to questions that stand beside a wish a flow sees to; None where nothing is known of them."""
    hits: dict[str, Hit] = {}
    least = 1.0
    for question in questions:
        decision = (await ask(question, context=None, **options)).decision
        if decision.kind == "answer":
            hits.setdefault(decision.hits[0].id, decision.hits[0])
            least = min(least, decision.probability)
    return Reply(Action.ANSWER, 0, tuple(hits.values()), least, several=len(hits) > 1) if hits else None
