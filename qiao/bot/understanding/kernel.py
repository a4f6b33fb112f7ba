"""Least squares on a sum of kernels, one per view, with the error of leaving each example out for free.

Up to `LANDMARKS` examples it is exact; beyond that the examples are described by their likeness to that many of them
(Nyström), which keeps 20,000 rows of 150 labels within a minute on one core.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.bot.understanding.features import Floats, Views

LANDMARKS: Final = 4000
LEXICAL: Final = "ngrams"
_NOTHING: Final[Floats] = np.empty((0, 0), np.float32)
Mixture = Mapping[str, float]
"""How much each view counts; absent ones do not."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Makes a dense view fit for a kernel: centred, of unit length, likeness falling with distance."""

    centre: Floats
    gamma: float

    @classmethod
    def of(cls, view: Floats) -> "Scale":
        centre = view.mean(axis=0)
        sample = _unit(view[:: max(1, len(view) // 500)] - centre)
        distances = 2 - 2 * sample @ sample.T
        apart = distances[np.triu_indices(len(sample), 1)]
        return cls(centre, 1.0 / max(float(np.median(apart)) if apart.size else 1.0, 1e-3))

    def __call__(self, view: Floats) -> Floats:
        return _unit(view - self.centre)


def _unit(rows: Floats) -> Floats:
    out: Floats = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return out


def likeness(
    left: Mapping[str, Any], right: Mapping[str, Any], mixture: Mixture, gammas: Mapping[str, float]
) -> Floats:
    """The kernel between prepared rows (dense views scaled, `ngrams` sparse)."""
    total: Floats | None = None
    for name, weight in mixture.items():
        if name == LEXICAL:
            part = _products(left[name], right[name])
        else:
            part = left[name] @ right[name].T
            part -= 1
            part *= 2 * gammas[name]
            np.exp(part, out=part)
        part *= weight
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    total += 1.0  # the constant term
    return total.astype(np.float32, copy=False)


def _products(left: Any, right: Any) -> Floats:
    """Of sparse rows, dense: a block at a time, because the sparse product of all is larger than the dense one."""
    other = right.T.tocsr()
    out = np.empty((left.shape[0], right.shape[0]), np.float32)
    for start in range(0, left.shape[0], 512):
        out[start : start + 512] = (left[start : start + 512] @ other).toarray()
    return out


class Ridge:
    """Scores of labels, near 1 for the right one and 0 for others."""

    def __init__(self, mixture: Mixture, penalty: float, landmarks: int = LANDMARKS) -> None:
        self.mixture, self.penalty, self.landmarks = dict(mixture), penalty, landmarks
        self.scales: dict[str, Scale] = {}
        self.anchors: dict[str, Any] = {}
        self.weights: Floats = np.empty((0, 0), np.float32)
        self._rows: Floats | None = None
        self._root = self._described = self._gram = self._fitted = self._targets = _NOTHING

    def fit(self, views: Mapping[str, Any], targets: Floats, seed: int = 7) -> "Ridge":
        return self.describe(views, targets, seed).solve(self.penalty)

    def describe(self, views: Mapping[str, Any], targets: Floats, seed: int = 7) -> "Ridge":
        """The part of fitting that no penalty changes."""
        from scipy.linalg import cholesky, solve_triangular

        self.scales = {name: Scale.of(views[name]) for name in self.mixture if name != LEXICAL}
        prepared = self._prepare(views)
        chosen = _spread(targets, min(len(targets), self.landmarks), seed)
        self.anchors = {name: rows[chosen] for name, rows in prepared.items()}
        among = self._like(self.anchors)
        among[np.diag_indices_from(among)] += 1e-3
        self._root = cholesky(among, lower=True, overwrite_a=True, check_finite=False)
        likenesses = self._like(prepared).T
        self._described = solve_triangular(self._root, likenesses, lower=True, overwrite_b=True, check_finite=False).T
        self._gram, self._targets = self._described.T @ self._described, targets
        return self

    def solve(self, penalty: float) -> "Ridge":
        """The weights under a penalty, of what was described."""
        from scipy.linalg import cholesky, solve_triangular

        self.penalty = penalty
        gram = self._gram.copy()
        gram[np.diag_indices_from(gram)] += penalty
        factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        half = solve_triangular(factor, self._described.T, lower=True, check_finite=False)
        inner = half @ self._targets
        weights = solve_triangular(factor, inner, lower=True, trans=1, check_finite=False)
        self.weights = solve_triangular(self._root, weights, lower=True, trans=1, check_finite=False).astype(np.float32)
        self._rows, self._fitted = half.T, half.T @ inner
        return self

    def left_out(self) -> Floats:
        """The score each example would have had, had it not been learned from."""
        rows = self._rows
        assert rows is not None, "fit first"
        kept = np.maximum(1 - np.einsum("ij,ij->i", rows, rows), 1e-3)[:, None]
        out: Floats = (self._targets - (self._targets - self._fitted) / kept).astype(np.float32)
        return out

    def group_left_out(self, group: npt.NDArray[np.intp]) -> Floats:
        """The scores of the examples of a group, had none of the group been learned from."""
        assert self._rows is not None, "fit first"
        rows = self._rows[group]
        kept = np.eye(len(group), dtype=np.float32) * 1.001 - rows @ rows.T
        out: Floats = self._targets[group] - np.linalg.solve(kept, self._targets[group] - self._fitted[group])
        return out.astype(np.float32)

    def forget(self) -> None:
        """Drops what only `solve` and `left_out` need."""
        self._rows = None
        self._root = self._described = self._gram = self._fitted = self._targets = _NOTHING

    def __call__(self, views: Mapping[str, Any]) -> Floats:
        return self._like(self._prepare(views)) @ self.weights

    def _prepare(self, views: Mapping[str, Any]) -> dict[str, Any]:
        return {n: views[n] if n == LEXICAL else self.scales[n](views[n]) for n in self.mixture}

    def _like(self, prepared: Mapping[str, Any]) -> Floats:
        return likeness(prepared, self.anchors, self.mixture, {n: s.gamma for n, s in self.scales.items()})


def _spread(targets: Floats, count: int, seed: int) -> npt.NDArray[np.intp]:
    """`count` rows in order, taken from the labels in turn so that rare ones are all there."""
    if count >= len(targets):
        return np.arange(len(targets))
    labels = targets.argmax(axis=1)
    order = np.random.default_rng(seed).permutation(len(targets))
    nth = np.empty(len(targets), np.intp)
    seen: dict[int, int] = {}
    for at in order:
        nth[at] = seen[labels[at]] = seen.get(labels[at], -1) + 1
    return np.sort(np.argsort(nth, kind="stable")[:count])


def subset(views: Mapping[str, Any], rows: Sequence[int] | npt.NDArray[Any]) -> dict[str, Any]:
    return {name: view[rows] for name, view in views.items()}


__all__ = ["LANDMARKS", "LEXICAL", "Mixture", "Ridge", "Scale", "Views", "likeness", "subset"]
