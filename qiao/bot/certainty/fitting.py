"""Fits `σ(a·logit p + b)` to examples, with what was shipped as the prior. Pure.

Maximum a posteriori with a prior made of pseudo-examples: `PRIOR` examples spread evenly over the logits, each as often right
as its probability says. Alone they give a = 1, b = 0. Evenly over the logits, because that is where the line is drawn: what a
few examples say of one probability must not tilt it for those far away, where nobody has said anything (small talk, near 0).
A language of its own starts from the fit of all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qiao.bot.answering.certainty import Curve

PRIOR: Final = 40.0
OWN_FROM: Final = 60.0
"""Weight of examples from which a language has a curve of its own."""
STEEPNESS: Final = (0.25, 4.0)
SHIFT: Final = 3.0
# Beyond this a probability says nothing more: one example at 0.9999 must not count as much as all others.
_FARTHEST: Final = 4.0
_GRID: Final = 1.0 / (1.0 + np.exp(-np.linspace(-3.5, 3.5, 19)))

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    probability: float
    right: bool
    weight: float
    locale: str
    sampled: bool
    """Drawn by lot; else it came by itself, from whoever had a reason to say something."""


def fit(examples: Sequence[Example], start: Curve | None = None) -> Curve:
    """Without examples, exactly `start`."""
    start = start or Curve()
    weights = balanced(examples)
    if not weights.any():
        return start
    x = np.concatenate([_logit(np.array([e.probability for e in examples])), _logit(_GRID)])
    y = np.concatenate([np.array([float(e.right) for e in examples]), [start(float(p)) for p in _GRID]])
    w = np.concatenate([weights, np.full(len(_GRID), PRIOR / len(_GRID))])
    a, b = _newton(x, y, w, start.a, start.b, both=True)
    steep = min(STEEPNESS[1], max(STEEPNESS[0], a))
    if steep != a:
        _, b = _newton(x, y, w, steep, b, both=False)
    return Curve(steep, min(SHIFT, max(-SHIFT, b)))


def balanced(examples: Sequence[Example]) -> Values:
    """Weights in which what came by itself never counts for more than half the prior, or than what was drawn by lot."""
    weights = np.array([example.weight for example in examples], np.float64)
    sampled = np.array([example.sampled for example in examples], bool)
    if not len(weights):
        return weights
    offered = float(weights[~sampled].sum())
    most = max(PRIOR / 2, float(weights[sampled].sum()))
    if offered > most:
        weights[~sampled] *= most / offered
    return weights


def by_locale(examples: Sequence[Example]) -> dict[str, Curve]:
    """The curve of all under "", and those of languages with enough examples."""
    curves = {"": fit(examples)}
    for locale in sorted({example.locale for example in examples if example.locale}):
        own = [example for example in examples if example.locale == locale]
        if float(balanced(own).sum()) >= OWN_FROM:
            curves[locale] = fit(own, curves[""])
    return curves


def compared(examples: Sequence[Example], folds: int = 5) -> tuple[float, float] | None:
    """(without, with): log loss per example when the layer is fitted on the others; None with too few to say."""
    if len(examples) < 4 * folds:
        return None
    before = after = total = 0.0
    weights = balanced(examples)
    for fold in range(folds):
        curve = fit([e for n, e in enumerate(examples) if n % folds != fold])
        for n in range(fold, len(examples), folds):
            example = examples[n]
            before += weights[n] * _loss(example.probability, example.right)
            after += weights[n] * _loss(curve(example.probability), example.right)
            total += weights[n]
    return float(before / total), float(after / total)


def _loss(probability: float, right: bool) -> float:
    p = min(0.9933, max(0.0067, probability))
    return -math.log(p if right else 1 - p)


def _logit(p: Values) -> Values:
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.clip(np.log(p / (1 - p)), -_FARTHEST, _FARTHEST)


def _newton(x: Values, y: Values, w: Values, a: float, b: float, *, both: bool) -> tuple[float, float]:
    """Convex; halves its steps until the loss falls."""

    def loss(a: float, b: float) -> float:
        z = a * x + b
        return float((w * (np.logaddexp(0.0, z) - y * z)).sum())

    at = loss(a, b)
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-(a * x + b)))
        error, curve = w * (p - y), w * p * (1 - p)
        ga, gb = float((error * x).sum()) if both else 0.0, float(error.sum())
        haa, hab, hbb = float((curve * x * x).sum()), float((curve * x).sum()) if both else 0.0, float(curve.sum())
        haa = haa if both else 1.0
        determinant = haa * hbb - hab * hab
        if determinant < 1e-12:
            break
        da, db = (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant
        step = 1.0
        while step > 1e-6 and loss(a - step * da, b - step * db) > at:
            step /= 2
        if step <= 1e-6 or max(abs(da), abs(db)) * step < 1e-9:
            break
        a, b = a - step * da, b - step * db
        at = loss(a, b)
    return a, b
