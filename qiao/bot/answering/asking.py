"""The knowledge base asked, with the company's own certainty on top of the engine's: the one way the bot decides."""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from qiao.bot.answering.certainty import SHIPPED, Certainty, Thresholds, Weighed, language, weighed
from qiao.bot.answering.ports import Certainties
from qiao.bot.understanding.questions import stands_alone
from qiao.core import clock
from qiao.core.runtime import Runtime
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.articles.conditions import Situation
from qiao.knowledge.search import calibration
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision, Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import needs_context, new_in

PLAIN: Final = Policy()


@dataclass(frozen=True, slots=True)
class Found:
    """A decision and what it rests on."""

    decision: Decision
    weighed: Weighed


async def current(runtime: Runtime) -> Certainty:
    """What applies in this process now."""
    held = runtime.find(Certainties)
    return await held.current() if held is not None else SHIPPED


async def sure(runtime: Runtime, hits: Sequence[Hit], locale: str | None) -> list[Hit]:
    """Hits of a search, as sure as the company has reason to be."""
    return (await current(runtime)).hits(hits, locale)


async def ask(
    search: SearchService, question: str, *, audience: Reader, context: str | None = None, locale: str | None = None,
    policy: Policy | None = None, situation: Situation | None = None,
) -> Found:  # fmt: skip
    """What the knowledge base has to say to a reader of `audience`; `policy` says which error is accepted.

    Where it has nothing, it is asked for what was meant, and for what a follow-up names, and whatever is found is offered:
    how sure that is was never measured, so it is no answer.
    """
    certainty = await current(search.runtime)
    limits = certainty.policy(policy or PLAIN)
    facts = {"engine": engine_name(search), "locale": language(locale), "version": certainty.version}

    async def asked(text: str, before: str | None, used: Thresholds) -> Found:
        hits = await found(search, text, audience=audience, context=before, locale=locale, situation=situation)
        confident = certainty.hits(hits, locale)
        decision = search.engine.decide(confident, used)
        return Found(decision, weighed(hits, confident, decision, limits, **facts))

    first = await asked(question, context, limits)
    if first.decision.kind != "none":
        return first
    only_offers = replace(limits, answer_at=math.inf)
    if (meant := await search.meant(question)) is not None:
        second = await asked(meant, context, only_offers)
        if second.decision.kind != "none":
            return second
    if context and needs_context(question) and stands_alone(named := new_in(question)):
        second = await asked(named, None, only_offers)
        if second.decision.kind != "none":
            return second
    return first


async def found(
    search: SearchService, question: str, *, audience: Reader, context: str | None = None, locale: str | None = None,
    situation: Situation | None = None,
) -> list[Hit]:  # fmt: skip
    """The engine's hits, as it returns them."""
    await search.loaded.wait()
    return await asyncio.to_thread(
        search.engine.search, question, allowed=audience, context=context, locale=locale,
        at=clock.now().timestamp(), situation=situation,
    )  # fmt: skip


def engine_name(search: SearchService) -> str:
    """Probabilities of different names are not comparable: another model, or other coefficients."""
    return f"{search.engine.embedder.name}/{_coefficients()}"[:80]


@cache
def _coefficients() -> str:
    shipped = Path(calibration.__file__).with_name("calibration.json").read_bytes()
    return hashlib.sha256(shipped).hexdigest()[:8]
