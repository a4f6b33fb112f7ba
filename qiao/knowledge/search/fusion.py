"""One score from three. Weighted and on an absolute scale, never by rank: ranks say nothing about being right."""

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    dense: float
    pair: float
    unit: float
    scale: float = 1.0
    """Makes kinds of text comparable: a passage says more than was asked, so its cosines are lower."""


QUESTION = Weights(dense=0.6, pair=0.2, unit=0.2)
PASSAGE = Weights(dense=0.3, pair=0.5, unit=0.2, scale=1.5)


@overload
def fuse(weights: Weights, dense: float, pair: float, unit: float) -> float: ...
@overload
def fuse(weights: Weights, dense: Scores, pair: Scores, unit: Scores) -> Scores: ...
def fuse(weights: Weights, dense: Any, pair: Any, unit: Any) -> Any:
    return weights.scale * (weights.dense * dense + weights.pair * pair + weights.unit * unit)
