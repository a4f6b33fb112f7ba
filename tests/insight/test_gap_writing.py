"""With a language model a draft is reworded, but says nothing agents have not said."""

import pytest

from qiao.bot.llm.gateway import Llm, Unanswered
from qiao.core.runtime import Runtime
from qiao.insight.gaps import writing

SAID = [
    "The filter of the mite vacuum is changed every 3 months.",
    "Rinse the filter with clear water and let it dry for 24 hours.",
]


async def test_a_draft_says_only_what_agents_said(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str | Exception] = []

    async def ready(self: Llm, *tasks: str) -> bool:
        return True

    async def complete(self: Llm, task: str, messages: object, **_: object) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Llm, "ready", ready)
    monkeypatch.setattr(Llm, "complete", complete)

    async def draft(answer: str | Exception) -> str | None:
        answers.append(answer)
        return await writing.draft(runtime, "How often is the filter changed?", SAID, "en")

    good = f"{SAID[0]} [1] {SAID[1]} [2]"
    assert await draft(good) == " ".join(SAID)
    kept = await draft(good + " A new filter costs 59 yuan. [2]")
    assert kept is not None and "59" not in kept, "a price nobody named is left out"
    assert await draft("The filter lasts 9 years. [1]") is None
    assert await draft("NO_ANSWER") is None
    assert await draft(Unanswered("timeout")) is None

    async def name(answer: str) -> str | None:
        answers.append(answer)
        return await writing.name(runtime, ["how often to change the filter", "when do I change the filter"], "en")

    assert await name("How often is the filter changed?") == "How often is the filter changed?"
    assert await name("Is the filter changed every 6 weeks?") is None, "six weeks are nobody's words"
    assert await name("滤网多久换一次") is None
