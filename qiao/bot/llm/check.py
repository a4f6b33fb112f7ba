"""Holds what a model wrote against the sources it cites, sentence by sentence. Pure.

A sentence passes when it cites a source it was given, says no number, code or link the source has not, negates what the
source negates and nothing else, and is covered by the source's words, or, where the words differ, close in meaning.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from qiao.bot.llm.figures import figures, invented
from qiao.core.text import guess_language, normalize, stem

Fault = Literal["uncited", "unknown_source", "invented", "negation", "unsupported"]
Similarity = Callable[[str, Sequence[str]], float]
"""How close a sentence is in meaning to the closest of some texts, 0 to 1."""

COVERED: Final = 0.62
PARTLY: Final = 0.34
CLOSE: Final = 0.66
CLOSE_ACROSS: Final = 0.5
LONGEST_NEW: Final = 3
"""Content words in a row that the source does not have."""
ENOUGH: Final = 0.4
"""Share of the claimed text that must survive."""

_MARK: Final = re.compile(r"\s*[\[【](\d{1,2}(?:\s*[,，、-]\s*\d{1,2})*)[\]】]")
_SENTENCE: Final = re.compile(
    r".+?(?:[。！？!?；;]+[”\"’')）]*|\.(?=\s|[\[【]|$)|\n+|$)"
    r"(?:\s*[\[【]\d{1,2}(?:\s*[,，、-]\s*\d{1,2})*[\]】])*[。.；;]?",
    re.DOTALL,
)
_BULLET: Final = re.compile(r"^\s*(?:[-*•·]+|#{1,6}|\(?\d{1,2}[.)、）])\s*")
_NUMBERED: Final = re.compile(r"^\s*\(?\d{1,2}[.)、）]\s*$")
_DECORATION: Final = re.compile(r"[*_`~#>]+")
_SOURCE_END: Final = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s+")
_CLAUSE_END: Final = re.compile(r"[，,。！？!?；;：:、\n]|\.\s|\b(?:but|and|or|if|when)\b|但是?|而且|并且|如果|则")
_HAN_RUN: Final = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+(?:['’][a-z]+)?")
# Words an answer needs and no source has to have.
_FILLER_ZH: Final = re.compile(
    r"您好|你好|可以|需要|请问|请|您|你|我们|我司|本公司|公司|的话|即可|如果|若是|根据|按照|关于|一般|通常|能够|会|将|就|都|也|还|的|了|在|是|为|与|和|及|并|或|后|前|时|内"
    r"|则|所以|因此|由于|进行|相关|具体|以下|如下|这个|该|此|对于|目前|哦|呢|吗|吧|啊|呀|一下|直接|过|且|着"
)
_FILLER_WORDS: Final = """
a an the you your we our us i it its is are be been was were will would can could may might should shall must to of in on at
by for from with within and or if then than that this these those as so please hello hi thank thanks need do does have has
had also any all after before when once there here they them their which what how about into up out per via just yes
"""
_FILLER_EN: Final = frozenset(_FILLER_WORDS.split())
_NOT_NEGATION: Final = re.compile(
    r"无理由|无忧|无线|无障碍|无论|无需担心|未来|不仅|不管|不论|不同|不断|不好意思|不客气|不久|不少|不超过|不低于|不少于|不得不"
    r"|没关系|没问题|(.)[不没]\1|差不多|要不要|是否"
)
_NEGATION: Final = re.compile(
    r"不(?:能够?|可以?|会|得|予|再|应|要|支持|允许|提供|接受)|无法|没有?|不|未|无|禁止|严禁|拒绝|勿|莫|"
    r"\b(?:(?:can|do|does|did|is|are|was|will|would|could|should)(?:n['’]?t|not| not)|won['’]?t)\b"
    r"|\b(?:not|no|never|unable|neither|nor)\b"
)


# Words that promise more than most sources say: they count only where a source has them.
_PROMISES: Final = re.compile(
    r"所有|全部|任何|一律|永久|终身|免费|保证|一定|必须|随时|无限"
    r"|\b(?:all|every|always|forever|lifetime|free|guaranteed?|must|anytime|unlimited)\b"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered text an answer may cite."""

    number: int
    id: str
    kind: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer: `text` without its marks, `cites` the numbers in them, `fault` what is wrong with it."""

    text: str
    cites: tuple[int, ...]
    fault: Fault | None = None


def sentences(text: str) -> list[str]:
    """Cut so that citation marks stay with what they follow; the number of a list stays with its line."""
    pieces: list[str] = []
    for piece in _SENTENCE.findall(text):
        if not piece.strip():
            continue
        if pieces and (_NUMBERED.match(pieces[-1]) or not _MARK.sub("", piece).strip(" \n。.;；")):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def finished(text: str) -> list[str]:
    """The sentences of a text that is still being written which nothing can change any more: all but the last two.

    Two, because a mark may still follow a full stop.
    """
    found = sentences(text)
    return found[:-2] if len(found) > 2 else []


def cited(sentence: str) -> tuple[int, ...]:
    """The numbers in a sentence's marks."""
    numbers: dict[int, None] = {}
    for marks in _MARK.findall(sentence):
        for part in re.split(r"\s*[,，、]\s*", marks):
            first, _, last = part.partition("-")
            if last and int(first.strip()) <= int(last.strip()):
                numbers.update(dict.fromkeys(range(int(first), int(last) + 1)))
            elif first.strip():
                numbers[int(first)] = None
    return tuple(numbers)


