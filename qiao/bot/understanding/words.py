"""Finding sensitive words in a text: ten thousand of them cost no more than one. Pure.

Words and texts are folded alike (width, case, traditional to simplified) and what is put between characters to hide a
word (法*轮, f u c k) is skipped. What only looks like a word is not one: letters inside other letters (class), and
characters that belong to two different words (这台独立显卡 holds no 台独).
"""

import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

from qiao.core.text import normalize, words

T = TypeVar("T")
Cutter = Callable[[str], list[str]]
_SHORT: Final = 2
MASK: Final = "*"


def fold(word: str) -> str:
    """A word as it is compared: letters, digits and characters only."""
    return "".join(c for c in normalize(word) if c.isalnum())


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A word in a text: from `start` up to `end`, what was kept with the word."""

    start: int
    end: int
    value: T


class Finder(Generic[T]):
    """Aho–Corasick over folded words. Words that fold to nothing are left out."""

    def __init__(self, entries: Iterable[tuple[str, T]], cut: Cutter = words) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._fail: list[int] = [0]
        self._ends: list[tuple[int, T] | None] = [None]
        self._up: list[int] = [0]
        """The next shorter word that ends where a state ends."""
        self._cut = cut
        for word, value in entries:
            folded = fold(word)
            if folded:
                self._ends[self._state_of(folded)] = (len(folded), value)
        self._link()

    def _state_of(self, folded: str) -> int:
        state = 0
        for character in folded:
            following = self._next[state].get(character)
            if following is None:
                following = len(self._next)
                self._next[state][character] = following
                self._next.append({})
                self._fail.append(0)
                self._ends.append(None)
                self._up.append(0)
            state = following
        return state

    def _link(self) -> None:
        queue = deque(self._next[0].values())
        while queue:
            state = queue.popleft()
            for character, following in self._next[state].items():
                fall = self._fail[state]
                while fall and character not in self._next[fall]:
                    fall = self._fail[fall]
                self._fail[following] = self._next[fall].get(character, 0)
                fallen = self._fail[following]
                self._up[following] = fallen if self._ends[fallen] else self._up[fallen]
                queue.append(following)

    def find(self, text: str) -> list[Found[T]]:
        """Every word in the text, in order of their ends; overlapping ones too."""
        if len(self._next) == 1 or not text:
            return []
        folded, places = _folded(text)
        found: list[Found[T]] = []
        edges: set[int] | None = None
        state = 0
        for at, character in enumerate(folded):
            while state and character not in self._next[state]:
                state = self._fail[state]
            state = self._next[state].get(character, 0)
            hit = state if self._ends[state] else self._up[state]
            while hit:
                ends = self._ends[hit]
                assert ends is not None
                length, value = ends
                first = at - length + 1
                spots = places[first : at + 1]
                if _plausible(text, folded[first : at + 1], spots):
                    if edges is None:
                        edges = _edges(text, self._cut)
                    if not _across(folded[first : at + 1], spots, edges):
                        found.append(Found(spots[0], spots[-1] + 1, value))
                hit = self._up[hit]
        return found


def masked(text: str, found: Sequence[Found[T]]) -> str:
    """The text with stars for every character of what was found."""
    characters = list(text)
    for hit in found:
        for at in range(hit.start, hit.end):
            if not characters[at].isspace():
                characters[at] = MASK
    return "".join(characters)


def _folded(text: str) -> tuple[str, list[int]]:
    """The compared characters of a text and where each stands in it."""
    plain = fold(text)
    if len(plain) == len(text):
        return plain, list(range(len(text)))
    out: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if character.isascii():
            if character.isalnum():
                out.append(character.lower())
                places.append(at)
            continue
        for folded in fold(character):
            out.append(folded)
            places.append(at)
    return "".join(out), places


def _plausible(text: str, word: str, spots: Sequence[int]) -> bool:
    """Whether the characters between and around leave it the word: letters keep their borders."""
    start, end = spots[0], spots[-1]
    if _latin(word[0]) and start and _latin(_plain(text[start - 1])):
        return False
    if _latin(word[-1]) and end + 1 < len(text) and _latin(_plain(text[end + 1])):
        return False
    gaps = [text[a + 1 : b] for a, b in pairwise(spots) if b - a > 1]
    if not gaps:
        return True
    if any(len(gap) > 3 for gap in gaps):
        return False
    if all(_latin(c) for c in word):
        # "as some" is no word of its own; "a s s" and "a.s.s" are.
        return len(gaps) == len(spots) - 1 or not any(c.isspace() for gap in gaps for c in gap)
    # A full stop in one place parts two sentences; between all of several characters it hides a word.
    return (len(gaps) == len(spots) - 1 > 1) or not any(c in "。！？!?;；,，\n" for gap in gaps for c in gap)


def _plain(character: str) -> str:
    return unicodedata.normalize("NFKC", character)[:1]


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _edges(text: str, cut: Cutter) -> set[int]:
    """Where words of the text begin or end."""
    at = 0
    edges = {0}
    for word in cut(text):
        at += len(word)
        edges.add(at)
    return edges if at == len(text) else set(range(len(text) + 1))


def _across(word: str, spots: Sequence[int], edges: set[int]) -> bool:
    """Whether the characters belong to other words: a short one cut at one side, a longer one at both."""
    if any(_latin(c) for c in word) or len(word) < _SHORT:
        return False
    cuts = (spots[0] not in edges) + (spots[-1] + 1 not in edges)
    if spots[-1] - spots[0] + 1 > len(spots):
        return False
    return cuts >= (1 if len(word) == _SHORT else 2)
