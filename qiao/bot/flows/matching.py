"""Which flow a sentence asks for: its meaning and its words against every flow's example phrases."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from qiao.bot.flows import entities
from qiao.bot.flows.document import Flow
from qiao.core.text import lexical_terms, normalize

Vectors = NDArray[np.float32]
LONGEST: Final = 120
"""Longer messages tell a story; a phrase inside them says little about what is wanted."""
_DENSE: Final = 0.6
_SIMILAR_ENOUGH: Final = 0.5


class Meaning(Protocol):
    """Turns sentences into unit vectors; two that have nothing in common are `floor` alike."""

    def vectors(self, texts: Sequence[str]) -> Vectors: ...

    def floor(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Match:
    """A flow, how well the sentence fits (1: it is one of its phrases), and by which phrase."""

    flow: str
    score: float
    phrase: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    flow: str
    text: str
    plain: str
    terms: Counter[str]
    negated: bool


class Matcher:
    """The phrases of a set of flows, ready to be compared. Rebuilt when flows are published; vectors come from a cache."""

    def __init__(self, flows: Mapping[str, Flow], meaning: Meaning):
        self._meaning = meaning
        self._phrases = [
            _Phrase(key, text, plain, Counter(lexical_terms(plain, normalized=True)), negated(plain))
            for key, flow in flows.items()
            for text in (*flow.triggers.phrases.zh_cn, *flow.triggers.phrases.en, flow.name.zh_cn, flow.name.en)
            if (plain := normalize(text))
        ]
        self._vectors: Vectors | None = None

    def match(self, text: str) -> list[Match]:
        """Flows by how well the sentence fits, best first. Takes a few milliseconds: call it from a thread."""
        plain = entities.without_values(text)
        if not plain or len(plain) > LONGEST or not self._phrases:
            return []
        if self._vectors is None:
            self._vectors = self._meaning.vectors([phrase.plain for phrase in self._phrases])
        floor = self._meaning.floor()
        dense = np.clip((self._vectors @ self._meaning.vectors([plain])[0] - floor) / (1 - floor), 0, 1)
        terms, denied = Counter(lexical_terms(plain, normalized=True)), negated(plain)
        best: dict[str, Match] = {}
        for phrase, near in zip(self._phrases, dense, strict=True):
            if phrase.negated != denied:
                continue
            score = _score(plain, phrase, terms, float(near))
            if score >= _SIMILAR_ENOUGH and (phrase.flow not in best or score > best[phrase.flow].score):
                best[phrase.flow] = Match(phrase.flow, score, phrase.text)
        return sorted(best.values(), key=lambda match: -match.score)


def _score(plain: str, phrase: _Phrase, terms: Counter[str], dense: float) -> float:
    if plain == phrase.plain:
        return 1.0
    shared = sum((terms & phrase.terms).values())
    dice = 2 * shared / max(1, sum(terms.values()) + sum(phrase.terms.values()))
    # A whole phrase inside a short sentence (订单…我要退款 因为坏了) counts nearly like the phrase itself.
    held = shared / max(1, sum(phrase.terms.values()))
    inside = 0.9 * len(phrase.plain) / max(len(phrase.plain), min(len(plain), 2 * len(phrase.plain)))
    contained = 0.5 + inside / 2 if phrase.plain in plain and len(phrase.plain) >= 3 and held == 1 else 0.0
    return max(contained, _DENSE * dense + (1 - _DENSE) * dice)


_NOT: Final = (
    "不要退", "不想退", "别退", "不退款", "不用退", "不是要", "不需要", "不要发票", "不开发票", "不改地址", "不用改",
    "don't want", "do not want", "not asking", "no refund", "without",
)  # fmt: skip


def negated(plain: str) -> bool:
    """Whether the sentence says that something is not wanted."""
    return any(words in plain for words in _NOT)