def bare(sentence: str) -> str:
    """A sentence without marks and decoration."""
    return _DECORATION.sub("", _MARK.sub("", sentence)).strip()


def judge(sentence: str, sources: Sequence[Source], similarity: Similarity | None = None) -> Sentence:
    """One sentence with its verdict."""
    cites = cited(sentence)
    text = bare(sentence)
    claim = _BULLET.sub("", text)
    if not cites:
        return Sentence(text, (), "uncited")
    by_number = {source.number: source for source in sources}
    if any(number not in by_number for number in cites):
        return Sentence(text, cites, "unknown_source")
    whole = "\n".join(by_number[number].whole for number in cites)
    return Sentence(text, cites, _fault(claim, whole, similarity))


def _fault(claim: str, whole: str, similarity: Similarity | None) -> Fault | None:
    if invented(claim, whole) is not None:
        return "invented"
    wanted = _content(claim)
    if not wanted:
        return "unsupported"
    windows = _windows(whole)
    across = guess_language(claim) != guess_language(whole)
    if not across and _contradicts(claim, windows):
        return "negation"
    if not across and _misplaces(claim, whole):
        return "invented"
    if not across and set(_PROMISES.findall(normalize(claim))) - set(_PROMISES.findall(normalize(whole))):
        return "unsupported"
    known = _known(whole)
    covered = _share(wanted, known)
    new = _longest_new(wanted, known)
    if not across and covered >= COVERED and new <= LONGEST_NEW:
        return None
    if similarity is None or (not across and (covered < PARTLY or new > 2 * LONGEST_NEW)):
        return "unsupported"
    close = similarity(claim, [*windows, *(f"{one} {two}" for one, two in pairwise(windows))])
    return None if close >= (CLOSE_ACROSS if across else CLOSE) else "unsupported"


# -- words ---------------------------------------------------------------------------------------------------------------


def _content(text: str) -> list[str]:
    """What a text is about, in order: Han characters in pairs, stems; without filler. A gap is an empty string."""
    words: list[str] = []
    for run in _HAN_RUN.findall(normalize(text)):
        if "\u3400" <= run[0] <= "\u9fff":
            for part in _FILLER_ZH.split(run):
                if len(part) > 1:
                    words += [left + right for left, right in pairwise(part)]
                elif part:
                    words.append(part)
                words.append("")
        elif run not in _FILLER_EN:
            words.append(stem(run))
    return words


@lru_cache(maxsize=256)
def _known(text: str) -> frozenset[str]:
    """Everything a text may lend: pairs and single characters, stems."""
    found: set[str] = set()
    for run in _HAN_RUN.findall(normalize(text)):
        if "\u3400" <= run[0] <= "\u9fff":
            found.update(run)
            found.update(left + right for left, right in pairwise(run))
        else:
            found.add(stem(run))
    return frozenset(found)


