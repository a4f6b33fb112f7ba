"""The verbs of agent assist. Most take a runtime instead of a session: they look, think without a transaction, and may ask
a language model. Each checks first that its reader may see the conversation."""

import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy import func, select

from qiao.bot.answering import asking
from qiao.bot.copilot import policy
from qiao.bot.copilot.cases import Cases
from qiao.bot.copilot.models import AssistFeedback
from qiao.bot.copilot.schemas import (
    AssistView,
    FeedbackBody,
    FeedbackView,
    SimilarView,
    Suggestion,
    SummaryView,
    Verdict,
    WrapUpView,
)
from qiao.bot.dialogue.compose import answer_text
from qiao.bot.llm import writing
from qiao.bot.llm.gateway import Llm
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, ConversationView, MessageView
from qiao.desk.routing import service as routing
from qiao.knowledge.articles.audience import Reader, reader_of
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import needs_context, with_context

MESSAGES: Final = 60
SUGGESTIONS: Final = 3
FLOOR: Final = 0.2
"""Shown unasked must help one time in five; who looks for something by hand sees all there is."""
ALIKE: Final = 0.55
CANDIDATES: Final = 200
SIMILAR: Final = 5
KEPT_SECONDS: Final = 45.0
KEPT: Final = 500
OPEN_FOR: Final = timedelta(minutes=30)


class Kept:
    """Answers of the last moments, by who asked about what. Small, and gone with the process."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        entry = self._found.get(key)
        return entry[1] if entry is not None and time.monotonic() - entry[0] < KEPT_SECONDS else None

    def put(self, key: Hashable, value: Any) -> None:
        self._found[key] = (time.monotonic(), value)
        self._found.move_to_end(key)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)


async def _read(
    runtime: Runtime, actor: Actor, conversation_id: UUID, *, whole: bool = False
) -> tuple[ConversationFacts, list[MessageView]]:
    """A conversation this actor may see, and its newest messages (`whole`: as many as are sensible)."""
    async with runtime.db.read() as db:
        facts = await conversations.require_visible(db, actor, conversation_id)
        messages, _ = await conversations.transcript(db, actor, conversation_id, limit=200 if whole else MESSAGES)
    return facts, messages


# -- suggestions -----------------------------------------------------------------------------------------------------------


async def suggest(runtime: Runtime, actor: Actor, conversation_id: UUID) -> AssistView:
    """What the knowledge base has for the customer's last words."""
    facts, messages = await _read(runtime, actor, conversation_id)
    kept = runtime.get(Kept)
    reader = reader_of(actor)
    key = ("suggest", conversation_id, facts.last_seq, reader)
    found: AssistView | None = kept.get(key)
    if found is None:
        question, before = policy.open_question(messages)
        found = await _suggested(runtime, actor, question, before, facts)
        kept.put(key, found)
    return found


async def preview(runtime: Runtime, actor: Actor, conversation_id: UUID, text: str) -> AssistView:
    """The same for what the customer is just typing, where the agent sees that."""
    facts, messages = await _read(runtime, actor, conversation_id)
    question, before = policy.open_question(messages)
    typed = text.strip() if policy.asks(text) else None
    return await _suggested(runtime, actor, typed, question or before, facts)


async def _suggested(
    runtime: Runtime, actor: Actor, question: str | None, before: str | None, facts: ConversationFacts
) -> AssistView:
    if question is None:
        return AssistView(seq=facts.last_seq, question=None, suggestions=[], articles=[])
    hits = await hits_for(
        runtime, question, before, reader=reader_of(actor), locale=facts.locale, limit=2 * SUGGESTIONS + 2
    )
    worth = [hit for hit in hits if hit.probability >= FLOOR]
    likely = worth[:SUGGESTIONS]
    shown = {hit.id for hit in likely}
    articles = [hit for hit in worth if hit.document.kind == "article" and hit.id not in shown][:SUGGESTIONS]
    return AssistView(
        seq=facts.last_seq,
        question=question,
        suggestions=[_suggestion(hit, rank) for rank, hit in enumerate(likely, start=1)],
        articles=[_suggestion(hit, rank) for rank, hit in enumerate(articles, start=1)],
    )


async def hits_for(
    runtime: Runtime, question: str, before: str | None, *, reader: Reader, locale: str, limit: int
) -> list[Hit]:
    """What the knowledge base has for a question, as sure as the company may be. `before`: what was asked before."""
    asked = with_context(question, before) if before and needs_context(question) else question
    hits = await runtime.get(SearchService).search(asked, audience=reader, locale=locale, limit=limit)
    return await asking.sure(runtime, hits, locale)


def _suggestion(hit: Hit, rank: int) -> Suggestion:
    document = hit.document
    return Suggestion(
        id=UUID(document.id),
        kind=document.kind,
        title=document.title,
        text=answer_text(hit),
        probability=round(hit.probability, 3),
        rank=rank,
        internal=not document.audience & {"public", "customers"},
    )


