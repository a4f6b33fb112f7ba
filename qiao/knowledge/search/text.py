"""The engine's view of a text: two kinds of terms, passages, and the few words that change a question's meaning."""

import re
from html import unescape
from itertools import pairwise
from pathlib import Path

from qiao.core.text import guess_language, lexical_terms, normalize, stem, words

_HAN = re.compile(r"[\u3400-\u9fff]")
_CJK = r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U000323af]"
# Han is a word character as well: without looking ahead, what follows a code (A7县) would be one word with it.
_CHUNK = re.compile(rf"{_CJK}+|(?:(?!{_CJK})[^\W_])+")
_MARKUP = re.compile(
    r"\\([!-/:-@\[-`{-~])|!\[([^\]]*)\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)|^\s{0,3}(?:#{1,6}|[-*+>]|\d+[.)])\s+|[`*~|]{1,3}"
    r"|^\s*[-=:| ]{3,}\s*$|<[^<>\n]{1,200}>",
    re.M,
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#39);")
_RULE = re.compile(r"(?:^|\s)(?::?-{3,}:?\s*)+(?=\s|$)")
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])|(?<=\.)\s+|\n+")
_PART_END = re.compile(r"(?<=[。！？；])|(?<=[.!?;:])\s+|\s-\s|\n+")
_HAN_PAIR = re.compile(r"[\u3400-\u9fff]{2}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CODE = re.compile(r"(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9-]{2,}")
# 不/没 inside the A-not-A question (是不是, 能不能, 有没有) ask, they do not negate.
_A_NOT_A = re.compile(r"(.)[不没]\1|[有还]没有?(?=吗|呢|$)|要不要|不同|不仅|不管|不客气|差不多|不好意思|对不起")
_NEGATION = re.compile(
    r"[不没未无别莫勿]|拒|\b(?:not|no|never|without|cannot|can't|cant|won't|wont|don't|dont|doesn't|doesnt|isn't|isnt|didn't|didnt"
    r"|couldn't|unable|fail(?:s|ed)?|unsuccessful)\b"
)
_CHINESE_DIGITS = str.maketrans("零〇一二两三四五六七八九", "001223456789")
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九](?=[天日月年号次笔个岁元块万千百小分周期])")

_FOLLOW_UP = re.compile(
    r"^(?:那么|那|还有|以及|然后|另外|如果|要是|这个|那个|它|他|她|这|和|但是|可是|所以|"
    r"(?:and|but|so|or|then|also)\b|(?:what|how) about\b|what if\b)|呢[?？!！。~]*$|"
    r"\b(?:it|that|this|them|those|these|one)\b"
)
_FILLER = re.compile(
    r"^(?:那么|那|还有|以及|然后|另外|和|但是|可是|所以|(?:and|but|so|or|then|also)\b|(?:what|how) about\b)+\s*"
    r"|[呢吗嘛啊呀?？!！。~\s]+$"
)

# English words that only hold a sentence together: a letter is mostly made of them.
FUNCTION_WORDS = frozenset(Path(__file__).with_name("function_words.txt").read_text("utf-8").split())
_POSSESSED = re.compile(r"^(?:my|your|the|an?|for|with|by|in|on|to)\s+(?=\w)|的$")
# What a follow-up names, and the question it is put into; in Latin characters.
_LONGEST_NAME, _LONGEST_FRAME = 25, 100
_UNSAID = FUNCTION_WORDS | {stem(word) for word in FUNCTION_WORDS}


def unit_terms(normal: str) -> list[str]:
    """Single characters and word stems of a normalised text."""
    terms: list[str] = []
    for chunk in _CHUNK.findall(normal):
        terms.extend(chunk if _HAN.match(chunk) else lexical_terms(chunk, normalized=True))
    return terms


def pair_terms(normal: str) -> list[str]:
    """Neighbours: character bigrams; words and word pairs."""
    terms = lexical_terms(normal, normalized=True)
    stems = [term for term in terms if not _HAN.match(term)]
    return terms + [f"{left} {right}" for left, right in pairwise(stems)]


def document_terms(normal: str) -> list[str]:
    """What a whole document is found by: characters and their pairs, words and theirs; no English function words."""
    single, terms = unit_terms(normal), lexical_terms(normal, normalized=True)
    if guess_language(normal) == "en":  # in Chinese a letter is a name: A市
        single, terms = _telling(single), _telling(terms)
    stems = [term for term in terms if not _HAN.match(term)]
    pairs = [term for term in terms if _HAN_PAIR.fullmatch(term)]
    return single + pairs + [f"{left} {right}" for left, right in pairwise(stems)]