def _share(words: Sequence[str], known: frozenset[str]) -> float:
    wanted = {word for word in words if word}
    if not wanted:
        return 0.0
    # A pair whose characters are both there, apart, is half there: 退款会原路退回 / 原支付路径退回.
    score = sum(1.0 if word in known else 0.5 if len(word) == 2 and set(word) <= known else 0.0 for word in wanted)
    return score / len(wanted)


def _longest_new(words: Sequence[str], known: frozenset[str]) -> int:
    longest = run = 0
    for word in words:
        if not word or word in known or (len(word) == 2 and set(word) <= known):
            run = 0
        else:
            run += 1
            longest = max(longest, run)
    return longest


@lru_cache(maxsize=256)
def _windows(text: str) -> tuple[str, ...]:
    """Sentences of a source."""
    return tuple(part.strip() for part in _SOURCE_END.split(text) if part.strip()) or (text,)


# -- what is denied, and which figure belongs to what ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Denial:
    """One negation: what stands before it in its clause, and what it denies."""

    of: tuple[str, ...]
    what: tuple[str, ...]


@lru_cache(maxsize=512)
def _clauses(text: str) -> tuple[str, ...]:
    return tuple(clause for clause in _CLAUSE_END.split(_NOT_NEGATION.sub("", normalize(text))) if clause)


@lru_cache(maxsize=512)
def _denials(text: str) -> tuple[_Denial, ...]:
    found: list[_Denial] = []
    for clause in _clauses(text):
        parts = _NEGATION.split(clause)
        for before, after in pairwise(parts):
            what = tuple(word for word in _content(after) if word and not word.isdigit())
            if what:
                found.append(_Denial(tuple(word for word in _content(before) if word), what))
    return tuple(found)


def _contradicts(claim: str, windows: Sequence[str]) -> bool:
    """Whether the claim denies what the source does not deny as widely, or says what the source denies."""
    mentioned = _known(claim)
    theirs = [denial for window in windows for denial in _denials(window)]
    mine = _denials(claim)
    for denial in mine:
        if not any(
            _share(denial.what, frozenset(_known(" ".join(their.what)))) >= 0.6
            and (not their.of or _share(their.of, mentioned) >= 0.6)
            for their in theirs
        ):
            return True
    if mine:
        return False
    wanted = _content(claim)
    for window in windows:
        for their in _denials(window):
            if _share(their.what, mentioned) >= 0.8 and (not their.of or _share(their.of, mentioned) >= 0.6):
                here = _share(wanted, _known(window))
                if not any(not _denials(other) and _share(wanted, _known(other)) >= here for other in windows):
                    return True
    return False


def _misplaces(claim: str, whole: str) -> bool:
    """Whether a figure of the claim belongs to something else in the source: to the screen, not to the battery."""
    clauses = [(clause, figures(clause)) for clause in _clauses(whole)]
    for mine in _clauses(claim):
        wanted = [word for word in _content(mine) if word and not word.isdigit()]
        numbers = {number for number, _ in figures(mine)}
        if not numbers or not wanted:
            continue
        shares = [(_share(wanted, _known(clause)), {number for number, _ in has}) for clause, has in clauses]
        best = max(share for share, _ in shares)
        for number in numbers:
            there = max((share for share, has in shares if number in has), default=0.0)
            others = any(share == best and has for share, has in shares)
            if best >= 0.5 and others and best - there > 0.25:
                return True
    return False


# -- the whole answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of an answer; empty when it is too little."""

    kept: tuple[Sentence, ...]
    dropped: tuple[Sentence, ...]

    @property
    def enough(self) -> bool:
        kept = sum(len(sentence.text) for sentence in self.kept)
        lost = sum(len(s.text) for s in self.dropped if s.fault != "uncited")
        return kept > 0 and kept >= ENOUGH * (kept + lost)


def check(text: str, sources: Sequence[Source], similarity: Similarity | None = None) -> Checked:
    """Every sentence judged."""
    judged = [judge(sentence, sources, similarity) for sentence in sentences(text)]
    return Checked(tuple(s for s in judged if s.fault is None), tuple(s for s in judged if s.fault is not None))
