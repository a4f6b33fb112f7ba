"""Linear machines on n-grams: the wording itself, which kernels of meaning blur. For few labels and many rows."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.bot.understanding.features import Floats
from qiao.bot.understanding.kernel import LEXICAL

_FOLDS: Final = 4


class Linear:
    """A support vector machine per label on n-grams and on their log-count ratios (NB-SVM), summed."""

    def __init__(self) -> None:
        self.weights: Floats = np.empty((0, 0), np.float32)
        self.bias: npt.NDArray[np.float32] = np.empty(0, np.float32)
        self.left_out: Floats = np.empty((0, 0), np.float32)

    def fit(self, views: Mapping[str, Any], answers: npt.NDArray[np.intp], labels: int) -> "Linear":
        rows = views[LEXICAL]
        folds = np.empty(len(answers), np.intp)
        for label in range(labels):
            mine = np.random.default_rng(label).permutation(np.flatnonzero(answers == label))
            folds[mine] = np.arange(len(mine)) % _FOLDS
        self.left_out = np.zeros((len(answers), labels), np.float32)
        for fold in range(_FOLDS):
            held = folds == fold
            weights, bias = _solve(rows[~held], answers[~held], labels)
            self.left_out[held] = rows[held] @ weights.T + bias
        self.weights, self.bias = _solve(rows, answers, labels)
        return self

    def __call__(self, views: Mapping[str, Any]) -> Floats:
        out: Floats = np.asarray(views[LEXICAL] @ self.weights.T + self.bias, np.float32)
        return out

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights, "bias": self.bias}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "Linear":
        made = cls()
        made.weights, made.bias = state["weights"], state["bias"]
        return made


def _solve(rows: Any, answers: npt.NDArray[np.intp], labels: int) -> tuple[Floats, npt.NDArray[np.float32]]:
    from sklearn.svm import LinearSVC

    weights = np.zeros((labels, rows.shape[1]), np.float32)
    bias = np.zeros(labels, np.float32)
    for label in range(1 if labels == 2 else 0, labels):
        mine = answers == label
        if mine.all() or not mine.any():
            bias[label] = 1.0 if mine.all() else -1.0
            continue
        plain = LinearSVC(C=0.7).fit(rows, mine)
        ratio = _ratio(rows, mine)
        weighed = LinearSVC(C=0.3).fit(rows.multiply(ratio).tocsr(), mine)
        weights[label] = 0.5 * (plain.coef_[0] + weighed.coef_[0] * ratio)
        bias[label] = 0.5 * (plain.intercept_[0] + weighed.intercept_[0])
    if labels == 2:
        weights[0], bias[0] = -weights[1], -bias[1]
    return weights, bias


def _ratio(rows: Any, mine: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    with_it = np.asarray(rows[mine].sum(axis=0)).ravel() + 0.5
    without = np.asarray(rows[~mine].sum(axis=0)).ravel() + 0.5
    ratio = np.log(with_it / with_it.sum()) - np.log(without / without.sum())
    out: npt.NDArray[np.float32] = ratio.astype(np.float32)
    return out
