"""The answering engine: an in-process index over documents, and the calibrated answer to "which one, and how sure".

Readers work on an immutable snapshot; writers build the next one beside it and swap it in. No database, no event loop:
call it from a thread where a question's 5–10 ms matter.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qiao.core.text import guess_language, normalize
from qiao.knowledge.articles.conditions import Situation
from qiao.knowledge.search import calibration
from qiao.knowledge.search.cache import MemoryVectorCache, SqliteVectorCache, vector_key
from qiao.knowledge.search.document import Decision, Document, Hit, Signals
from qiao.knowledge.search.embedding import best_embedder
from qiao.knowledge.search.fusion import PASSAGE, QUESTION, fuse
from qiao.knowledge.search.lexical import Vocabulary
from qiao.knowledge.search.ports import Embedder, VectorCache, Vectors
from qiao.knowledge.search.snapshot import Entry, Snapshot, Unit
from qiao.knowledge.search.text import (
    codes,
    is_negated,
    needs_context,
    new_in,
    numbers,
    pair_terms,
    passages,
    unit_terms,
    with_context,
)

Scores = NDArray[np.float32]

# A follow-up that is itself nearly a known question needs no context.
_STANDS_ALONE = 0.85
_LONGEST_QUESTION = 2000
_BATCH = 256

Progress = Callable[[int, int], None]


class _Asked:
    """A question prepared once for all documents."""

    def __init__(self, text: str) -> None:
        self.normal = normalize(text[:_LONGEST_QUESTION])
        self.pairs = pair_terms(self.normal)
        self.units = unit_terms(self.normal)


class Engine:
    """Constructing is cheap. `warm_up` loads the model (about 1.5 s); the first upsert or search does it otherwise."""

    def __init__(self, embedder: Embedder | None = None, cache: VectorCache | None = None) -> None:
        """Without an embedder, the best that loads is taken."""
        self._embedder = embedder
        self._cache = cache or MemoryVectorCache()
        self._pairs = Vocabulary()
        self._units = Vocabulary()
        self._snapshot = Snapshot.empty()
        self._writing = threading.RLock()
        self._vector = lru_cache(maxsize=1024)(self._embed_question)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """With its vectors kept in a folder of the installation."""
        return cls(cache=SqliteVectorCache(folder / "vectors.sqlite"))

    def __len__(self) -> int:
        return len(self._snapshot.entries)

    @property
    def embedder(self) -> Embedder:
        if self._embedder is None:
            with self._writing:
                if self._embedder is None:
                    self._embedder = best_embedder()
        return self._embedder

    def warm_up(self) -> None:
        self.embedder.warm_up()
        self.search("你好 hello", allowed=frozenset())

    # -- writing ------------------------------------------------------------------------------------------------

    def replace(self, documents: Iterable[Document], progress: Progress | None = None) -> None:
        """Exactly these documents from now on. `progress` hears how many texts of how many are embedded."""
        with self._writing:
            known = self._snapshot.entries
            self._publish(self._entries(documents, known, progress))

    def upsert(self, documents: Iterable[Document]) -> None:
        with self._writing:
            known = self._snapshot.entries
            self._publish({**known, **self._entries(documents, known)})

    def remove(self, ids: Iterable[str]) -> None:
        gone = set(ids)
        with self._writing:
            self._publish({id_: entry for id_, entry in self._snapshot.entries.items() if id_ not in gone})

    def vectors_for(self, texts: Sequence[str], *, passage: bool = False, progress: Progress | None = None) -> Vectors:
        """One row per text, from the cache where it has them."""
        embedder = self.embedder
        kind = "passage" if passage else "question"
        keys = [vector_key(embedder.name, kind, text) for text in texts]
        found = dict(self._cache.get(list(dict.fromkeys(keys)), embedder.dimensions))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing:
            embed = embedder.passages if passage else embedder.questions
            for start in range(0, len(missing), _BATCH):
                batch = list(missing)[start : start + _BATCH]
                fresh = dict(zip(batch, embed([missing[key] for key in batch]), strict=True))
                self._cache.put(fresh)
                found.update(fresh)
                if progress is not None:
                    progress(start + len(batch), len(missing))
        return np.stack([found[key] for key in keys]) if keys else np.empty((0, embedder.dimensions), np.float32)

    def _entries(
        self, documents: Iterable[Document], known: dict[str, Entry], progress: Progress | None = None
    ) -> dict[str, Entry]:
        latest = {document.id: document for document in documents}
        cut = {id_: _units(document) for id_, document in latest.items()}
        fresh = [id_ for id_, units in cut.items() if id_ not in known or known[id_].units != units]
        vectors: dict[tuple[str, bool], NDArray[np.float32]] = {}
        for passage in (False, True):
            texts = list(dict.fromkeys(unit.text for id_ in fresh for unit in cut[id_] if unit.passage is passage))
            rows = self.vectors_for(texts, passage=passage, progress=progress)
            vectors.update({(text, passage): row for text, row in zip(texts, rows, strict=True)})
        entries: dict[str, Entry] = {}
        for id_, document in latest.items():
            units = cut[id_]
            old = known.get(id_)
            if old is not None and old.units == units:
                entries[id_] = Entry(document, units, old.pairs, old.terms, old.vectors)
                continue
            normals = [normalize(unit.text) for unit in units]
            entries[id_] = Entry(
                document,
                units,
                tuple(self._pairs.learn(pair_terms(normal)) for normal in normals),
                tuple(self._units.learn(unit_terms(normal)) for normal in normals),
                np.stack([vectors[unit.text, unit.passage] for unit in units]),
            )
        return entries

    def _publish(self, entries: dict[str, Entry]) -> None:
        self._snapshot = Snapshot.build(entries, len(self._pairs), len(self._units))

    # -- reading ------------------------------------------------------------------------------------------------

    def search(
        self, query: str, *, allowed: frozenset[str] | None, context: str | None = None, locale: str | None = None,
        limit: int = 10, at: float | None = None, situation: Situation | None = None,
    ) -> list[Hit]:  # fmt: skip
        """The best documents for a question, best first.

        `allowed` are the reader's audience tags (None: a reader who may see everything); what they do not open takes no
        part in ranking, margins or probabilities, and neither does what does not hold in the `situation`, if one is given. `context` is the question before this one; it is used when this one
        does not stand on its own. `locale` chooses among translations. `at` drops what is not valid at that time.
        """
        snapshot = self._snapshot
        visible = snapshot.visible(allowed, at, situation)
        asked = _Asked(query)
        if not visible.any() or not asked.units:
            return []
        scores = self._scores(snapshot, asked)
        if context and needs_context(query):
            fused = np.where(visible[snapshot.unit_document], _fused(snapshot, scores), -1.0)
            if fused.max() < _STANDS_ALONE:
                asked = _Asked(with_context(query, context))
                parts = self._scores_of(snapshot, (_Asked(new_in(query)), asked, _Asked(context)))
                scores = tuple(_blended(*part) for part in zip(*parts, strict=True))
        return self._hits(snapshot, asked, scores, visible, locale, limit)

    def decide(self, hits: Sequence[Hit], policy: calibration.Policy | None = None) -> Decision:
        return calibration.decide(hits, policy)

    def ask(
        self, query: str, *, allowed: frozenset[str] | None, context: str | None = None, locale: str | None = None,
        policy: calibration.Policy | None = None, at: float | None = None, situation: Situation | None = None,
    ) -> Decision:  # fmt: skip
        hits = self.search(query, allowed=allowed, context=context, locale=locale, at=at, situation=situation)
        return self.decide(hits, policy)

    def _embed_question(self, normal: str) -> Vectors:
        vector: Vectors = self.embedder.questions([normal])[0]
        vector.flags.writeable = False
        return vector

    def _scores(self, snapshot: Snapshot, asked: _Asked) -> tuple[Scores, ...]:
        return self._scores_of(snapshot, (asked,))[0]

    def _scores_of(self, snapshot: Snapshot, questions: Sequence[_Asked]) -> list[tuple[Scores, ...]]:
        """Several at once, because reading all vectors is what takes the time."""
        floor = np.float32(self.embedder.floor)
        asked_vectors = np.stack([self._vector(asked.normal) for asked in questions])
        dense = (
            asked_vectors @ snapshot.vectors.T if len(questions) > 1 else (snapshot.vectors @ asked_vectors[0])[None]
        )
        dense = np.maximum((dense - floor) / (1 - floor), np.float32(0))
        return [
            (
                row,
                snapshot.pairs.scores(snapshot.pairs.query(*self._pairs.look_up(asked.pairs))),
                snapshot.terms.scores(snapshot.terms.query(*self._units.look_up(asked.units))),
            )
            for row, asked in zip(dense, questions, strict=True)
        ]

    def _hits(
        self, snapshot: Snapshot, asked: _Asked, scores: tuple[Scores, ...], visible: NDArray[np.bool_],
        locale: str | None, limit: int,
    ) -> list[Hit]:  # fmt: skip
        fused = _fused(snapshot, scores)
        by_document = np.where(visible, np.maximum.reduceat(fused, snapshot.starts), -np.inf)
        wanted = min(4 * limit + 4, int(visible.sum()))
        first = np.argpartition(-by_document, wanted - 1)[:wanted]
        best: dict[str, int] = {}
        for row in first[np.argsort(-by_document[first], kind="stable")].tolist():
            best.setdefault(snapshot.group(row), row)
        rows = list(best.values())[: max(limit, 2)]
        language = (locale or guess_language(asked.normal))[:2]
        hits: list[Hit] = []
        known = 0.0
        for row in rows[:limit]:
            other = next((float(by_document[other]) for other in rows[:2] if other != row), 0.0)
            start, end = int(snapshot.starts[row]), int(snapshot.ends[row])
            unit = start + int(fused[start:end].argmax())
            signals = self._signals(snapshot, asked, scores, unit, margin=float(by_document[row]) - other)
            if not hits:
                known = calibration.probability(signals, self.embedder.name, "known")
            hits.append(
                Hit(
                    document=snapshot.documents[snapshot.translation(row, language, visible)],
                    matched=snapshot.unit(unit).text,
                    score=signals.score,
                    known=known,
                    probability=known * calibration.probability(signals, self.embedder.name, "right"),
                    signals=signals,
                )
            )
        return hits

    def _signals(
        self, snapshot: Snapshot, asked: _Asked, scores: tuple[Scores, ...], unit: int, margin: float
    ) -> Signals:
        dense, pair, single = (float(values[unit]) for values in scores)
        matched = normalize(snapshot.unit(unit).text)
        passage = bool(snapshot.is_passage[unit])
        query = snapshot.terms.query(*self._units.look_up(asked.units))
        # A text may say more than was asked (a passage always does), but a number or code asked for has to be in it.
        asked_numbers, asked_codes = numbers(asked.normal), codes(asked.normal)
        return Signals(
            score=fuse(PASSAGE if passage else QUESTION, dense, pair, single),
            dense=dense,
            pair=pair,
            unit=single,
            coverage=snapshot.terms.coverage(query, snapshot.unit_counts(unit)),
            margin=margin,
            length=len(asked.units),
            passage=passage,
            number_mismatch=bool(asked_numbers - numbers(matched)),
            negation_mismatch=not passage and is_negated(asked.normal) != is_negated(matched),
            code_mismatch=bool(asked_codes - codes(matched)),
        )


def _blended(new: Scores, whole: Scores, before: Scores) -> Scores:
    """Scores of a follow-up. What only the question before explains is held against a text: it was answered already."""
    answered: Scores = np.maximum(before - new, np.float32(0))
    blended: Scores = np.maximum(0.4 * new + 0.6 * whole - 0.4 * answered, np.float32(0))
    return blended


def _fused(snapshot: Snapshot, scores: tuple[Scores, ...]) -> Scores:
    fused = fuse(QUESTION, *scores)
    if snapshot.is_passage.any():
        fused = np.where(snapshot.is_passage, fuse(PASSAGE, *scores), fused)
    return fused


def _units(document: Document) -> tuple[Unit, ...]:
    """Every phrasing on its own; running text in passages that carry their title."""
    phrasings = dict.fromkeys(text.strip() for text in (document.title, *document.variants))
    units = [Unit(text, False) for text in phrasings if text]
    units += [Unit(f"{document.title}\n{passage}", True) for passage in passages(document.body)]
    return tuple(units) or (Unit(document.id, False),)
