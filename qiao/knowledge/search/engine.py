"""The answering engine: an in-process index over documents, and the calibrated answer to "which one, and how sure".

Readers work on an immutable snapshot; writers build the next one beside it and swap it in. No database, no event loop:
call it from a thread where a question's 5–10 ms matter.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qiao.core.text import guess_language, normalize
from qiao.knowledge.articles.conditions import Situation
from qiao.knowledge.search import calibration
from qiao.knowledge.search.asked import Asked
from qiao.knowledge.search.cache import MemoryVectorCache, SqliteVectorCache, vector_key
from qiao.knowledge.search.document import Decision, Document, Hit, Signals
from qiao.knowledge.search.embedding import E5Embedder, best_embedder
from qiao.knowledge.search.fusion import (
    CODE,
    CODE_IN_TEXT,
    CROWD,
    NEGATION,
    OPPOSED,
    PASSAGE,
    PASSAGE_TWICE,
    QUESTION,
    QUESTION_TWICE,
    SENTENCE,
    fuse,
)
from qiao.knowledge.search.lexical import Vocabulary
from qiao.knowledge.search.opposites import opposed
from qiao.knowledge.search.ports import Embedder, SecondEmbedder, VectorCache, Vectors
from qiao.knowledge.search.second import LOOKED_AT, filled_in
from qiao.knowledge.search.snapshot import Entry, Snapshot, Unit
from qiao.knowledge.search.spelling import Speller, Synonyms
from qiao.knowledge.search.suggest import Suggester, Suggestion
from qiao.knowledge.search.text import (
    codes,
    document_terms,
    in_frame,
    is_negated,
    needs_context,
    new_in,
    numbers,
    pair_terms,
    passages,
    plain,
    unit_terms,
    with_context,
)

Scores = NDArray[np.float32]

# A follow-up that is itself nearly a known question needs no context.
_STANDS_ALONE = 0.85
# How well a text must fit a follow-up that is put into the question before it.
_SAYS_SO = 0.75
# The meaning of a letter is taken from how it begins.
_EMBEDDED = 1000
_EMBEDDED_TWICE = 160
# Texts that may share a code which names one thing.
_FEW = 3
# So like a known text that a second look would cost time and change nothing.
_SAME = 0.97
_BATCH = 256
_CACHED = 2000
# From here on reading all words again takes longer than a search may; they are then read once in a while.
_LARGE = 5_000
_STALE = 60.0

Progress = Callable[[int, int], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the second model says: for every text, measured or guessed, and for those looked at the plain cosine."""

    likeness: Scores
    plain: Scores
    """On the scale that starts at the embedder's floor; NaN where it has not looked."""
    peak: float


