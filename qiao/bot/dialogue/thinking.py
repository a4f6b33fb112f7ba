"""What a language model adds to an answer, asked for before any transaction is open.

A model takes seconds, and a transaction that waits for it would hold up others. So the bot thinks twice: here, with the
model and nothing held, and again when it writes (`service.respond`), where the same decision is made from the same
knowledge in milliseconds and what was thought of here is used if it still fits.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from qiao.bot.dialogue.asker import Asker
from qiao.bot.flows.choosing import Wish
from qiao.bot.llm import writing
from qiao.bot.llm.gateway import Llm
from qiao.bot.llm.writing import Grounded
from qiao.core.realtime import Hub, Target
from qiao.core.runtime import Runtime
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import needs_context

logger = structlog.get_logger(__name__)

SEES_PROGRESS: Final = "draft"


@dataclass(frozen=True, slots=True)
class Thought:
    """`question`: a follow-up in whole words, or None. `answer`: what may be said instead of the text of its first hit.
    `wish`: the flow to begin where there is no answer."""

    question: str | None = None
    answer: Grounded | None = None
    wish: Wish | None = None

    def fits(self, hit: Hit) -> bool:
        return self.answer is not None and self.answer.first == hit.id


async def whole_question(
    runtime: Runtime, message: str, turns: list[Any], *, locale: str, conversation_id: UUID
) -> str | None:
    """A follow-up with what it leaves out; None when it stands on its own or nobody can tell."""
    before = [str(turn["question"]) for turn in turns[-4:] if turn.get("question")]
    if not before or not needs_context(message):
        return None
    return await writing.rewrite(runtime, message, before, locale=locale, conversation_id=conversation_id)


async def written_answer(
    runtime: Runtime, question: str, hit: Hit, *, asker: Asker, locale: str, conversation_id: UUID | None
) -> Grounded | None:
    """The answer in the model's words, resting on `hit` and on what else the asker may read; None without one."""
    if not await runtime.get(Llm).ready("answer"):
        return None
    others = await runtime.get(SearchService).search(
        question, audience=asker.reader, situation=asker.situation, locale=locale, limit=writing.SOURCES
    )
    hits = [hit, *(other for other in others if other.id != hit.id and other.known * other.probability > 0.0)]
    if conversation_id is None:
        return await writing.answer(runtime, question, hits, locale=locale)
    tell = _progress(runtime, conversation_id)
    await tell("")
    return await writing.answer(
        runtime, question, hits, locale=locale, conversation_id=conversation_id, on_sentence=tell
    )


def _progress(runtime: Runtime, conversation_id: UUID) -> Callable[[str], Awaitable[None]]:
    """Tells the customer's open widgets how far the answer is: a hint, gone when the message comes or nobody listens."""
    hub = runtime.get(Hub)
    began = time.monotonic()

    async def tell(text: str) -> None:
        data = {"on": True, "text": text, "ms": round((time.monotonic() - began) * 1000)}
        hub.signal(Target(customer_of=conversation_id), SEES_PROGRESS, data, conversation_id)

    return tell
