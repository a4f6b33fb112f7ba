"""How sure to be of a hit, and what follows from it.

Two small logistic models, because they fail for different reasons: is the question answered here at all (`known`),
and, if so, is this the answer (`right`). Near-twins in a knowledge base lower the second and say nothing about the
first. A hit's probability is the product; that of the first hit of a question comes from a third, `first`, which tells
strangers better. The coefficients are fitted by `bench/answers/fit_calibration.py`, per
embedding model and for questions and running text apart, on questions whose answer is, or is not, in a knowledge base.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from qiao.knowledge.search.document import Decision, Hit, Signals

Model = Literal["known", "right", "first"]

KNOWN = ("likeness", "likeness3", "coverage", "crowd", "number", "negation", "code", "opposed")
RIGHT = (*KNOWN, "margin", "narrow_margin")
FIRST = ("blend", "clear", "number", "negation", "code", "opposed")
FEATURES: Mapping[Model, tuple[str, ...]] = {"known": KNOWN, "right": RIGHT, "first": FIRST}
MAX_CHOICES = 4
_CLEAR = 1.6
"""From here on a hit's blend says more with every step: nearly the same words are no longer a matter of degree."""
TWICE = " twice"
"""Of a hit that the second model has read as well, there are coefficients of its own."""
_SUREST = 0.985
"""What was right of the surest hits of the fit: even of the same words another answer may be the one."""
_TOPIC = 4
"""Terms (Han characters, words) of what is no sentence yet."""
_MENTIONED = 0.99


@dataclass(frozen=True, slots=True)
class Policy:
    """`max_error` is the share of given answers that may be wrong."""

    max_error: float = 0.10
    choices_from: float = 0.50
    """Offer choices when the right answer is at least this likely among them."""
    known_from: float = 0.78
    """… and something answers the question at all: from here on three of four offers hold the answer, on our own groups.
    Of strangers from the same trade many look nearly this likely."""
    known_in_text_from: float = 0.72
    """The same where the best is running text, which fewer strangers come near."""
    choice_floor: float = 0.08
    """A hit less likely than this is not worth a customer's reading."""

    @property
    def answer_from(self) -> float:
        # Answers above a threshold are on average surer than the threshold: about half way between it and certainty.
        return max(0.5, 1.0 - 2 * self.max_error)


def features(signals: Signals, model: Model) -> tuple[float, ...]:
    """In the order of FEATURES[model]. Margins saturate: beyond 0.2 nothing is in doubt any more."""
    mismatches = tuple(
        float(said)
        for said in (signals.number_mismatch, signals.negation_mismatch, signals.code_mismatch, signals.opposed)
    )
    if model == "first":
        blend = _blend(signals)
        return (blend, max(0.0, blend - _CLEAR), *mismatches)
    likeness = min(1.0, likeness_of(signals))
    known = (
        likeness,
        likeness**3,
        signals.coverage,
        signals.crowd,
        *mismatches,
    )
    if model == "known":
        return known
    return (*known, _clip(signals.margin, 0.2) * 5, _clip(signals.margin, 0.05) * 20)


def likeness_of(signals: Signals) -> float:
    """For a question more of the meaning than ranking uses: words shared with a twin question prove nothing."""
    if signals.passage:
        return signals.score
    meaning = max(signals.peak, signals.dense) + signals.dense
    if signals.second is not None:
        meaning = 0.5 * (meaning + max(signals.second_peak, signals.second) + signals.second)
    return 0.4 * meaning + 0.2 * signals.unit


def _blend(signals: Signals) -> float:
    """Of a first hit, everything that speaks for it in one figure.

    The margin counts little: a lone stranger has a great one, and the better of two twins a small one.
    """
    alike = signals.dense + max(signals.peak, signals.dense)
    beside = 0.3 * signals.unit + 0.4 * _clip(signals.margin, 0.2)
    if signals.second is None:
        return alike + beside - 0.6 * signals.crowd
    alike += signals.second + max(signals.second_peak, signals.second)
    return 0.5 * alike + beside - 0.45 * signals.crowd


def of_first(signals: Signals, embedder: str) -> float:
    """That the first hit is right, in one model: better at telling strangers than the product of two."""
    if signals.passage:
        return probability(signals, embedder, "known") * probability(signals, embedder, "right")
    return min(_SUREST, probability(signals, embedder, "first"))


def probability(signals: Signals, embedder: str, model: Model) -> float:
    models = _models()
    twice = "" if signals.second is None else TWICE
    fitted = models.get(embedder + twice, models["hashing-1" + twice])
    coefficients = fitted["passage" if signals.passage else "question"][model]
    values = zip(FEATURES[model], features(signals, model), strict=True)
    return _logistic(coefficients["intercept"] + sum(coefficients[name] * value for name, value in values))


def decide(hits: Sequence[Hit], policy: Policy | None = None) -> Decision:
    """Answer when the first hit is sure enough, else offer what is likely, else nothing."""
    policy = policy or Policy()
    if not hits:
        return Decision("none", 0.0)
    best = hits[0]
    if best.probability >= policy.answer_from:
        return Decision("answer", best.probability, (best,))
    likely = [hit for hit in hits if hit.probability >= policy.choice_floor][:MAX_CHOICES]
    enough = policy.known_in_text_from if best.signals.passage else policy.known_from
    if best.known >= enough and sum(hit.probability for hit in likely) >= policy.choices_from:
        # One choice is no choice; the runner-up costs the reader a line.
        return Decision("choices", best.probability, tuple(likely if len(likely) > 1 else hits[:2]))
    topic = [hit for hit in hits if hit.signals.coverage >= _MENTIONED][:MAX_CHOICES]
    if best.signals.length <= _TOPIC and len(topic) > 1:
        # A word or two that several texts mention: which of them is meant, only the customer knows.
        return Decision("choices", best.probability, tuple(topic))
    return Decision("none", best.probability)


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value)) if value >= 0 else 1.0 - 1.0 / (1.0 + math.exp(value))


@cache
def _models() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]:
    models: dict[str, dict[str, dict[str, dict[str, float]]]]
    models = json.loads(Path(__file__).with_name("calibration.json").read_text("utf-8"))["models"]
    return models