class Engine:
    """Constructing is cheap. `warm_up` loads the model (about 1.5 s); the first upsert or search does it otherwise."""

    def __init__(
        self, embedder: Embedder | None = None, cache: VectorCache | None = None, second: SecondEmbedder | None = None
    ) -> None:
        """Without an embedder, the best that loads is taken. `second` looks again at what was found; see `deepen`."""
        self._embedder = embedder
        self._second = second
        self._cache = cache or MemoryVectorCache()
        self._pairs = Vocabulary()
        self._units = Vocabulary()
        self._bags = Vocabulary()
        self._snapshot = Snapshot.empty()
        self._writing = threading.RLock()
        self._synonyms = Synonyms()
        self._speller: tuple[Snapshot, Speller, float] | None = None
        self._reader: threading.Thread | None = None
        self._reading = threading.Lock()
        self._suggester: Suggester | None = None
        self._vector = lru_cache(maxsize=1024)(self._embed_question)
        self._second_vector = lru_cache(maxsize=1024)(self._embed_twice)

    @classmethod
    def in_folder(cls, folder: Path, *, twice: bool = True) -> Self:
        """With its vectors kept in a folder of the installation, and the second model unless told otherwise."""
        cache = SqliteVectorCache(folder / "vectors.sqlite")
        return cls(cache=cache, second=E5Embedder() if twice else None)

    def __len__(self) -> int:
        return len(self._snapshot.entries)

    @property
    def embedder(self) -> Embedder:
        if self._embedder is None:
            with self._writing:
                if self._embedder is None:
                    self._embedder = best_embedder()
        return self._embedder

    def close(self) -> None:
        """Lets go of the file of vectors; the next change opens it again."""
        self._cache.close()

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

    def deepen(self, at_most: int = 16) -> int:
        """Reads some texts that the second model has not read; says how many it came by, 0 when none is left.

        Those in the cache come first and by the thousand; otherwise `at_most` are embedded, 20 to 150 ms each. Searches
        and changes go on meanwhile.
        """
        snapshot, second = self._snapshot, self._second
        rows = snapshot.second.missing() if second is not None else np.empty(0, np.intp)
        if second is None or not len(rows):
            return 0
        rows = rows[:_CACHED]
        units = [snapshot.unit(row) for row in rows.tolist()]
        keys = [vector_key(second.name, "passage" if unit.passage else "question", unit.text) for unit in units]
        found = self._cache.get(list(dict.fromkeys(keys)), second.dimensions)
        have = [at for at, key in enumerate(keys) if key in found]
        if not have:
            have = list(range(min(at_most, len(rows))))
            try:
                found = {
                    keys[at]: vector
                    for passage, embed in ((False, second.questions), (True, second.passages))
                    if (part := [at for at in have if units[at].passage is passage])
                    for at, vector in zip(part, embed([units[at].text for at in part]), strict=True)
                }
            except (ImportError, OSError, MemoryError) as error:
                log.warning("embedding model %s does not load: %s", second.name, error)
                self._second = None
                return 0
            self._cache.put(found)
        with self._writing:
            if self._snapshot is snapshot:  # otherwise the next call finds them in the cache
                snapshot.second.learn(rows[have], np.stack([found[keys[at]] for at in have]))
        return len(have)

    @property
    def cache(self) -> VectorCache:
        return self._cache

    @property
    def second(self) -> SecondEmbedder | None:
        return self._second

    @property
    def texts(self) -> list[str]:
        """Every phrasing and passage."""
        return [unit.text for entry in self._snapshot.entries.values() for unit in entry.units]

    @property
    def unread(self) -> int:
        """Texts the second model has yet to read."""
        return 0 if self._second is None else len(self._snapshot.second.missing())

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
                entries[id_] = replace(old, document=document)
                continue
            normals = [normalize(unit.text) for unit in units]
            entries[id_] = Entry(
                document,
                units,
                tuple(self._pairs.learn(pair_terms(normal)) for normal in normals),
                tuple(self._units.learn(unit_terms(normal)) for normal in normals),
                np.stack([vectors[unit.text, unit.passage] for unit in units]),
                self._bags.learn(_bag(document) if any(unit.passage for unit in units) else []),
            )
        return entries

    def _publish(self, entries: dict[str, Entry]) -> None:
        dimensions = self._second.dimensions if self._second is not None else 0
        self._snapshot = Snapshot.build(entries, len(self._pairs), len(self._units), len(self._bags), dimensions)

    # -- reading ------------------------------------------------------------------------------------------------

    def search(
        self, query: str, *, allowed: frozenset[str] | None, context: str | None = None, locale: str | None = None,
        limit: int = 10, at: float | None = None, situation: Situation | None = None, forgiving: bool = False,
    ) -> list[Hit]:  # fmt: skip
        """The best documents for a question, best first.

        `allowed` are the reader's audience tags (None: a reader who may see everything); what they do not open takes no
        part in ranking, margins or probabilities, and neither does what does not hold in the `situation`, if one is given.
        `context` is the question before this one; it is used when this one does not stand on its own. `locale` chooses among
        translations. `at` drops what is not valid at that time. `forgiving` also looks for what a search box was meant to
        get: pinyin, initials, wrong characters, typing errors.
        """
        snapshot = self._snapshot
        visible = snapshot.visible(allowed, at, situation)
        asked = Asked(query)
        if not visible.any() or not asked.units:
            return []
        said = [asked.normal, *self._synonyms.of(query)]
        if forgiving and (speller := self._spelling(snapshot)) is not None:
            said += speller.meant(query)
        asked, scores = self._best_said(snapshot, visible, [asked, *(Asked(words) for words in said[1:])])
        if context and needs_context(query):
            fused = np.where(visible[snapshot.unit_document], _fused(snapshot, scores), -1.0)
            if fused.max() < _STANDS_ALONE:
                asked = Asked(with_context(query, context))
                parts = self._scores_of(snapshot, (Asked(new_in(query)), asked, Asked(context)))
                scores = tuple(_blended(*part) for part in zip(*parts, strict=True))
                framed = self._in_frame(snapshot, visible, query, context, scores)
                if framed is not None:
                    asked, scores = framed
        return self._hits(snapshot, asked, scores, visible, locale, limit, tuple(dict.fromkeys(said)))

    def meant(self, query: str) -> str | None:
        """What somebody most likely meant to write, by the words of the texts; None when all of it is known."""
        speller = self._spelling(self._snapshot)
        return next(iter(speller.meant(query)), None) if speller is not None else None

    def set_synonyms(self, groups: Iterable[Sequence[str]]) -> None:
        """The company's groups of words that mean the same; replaces those before."""
        self._synonyms = Synonyms(groups)

    def suggest(
        self, prefix: str, *, allowed: frozenset[str] | None, limit: int = 8, at: float | None = None,
        situation: Situation | None = None,
    ) -> list[Suggestion]:  # fmt: skip
        """Titles and phrasings that go on like what is being typed, also typed in pinyin or initials."""
        snapshot = self._snapshot
        suggester = self._suggester
        if suggester is None or suggester.snapshot is not snapshot:
            suggester = self._suggester = Suggester(snapshot)
        return suggester.suggest(prefix, snapshot.visible(allowed, at, situation), limit)

    def _spelling(self, snapshot: Snapshot) -> Speller | None:
        """Of the texts as they are. A large knowledge base is read beside the questions, which take what was read last, and
        nothing until then: nobody waits for it."""
        known = self._speller
        if known is not None and known[0] is snapshot:
            return known[1]
        if len(snapshot.unit_document) <= _LARGE:
            return self._read_words(snapshot)
        if known is None or time.monotonic() - known[2] > _STALE:
            with self._reading:
                if self._reader is None or not self._reader.is_alive():
                    self._reader = threading.Thread(target=self._read_words, args=(snapshot,), daemon=True)
                    self._reader.start()
        return known[1] if known is not None else None

    def _read_words(self, snapshot: Snapshot) -> Speller:
        speller = Speller(snapshot.unit(n).text for n in range(len(snapshot.unit_document)))
        self._speller = (snapshot, speller, time.monotonic())
        return speller

    def _best_said(
        self, snapshot: Snapshot, visible: NDArray[np.bool_], ways: Sequence[Asked]
    ) -> tuple[Asked, tuple[Scores, ...]]:
        """Every text by the way of asking that fits it best, and the way that fits some text best of all."""
        parts = self._scores_of(snapshot, ways)
        if len(parts) == 1:
            return ways[0], parts[0]
        seen = visible[snapshot.unit_document]
        fits = [float(np.where(seen, _fused(snapshot, part), -1).max()) for part in parts]
        best: tuple[Scores, ...] = tuple(np.maximum.reduce(column) for column in zip(*parts, strict=True))
        return ways[int(np.argmax(fits))], best

    def _in_frame(
        self, snapshot: Snapshot, visible: NDArray[np.bool_], query: str, context: str, scores: tuple[Scores, ...]
    ) -> tuple[Asked, tuple[Scores, ...]] | None:
        """A follow-up put into the question before, if the text that fits best anyway says just that."""
        ways = in_frame(query, context)
        fused = np.where(
            visible[snapshot.unit_document] & ~snapshot.is_passage, _fused(snapshot, scores), np.float32(-1)
        )
        if not ways or fused.max() <= 0:
            return None
        document = int(snapshot.unit_document[fused.argmax()])
        rows = np.arange(snapshot.starts[document], snapshot.ends[document])
        likeness = (self.embedder.questions(ways) @ snapshot.vectors[rows].T).max(axis=1)
        before = snapshot.vectors[rows] @ self._vector(normalize(context)[:_EMBEDDED])
        if likeness.max() <= before.max():  # it answers the question before
            return None
        asked = Asked(ways[int(likeness.argmax())])
        parts = self._scores_of(snapshot, (asked,))[0]
        if _fused(snapshot, parts)[rows].max() < _SAYS_SO:
            return None
        best: tuple[Scores, ...] = tuple(np.maximum(one, other) for one, other in zip(scores, parts, strict=True))
        return asked, best

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

    def _embed_twice(self, normal: str) -> Vectors:
        assert self._second is not None
        vector: Vectors = self._second.questions([normal])[0]
        vector.flags.writeable = False
        return vector

    def _look_again(
        self, snapshot: Snapshot, asked: Asked, scores: tuple[Scores, ...], fused: Scores, visible: NDArray[np.bool_]
    ) -> _Look | None:
        """What the second model makes of the texts that fit best so far."""
        second = self._second
        # A letter is looked up by its sentences; as a whole it is like nothing in particular.
        if second is None or len(asked.parts) > 1 or not snapshot.second.known.any():
            return None
        seen = np.where(visible[snapshot.unit_document], fused, np.float32(-np.inf))
        count = min(LOOKED_AT, len(seen))
        rows = np.argpartition(-seen, count - 1)[:count]
        rows = np.sort(rows[snapshot.second.known[rows] & np.isfinite(seen[rows])])
        best = int(seen.argmax())
        if not len(rows) or (seen[best] >= _SAME and not snapshot.is_passage[best]):
            return None
        try:
            question = self._second_vector(asked.normal[:_EMBEDDED_TWICE])
        except (ImportError, OSError, MemoryError) as error:
            log.warning("embedding model %s does not load: %s", second.name, error)
            self._second = None
            return None
        centred, cosine = snapshot.second.likeness(question, rows, second.usual)
        likeness = filled_in(scores, snapshot.is_passage, rows, centred)
        plain = np.full(len(seen), np.nan, np.float32)
        plain[rows] = np.maximum((cosine - second.floor) / (1 - second.floor), 0)
        return _Look(likeness, plain, float(np.nanmax(plain)))

    def _by_sentence(self, snapshot: Snapshot, asked: Asked, fused: Scores, visible: NDArray[np.bool_]) -> Scores:
        """For every text of the documents that fit best so far, how like in meaning the sentences of a letter are to them.

        A sentence counts by what of the document it is most like, and those that are like it count most.
        """
        out = np.zeros(len(fused), np.float32)
        seen = np.where(visible[snapshot.unit_document], fused, np.float32(-np.inf))
        count = min(LOOKED_AT, len(seen))
        best = np.argpartition(-seen, count - 1)[:count]
        rows = np.flatnonzero(np.isin(snapshot.unit_document, snapshot.unit_document[best]) & snapshot.is_passage)
        if not len(rows):
            return out
        floor = np.float32(self.embedder.floor)
        asks = self.embedder.questions(asked.telling())
        likeness = np.maximum((snapshot.vectors[rows] @ asks.T - floor) / (1 - floor), np.float32(0))
        starts = np.flatnonzero(np.diff(snapshot.unit_document[rows], prepend=-1))
        of_document = (np.maximum.reduceat(likeness, starts) ** 4).mean(axis=1) ** 0.25
        out[rows] = np.repeat(of_document, np.diff(np.append(starts, len(rows))))
        return out

    def _scores_of(self, snapshot: Snapshot, questions: Sequence[Asked]) -> list[tuple[Scores, ...]]:
        """Several at once, because reading all vectors is what takes the time."""
        floor = np.float32(self.embedder.floor)
        asked_vectors = np.stack([self._vector(asked.normal[:_EMBEDDED]) for asked in questions])
        dense = (
            asked_vectors @ snapshot.vectors.T if len(questions) > 1 else (snapshot.vectors @ asked_vectors[0])[None]
        )
        dense = np.maximum((dense - floor) / (1 - floor), np.float32(0))
        return [
            (
                row,
                snapshot.pairs.scores(snapshot.pairs.query(*self._pairs.look_up(asked.pairs))),
                snapshot.terms.scores(snapshot.terms.query(*self._units.look_up(asked.units))),
                self._whole(snapshot, asked),
            )
            for row, asked in zip(dense, questions, strict=True)
        ]

    def _whole(self, snapshot: Snapshot, asked: Asked) -> Scores:
        """For every passage, how well the document it stands in fits as a whole."""
        if snapshot.texts.empty:
            return np.zeros(len(snapshot.unit_document), np.float32)
        parts = []
        for terms in asked.parts:
            known, unknown = self._bags.look_up(terms)
            parts.append((known, len(unknown)))
        return snapshot.texts.scores(parts)[snapshot.unit_document]

    def _hits(
        self, snapshot: Snapshot, asked: Asked, scores: tuple[Scores, ...], visible: NDArray[np.bool_],
        locale: str | None, limit: int, said: tuple[str, ...],
    ) -> list[Hit]:  # fmt: skip
        crowd = np.float32(CROWD) * snapshot.crowded
        fused = _fused(snapshot, scores) - crowd
        look = self._look_again(snapshot, asked, scores, fused, visible)
        if look is not None:
            fused = _fused(snapshot, scores, look.likeness) - crowd
        if len(asked.parts) > 1:
            # A letter says many things: its likeness to one title is chance where the text itself can be compared.
            fused = np.where(snapshot.is_heading, np.float32(-1), fused)
            fused = fused + np.float32(SENTENCE) * self._by_sentence(snapshot, asked, fused, visible)
        by_document = np.where(visible, np.maximum.reduceat(fused, snapshot.starts), -np.inf)
        wanted = min(4 * limit + 4, int(visible.sum()))
        first = np.argpartition(-by_document, wanted - 1)[:wanted]
        self._mind_codes_and_negation(snapshot, asked, fused, by_document, first)
        best: dict[str, int] = {}
        for row in first[np.argsort(-by_document[first], kind="stable")].tolist():
            best.setdefault(snapshot.group(row), row)
        rows = list(best.values())[: max(limit, 2)]
        language = (locale or guess_language(asked.normal))[:2]
        peak = float(np.where(visible[snapshot.unit_document], scores[0], 0).max())
        hits: list[Hit] = []
        known = 0.0
        for row in rows[:limit]:
            other = next((float(by_document[other]) for other in rows[:2] if other != row), 0.0)
            start, end = int(snapshot.starts[row]), int(snapshot.ends[row])
            unit = start + int(fused[start:end].argmax())
            fits = _fits(snapshot, scores, look, unit)
            if snapshot.documents[row].kind == "faq" and snapshot.is_passage[unit]:
                # Words of its answer may bring a question to the top; how sure it is, its phrasings say. A single word
                # stands in a dozen answers.
                asks = np.where(snapshot.is_passage[start:end], np.float32(-1), fused[start:end])
                unit = start + int(asks.argmax())
            rank = float(by_document[row])
            signals = self._signals(snapshot, asked, scores, look, unit, margin=rank - other, peak=peak, rank=rank)
            if not hits:
                chance = calibration.of_first(signals, self.embedder.name)
                known = max(calibration.probability(signals, self.embedder.name, "known"), chance)
            else:
                # Nobody behind is surer than the one in front.
                chance = min(
                    hits[-1].probability, known * calibration.probability(signals, self.embedder.name, "right")
                )
            hits.append(
                Hit(
                    document=snapshot.documents[snapshot.translation(row, language, visible)],
                    matched=snapshot.unit(unit).text,
                    score=max(fits, signals.score),
                    known=known,
                    probability=chance,
                    signals=signals,
                    said=said,
                )
            )
        return hits

    def _mind_codes_and_negation(
        self, snapshot: Snapshot, asked: Asked, fused: Scores, by_document: Scores, rows: NDArray[np.intp]
    ) -> None:
        """Among the best, what says the opposite goes down a little, and what has the very code asked for up a lot."""
        turned, wanted = is_negated(asked.normal), codes(asked.normal)
        having: list[int] = []
        running: list[bool] = []
        for row in rows.tolist():
            start, end = int(snapshot.starts[row]), int(snapshot.ends[row])
            unit = snapshot.unit(start + int(fused[start:end].argmax()))
            normal = normalize(unit.text)
            if not unit.passage and is_negated(normal) != turned:
                by_document[row] -= NEGATION
            if not unit.passage and opposed(asked.normal, normal):
                by_document[row] -= OPPOSED
            if wanted and wanted <= codes(normal):
                having.append(row)
                running.append(unit.passage)
        if having:
            # A code that many texts have, a district say, is no more than a word.
            by_document[having] += np.where(running, CODE_IN_TEXT, CODE) * np.float32(min(1.0, _FEW / len(having)))

    def _signals(
        self, snapshot: Snapshot, asked: Asked, scores: tuple[Scores, ...], look: _Look | None, unit: int, *,
        margin: float, peak: float, rank: float,
    ) -> Signals:  # fmt: skip
        dense, pair, single, _ = (float(values[unit]) for values in scores)
        matched = normalize(snapshot.unit(unit).text)
        passage = bool(snapshot.is_passage[unit])
        query = snapshot.terms.query(*self._units.look_up(asked.units))
        # A text may say more than was asked (a passage always does), but a number or code asked for has to be in it.
        asked_numbers, asked_codes = numbers(asked.normal), codes(asked.normal)
        return Signals(
            score=_fits(snapshot, scores, look, unit),
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
            peak=peak,
            crowd=float(snapshot.crowd[unit]),
            opposed=not passage and opposed(asked.normal, matched),
            second=None if look is None or np.isnan(look.plain[unit]) else float(look.plain[unit]),
            second_peak=0.0 if look is None else look.peak,
            rank=rank,
        )


