"""One question put to a configuration: the bot's own decision, with what it rests on, touching nothing."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from qiao.bot.answering.policy import Action, Reply, Turn
from qiao.bot.dialogue import guarding
from qiao.bot.dialogue.asker import Asker
from qiao.bot.dialogue.deciding import decided
from qiao.bot.evaluation.policy import Decision, Outcome
from qiao.bot.flows import live as flows
from qiao.bot.llm import writing
from qiao.bot.understanding import service as sensitive
from qiao.bot.understanding.guard import concern_of
from qiao.core import clock
from qiao.core.runtime import Runtime
from qiao.knowledge.articles.audience import ANONYMOUS, IDENTIFIED, STAFF
from qiao.knowledge.articles.conditions import Situation
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import needs_context

READERS: Final = {"public": ANONYMOUS, "customers": IDENTIFIED, "internal": STAFF}
RANKED: Final = 10
_SAYS: Final[dict[Action, Decision]] = {
    Action.ANSWER: "answer",
    Action.CHOICES: "choices",
    Action.FLOW: "flow",
    Action.HANDOFF: "handoff",
    Action.GUARD: "guard",
    Action.DONT_KNOW: "handoff",
    Action.ASK_AGAIN: "handoff",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of a configuration that is not knowledge."""

    max_error: float
    misses_before_handoff: int
    model: bool
    writes: bool = True
    """With a model: also have the answer written, to see whether it stands the check."""


@dataclass(frozen=True, slots=True)
class Trial:
    outcome: Outcome
    hits: tuple[Hit, ...] = ()
    ms: float = 0.0
    why: dict[str, Any] = field(default_factory=dict)

    def found(self, count: int) -> list[dict[str, Any]]:
        """The best hits as results keep them."""
        return [
            {
                "id": hit.id,
                "kind": hit.document.kind,
                "title": hit.document.title[:300],
                "matched": hit.matched[:300],
                "probability": round(hit.probability, 4),
                "readers": sorted(hit.document.audience),
            }
            for hit in self.hits[:count]
        ]

    def rank_of(self, ids: set[UUID]) -> int | None:
        return next((place for place, hit in enumerate(self.hits, 1) if UUID(hit.id) in ids), None)


def asker_for(reader: str, channel: str) -> Asker:
    """Whoever asks a case. Colleagues are in no situation: they look at all cases."""
    return Asker(READERS[reader], Situation(channel=channel))


async def attempt(
    runtime: Runtime, search: SearchService, settings: Settings, question: str, *,
    asker: Asker, locale: str, context: str | None = None,
) -> Trial:  # fmt: skip
    """What the bot would do with `question` as a first message, or after `context`."""
    began = time.perf_counter()
    policy = Policy(max_error=settings.max_error)
    whole, model_ms = None, 0.0
    if settings.model and context and needs_context(question):
        whole = await writing.rewrite(runtime, question, [context], locale=locale)
        model_ms = (time.perf_counter() - began) * 1000
    async with runtime.db.read() as db:
        checked = await sensitive.check(db, "in", question)
        reply: Reply | None = guarding.Look(concern_of(question), checked).reply(0)
        flow = None
        if reply is None:
            reply, _ = await decided(
                search, question, asker=asker, locale=locale, policy=policy, turn=Turn(),
                misses_before_handoff=settings.misses_before_handoff, context=context, whole=whole,
            )  # fmt: skip
            flow = await flows.flow_for(db, question, reply)
    ms = (time.perf_counter() - began) * 1000 - model_ms
    hits = await _ranked(search, whole or question, asker, locale, None if whole else context)
    outcome = _outcome(reply, flow)
    why: dict[str, Any] = {"action": str(reply.action)}
    if reply.weighed is not None:
        why["threshold"] = round(reply.weighed.enough, 4)
    if whole:
        why["rewritten"] = whole[:300]
    if settings.model and settings.writes and outcome.decision == "answer" and not reply.several:
        written = await writing.answer(
            runtime, whole or question, [reply.hits[0], *_others(hits, reply)], locale=locale
        )
        why["written"] = written is not None
    return Trial(outcome, hits, ms, why)


def _outcome(reply: Reply, flow: str | None) -> Outcome:
    if flow is not None:
        return Outcome("flow", (), flow, reply.probability)
    given = tuple(
        UUID(hit.id) for hit in (reply.hits if reply.several or reply.action is Action.CHOICES else reply.hits[:1])
    )
    return Outcome(_SAYS.get(reply.action, "talk"), given, None, round(reply.probability, 4))


def _others(hits: tuple[Hit, ...], reply: Reply) -> list[Hit]:
    return [hit for hit in hits if hit.id != reply.hits[0].id and hit.known * hit.probability > 0.0][: writing.SOURCES]


async def _ranked(
    search: SearchService, question: str, asker: Asker, locale: str, context: str | None
) -> tuple[Hit, ...]:
    """The list behind the decision: the same search, longer."""
    found = await asyncio.to_thread(
        search.engine.search, question, allowed=asker.reader, context=context, locale=locale, limit=RANKED,
        at=clock.now().timestamp(), situation=asker.situation,
    )  # fmt: skip
    return tuple(found)
