"""Several questions in one message, taken apart so that each is answered."""

# ruff: noqa: E501  the rules are tables of words, easier to check in rows

import re
from typing import Final

MOST: Final = 3
_BREAK = re.compile(
    r"(?<=[?？])\s*|[。!！;；\n]+\s*|(?<=[a-z])\.\s+(?=[A-Z])"
    r"|[,，、]?\s*(?=(?:另外|还有|再问|顺便问|此外|以及想问)[^,，]{0,4})|,?\s+(?=(?:and (?:also )?(?:how|what|when|where|who|why|can|do|is|are)\b|also,? ))"
)
_ASKS_ZH = re.compile(
    r"[?？吗呢么嘛]|什么|怎么|怎样|如何|多少|几[天号点个时]|多久|哪|谁|为什么|是否|能不能|可不可以|有没有|要不要|会不会|可以.*[吗么]|咋"
)
_ASKS_EN = re.compile(
    r"\?|^\W*(?:and |also,? )*(?:how|what|when|where|who|whom|whose|which|why|can|could|do|does|did|is|are|will|would|should|may)\b",
    re.I,
)
_COMMA = re.compile(r"[,，、]\s*")
_LEAD = re.compile(
    r"^(?:另外|还有|再问(?:一下|下)?|顺便问(?:一下|下)?|此外|以及想问|and also|and|also)[,，:：\s]*(?:就是|想问(?:一下|下)?)?[,，\s]*",
    re.I,
)
_BARE = re.compile(
    r"怎么(?:办|弄|回事|样)?|为什么|为啥|咋(?:办|弄|回事)?|(?:可以|行|对|好|是|能)(?:不(?:可以|行|对|好|是|能))?|能不能|可不可以|是不是|什么(?:时候)?|多少|多久|多长时间|几天|哪[里儿]|[?？吗呢么嘛吧啊呀了的我你您请问,，。!！\s]"
    r"|\b(?:how|what|why|when|where|who|can|could|do|does|is|are|so|it|that|this|i|you|me|to|ok|okay|possible|right|about|should|the|a)\b|[^\w\s]",
    re.I,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


def asked(message: str) -> list[str]:
    """The questions of a message, at most `MOST`; the message itself when it asks one thing."""
    if len(message) > 400:
        return [message]
    parts = [_LEAD.sub("", part).strip(" ,，") for part in _BREAK.split(message) if part and part.strip(" ,，")]
    questions = [part for part in parts if _is_question(part)]
    return questions[:MOST] if len(questions) > 1 else [message]


def clauses(message: str) -> list[str]:
    """What a message says one after the other, cut at commas as well."""
    if len(message) > 400:
        return [message]
    parts = (
        _LEAD.sub("", part).strip(" ,，、") for piece in _BREAK.split(message) if piece for part in _COMMA.split(piece)
    )
    return [part for part in parts if part]


def asks(part: str) -> bool:
    """Whether a part is a question that says what it asks about."""
    return _is_question(part) and stands_alone(part)


def stands_alone(part: str) -> bool:
    """Whether a part says what it asks about; 怎么办 and "is that right" lean on the rest of the message."""
    rest = _BARE.sub(" ", part)
    return len(_HAN.findall(rest)) >= 2 or len(re.findall(r"[a-z]{3,}", rest, re.I)) >= 1


def _is_question(part: str) -> bool:
    if _HAN.search(part):
        return len(part) >= 4 and bool(_ASKS_ZH.search(part))
    return len(part.split()) >= 3 and bool(_ASKS_EN.search(part))
