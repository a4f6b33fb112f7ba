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
    whole: float = 0.0
    """For running text: BM25 of the document it stands in."""
    second: float = 0.0
    """Likeness in meaning by the second model."""
    scale: float = 1.0
    """Makes kinds of text comparable: a passage says more than was asked, so its cosines are lower."""


QUESTION = Weights(dense=0.6, pair=0.2, unit=0.2)
PASSAGE = Weights(dense=0.1, pair=0.05, unit=0.0, whole=1.0)
QUESTION_TWICE = Weights(dense=1 / 3, pair=2 / 9, unit=1 / 9, second=1 / 3)
PASSAGE_TWICE = Weights(dense=0.1, pair=0.1, unit=0.0, whole=1.0, second=1.5, scale=0.45)


# Among phrasings that are all alike, being like one of them proves little (hubness); found on all three question sets.
CROWD = 0.2
# What the meaning of a letter's sentences counts for beside its words. Only orders.
SENTENCE = 0.3
# Only orders: how much a turned meaning lowers the probability is fitted.
NEGATION = 0.05
OPPOSED = 0.08
# A model number is what is meant; a text that only resembles the rest of the question is not.
CODE = 0.3
CODE_IN_TEXT = 0.1


@overload
def fuse(weights: Weights, dense: float, pair: float, unit: float, whole: float, second: float = 0.0) -> float: ...
@overload
def fuse(
    weights: Weights, dense: Scores, pair: Scores, unit: Scores, whole: Scores, second: Scores | float = 0.0
) -> Scores: ...
def fuse(weights: Weights, dense: Any, pair: Any, unit: Any, whole: Any, second: Any = 0.0) -> Any:
    fused = weights.dense * dense + weights.pair * pair + weights.unit * unit
    if weights.second:
        fused = fused + weights.second * second
    return weights.scale * (fused + weights.whole * whole if weights.whole else fused)
