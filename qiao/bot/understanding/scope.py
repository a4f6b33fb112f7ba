"""Does a text belong to any label at all? Learned from examples of texts that do not.

Examples of what is out of scope never cover it. So half of the evidence is taken with a whole neighbourhood of such
examples left out: how the scores look for a kind of question nobody has shown yet.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.bot.understanding.features import Floats
from qiao.bot.understanding.kernel import Ridge

_NEIGHBOURHOODS: Final = 12
_MEANING: Final = "meaning"


class Scope:
    """`oos` is the column of the label for texts that belong to none."""

    def __init__(self, oos: int) -> None:
        self.oos = oos
        self.coefficients: Floats = np.empty(0, np.float32)
        self.centre: Floats = np.empty(0, np.float32)
        self.spread_of: Floats = np.empty(0, np.float32)
        self.centroids: Floats = np.empty((0, 0), np.float32)

    def fit(self, ridge: Ridge, left_out: Floats, views: Mapping[str, Any], answers: npt.NDArray[np.intp]) -> "Scope":
        outside = answers == self.oos
        meaning = views[_MEANING]
        others = [label for label in range(left_out.shape[1]) if label != self.oos]
        self.centroids = _unit(np.stack([meaning[answers == label].mean(axis=0) for label in others]))
        near = meaning @ self.centroids.T
        for column, label in enumerate(others):  # a text is not its own neighbour
            mine = answers == label
            rest = meaning[mine].sum(axis=0) - meaning[mine]
            near[mine, column] = np.einsum("ij,ij->i", meaning[mine], _unit(rest))
        strange = left_out.copy()
        for group in _neighbourhoods(meaning, np.flatnonzero(outside)):
            strange[group] = ridge.group_left_out(group)
        known = self._evidence(left_out, near)
        unknown = self._evidence(strange, near)[outside]
        rows = np.vstack([known, unknown])
        inside = np.concatenate([~outside, np.zeros(len(unknown), bool)])
        weights = np.concatenate([np.where(outside, 0.5, 1.0), np.full(len(unknown), 0.5)])
        self.centre, self.spread_of = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        self.coefficients = _logistic(self._standard(rows), inside, weights)
        return self

    def __call__(self, scores: Floats, views: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        """The probability that each text is in scope."""
        rows = self._standard(self._evidence(scores, views[_MEANING] @ self.centroids.T))
        out: npt.NDArray[np.float32] = (1 / (1 + np.exp(-(rows @ self.coefficients)))).astype(np.float32)
        return out

    def spread(self, probabilities: Floats, within: npt.NDArray[np.float32]) -> Floats:
        """Probabilities of the labels, given that of any of them."""
        out = probabilities.copy()
        out[:, self.oos] = 0
        out *= (within / np.maximum(out.sum(axis=1), 1e-9))[:, None]
        out[:, self.oos] = 1 - within
        return out

    def _evidence(self, scores: Floats, near: Floats) -> Floats:
        inner = np.delete(scores, self.oos, axis=1)
        ordered = np.sort(inner, axis=1)
        first, second = ordered[:, -1], ordered[:, -2]
        by_nearness = np.sort(near, axis=1)
        columns = (
            first,
            first - second,
            scores[:, self.oos],
            by_nearness[:, -1],
            by_nearness[:, -1] - by_nearness[:, -2],
            np.log(np.exp(8 * inner).sum(axis=1)),
        )
        return np.stack(columns, axis=1).astype(np.float32)

    def _standard(self, rows: Floats) -> Floats:
        scaled = np.clip((rows - self.centre) / self.spread_of, -6, 6)
        return np.hstack([scaled, np.ones((len(rows), 1), np.float32)]).astype(np.float32)

    def state(self) -> dict[str, Any]:
        return {
            "oos": np.int64(self.oos),
            "coefficients": self.coefficients,
            "centre": self.centre,
            "spread": self.spread_of,
            "centroids": self.centroids,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "Scope":
        made = cls(int(state["oos"]))
        made.coefficients, made.centre = state["coefficients"], state["centre"]
        made.spread_of, made.centroids = state["spread"], state["centroids"]
        return made


def _unit(rows: Floats) -> Floats:
    out: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return out


def _neighbourhoods(meaning: Floats, rows: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """Rows by likeness: a few rounds of k-means, seeded by taking the farthest next."""
    count = min(_NEIGHBOURHOODS, len(rows))
    points = meaning[rows]
    centres = [points[0]]
    while len(centres) < count:
        centres.append(points[int((points @ np.stack(centres).T).max(axis=1).argmin())])
    middle = np.stack(centres)
    belongs = np.zeros(len(rows), np.intp)
    for _ in range(8):
        belongs = (points @ middle.T).argmax(axis=1)
        middle = _unit(
            np.stack(
                [points[belongs == at].sum(axis=0) if (belongs == at).any() else middle[at] for at in range(count)]
            )
        )
    groups = [rows[belongs == at] for at in range(count)]
    # A group as large as a model is too much to leave out at once: its halves say nearly the same.
    return [part for group in groups if len(group) for part in np.array_split(group, len(group) // 400 + 1)]


def _logistic(rows: Floats, positive: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]) -> Floats:
    """Weighted logistic regression with a light penalty, by Newton's method."""
    wanted = positive.astype(np.float64)
    x = rows.astype(np.float64)
    found = np.zeros(x.shape[1])
    penalty = np.eye(x.shape[1]) * 0.5
    penalty[-1, -1] = 1e-6
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (weights * (wanted - chance)) - penalty @ found
        bend = (x * (weights * chance * (1 - chance))[:, None]).T @ x + penalty
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < 1e-6:
            break
    return found.astype(np.float32)
