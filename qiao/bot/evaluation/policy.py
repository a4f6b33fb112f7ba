"""What came of a case, what a run amounts to, how two runs differ, and whom a later outcome favours. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

Expects = Literal["texts", "none", "flow"]
Decision = Literal["answer", "choices", "none", "flow", "handoff", "talk", "guard"]
Verdict = Literal["right", "silent", "offered", "missed", "false_choices", "wrong", "false_answer"]
Side = Literal["live", "candidate", "neither"]

WEIGHTS: Final[Mapping[Verdict, int]] = {
    "right": 3,
    "silent": 3,
    "offered": 2,
    "missed": 1,
    "false_choices": 1,
    "wrong": 0,
    "false_answer": 0,
}
"""How good a verdict is. A wrong answer is worse than none; a regression is any step down."""
BEST: Final = 3
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided on a question: `given` are the texts answered with, or offered."""

    decision: Decision
    given: tuple[UUID, ...] = ()
    flow: str | None = None
    probability: float = 0.0


def verdict(expects: Expects, expected: Iterable[UUID], flow: str | None, outcome: Outcome) -> Verdict:
    """What an outcome is worth, given what should have come."""
    wanted = set(expected)
    if expects == "none":
        if outcome.decision in ("answer", "flow"):
            return "false_answer"
        return "false_choices" if outcome.decision == "choices" else "silent"
    if expects == "flow":
        if outcome.decision == "flow":
            return "right" if outcome.flow == flow else "wrong"
        return "wrong" if outcome.decision == "answer" else "missed"
    match outcome.decision:
        case "answer":
            return "right" if wanted & set(outcome.given) else "wrong"
        case "choices":
            return "offered" if wanted & set(outcome.given) else "missed"
        case "flow":
            return "wrong"
    return "missed"


# -- figures -----------------------------------------------------------------------------------------------------------


