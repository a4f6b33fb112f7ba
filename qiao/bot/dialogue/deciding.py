"""The decision on one message: what the bot, the try-it panel, test sets and shadow runs all ask."""

from dataclasses import replace
from functools import partial
from typing import Final

from qiao.bot.answering import asking
from qiao.bot.answering.policy import Reply, Turn, needs_search, reply_to
from qiao.bot.dialogue import several
from qiao.bot.dialogue.asker import Asker
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision
from qiao.knowledge.search.service import SearchService

NOTHING: Final = Decision("none", 0.0)


async def decided(
    search: SearchService, text: str, *, asker: Asker, locale: str, policy: Policy, turn: Turn,
    misses_before_handoff: int, context: str | None = None, whole: str | None = None,
) -> tuple[Reply, Intent]:  # fmt: skip
    """`context`: the question before this one. `whole`: the message put into a question that needs no context."""
    intent = intent_of(text)
    asked_of = {"audience": asker.reader, "situation": asker.situation, "locale": locale, "policy": policy}
    if intent is Intent.QUESTION and (found := await several.each(partial(asking.ask, search), text, **asked_of)):
        return found, intent
    decision, weighed = NOTHING, None
    if needs_search(intent):
        answer = await asking.ask(
            search,
            whole or text,
            audience=asker.reader,
            situation=asker.situation,
            context=None if whole else context,
            locale=locale,
            policy=policy,
        )
        decision = answer.decision
        if intent is Intent.QUESTION or decision.kind != "none":
            weighed = answer.weighed
    reply = reply_to(intent, decision, turn, misses_before_handoff=misses_before_handoff)
    return replace(reply, weighed=weighed), intent
