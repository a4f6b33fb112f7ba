"""What the model is good for: answers from sources, follow-ups put into whole questions, summaries and notes.

Each returns None when there is no model, no answer in time, or nothing that stands the check: callers then do what they do
without. No transaction may be open while these run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import structlog

from qiao.bot.llm import prompts
from qiao.bot.llm.check import Checked, Sentence, Similarity, Source, check, finished, judge, sentences
from qiao.bot.llm.figures import codes, figures, invented
from qiao.bot.llm.gateway import Llm, Receipt, Unanswered
from qiao.core.runtime import Runtime
from qiao.core.text import guess_language, lexical_terms
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import plain

logger = structlog.get_logger(__name__)

SOURCES: Final = 5
SOURCE_LENGTH: Final = 1400
LONGEST_QUESTION: Final = 300
TRANSCRIPT_LINES: Final = 80
OnSentence = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Grounded:
    """An answer that stood the check. Marks in `text` count `sources` from 1; `first` is the hit it had to rest on."""

    text: str
    sources: tuple[Source, ...]
    sentences: tuple[Sentence, ...]
    dropped: int
    first: str


def sources_of(hits: Sequence[Hit]) -> list[Source]:
    """The best hits as numbered sources; of a long article the part around the passage that matched."""
    found: list[Source] = []
    for hit in hits[:SOURCES]:
        text = plain(hit.document.body).strip()
        if len(text) > SOURCE_LENGTH:
            passage = hit.matched.removeprefix(hit.document.title).strip()
            at = text.find(passage[:24]) if passage else -1
            start = max(0, at - SOURCE_LENGTH // 3)
            text = text[start : start + SOURCE_LENGTH]
        found.append(Source(len(found) + 1, hit.id, hit.document.kind, hit.document.title, text or hit.document.title))
    return found


async def answer(
    runtime: Runtime,
    question: str,
    hits: Sequence[Hit],
    *,
    locale: str,
    conversation_id: UUID | None = None,
    on_sentence: OnSentence | None = None,
) -> Grounded | None:
    """An answer to `question` from `hits`, every sentence checked. `hits` are what the asker may read, best first: the
    answer must rest on the first, because how sure the product is, is how sure it is of that one.

    `on_sentence` hears the checked text so far while it is written, where the company wants that.
    """
    llm = runtime.get(Llm)
    if not hits or not await llm.ready("answer"):
        return None
    sources = sources_of(hits)
    similar = similarity(runtime)
    shown, receipt = 0, Receipt()
    streaming = on_sentence is not None and (await llm.setup()).settings.streaming

    async def heard(text: str) -> None:
        nonlocal shown
        assert on_sentence is not None
        whole = finished(text)
        if len(whole) <= shown or prompts.NO_ANSWER in text:
            return
        judged = await asyncio.to_thread(lambda: [judge(one, sources, similar) for one in whole])
        shown = len(whole)
        kept = [one for one in judged if one.fault is None]
        if kept:
            await on_sentence(" ".join(one.text for one in kept) if locale == "en" else "".join(o.text for o in kept))

    try:
        asked = prompts.answer(question, sources, locale)
        if streaming:
            completion = await llm.stream("answer", asked, heard, conversation_id=conversation_id, receipt=receipt)
            text = completion.text if completion.complete else _without_last(completion.text)
        else:
            text = await llm.complete("answer", asked, conversation_id=conversation_id, receipt=receipt)
    except Unanswered:
        return None
    if prompts.NO_ANSWER in text:
        llm.unused(receipt, "no_answer")
        return None
    checked = await asyncio.to_thread(check, text, sources, similar)
    grounded = _grounded(checked, sources)
    if grounded is None:
        llm.unused(receipt, "unsupported")
    return grounded


def _without_last(text: str) -> str:
    """A text the model had to break off, without its last sentence."""
    return "".join(sentences(text)[:-1])


def _grounded(checked: Checked, sources: Sequence[Source]) -> Grounded | None:
    for sentence in checked.dropped:
        if sentence.fault != "uncited":
            logger.info("llm_sentence_dropped", fault=sentence.fault)
    if not checked.enough or not any(1 in sentence.cites for sentence in checked.kept):
        return None
    order = list(dict.fromkeys(number for sentence in checked.kept for number in sentence.cites))
    renumbered = {number: place for place, number in enumerate(order, start=1)}
    kept = tuple(Sentence(s.text, tuple(renumbered[n] for n in s.cites)) for s in checked.kept)
    by_number = {source.number: source for source in sources}
    parts: list[str] = []
    for sentence, original in zip(kept, checked.kept, strict=True):
        line_break = (
            "\n" if original.text.lstrip()[:1] in "-*•·" or original.text[:2].rstrip(".、)）").isdigit() else ""
        )
        marks = "".join(f"[{number}]" for number in sentence.cites)
        parts.append(("\n" if line_break and parts else "") + sentence.text + marks)
    english = guess_language(parts[0]) == "en"
    whole = parts[0]
    for part in parts[1:]:
        # A mark must not run into what begins with a digit or letter: [1]2 小时.
        spaced = not part.startswith("\n") and (english or part[:1].isascii())
        whole += f" {part}" if spaced else part
    return Grounded(
        text=whole,
        sources=tuple(by_number[number] for number in order),
        sentences=kept,
        dropped=len(checked.dropped),
        first=by_number[1].id,
    )


def similarity(runtime: Runtime) -> Similarity:
    """Closeness in meaning by the model the search uses; nothing leaves the machine."""
    embedder = runtime.get(SearchService).engine.embedder

    def closest(text: str, others: Sequence[str]) -> float:
        vectors = embedder.questions([text, *others])
        score = float(np.max(vectors[1:] @ vectors[0])) if len(others) else 0.0
        return max(0.0, (score - embedder.floor) / (1 - embedder.floor))

    return closest


async def rewrite(
    runtime: Runtime, message: str, before: Sequence[str], *, locale: str, conversation_id: UUID | None = None
) -> str | None:
    """A follow-up as a question of its own. It may only put together what the customer has said."""
    llm = runtime.get(Llm)
    if not before or len(message) > LONGEST_QUESTION or not await llm.ready("rewrite"):
        return None
    try:
        asked = prompts.rewrite(message, before[-4:], locale)
        text = await llm.complete("rewrite", asked, conversation_id=conversation_id, receipt=(receipt := Receipt()))
    except Unanswered:
        return None
    rewritten = checked_rewrite(text, message, before)
    if rewritten is None:
        llm.unused(receipt, "unsupported")
    return rewritten


def checked_rewrite(text: str, message: str, before: Sequence[str]) -> str | None:
    """The rewritten question, or None when it is none: several lines, another language, things nobody said."""
    text = text.strip().strip("\"'“”「」")
    heard = "\n".join([*before, message])
    if not text or "\n" in text or len(text) > LONGEST_QUESTION or guess_language(text) != guess_language(message):
        return None
    if (figures(text) - figures(heard)) or (codes(text) - codes(heard)) or invented(text, heard):
        return None
    terms = set(lexical_terms(text))
    said = set(lexical_terms(heard))
    if len(terms & said) < 0.5 * len(terms) or not terms & set(lexical_terms(message)):
        return None
    return text


def _faithful(text: str, lines: Sequence[str]) -> bool:
    """Whether a summary has a readable length and says no number, code or link the conversation has not."""
    return bool(text) and len(text) <= 2000 and invented(text, "\n".join(lines)) is None


async def summary(
    runtime: Runtime, lines: Sequence[str], *, locale: str, conversation_id: UUID | None = None
) -> str | None:
    """What a conversation is about, for who takes it over."""
    return await _about(runtime, "summary", lines, locale, conversation_id)


async def wrap_up(
    runtime: Runtime, lines: Sequence[str], *, locale: str, conversation_id: UUID | None = None
) -> str | None:
    """A note for the end of a conversation."""
    return await _about(runtime, "draft", lines, locale, conversation_id)


async def _about(
    runtime: Runtime, task: Any, lines: Sequence[str], locale: str, conversation_id: UUID | None
) -> str | None:
    llm = runtime.get(Llm)
    if not lines or not await llm.ready(task):
        return None
    kept = [line[:600] for line in lines[-TRANSCRIPT_LINES:]]
    asked = (prompts.summary if task == "summary" else prompts.wrap_up)(kept, locale)
    try:
        text = await llm.complete(task, asked, conversation_id=conversation_id, receipt=(receipt := Receipt()))
    except Unanswered:
        return None
    if not _faithful(text, kept):
        llm.unused(receipt, "unsupported")
        return None
    return text
