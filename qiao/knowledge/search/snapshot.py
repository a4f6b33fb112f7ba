"""One state of the index: arrays over all phrasings and passages, in document order. Once built, nothing of it changes
but that vectors of the second model come in, row by row."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from qiao.knowledge.articles.conditions import Conditions, Situation
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.lexical import Counts, DocumentIndex, SparseIndex
from qiao.knowledge.search.ports import Vectors
from qiao.knowledge.search.second import Second

_NEIGHBOURS = 6
_CROWD_EXACT = 2_000
_CROWD_SAMPLE = 20_000


class Unit(NamedTuple):
    """What is matched: a phrasing of a question, or a passage."""

    text: str
    passage: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A document made ready; its arrays are views into the snapshot that holds it."""

    document: Document
    units: tuple[Unit, ...]
    pairs: tuple[Counts, ...]
    terms: tuple[Counts, ...]
    vectors: Vectors
    bag: Counts
    """Terms of the whole document; none without running text."""
    crowd: NDArray[np.float32] | None = None
    """Per unit, its mean likeness to the nearest units of other documents; None until the entry is part of a snapshot."""
    second: NDArray[np.float16] | None = None
    """Vectors of the second model, as far as they are there: those of `second_known`."""
    second_known: NDArray[np.bool_] | None = None


class Snapshot:
    def __init__(
        self,
        entries: dict[str, Entry],
        starts: NDArray[np.int64],
        vectors: Vectors,
        pairs: SparseIndex,
        terms: SparseIndex,
        texts: DocumentIndex,
        second: Second,
    ) -> None:
        self.entries = entries
        self.documents = [entry.document for entry in entries.values()]
        self.starts = starts
        self.ends = np.append(starts[1:], len(vectors)).astype(np.int64)
        self.vectors = vectors
        self.pairs = pairs
        self.terms = terms
        self.texts = texts
        self.second = second
        self.unit_document = np.repeat(np.arange(len(starts)), self.ends - starts)
        self._entries = list(entries.values())
        self.is_passage = np.fromiter(
            (unit.passage for entry in self._entries for unit in entry.units), np.bool_, len(vectors)
        )
        self.crowd = _column([entry.crowd for entry in self._entries if entry.crowd is not None], len(vectors))
        running = np.logical_or.reduceat(self.is_passage, starts) if len(starts) else np.empty(0, np.bool_)
        self.is_heading = ~self.is_passage & running[self.unit_document]
        # Against the usual crowd, so that questions and running text stay comparable.
        usual = self.crowd[~self.is_passage].mean() if not self.is_passage.all() else 0
        self.crowded = np.where(self.is_passage, 0, self.crowd - usual).astype(np.float32)
        self._audiences: dict[frozenset[str], int] = {}
        self._audience = np.fromiter(
            (self._audiences.setdefault(document.audience, len(self._audiences)) for document in self.documents),
            np.int32,
            len(starts),
        )
        self._conditions: dict[Conditions, int] = {}
        self._condition = np.fromiter(
            (self._conditions.setdefault(document.conditions, len(self._conditions)) for document in self.documents),
            np.int32,
            len(starts),
        )
        self._from = np.array([-np.inf if d.valid_from is None else d.valid_from for d in self.documents])
        self._until = np.array([np.inf if d.valid_until is None else d.valid_until for d in self.documents])
        self._translations: dict[str, list[int]] = {}
        for row, document in enumerate(self.documents):
            if document.group:
                self._translations.setdefault(document.group, []).append(row)

    @classmethod
    def empty(cls) -> Self:
        return cls.build({}, 0, 0, 0, 0)

    @classmethod
    def build(
        cls, entries: dict[str, Entry], pair_terms: int, unit_terms: int, bag_terms: int, second: int = 0
    ) -> Self:
        """With the sizes of the three vocabularies, and the dimensions of the second model."""
        values = list(entries.values())
        sizes = np.fromiter((len(entry.units) for entry in values), np.int64, len(values))
        starts = np.cumsum(sizes) - sizes
        vectors = np.concatenate([entry.vectors for entry in values]) if values else np.empty((0, 1), np.float32)
        crowds = _crowds(values, starts, vectors)
        passage = np.fromiter((unit.passage for entry in values for unit in entry.units), np.bool_, len(vectors))
        view = Second(passage, second)
        kept = [
            entry.second_known if entry.second_known is not None else np.zeros(len(entry.units), np.bool_)
            for entry in values
        ]
        rows = np.flatnonzero(np.concatenate(kept)) if kept else np.empty(0, np.intp)
        if len(rows):
            view.learn(
                rows, np.concatenate([entry.second[entry.second_known] for entry in values if entry.second is not None])
            )
        # Views into the one matrix, so that the vectors are held once.
        held = {
            id_: replace(
                entry,
                vectors=vectors[start : start + size],
                crowd=crowd,
                second=view.vectors[start : start + size],
                second_known=view.known[start : start + size],
            )
            for (id_, entry), start, size, crowd in zip(
                entries.items(), starts.tolist(), sizes.tolist(), crowds, strict=True
            )
        }
        return cls(
            held,
            starts,
            vectors,
            SparseIndex.build([counts for entry in values for counts in entry.pairs], pair_terms),
            SparseIndex.build([counts for entry in values for counts in entry.terms], unit_terms),
            DocumentIndex.build([entry.bag for entry in values], bag_terms),
            view,
        )

    def visible(
        self, allowed: frozenset[str] | None, at: float | None, situation: Situation | None = None
    ) -> NDArray[np.bool_]:
        """Which documents a reader may find; with a `situation`, only those that hold in it."""
        if allowed is None:
            mask = np.ones(len(self.documents), np.bool_)
        else:
            open_to = [number for audience, number in self._audiences.items() if audience & allowed]
            mask = np.isin(self._audience, open_to)
        if at is not None:
            mask &= (self._from <= at) & (at < self._until)
        if situation is not None:
            holding = [number for conditions, number in self._conditions.items() if conditions.hold(situation)]
            mask &= np.isin(self._condition, holding)
        return mask

    def unit(self, number: int) -> Unit:
        row = int(self.unit_document[number])
        return self._entries[row].units[number - int(self.starts[row])]

    def unit_counts(self, number: int) -> Counts:
        row = int(self.unit_document[number])
        return self._entries[row].terms[number - int(self.starts[row])]

    def group(self, row: int) -> str:
        document = self.documents[row]
        return f"group {document.group}" if document.group else f"document {document.id}"

    def translation(self, row: int, language: str, visible: NDArray[np.bool_]) -> int:
        """The same document in the reader's language, if there is one they may see."""
        document = self.documents[row]
        if document.group and not document.locale.startswith(language):
            for other in self._translations[document.group]:
                if visible[other] and self.documents[other].locale.startswith(language):
                    return other
        return row