# -- summary and wrap-up ---------------------------------------------------------------------------------------------------


async def summary(runtime: Runtime, actor: Actor, conversation_id: UUID, locale: str, *, write: bool) -> SummaryView:
    """What the conversation is about; `write`: also in the words of the language model."""
    facts, messages = await _read(runtime, actor, conversation_id, whole=True)
    first = policy.first_question(messages)
    last, waiting = policy.last_words(messages)
    text = None
    if write:
        key = ("summary", conversation_id, facts.last_seq, locale)
        text = runtime.get(Kept).get(key) or await writing.summary(
            runtime, _lines(messages, locale), locale=locale, conversation_id=conversation_id
        )
        if text is not None:
            runtime.get(Kept).put(key, text)
    if facts.status in ("resolved", "closed"):
        waiting = "nobody"
    return SummaryView(
        seq=facts.last_seq,
        question=first.body[: policy.SHOWN] if first else None,
        last=last,
        facts=policy.facts(messages),
        tried=policy.tried(messages),
        waiting_for=cast(Literal["agent", "customer", "nobody"], waiting),
        can_write=await runtime.get(Llm).ready("summary"),
        text=text,
    )


def _lines(messages: Sequence[MessageView], locale: str) -> list[str]:
    """A transcript as a model reads it: who said what, without what only staff said to each other."""
    who = {kind: i18n.t(f"assist.author.{kind}", locale) for kind in ("customer", "user", "bot")}
    return [f"{who[m.author.kind]}: {m.body}" for m in policy.said(messages, "customer", "user", "bot")]


async def wrap_up(runtime: Runtime, actor: Actor, conversation_id: UUID, locale: str, *, write: bool) -> WrapUpView:
    """A proposal from how similar conversations ended; the note from this one (`write`: by the language model)."""
    _, messages = await _read(runtime, actor, conversation_id, whole=True)
    alike = await _alike(runtime, actor, conversation_id, messages)
    async with runtime.db.read() as db:
        view = await conversations.get(db, actor, conversation_id)
        known = {choice.key for choice in (await routing.load_settings(db)).dispositions}
    votes = [(_disposition(v), score) for v, score in alike]
    best, share = policy.disposition([(name if name in known else None, score) for name, score in votes])
    note = (
        await writing.wrap_up(runtime, _lines(messages, locale), locale=locale, conversation_id=conversation_id)
        if write
        else None
    )
    return WrapUpView(
        disposition=best,
        disposition_share=share,
        tags=policy.common_tags([v.tags for v, _ in alike], view.tags),
        note=note or _note(messages, locale),
        written=note is not None,
        can_write=await runtime.get(Llm).ready("draft"),
        based_on=[v.number for v, _ in alike],
    )


def _note(messages: Sequence[MessageView], locale: str) -> str:
    first, answer = policy.first_question(messages), policy.solution(messages)
    parts = []
    if first is not None:
        parts.append(i18n.t("assist.note.question", locale, text=" ".join(first.body.split())[:160]))
    if answer is not None:
        parts.append(i18n.t("assist.note.answer", locale, text=" ".join(answer.body.split())[:200]))
    return "\n".join(parts)


def _disposition(view: ConversationView) -> str | None:
    value = (view.wrap_up or {}).get("disposition")
    return value if isinstance(value, str) else None


# -- similar conversations -------------------------------------------------------------------------------------------------


async def similar(runtime: Runtime, actor: Actor, conversation_id: UUID) -> list[SimilarView]:
    """Resolved conversations this actor may see that began alike, and what solved them."""
    _, messages = await _read(runtime, actor, conversation_id, whole=True)
    found: list[SimilarView] = []
    alike = await _alike(runtime, actor, conversation_id, messages)
    async with runtime.db.read() as db:
        for view, score in alike[:SIMILAR]:
            theirs, _ = await conversations.transcript(db, actor, view.id, limit=100)
            first, answer = policy.first_question(theirs), policy.solution(theirs)
            if first is None:
                continue
            found.append(
                SimilarView(
                    conversation_id=view.id,
                    number=view.number,
                    question=first.body[: policy.SHOWN],
                    answer=answer.body[: policy.SHOWN] if answer else None,
                    answered_by=answer.author.name if answer else None,
                    disposition=_disposition(view),
                    resolved_at=view.resolved_at,
                    similarity=round(score, 3),
                )
            )
    return found


async def _alike(
    runtime: Runtime, actor: Actor, conversation_id: UUID, messages: Sequence[MessageView]
) -> list[tuple[ConversationView, float]]:
    """Ended conversations that began alike, best first, of those this actor may see."""
    first = policy.first_question(messages)
    if first is None:
        return []
    close = await runtime.get(Cases).similar(first.body[:1000], CANDIDATES)
    scores = {key: score for key, score in close if score >= ALIKE and key != conversation_id}
    if not scores:
        return []
    async with runtime.db.read() as db:
        seen = await conversations.visible_of(db, actor, list(scores))
        best = sorted(seen, key=lambda key: -scores[key])[: 4 * SIMILAR]
        views = await conversations.views_of(db, best)
    ended = [views[key] for key in best if key in views and views[key].status in ("resolved", "closed")]
    return [(view, scores[view.id]) for view in ended][: 2 * SIMILAR]


