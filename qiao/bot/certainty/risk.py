"""How wrong answers may be at most, shown by examples drawn by lot. Pure.

Fixed-sequence testing (Angelopoulos et al., Learn then Test, 2021): thresholds are tested from the strictest down, each at
the same confidence, and testing stops at the first that fails; then the one before it holds its promise with that confidence,
however many were tested. The order is set by the scores alone, before any label is looked at.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from qiao.bot.answering.certainty import Step

CONFIDENCE: Final = 0.90
FEWEST: Final = 45
"""So many without a single error show that at most 5 % are wrong, at 90 % confidence."""


@lru_cache(maxsize=4096)
def at_most(wrong: int, count: int, confidence: float = CONFIDENCE) -> float:
    """The upper end of the one-sided Clopper–Pearson interval."""
    if count == 0 or wrong >= count:
        return 1.0
    if wrong == 0:
        return float(1.0 - (1.0 - confidence) ** (1.0 / count))
    low, high = wrong / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _no_more(wrong, count, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_least(wrong: int, count: int, confidence: float = CONFIDENCE) -> float:
    """The lower end."""
    return 1.0 - at_most(count - wrong, count, confidence)


def _no_more(wrong: int, count: int, share: float) -> float:
    """The chance of at most `wrong` among `count` when each is with chance `share`."""
    if share >= 1.0:
        return 0.0
    one, other = math.log(share), math.log1p(-share)
    total = 0.0
    # Fewer errors are ever less likely where `share` is above their share: soon they add nothing.
    for k in range(wrong, -1, -1):
        ways = math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
        term = math.exp(ways + k * one + (count - k) * other)
        total += term
        if term < total * 1e-13:
            break
    return min(1.0, total)


def steps(examples: Sequence[tuple[float, bool]], confidence: float = CONFIDENCE) -> tuple[Step, ...]:
    """`examples`: (score, wrong). The first step takes the surest quarter, and at least as many as can show anything."""
    if len(examples) < FEWEST:
        return ()
    ordered = sorted(examples, key=lambda example: -example[0])
    first = max(FEWEST, math.ceil(len(ordered) / 4))
    stride = max(5, len(ordered) // 20)
    found: list[Step] = []
    wrong = done = 0
    for end in [*range(first, len(ordered), stride), len(ordered)]:
        threshold = ordered[end - 1][0]
        # Whoever is as sure as the last is answered as well.
        while end < len(ordered) and ordered[end][0] == threshold:
            end += 1
        if end <= done:
            continue
        wrong += sum(example[1] for example in ordered[done:end])
        done = end
        found.append(Step(threshold, done, wrong, round(at_most(wrong, done, confidence), 5)))
    return tuple(found)
