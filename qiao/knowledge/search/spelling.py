"""What somebody may have meant: pinyin, initials, homophones, slips of the keyboard, the company's synonyms.

Knows the words of the indexed texts and only ever leads to one of them, so a correction always finds something.
"""

import mmap
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import product
from json import JSONDecoder
from pathlib import Path

import numpy as np

from qiao.core.text import normalize, stem, words
from qiao.knowledge.search.text import FUNCTION_WORDS

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z]+")
_LONGEST = 6
_READINGS = 4
_MEANT = 3
"""How many words one slip may stand for."""
_SAID = 6


@cache
def _table() -> dict[int, str]:
    # The dictionary of words would cost 45 MB; single characters with all their readings are enough to compare by.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import pinyin_dict

    table: dict[int, str] = pinyin_dict.pinyin_dict
    return table


@lru_cache(maxsize=20_000)
def readings(character: str) -> tuple[str, ...]:
    """Without tones, most usual first."""
    marked = _table().get(ord(character), "")
    from pypinyin.contrib.tone_convert import to_normal  # after the table, which says what to leave out

    return tuple(dict.fromkeys(to_normal(reading).replace("ü", "v") for reading in marked.split(",") if reading))


class _Words:
    """pypinyin's words and how they are read, as they lie in its file: held as objects they take 45 MB for good."""

    def __init__(self) -> None:
        self._file: mmap.mmap | bytes = b""
        found = find_spec("pypinyin")
        for folder in (found.submodule_search_locations or ()) if found is not None else ():
            with suppress(OSError), (Path(folder) / "phrases_dict.json").open("rb") as file:
                self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        places = [(hash(key[1]), key.end()) for key in re.finditer(rb'^"([^"]+)": ', self._file, re.MULTILINE)]
        self._places = np.array(sorted(places), np.int64).reshape(-1, 2)

    def __call__(self, word: str) -> tuple[str, ...] | None:
        from pypinyin.contrib.tone_convert import to_normal

        key = word.encode()
        row = int(np.searchsorted(self._places[:, 0], hash(key)))
        if row == len(self._places) or self._places[row, 0] != hash(key):
            return None
        at = int(self._places[row, 1])
        if self._file[at - len(key) - 3 : at - 3] != key:
            return None
        entry = self._file[at : at + 80 * len(word)].decode("utf-8", "ignore")
        sounds, _ = JSONDecoder().raw_decode(entry)
        return tuple(to_normal(sound[0]).replace("ü", "v") for sound in sounds)


_words_read = cache(_Words)


def read_aloud(text: str) -> tuple[str, ...]:
    """One reading a character: 银行 is yin hang, 行李 xing li. Where a character has several, the longest known word around
    it decides."""
    said: list[str] = []
    while len(said) < len(text):
        rest = text[len(said) : len(said) + _LONGEST]
        several = [place for place, one in enumerate(rest) if len(readings(one)) > 1]
        known = None
        for size in range(len(rest), 1, -1) if several else ():
            if several[0] < size and (known := _words_read()(rest[:size])) is not None:
                break
        said.extend(known or (readings(rest[0]) or (rest[0],))[:1])
    return tuple(said)


def spelled(text: str) -> tuple[str, str]:
    """A text in pinyin and in initials, everything that is not Han as it is."""
    full, initials = [], []
    for character in normalize(text):
        reading = (readings(character) or (character,))[0]
        full.append(reading)
        initials.append(reading[:1])
    return "".join(full).replace(" ", ""), "".join(initials).replace(" ", "")


def _sounds(word: str) -> list[str]:
    """Every way to read a word, the usual first; sounds that are often confused are one."""
    choices = [readings(character)[:2] or (character,) for character in word]
    return ["".join(sounds) for sounds, _ in zip(product(*choices), range(_READINGS), strict=False)]


def _blurred(sound: str) -> str:
    """zh/z, ch/c, sh/s and ang/an, eng/en, ing/in are one in much of China."""
    return re.sub(r"([aei])ng", r"\1n", re.sub(r"([zcs])h", r"\1", sound))