# -- feedback --------------------------------------------------------------------------------------------------------------


async def give_feedback(runtime: Runtime, actor: Actor, conversation_id: UUID, body: FeedbackBody) -> FeedbackView:
    """Notes what became of a suggestion. How sure it was is looked up here, not believed."""
    view = await suggest(runtime, actor, conversation_id)
    # The customer may have written since: what counts is what was on the agent's screen.
    view = runtime.get(Kept).get(("suggest", conversation_id, body.seq, reader_of(actor))) or view
    offered = next((s for s in [*view.suggestions, *view.articles] if s.id == body.source_id), None)
    if offered is None or view.question is None or actor.id is None:
        raise NotFound("assist.suggestion_gone")
    row = AssistFeedback(
        at=clock.now(),
        conversation_id=conversation_id,
        user_id=actor.id,
        question=view.question,
        source_kind=offered.kind,
        source_id=offered.id,
        rank=offered.rank,
        probability=offered.probability,
        outcome=body.outcome,
        suggested=offered.text if body.outcome == "inserted" else None,
    )
    async with runtime.db.transaction() as db:
        await conversations.require_visible(db, actor, conversation_id)
        db.add(row)
        await db.flush()
        return FeedbackView.model_validate(row)


async def settle(db: Session, sent: Sequence[MessageView]) -> None:
    """What people sent tells what they made of the suggestions they had put into it."""
    authors = {(m.conversation_id, m.author.id): m for m in sent if m.author.kind == "user" and m.kind == "text"}
    if not authors:
        return
    query = select(AssistFeedback).where(
        AssistFeedback.outcome == "inserted",
        AssistFeedback.conversation_id.in_([conversation_id for conversation_id, _ in authors]),
    )
    for row in (await db.execute(query.with_for_update())).scalars():
        message = authors.get((row.conversation_id, row.user_id))
        if message is None or message.created_at < row.at:
            continue
        changed = policy.distance(row.suggested or "", message.body)
        row.outcome = policy.outcome(changed) if message.created_at - row.at <= OPEN_FOR else "rejected"
        row.distance, row.message_id, row.suggested = changed, message.id, None


async def listing(
    db: Session,
    *,
    outcome: str | None = None,
    source_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[FeedbackView], str | None]:
    """What became of suggestions, newest first."""
    query = select(AssistFeedback).order_by(AssistFeedback.id.desc()).limit(limit + 1)
    if outcome:
        query = query.where(AssistFeedback.outcome == outcome)
    if source_id is not None:
        query = query.where(AssistFeedback.source_id == source_id)
    before = decode_cursor(cursor, tuple[UUID])
    if before:
        query = query.where(AssistFeedback.id < before[0])
    rows = (await db.execute(query)).scalars().all()
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return [FeedbackView.model_validate(row) for row in rows[:limit]], following


async def verdicts(db: Session, *, since: UUID | None = None, limit: int = 1000) -> list[Verdict]:
    """Settled feedback as rows for ranking and calibration, oldest first; `since` is the key of the last one taken.

    What was sent with few changes answered the question; waved away or rewritten, it says less against the text.
    """
    settled = AssistFeedback.outcome.in_(("accepted", "edited", "rejected"))
    query = select(AssistFeedback).where(settled).order_by(AssistFeedback.id).limit(limit)
    if since is not None:
        query = query.where(AssistFeedback.id > since)
    return [
        Verdict(
            conversation_id=row.conversation_id,
            question=row.question,
            source_kind=row.source_kind,
            source_id=row.source_id,
            probability=row.probability,
            right=row.outcome != "rejected",
            weight=0.5 if row.outcome == "rejected" else round(1.0 - (row.distance or 0.0), 3),
            at=row.at,
        )
        for row in (await db.execute(query)).scalars()
    ]


async def rejections(db: Session, conversation_ids: Sequence[UUID]) -> list[tuple[UUID, str, datetime]]:
    """(conversation, question, when) of suggestions that agents waved away, oldest first."""
    query = select(AssistFeedback.conversation_id, AssistFeedback.question, AssistFeedback.at).where(
        AssistFeedback.conversation_id.in_(list(conversation_ids)), AssistFeedback.outcome == "rejected"
    )
    return [(row[0], row[1], row[2]) for row in await db.execute(query.order_by(AssistFeedback.id))]


async def figures(db: Session, days: int) -> dict[str, int]:
    """How many suggestions became what, over some days."""
    since = clock.now() - timedelta(days=days)
    query = select(AssistFeedback.outcome, func.count()).where(AssistFeedback.at >= since)
    rows = await db.execute(query.group_by(AssistFeedback.outcome))
    return {str(row.outcome): int(row[1]) for row in rows}
