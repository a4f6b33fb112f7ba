"""How sure the company has reason to be: a layer of its own over the engine's probability. Pure.

`σ(a·logit p + b)`, with a > 0: what is likelier for the engine stays likelier. With a = 1, b = 0 nothing changes, to the
last digit. Thresholds are chosen on the outcome; where judged examples show how far one may go, they decide.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision, Hit

_EDGE: Final = 1e-6
LEAST: Final = 0.5
"""An answer that is likelier wrong than right is never given outright."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One fitted recalibration."""

    a: float = 1.0
    b: float = 0.0

    def __call__(self, probability: float) -> float:
        if self.a == 1.0 and self.b == 0.0:
            return probability
        p = min(1 - _EDGE, max(_EDGE, probability))
        value = self.a * math.log(p / (1 - p)) + self.b
        return 1.0 / (1.0 + math.exp(-value)) if value >= 0 else 1.0 - 1.0 / (1.0 + math.exp(value))


def adjusted(chances: Sequence[float], known: float, curve: Curve) -> tuple[list[float], float]:
    """The probabilities of hits, best first, and that any is right, once the first is as sure as `curve` says.

    Examples tell of the first alone. If it is wrong, the others are as likely among themselves as before, and none is
    likelier than the first: what the engine put first stays first.
    """
    if not chances or curve == Curve():
        return list(chances), known
    first, sure = chances[0], curve(chances[0])
    left = (1 - sure) / (1 - first) if first < 1 - _EDGE else 1.0
    others = [min(sure, chance * left) for chance in chances[1:]]
    return [sure, *others], min(1.0, sure + max(0.0, known - first) * left)


@dataclass(frozen=True, slots=True)
class Step:
    """Down to `threshold`, of `count` examples `wrong` were wrong: the error is at most `bound`."""

    threshold: float
    count: int
    wrong: int
    bound: float


@dataclass(frozen=True, slots=True)
class Control:
    """Steps from the surest examples down, in the order they are tested. Empty: too few examples."""

    steps: tuple[Step, ...] = ()

    def lowest(self, accepted: float) -> Step | None:
        """The last step before the first whose error cannot be shown to be acceptable; None when even the first is not.

        A greater `accepted` never leads to a higher threshold: whatever passes at less passes at more.
        """
        found = None
        for step in self.steps:
            if step.bound > accepted:
                break
            found = step
        return found


@dataclass(frozen=True, slots=True)
class Thresholds(Policy):
    """The engine's policy with a threshold of its own."""

    answer_at: float = 1.0

    @property
    def answer_from(self) -> float:
        return self.answer_at


@dataclass(frozen=True, slots=True)
class Certainty:
    """What applies at the moment. Without a fit everything is as the engine says."""

    version: int = 0
    overall: Curve = Curve()
    locales: Mapping[str, Curve] = field(default_factory=dict)
    answers: Control = Control()
    offers: Control = Control()
    max_useless: float = 0.5

    def curve(self, locale: str | None) -> Curve:
        return self.locales.get(language(locale), self.overall)

    def hits(self, hits: Sequence[Hit], locale: str | None) -> list[Hit]:
        """The same hits in the same order, as sure as the company has reason to be."""
        if not hits:
            return []
        chances, known = adjusted([hit.probability for hit in hits], hits[0].known, self.curve(locale))
        return [replace(hit, known=known, probability=chance) for hit, chance in zip(hits, chances, strict=True)]

    def answer_from(self, policy: Policy) -> float:
        """Shown by examples, or else as the calibrated probability says.

        When the examples cannot even show the surest answers to be good enough, the stricter of the two counts.
        """
        steps = self.answers.steps
        if not steps:
            return policy.answer_from
        shown = self.answers.lowest(policy.max_error)
        if shown is None:
            return max(policy.answer_from, steps[0].threshold)
        return max(LEAST, shown.threshold)

    def choices_from(self) -> float:
        """An offer is useless when nothing of it is taken. What was never offered cannot have been counted: below the
        lowest offer the probability decides."""
        assumed = 1.0 - self.max_useless
        steps = self.offers.steps
        if not steps:
            return assumed
        shown = self.offers.lowest(self.max_useless)
        if shown is None:
            return max(assumed, steps[0].threshold)
        return min(assumed, shown.threshold) if shown is steps[-1] else shown.threshold

    def policy(self, policy: Policy) -> Thresholds:
        """The engine's policy with these thresholds."""
        return Thresholds(
            max_error=policy.max_error,
            choices_from=self.choices_from(),
            choice_floor=policy.choice_floor,
            answer_at=self.answer_from(policy),
        )


SHIPPED: Final = Certainty()


def language(locale: str | None) -> str:
    """The language of a locale as it is kept: messages say `zh`, texts and settings `zh-CN`."""
    start = (locale or "")[:2]
    return "zh-CN" if start == "zh" else start


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the engine held of a question, before the company's layer, and what was made of it."""

    items: tuple[UUID, ...]
    """The best texts, best first."""
    chances: tuple[float, ...]
    known: float
    engine: str
    locale: str
    kind: str
    shown: tuple[UUID, ...] = ()
    used: float = 0.0
    """Of the first, with the layer."""
    topic: bool = False
    """Offered because a word or two was all the customer said, whatever the probability."""
    version: int = 0
    several: bool = False
    enough: float = 0.0
    """From here on the first would have been an answer, as things stood."""


def offer_chance(chances: Sequence[float], known: float, policy: Policy) -> float:
    """That the right text is among what would be offered."""
    return min(known, sum(chance for chance in chances if chance >= policy.choice_floor))


def weighed(hits: Sequence[Hit], sure: Sequence[Hit], decision: Decision, policy: Policy, **facts: object) -> Weighed:
    """`hits` as the engine returned them, `sure` with the layer."""
    best = hits[:4]
    after = [hit.probability for hit in sure[:4]]
    offered = decision.kind == "choices"
    return Weighed(
        items=tuple(UUID(hit.id) for hit in best),
        chances=tuple(hit.probability for hit in best),
        known=hits[0].known if hits else 0.0,
        kind=decision.kind,
        shown=tuple(UUID(hit.id) for hit in decision.hits),
        used=decision.probability,
        enough=policy.answer_from,
        topic=offered and offer_chance(after, sure[0].known, policy) < policy.choices_from,
        **facts,  # type: ignore[arg-type]  # the caller's, by name
    )
