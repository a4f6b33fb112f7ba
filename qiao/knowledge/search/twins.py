"""Whether two questions that read nearly alike ask the same: K10 地毯保修多久 and K10 普洱保修多久 do not."""

from collections.abc import Sequence
from typing import Final

from qiao.core.text import words
from qiao.knowledge.search.ports import Embedder, Vectors
from qiao.knowledge.search.text import codes, is_negated, numbers

# 怎么 / 如何 (0.85), 多久 / 多长时间 (0.89) and do / can (0.62) are as good as each other in one sentence; 地毯 / 普洱 (0.48)
# and kettle / humidifier (0.49) are not.
_ALIKE: Final = 0.6


class Twins:
    """Compares normalised questions; what it has compared once it knows."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}

    def apart(self, one: str, two: str) -> bool:
        """Whether something in them says that they ask different things, however alike they read: a number, a code, a 不, or
        what stands in one where the other has something else."""
        if numbers(one) != numbers(two) or codes(one) != codes(two) or is_negated(one) != is_negated(two):
            return True
        mine, theirs = differing(one, two)
        if not mine or not theirs or (mine, theirs) == (one, two):
            return False
        floor = self._embedder.floor
        return (float(self._vector(mine) @ self._vector(theirs)) - floor) / (1 - floor) < _ALIKE

    def _vector(self, text: str) -> Vectors:
        if text not in self._vectors:
            self._vectors[text] = self._embedder.questions([text])[0]
        return self._vectors[text]


def differing(one: str, two: str) -> tuple[str, str]:
    """What is left of two texts without the words they begin and end with alike."""
    mine, theirs = _cut(one), _cut(two)
    start = 0
    while start < min(len(mine), len(theirs)) and mine[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(mine), len(theirs)) - start and mine[-1 - end] == theirs[-1 - end]:
        end += 1
    return _joined(mine[start : len(mine) - end]), _joined(theirs[start : len(theirs) - end])


def _cut(text: str) -> list[str]:
    return [word for word in words(text) if word.strip()]


def _joined(parts: Sequence[str]) -> str:
    return "".join(f" {part}" if part.isascii() else part for part in parts).strip()