def _telling(terms: list[str]) -> list[str]:
    return [term for term in terms if term not in _UNSAID]


def sentences(text: str) -> list[str]:
    """The parts of a message, each long enough to ask something by itself."""
    parts = [" ".join(part.split()) for part in _PART_END.split(text)]
    return [part for part in parts if width(part) > 15]


def plain(markdown: str) -> str:
    """Markdown without its marks; what a link or picture shows stays."""
    return _ENTITY.sub(
        lambda match: unescape(match[0]).replace("\xa0", " "),
        _MARKUP.sub(lambda match: match[1] or match[2] or match[3] or " ", markdown),
    )


def prose(markdown: str) -> str:
    """Markdown as it is read: without its marks, and without the lines tables and sections are drawn with."""
    return without_rules(plain(markdown))


def without_rules(text: str) -> str:
    """A text without the lines that tables are drawn with."""
    return _RULE.sub(" ", text)


def opening(markdown: str, longest: int) -> str:
    """How a text begins, as words on one line."""
    words = " ".join(prose(markdown[: 4 * longest]).split())
    return words if len(words) <= longest else words[:longest].rstrip() + "…"


def sentence_parts(markdown: str) -> list[str]:
    """The sentences and lines passages are made of."""
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(plain(markdown)))
    return [part for part in parts if part]


def passages(body: str, size: int = 400) -> list[str]:
    """Running text cut at sentence ends into pieces of about `size` Latin characters (a Han character counts 2.5)."""
    pieces: list[str] = []
    current: list[str] = []
    filled = 0.0
    for sentence in sentence_parts(body):
        length = width(sentence)
        if current and filled + length > size:
            pieces.append(" ".join(current))
            current, filled = [], 0.0
        current.append(sentence)
        filled += length
    return [*pieces, " ".join(current)] if current else pieces


def width(text: str) -> float:
    """Length in Latin characters; a Han character counts 2.5."""
    return len(text) + 1.5 * len(_HAN.findall(text))


def reads_as_question(text: str) -> bool:
    """Whether a text is as short as something people ask; anything longer is running text."""
    return width(text) <= 300


def numbers(normal: str) -> frozenset[str]:
    digits = _CHINESE_NUMBER.sub(lambda match: match[0].translate(_CHINESE_DIGITS), normal)
    return frozenset(_NUMBER.findall(digits))


def codes(normal: str) -> frozenset[str]:
    """Model and order numbers: letters and digits in one word."""
    return frozenset(code.replace("-", "") for code in _CODE.findall(normal))


def is_negated(normal: str) -> bool:
    return len(_NEGATION.findall(_A_NOT_A.sub("", normal))) % 2 == 1


def needs_context(message: str) -> bool:
    """Whether a message reads as the continuation of the one before: short, and either a fragment or a follow-up."""
    normal = normalize(message)
    length = len(unit_terms(normal))
    return 0 < length <= 10 and (length <= 4 or _FOLLOW_UP.search(normal) is not None)


def new_in(message: str) -> str:
    """A follow-up without the words that only say it is one (那…呢, what about)."""
    return _FILLER.sub("", normalize(message)) or message


def in_frame(message: str, context: str) -> list[str]:
    """The questions a follow-up may stand for that names only what is different: the question before, with that in the place
    of each of its words in turn (寄到江苏要几天 – 那新疆呢). Most make no sense; the knowledge base knows which does.
    """
    new, frame = _POSSESSED.sub("", new_in(message)), normalize(context)
    if not new or width(new) > _LONGEST_NAME or width(frame) > _LONGEST_FRAME:
        return []
    if _HAN.search(frame):
        cuts = [0]
        for word in words(frame):
            cuts.append(cuts[-1] + len(word))
        places = list(pairwise(cuts))
        longer = 3
    else:
        places = [match.span() for match in _CHUNK.finditer(frame)]
        longer = 2
    spans = [
        (places[at][0], places[at + more][1])
        for more in range(longer)
        for at in range(len(places) - more)
        if any(frame[start:end] not in _UNSAID for start, end in places[at : at + more + 1])
    ]
    return list(dict.fromkeys(frame[:start] + new + frame[end:] for start, end in spans if frame[start:end].strip()))


def with_context(message: str, context: str) -> str:
    """The question a follow-up stands for: what was asked before, then what is new in it."""
    return f"{context.strip()} {new_in(message)}"