def _blended(new: Scores, whole: Scores, before: Scores) -> Scores:
    """Scores of a follow-up. What only the question before explains is held against a text: it was answered already."""
    answered: Scores = np.maximum(before - new, np.float32(0))
    blended: Scores = np.maximum(0.4 * new + 0.6 * whole - 0.4 * answered, np.float32(0))
    return blended


def _fused(snapshot: Snapshot, scores: tuple[Scores, ...], second: Scores | None = None) -> Scores:
    dense, pair, unit, whole = scores
    question, passage = (QUESTION, PASSAGE) if second is None else (QUESTION_TWICE, PASSAGE_TWICE)
    likeness: Scores | float = 0.0 if second is None else second
    fused = fuse(question, dense, pair, unit, whole, likeness)
    if snapshot.is_passage.any():
        fused = np.where(snapshot.is_passage, fuse(passage, dense, pair, unit, whole, likeness), fused)
    return fused


def _fits(snapshot: Snapshot, scores: tuple[Scores, ...], look: _Look | None, unit: int) -> float:
    """The fused score of one text."""
    dense, pair, single, whole = (float(values[unit]) for values in scores)
    passage = bool(snapshot.is_passage[unit])
    if look is None:
        return fuse(PASSAGE if passage else QUESTION, dense, pair, single, whole)
    second = float(look.likeness[unit])
    return fuse(PASSAGE_TWICE if passage else QUESTION_TWICE, dense, pair, single, whole, second)


def _bag(document: Document) -> list[str]:
    """The terms of a document with running text; those of its title count twice."""
    title = document_terms(normalize(document.title))
    return [*title, *title, *document_terms(normalize(plain(document.body)))]


def _units(document: Document) -> tuple[Unit, ...]:
    """Every phrasing on its own; running text in passages that carry their title."""
    phrasings = dict.fromkeys(text.strip() for text in (document.title, *document.variants))
    units = [Unit(text, False) for text in phrasings if text]
    units += [Unit(f"{document.title}\n{passage}", True) for passage in passages(document.body)]
    return tuple(units) or (Unit(document.id, False),)