def _column(parts: list[NDArray[np.float32]], rows: int) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(rows, np.float32)


def _crowds(entries: list[Entry], starts: NDArray[np.int64], vectors: Vectors) -> list[NDArray[np.float32]]:
    """In a large index only for entries that have none yet: one new neighbour among many moves the others little."""
    passage = np.fromiter((unit.passage for entry in entries for unit in entry.units), np.bool_, len(vectors))
    owner = np.repeat(np.arange(len(entries)), [len(entry.units) for entry in entries])
    fresh = np.fromiter((entry.crowd is None for entry in entries), np.bool_, len(entries))
    result = np.zeros(len(vectors), np.float32)
    others = np.flatnonzero(~passage)
    if len(others) <= _CROWD_EXACT:
        fresh[:] = True
    if len(others) > _CROWD_SAMPLE:
        others = np.sort(np.random.default_rng(0).choice(others, _CROWD_SAMPLE, replace=False))
    asked = np.flatnonzero(~passage & fresh[owner])
    for block in np.array_split(asked, max(1, len(asked) // 512)):
        if not len(block) or not len(others):
            continue
        likeness = np.maximum(vectors[block] @ vectors[others].T, np.float32(0))
        likeness[owner[block][:, None] == owner[others][None]] = 0
        nearest = min(_NEIGHBOURS, len(others))
        result[block] = np.partition(likeness, -nearest, axis=1)[:, -nearest:].sum(axis=1) / _NEIGHBOURS
    return [
        result[start : start + len(entry.units)] if new or entry.crowd is None else entry.crowd
        for entry, start, new in zip(entries, starts.tolist(), fresh.tolist(), strict=True)
    ]