def wilson(good: int, total: int) -> tuple[float, float] | None:
    """The 95 % interval of a share; None of nothing."""
    if not total:
        return None
    share, z2 = good / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class Tally:
    """Counts of some results. In scope: a text or a flow should have come; out of scope: nothing should."""

    cases: int = 0
    good: int = 0
    in_scope: int = 0
    answered: int = 0
    answered_right: int = 0
    offered: int = 0
    missed: int = 0
    out_of_scope: int = 0
    false_answers: int = 0
    ranked: int = 0
    """Cases that expect texts."""
    first: int = 0
    among_five: int = 0

    def add(self, expects: Expects, verdict: Verdict, decision: Decision, rank: int | None) -> None:
        self.cases += 1
        self.good += WEIGHTS[verdict] == BEST
        said = decision in ("answer", "flow")
        self.answered += said
        self.answered_right += verdict == "right"
        if expects == "none":
            self.out_of_scope += 1
            self.false_answers += verdict == "false_answer"
            return
        self.in_scope += 1
        self.offered += verdict == "offered"
        self.missed += verdict == "missed"
        if expects == "texts":
            self.ranked += 1
            self.first += rank == 1
            self.among_five += rank is not None and rank <= 5

    def view(self) -> dict[str, Any]:
        """As it is stored: counts, and shares that are null of nothing."""
        interval = wilson(self.answered_right, self.answered)
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "accuracy": _share(self.good, self.cases),
            "accuracy_interval": wilson(self.good, self.cases),
            "right_of_answered": _share(self.answered_right, self.answered),
            "right_of_answered_interval": interval,
            "coverage": _share(self.answered, self.in_scope) if self.in_scope else None,
            "recall_1": _share(self.first, self.ranked),
            "recall_5": _share(self.among_five, self.ranked),
            "false_answer_rate": _share(self.false_answers, self.out_of_scope),
            "handoff_rate": _share(self.missed, self.in_scope),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of them lie."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def reliability(pairs: Iterable[tuple[float, bool]], bins: int = 10) -> list[dict[str, Any]]:
    """Of first hits: how sure the product said it was, and how often it was right, by tenths."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for probability, right in pairs:
        held[min(bins - 1, int(probability * bins))].append((probability, right))
    return [
        {
            "from": round(number / bins, 2),
            "cases": len(part),
            "said": round(sum(p for p, _ in part) / len(part), 4) if part else None,
            "right": round(sum(right for _, right in part) / len(part), 4) if part else None,
        }
        for number, part in enumerate(held)
    ]


def curve(rows: Iterable[tuple[float, bool]], points: int = 41) -> list[dict[str, Any]]:
    """Share answered against share of answers wrong, as the threshold falls. `rows`: (probability, first hit right)."""
    ordered = sorted(rows, key=lambda row: -row[0])
    found, wrong = [], 0
    for number, (probability, right) in enumerate(ordered, 1):
        wrong += not right
        if number == len(ordered) or ordered[number][0] != probability:
            found.append((number / len(ordered), wrong / number, probability))
    step = max(1, math.ceil(len(found) / points))
    kept = [*found[::step], *found[-1:]] if found else []
    return [{"coverage": round(c, 4), "error": round(e, 4), "from": round(p, 4)} for c, e, p in dict.fromkeys(kept)]


# -- two runs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sign:
    """An exact sign test (McNemar) on the cases that became good or ceased to be."""

    better: int
    worse: int
    p: float

    @property
    def says(self) -> Literal["nothing", "chance", "likely", "sure"]:
        """`nothing` changed; what changed may be chance; probably is none; is none."""
        if not self.better + self.worse:
            return "nothing"
        return "sure" if self.p < 0.01 else "likely" if self.p < 0.05 else "chance"


def sign_test(better: int, worse: int) -> Sign:
    """How probable a split at least this uneven is when better and worse are equally likely."""
    total = better + worse
    if not total:
        return Sign(0, 0, 1.0)
    tail = sum(math.comb(total, k) for k in range(min(better, worse) + 1)) / 2**total
    return Sign(better, worse, min(1.0, 2 * tail))


def refuses(
    before: Sequence[int], after: Sequence[int], *, max_regressions: int, tolerance: float
) -> Literal["regressions", "fall"] | None:
    """Why knowledge may not go live, by the weights of the same cases before and with it; None when it may."""
    if sum(new < old for old, new in zip(before, after, strict=True)) > max_regressions:
        return "regressions"
    good = [sum(weight == BEST for weight in side) for side in (before, after)]
    if before and (good[0] - good[1]) / len(before) > tolerance + 1e-9:
        return "fall"
    return None


# -- shadow ------------------------------------------------------------------------------------------------------------


def agree(live: Outcome, candidate: Outcome) -> bool:
    """Whether a customer would have got the same: the same answers, the same flow, or no answer from either.

    Not knowing, handing over and small talk are alike here: which of them it is depends on what came before.
    """
    said = ("answer", "flow", "choices")
    if live.decision not in said and candidate.decision not in said:
        return True
    if live.decision != candidate.decision or live.flow != candidate.flow:
        return False
    if live.decision == "choices":
        return set(live.given) == set(candidate.given)
    return live.given[:1] == candidate.given[:1]


def favours(live: Outcome, candidate: Outcome, outcome: str, agent_texts: Iterable[UUID]) -> Side:
    """Which of two that differ the later course of the conversation speaks for.

    Strongest is the text an agent sent; then the customer's vote on the live answer; then whether people had to come.
    """
    if agree(live, candidate):
        return "neither"
    sent = set(agent_texts)
    if sent:
        hit = (bool(sent & set(live.given)), bool(sent & set(candidate.given)))
        if hit != (True, True) and any(hit):
            return "live" if hit[0] else "candidate"
    spoke, would = live.decision in ("answer", "flow"), candidate.decision in ("answer", "flow")
    match outcome:
        case "helpful":
            return "live" if spoke else "neither"
        case "unhelpful":
            return "candidate" if spoke else "neither"
        case "handed_over":
            # After an answer that did not help, another answer or silence is to be preferred; after silence, an answer.
            return "candidate" if spoke or would else "neither"
        case "resolved":
            return "live" if spoke else "neither"
    return "neither"
