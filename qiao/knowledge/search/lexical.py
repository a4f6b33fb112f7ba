"""Sparse cosine over tf-idf, in arrays.

Why not BM25: on short questions the cosine is symmetric (a phrasing that says much more than the question is no match)
and its scale is absolute, which the calibration needs; on long questions it weighs repeated words. Measured in
`bench/answers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Counts = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Term ids and damped frequencies of one text."""


class Vocabulary:
    """Gives every term a number, for good: numbers are never reused, so old snapshots stay readable."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def learn(self, terms: Sequence[str]) -> Counts:
        ids = self._ids
        return _counts([ids.setdefault(term, len(ids)) for term in terms])

    def look_up(self, terms: Sequence[str]) -> tuple[Counts, NDArray[np.float32]]:
        """The known terms, and the damped frequencies of the unknown ones."""
        ids = self._ids
        unknown: dict[str, int] = {}
        known = []
        for term in terms:
            number = ids.get(term)
            if number is None:
                unknown[term] = unknown.get(term, 0) + 1
            else:
                known.append(number)
        return _counts(known), _damped(np.fromiter(unknown.values(), np.float32, len(unknown)))


@dataclass(frozen=True, slots=True)
class Query:
    terms: NDArray[np.int32]
    weights: NDArray[np.float32]
    norm: float
    """Over all terms of the question, also those no document has: what the knowledge base lacks lowers the match."""


class SparseIndex:
    """Immutable: postings by term, with weights already divided by the text's length."""

    def __init__(
        self, rows: int, starts: NDArray[np.int64], texts: NDArray[np.int32], weights: NDArray[np.float32],
        idf: NDArray[np.float32], unseen: float,
    ) -> None:  # fmt: skip
        self._rows = rows
        self._starts = starts
        self._texts = texts
        self._weights = weights
        self._idf = idf
        self._unseen = unseen

    @classmethod
    def build(cls, counts: Sequence[Counts], vocabulary_size: int) -> Self:
        rows = len(counts)
        lengths = np.fromiter((len(terms) for terms, _ in counts), np.int64, rows)
        terms = np.concatenate([terms for terms, _ in counts]) if rows else np.empty(0, np.int32)
        weights = np.concatenate([damped for _, damped in counts]) if rows else np.empty(0, np.float32)
        texts = np.repeat(np.arange(rows, dtype=np.int32), lengths)
        frequency = np.bincount(terms, minlength=vocabulary_size)
        # The +1 keeps words that every text has from vanishing.
        idf = (np.log((1 + rows) / (1 + frequency)) + 1).astype(np.float32)
        weights = weights * idf[terms]
        norms = np.sqrt(np.bincount(texts, weights.astype(np.float64) ** 2, minlength=rows)).astype(np.float32)
        weights /= np.maximum(norms, 1e-9)[texts]
        order = np.argsort(terms, kind="stable")
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        return cls(rows, starts, texts[order], weights[order], idf, float(np.log(1 + rows) + 1))

    def query(self, counts: Counts, unknown: NDArray[np.float32]) -> Query:
        terms, damped = counts
        # A term learnt after this index was built is unknown to it.
        seen = terms < len(self._idf)
        weights = damped[seen] * self._idf[terms[seen]]
        missing = np.concatenate([unknown, damped[~seen]]) * self._unseen
        return Query(terms[seen], weights, float(np.sqrt((weights**2).sum() + (missing**2).sum())))

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Cosine of the question with every text."""
        out = np.zeros(self._rows, np.float32)
        if query.norm <= 0:
            return out
        for term, weight in zip(query.terms.tolist(), (query.weights / query.norm).tolist(), strict=True):
            start, end = self._starts[term], self._starts[term + 1]
            out[self._texts[start:end]] += self._weights[start:end] * np.float32(weight)
        return out

    def sums(self, terms: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the texts have of these terms, added up."""
        out = np.zeros(self._rows, np.float32)
        for term in terms.tolist():
            start, end = self._starts[term], self._starts[term + 1]
            out[self._texts[start:end]] += self._weights[start:end]
        return out

    def coverage(self, query: Query, counts: Counts) -> float:
        """Share of the question's squared idf mass whose terms one text has."""
        if query.norm <= 0:
            return 0.0
        present = np.isin(query.terms, counts[0])
        return float((query.weights[present] ** 2).sum() / query.norm**2)


class DocumentIndex:
    """BM25 over whole documents, on an absolute scale: 1 is every word of the question once in a text of usual length.

    For running text, where a long document that says everything asked must beat a short one that says half of it.
    """

    _SATURATION, _LENGTH = 1.2, 0.75
    _POWER = 1.5

    def __init__(self, rows: int, postings: SparseIndex, idf: NDArray[np.float32], unseen: float) -> None:
        self._rows = rows
        self._postings = postings
        self._idf = idf
        self._unseen = unseen
        self.empty = not len(postings._texts)

    @classmethod
    def build(cls, bags: Sequence[Counts], vocabulary_size: int) -> Self:
        """A document without terms is never found."""
        rows = len(bags)
        sizes = np.fromiter((len(terms) for terms, _ in bags), np.int64, rows)
        terms = np.concatenate([terms for terms, _ in bags]) if rows else np.empty(0, np.int32)
        times = np.exp(np.concatenate([damped for _, damped in bags]) - 1) if rows else np.empty(0, np.float32)
        texts = np.repeat(np.arange(rows, dtype=np.int32), sizes)
        lengths = np.bincount(texts, times, minlength=rows)
        filled = int((sizes > 0).sum())
        usual = lengths.sum() / max(1, filled)
        relative = (lengths / max(usual, 1e-9)).astype(np.float32)[texts]
        frequency = np.bincount(terms, minlength=vocabulary_size)
        idf = np.log(1 + (filled - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        k, b = cls._SATURATION, cls._LENGTH
        weights = (idf[terms] * times * (k + 1) / (times + k * (1 - b + b * relative))).astype(np.float32)
        order = np.argsort(terms, kind="stable")
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        postings = SparseIndex(rows, starts, texts[order], weights[order], idf, 0.0)
        return cls(rows, postings, idf, float(np.log(1 + (filled + 0.5) / 0.5)))

    def scores(self, parts: Sequence[tuple[Counts, int]]) -> NDArray[np.float32]:
        """For a message of several parts: known terms and the number of the unknown ones, each.

        Parts are added by a power, so a document that answers one of them well beats one that touches all.
        """
        total, most = np.zeros(self._rows, np.float32), 0.0
        for (terms, _), unknown in parts:
            seen = terms[terms < len(self._idf)]
            score = self._postings.sums(seen)
            possible = float(self._idf[seen].sum()) + self._unseen * (unknown + len(terms) - len(seen))
            if len(parts) == 1:
                return score / np.float32(max(possible, 1e-9))
            total += score**self._POWER
            most += possible**self._POWER
        share: NDArray[np.float32] = (total / np.float32(max(most, 1e-9))) ** np.float32(1 / self._POWER)
        return share


def _counts(ids: Sequence[int]) -> Counts:
    terms, times = np.unique(np.asarray(ids, dtype=np.int32), return_counts=True)
    return terms, _damped(times.astype(np.float32))


def _damped(times: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1 + np.log(times)).astype(np.float32)
