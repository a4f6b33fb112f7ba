"""Pure decisions about gaps: when one returns, what it is called, and what an answer has changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

JOIN: Final = 0.58
"""From this closeness on a question belongs to a gap (0 nothing in common, 1 the same words). Fitted where questions of one
intent are told from those of its neighbours: lower mixes topics of one shop, higher leaves paraphrases alone."""
MERGE: Final = 0.7
"""From this average closeness on two gaps are one. Middles are closer to each other than the questions around them."""
LOOSE: Final = 0.6
"""Below this average closeness to its middle a gap of some size is looked at again."""
RETURN_LEAST: Final = 5
WINDOW_DAYS: Final = 28
EARLY_DAYS: Final = 7
NAME: Final = 80

Verdict = Literal["too_early", "fell", "rose", "no_change"]
_OPENING: Final = re.compile(
    r"^(?:(?:您好|你好|亲|哈喽|在吗|请问(?:一下)?|麻烦问(?:一下|下)?|想问(?:一下|下)?|问一下"
    r"|(?:hi|hello|hey|good (?:morning|afternoon|evening)|please|excuse me|sorry)\b)[\s,，。.!！~、:：]*)+",
    re.IGNORECASE,
)


def returns(weight: int, dismissed_weight: int) -> bool:
    """Whether a dismissed gap has grown notably: by as much as it had, and at least by five."""
    return weight - dismissed_weight >= max(RETURN_LEAST, dismissed_weight)


def named_after(question: str) -> str:
    """A question as a name: without its greeting, its first line, short."""
    text = " ".join(question.split())
    bare = _OPENING.sub("", text).strip() or text
    if len(bare) <= NAME:
        return bare
    cut = bare[:NAME]
    for mark in ("？", "?", "。", "！", ". ", "，", ", "):
        at = cut.find(mark, 8)
        if at > 0:
            return cut[: at + 1].rstrip("，, ")
    return cut.rsplit(" ", 1)[0].rstrip() + "…" if " " in cut[40:] else cut.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Change:
    """Handoffs in two windows of equal length. `ratio`: after to before, with the bounds it has in 19 of 20 cases."""

    verdict: Verdict
    days: int
    before: int
    after: int
    ratio: float | None
    low: float | None
    high: float | None


def windows(published: datetime, now: datetime) -> tuple[datetime, datetime, int]:
    """Two stretches of whole days around the publication, as long as there has been time: (begin, end, days of each)."""
    days = min(WINDOW_DAYS, max(0, (now - published).days))
    return published - timedelta(days=days), published + timedelta(days=days), days


def change(before: int, after: int, days: int) -> Change:
    """What happened to a topic's handoffs. Counts of equal windows are two Poisson numbers; given their sum the later one
    is binomial, so the ratio's bounds are exact (Clopper–Pearson). Early, or while the bounds hold 1, nothing is claimed."""
    ratio = after / before if before else None
    low, high = _bounds(before, after)
    verdict: Verdict = "too_early"
    if days >= EARLY_DAYS:
        if high is not None and high < 1:
            verdict = "fell"
        elif low is not None and low > 1:
            verdict = "rose"
        elif days >= WINDOW_DAYS and before + after >= 2 * RETURN_LEAST:
            verdict = "no_change"
    return Change(verdict, days, before, after, ratio, low, high)


def _bounds(before: int, after: int, alpha: float = 0.05) -> tuple[float | None, float | None]:
    if before + after == 0:
        return None, None
    from scipy.stats import beta  # the library is large, and few processes ever need it

    low = float(beta.ppf(alpha / 2, after, before + 1)) if after else 0.0
    high = float(beta.ppf(1 - alpha / 2, after + 1, before)) if before else 1.0
    return low / (1 - low), (high / (1 - high) if high < 1 else None)


def central(scores: Sequence[float], texts: Sequence[str]) -> int:
    """Which of some texts speaks for all: the one closest to the middle; of much the same, one of a readable length."""
    best = max(scores)
    near = [i for i, score in enumerate(scores) if score >= best - 0.03]
    return min(near, key=lambda i: (abs(len(texts[i]) - 18), texts[i], i))
