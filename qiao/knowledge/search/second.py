"""What the second model makes of the texts of a snapshot: it reads slower than the first, so its vectors come in later.

A question is compared with few texts only, those the first model and the words found. Where a vector is still missing,
its likeness is guessed from what is known, so that hits stay comparable while vectors come in.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qiao.knowledge.search.ports import Vectors

LOOKED_AT: Final = 400
"""Texts that are compared with a question."""
_PRIOR: Final = 100
"""Texts that the usual centre counts for beside those of the knowledge base."""

_CAUTION: Final = 0.5
"""Keeps slopes small where there are few texts to learn them from."""

Rows = NDArray[np.intp]


class Second:
    """Vectors by row of the snapshot, in half precision. Readers may look while `learn` adds some."""

    def __init__(self, passage: NDArray[np.bool_], dimensions: int) -> None:
        self.vectors = np.zeros((len(passage), dimensions), np.float16)
        self.known = np.zeros(len(passage), np.bool_)
        self._passage = passage
        self._sums = np.zeros((2, dimensions))
        self._counts = np.zeros(2)

    def learn(self, rows: Rows, vectors: Vectors | NDArray[np.float16]) -> None:
        self.vectors[rows] = vectors
        for kind in (0, 1):
            mine = self._passage[rows] == bool(kind)
            self._sums[kind] += vectors[mine].sum(axis=0, dtype=np.float64)
            self._counts[kind] += int(mine.sum())
        self.known[rows] = True  # last: from now on they are looked at

    def missing(self) -> Rows:
        """Questions first: they are short and most of what is asked."""
        rows = np.flatnonzero(~self.known)
        return rows[np.argsort(self._passage[rows], kind="stable")]

    def likeness(self, question: Vectors, rows: Rows, usual: Vectors) -> tuple[Vectors, Vectors]:
        """Of the question with these texts: measured from what all texts of their kind have in common, and plain.

        All texts of one trade are alike to this model; what they have in common (`usual` where there are few) says
        nothing about which of them is meant. Whether any of them is, the plain cosine says better.
        """
        texts = self.vectors[rows].astype(np.float32)
        plain: Vectors = texts @ question
        centred = np.empty(len(rows), np.float32)
        for kind in (0, 1):
            mine = self._passage[rows] == bool(kind)
            if mine.any():
                prior = _PRIOR if kind == 0 else 0
                centre = ((self._sums[kind] + prior * usual) / (self._counts[kind] + prior)).astype(np.float32)
                centred[mine] = _unit(texts[mine] - centre) @ _unit((question - centre)[None])[0]
        return centred, plain


def filled_in(scores: tuple[Vectors, ...], kind: NDArray[np.bool_], rows: Rows, measured: Vectors) -> Vectors:
    """What the second model says of all texts: measured of `rows`, guessed of the others from how it goes with the scores
    among those measured (least squares, per kind of text).
    """
    out = np.zeros(len(kind), np.float32)
    for passage in (False, True):
        mine = kind[rows] == passage
        if not mine.any():
            continue
        of_kind, values = rows[mine], measured[mine]
        usual = values.mean(dtype=np.float64)
        columns = np.stack([score[of_kind] for score in scores], axis=1).astype(np.float64)
        centre = columns.mean(axis=0)
        columns -= centre
        slopes = np.linalg.solve(
            columns.T @ columns + _CAUTION * np.eye(len(scores)), columns.T @ (values.astype(np.float64) - usual)
        )
        guess = np.full(len(kind), usual - slopes @ centre, np.float32)
        for score, slope in zip(scores, slopes.tolist(), strict=True):
            guess += np.float32(slope) * score
        others = kind == passage
        out[others] = np.clip(guess[others], values.min(), values.max())
        out[of_kind] = values
    return out


def _unit(rows: Vectors) -> Vectors:
    out: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return out
