"""Which procedures fit a ticket or conversation: by what the customer said, the ticket's type, and conditions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.conditions import holds
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.core.text import lexical_terms, normalize
from qiao.desk.sop import book, repository, subjects
from qiao.desk.sop.document import Procedure
from qiao.desk.sop.schemas import ForSubject, SuggestionView
from qiao.desk.sop.service import showing
from qiao.knowledge.search.service import SearchService

FITS: Final = 0.5
_MOST: Final = 5
_LONGEST: Final = 200
_SIMILAR: Final = 0.62
"""How near in meaning a sentence must be to one of the phrases to count without sharing its words."""


@dataclass(slots=True)
class Fit:
    score: float = 0.0
    why: list[dict[str, str]] = field(default_factory=list)

    def add(self, score: float, kind: str, what: str) -> None:
        self.score = 1 - (1 - self.score) * (1 - score)
        self.why.append({"kind": kind, "what": what})


def by_words(document: Procedure, said: Sequence[str]) -> Fit:
    """How well what was said fits the keywords and phrases. Pure."""
    fit = Fit()
    plain = [normalize(text)[:_LONGEST] for text in said]
    for words in document.start.keywords.values():
        for word in words:
            if any(_holds(text, normalize(word)) for text in plain) and len(fit.why) < 3:
                fit.add(0.5, "keyword", word)
    best, phrase = 0.0, ""
    for phrases in document.start.phrases.values():
        for one in phrases:
            score = max((_alike(text, normalize(one)) for text in plain), default=0.0)
            if score > best:
                best, phrase = score, one
    if best >= FITS:
        fit.add(best * 0.95, "phrase", phrase)
    return fit


def _holds(text: str, word: str) -> bool:
    if not word:
        return False
    return f" {word} " in f" {text} " or f" {word}s " in f" {text} " if word.isascii() else word in text


def _alike(text: str, phrase: str) -> float:
    if not text or not phrase:
        return 0.0
    if phrase in text and len(phrase) >= 4:
        return 1.0
    one, other = set(lexical_terms(text, normalized=True)), set(lexical_terms(phrase, normalized=True))
    return 2 * len(one & other) / max(1, len(one) + len(other))


async def _near(db: Session, documents: dict[str, Procedure], said: Sequence[str]) -> dict[str, tuple[float, str]]:
    """Per procedure its phrase that is nearest in meaning; nothing while the model is not loaded."""
    search = runtime_of(db).find(SearchService)
    phrases = [
        (key, phrase)
        for key, document in documents.items()
        for listed in document.start.phrases.values()
        for phrase in listed
    ]
    if search is None or not phrases or not said:
        return {}
    engine = search.engine

    def measure() -> dict[str, tuple[float, str]]:
        floor = engine.embedder.floor
        own = engine.vectors_for([normalize(phrase) for _, phrase in phrases])
        heard = engine.vectors_for([normalize(text)[:_LONGEST] for text in said])
        found: dict[str, tuple[float, str]] = {}
        for (key, phrase), near in zip(phrases, (own @ heard.T).max(axis=1), strict=True):
            score = float(max(0.0, (near - floor) / (1 - floor)))
            if score > found.get(key, (0.0, ""))[0]:
                found[key] = (score, phrase)
        return found

    return await asyncio.to_thread(measure)


async def for_subject(db: Session, actor: Actor, kind: str, subject_id: UUID) -> ForSubject:
    """Runs of a subject `actor` may see, the procedures that fit it best first (none once it is over), and all that may
    be started."""
    subject = await subjects.find(db, actor, kind, subject_id)
    rows = await repository.runs_of(db, kind, subject_id)
    runs = await showing.summaries(db, rows, {subject.id: subject.label})
    known = await book.published(db)
    open_now = {row.procedure_id for row in rows if row.state in repository.OPEN}
    facts = await subjects.facts(db, actor, subject)
    said = [] if subject.over else await subjects.HANDLERS[kind].words(db, actor, subject)
    documents = {key: document for key, (_, _, document) in known.items()}
    near = await _near(db, documents, said)
    views: list[tuple[float, SuggestionView]] = []
    for key, (procedure_id, _, document) in known.items():
        if procedure_id in open_now:
            continue
        fit = Fit()
        fits_facts = not subject.over and (document.start.when is None or holds(document.start.when, facts))
        if fits_facts:
            fit = by_words(document, said)
            score, phrase = near.get(key, (0.0, ""))
            if score >= _SIMILAR and all(one["kind"] != "phrase" for one in fit.why):
                fit.add(score * 0.9, "meaning", phrase)
            if subject.type_key in document.start.ticket_types:
                fit.add(0.6, "type", subject.type_key or "")
            if document.start.when is not None and not _begins(document):
                fit.add(0.6, "condition", "")
        views.append((fit.score, _suggestion(procedure_id, document, fit)))
    views.sort(key=lambda one: (-one[0], one[1].key))
    return ForSubject(
        runs=runs,
        suggestions=[one for score, one in views if score >= FITS][:_MOST],
        startable=[one for _, one in views],
        may=subjects.may_act(actor, kind),
    )


def _begins(document: Procedure) -> bool:
    """Whether words or types say when it fits; else the condition alone does."""
    start = document.start
    return bool(start.ticket_types or any(start.phrases.values()) or any(start.keywords.values()))


def _suggestion(procedure_id: UUID, document: Procedure, fit: Fit) -> SuggestionView:
    return SuggestionView(
        id=procedure_id,
        key=document.procedure,
        name=dict(document.name),
        description=dict(document.description) if document.description else None,
        score=round(fit.score, 3),
        why=fit.why,
        steps=len(document.steps),
    )