class Synonyms:
    """The company's groups of words that mean the same."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self._others: dict[str, list[str]] = {}
        for group in groups:
            members = list(dict.fromkeys(normalize(word) for word in group if word.strip()))
            for member in members:
                self._others.setdefault(member, []).extend(other for other in members if other != member)
        # Longest first, or 会员卡 would be read as 会员.
        names = sorted(self._others, key=len, reverse=True)
        parts = [rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name) for name in names]
        self._named = re.compile("|".join(parts)) if parts else None

    def of(self, query: str) -> list[str]:
        """The query said in other words, one word changed at a time."""
        if self._named is None:
            return []
        normal = normalize(query)
        found: list[str] = []
        for match in list(self._named.finditer(normal))[:3]:
            found += [normal[: match.start()] + other + normal[match.end() :] for other in self._others[match[0]]]
        return list(dict.fromkeys(found))[:_SAID]


class Speller:
    """Of one set of texts. Building it reads them all; asking takes less than a millisecond."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: Counter[str] = Counter()
        self._sound: dict[str, list[str]] = {}
        self._initials: dict[str, list[str]] = {}
        self._deletions: dict[str, list[str]] = {}
        self._stems: set[str] = set()
        characters: Counter[str] = Counter()
        for text in texts:
            for run in _RUN.findall(normalize(text)):
                if run.isascii():
                    self._words[run] += 1
                else:
                    characters.update(run)
                    # Pairs as well, with less weight: 开发票 may have been cut into 开发 and 票.
                    self._words.update(word for word in words(run) * 3 if 1 < len(word) <= _LONGEST)
                    self._words.update(run[i : i + 2] for i in range(len(run) - 1))
        for word in sorted(self._words, key=lambda word: (-self._words[word], word)):
            if word.isascii():
                self._stems.add(stem(word))
                for form in _deletions(word):
                    self._deletions.setdefault(form, []).append(word)
                continue
            for sound in _sounds(word):
                self._sound.setdefault(_blurred(sound), []).append(word)
            self._initials.setdefault("".join((readings(c) or (c,))[0][0] for c in word), []).append(word)
        self._character: dict[str, str] = {}
        for character, _ in characters.most_common():
            for sound in readings(character)[:2]:
                self._character.setdefault(_blurred(sound), character)

    def meant(self, query: str) -> list[str]:
        """Other spellings of a query in which something is unknown here, likeliest first; none when all of it is known."""
        normal = normalize(query)
        if (typed := self._typed_in_pinyin(normal)) is not None:
            return [typed]
        forms = [""]
        place = 0
        changed = False
        for match in _RUN.finditer(normal):
            options = self._latin(match[0]) if match[0].isascii() else self._han(match[0])
            changed = changed or options != [match[0]]
            between = normal[place : match.start()]
            forms = [form + between + option for form in forms for option in options][:_MEANT]
            place = match.end()
        return [form + normal[place:] for form in forms] if changed else []

    def _typed_in_pinyin(self, normal: str) -> str | None:
        """A message all in pinyin, as people type it: fapiao zenme kai, tui kuan duo jiu. None where it is not."""
        said = _RUN.findall(normal)
        if len(said) < 2 or not all(word.isascii() for word in said):
            return None
        if 2 * sum(word in FUNCTION_WORDS or self._has(word) for word in said) >= len(said):
            return None
        out, place, known = [], 0, 0
        while place < len(said):
            for end in range(min(len(said), place + _LONGEST), place, -1):
                if found := self._sound.get(_blurred("".join(said[place:end]))):
                    out.append(found[0])
                    known += len(found[0])
                    place = end
                    break
            else:
                word = said[place]
                part = self._character.get(_blurred(word)) or self._syllables(word)
                if part is None:
                    return None
                known += len(part) if len(part) > 1 else 0
                out.append(part)
                place += 1
        # An English word may sound like a Chinese one, a sentence of them hardly.
        return "".join(out) if 2 * known > sum(map(len, out)) else None

    def knows(self, word: str) -> bool:
        """Whether the texts, or any English sentence, have this word."""
        normal = normalize(word)
        return normal in FUNCTION_WORDS or self._has(normal)

    def _has(self, word: str) -> bool:
        return word in self._words or stem(word) in self._stems

    def _latin(self, word: str) -> list[str]:
        if word in FUNCTION_WORDS or self._has(word):
            return [word]
        if found := self._sound.get(_blurred(word)):
            return found[:_MEANT]
        if 2 <= len(word) <= 5 and (found := self._initials.get(word)):
            return found[:_MEANT]
        if (several := self._syllables(word)) is not None:
            return [several]
        if len(word) >= 4:
            near = {w for form in _deletions(word) for w in self._deletions.get(form, ())}
            ranked = sorted((_distance(word, w), -self._words[w], w) for w in near)
            allowed = 1 if len(word) < 7 else 2
            return [w for d, _, w in ranked if d <= allowed][:_MEANT] or [word]
        return [word]

    def _syllables(self, word: str) -> str | None:
        """Several words typed in pinyin without a space: longest first."""
        if len(word) < 4:
            return None
        out, place = "", 0
        blurred = _blurred(word)
        while place < len(blurred):
            for end in range(len(blurred), place + 1, -1):
                if found := self._sound.get(blurred[place:end]):
                    out, place = out + found[0], end
                    break
            else:
                return None
        return out

    def _han(self, run: str) -> list[str]:
        """Neighbours that are no word here but sound like one become that one."""
        out, place = "", 0
        while place < len(run):
            for size in range(min(_LONGEST, len(run) - place), 1, -1):
                piece = run[place : place + size]
                if piece in self._words:
                    out, place = out + piece, place + size
                    break
                # 2 characters that are part of a known word are no slip.
                same = [w for w in self._sound.get(_blurred(_sounds(piece)[0]), ()) if len(w) == size]
                if same and not any(piece[i : i + 2] in self._words for i in range(size - 1)):
                    out, place = out + same[0], place + size
                    break
            else:
                out, place = out + run[place], place + 1
        return [out]


def _deletions(word: str) -> set[str]:
    """The word, and it with one letter left out; two words with a common form are at most two letters apart."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))} if len(word) >= 4 else {word}


def _distance(one: str, two: str) -> int:
    """Letters to add, drop, change or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
