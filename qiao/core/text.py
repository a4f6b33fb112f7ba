"""Text as search sees it: one normal form, one set of tokens, for every room that indexes or matches words.

Chinese is indexed as character bigrams plus single characters: no dictionary decides what can be found, so every
two-character word is. Latin words, numbers and product codes are kept whole and in parts. Both sides of a match must
pass through this module; changing what it returns means re-indexing.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]

# Han with extensions, kana and hangul: scripts written without (reliable) spaces.
_CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
_WORD = rf"(?:(?![{_CJK}])[^\W_])+"
_RUN = re.compile(rf"[{_CJK}]+|{_WORD}(?:[-._/'’+#@&:]{_WORD})*")
_CJK_RUN = re.compile(rf"[{_CJK}]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+")
_PART = re.compile(r"\d+|[^\W\d_]+")
_DECIMAL = re.compile(r"\d+(?:\.\d+)+")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")

# Words of one character that carry no search meaning when the query says something else as well.
_PARTICLES = frozenset("的了吗呢吧啊呀嘛么哦嗯是在和与及就都也还又我你您他她它们这那个么把被给让对从到")


@cache
def _simplified() -> dict[int, str]:
    """Traditional → simplified, character by character.

    The table holds OpenCC's one-to-one mappings. Phrase rules (乾隆) are left out on purpose: both sides of a match go
    through the same table, so a wrong but equal spelling still matches, and `str.translate` costs no memory to speak
    of where the converter itself costs 24 MB and a tenth of a second.
    """
    traditional, simplified = Path(__file__).with_name("traditional.txt").read_text("utf-8").split("\n")[:2]
    return dict(zip(map(ord, traditional), simplified, strict=True))


def normalize(text: str) -> str:
    """The form in which texts are compared: NFKC (full width → half), lower case, simplified, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", _INVISIBLE.sub("", folded).translate(_simplified())).strip()


def guess_language(text: str, default: Language = "zh") -> Language:
    """Chinese or English by weighing Han characters against Latin words; `default` when there is neither."""
    han = sum(len(run) for run in _CJK_RUN.findall(text))
    latin = len(_LATIN_WORD.findall(text))
    if not han and not latin:
        return default
    return "zh" if han >= latin else "en"


def stem(word: str) -> str:
    """A cautious English stem: plurals, -ing, -ed. Words of other kinds come back unchanged."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix in ("ing", "ed"):
        base = word.removesuffix(suffix)
        if base != word and len(base) > 2 and any(vowel in base for vowel in "aeiouy"):
            doubled = base[-1] == base[-2] and (base[-1] not in "lsz" or (base[-1] == "l" and len(base) > 5))
            return base[:-1] if doubled else base
    return word.removesuffix("e") if len(word) > 4 else word


def lexical_terms(text: str, *, normalized: bool = False) -> list[str]:
    """Every term of a text in order, repeats kept: character bigrams (a lone character as itself), stems, codes."""
    terms: list[str] = []
    for run in _RUN.findall(text if normalized else normalize(text)):
        if _CJK_RUN.match(run):
            terms.extend(run[i : i + 2] for i in range(len(run) - 1)) if len(run) > 1 else terms.append(run)
        else:
            terms.extend(_word_terms(run))
    return terms


def search_tokens(text: str) -> list[str]:
    """What to index for a text, each token once: single characters, character bigrams, words, stems and code parts.

    Put them into a PostgreSQL index as they are (`array_to_tsvector`); a text parser would cut them again.
    """
    tokens: dict[str, None] = {}
    for run in _RUN.findall(normalize(text)):
        if _CJK_RUN.match(run):
            tokens.update(dict.fromkeys(run))
            tokens.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            tokens.update(dict.fromkeys(_PART.findall(run)))
            tokens.update(dict.fromkeys(_word_terms(run)))
    return list(tokens)


def query_tokens(text: str) -> list[str]:
    """The tokens that all have to be in `search_tokens` of a matching text.

    Longer Chinese is cut into words first, so 退货流程 also finds a text that says 流程 and 退货 apart; a word of
    three or more characters asks for all its bigrams. Particles are dropped when anything else is asked for.
    """
    tokens: dict[str, None] = {}
    weak: dict[str, None] = {}
    for run in _RUN.findall(normalize(text)):
        if not _CJK_RUN.match(run):
            tokens.update(dict.fromkeys(_query_parts(run)))
            continue
        for word in words(run) if len(run) > 2 else (run,):
            if len(word) == 1:
                (weak if word in _PARTICLES else tokens)[word] = None
            else:
                tokens.update(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1)))
    return list(tokens or weak)


def words(text: str) -> list[str]:
    """Chinese cut into dictionary words. The dictionary (30 MB) is loaded with the first call, not with the module."""
    import rjieba

    return [str(word) for word in rjieba.cut(text, False)]


def _word_terms(run: str) -> list[str]:
    parts = _PART.findall(run)
    terms = [stem(part) for part in parts]
    return [*terms, _joined(run, parts)] if len(parts) > 1 else terms


def _query_parts(run: str) -> list[str]:
    parts = _PART.findall(run)
    # 1234-567 and 1234567 are the same number; the index holds the joined form of both.
    return [_joined(run, parts)] if all(part.isdigit() for part in parts) else [stem(part) for part in parts]


def _joined(run: str, parts: list[str]) -> str:
    return run if _DECIMAL.fullmatch(run) else "".join(parts)
