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
_LEAD = re.compile(
    r"^(?:另外|还有|再问(?:一下|下)?|顺便问(?:一下|下)?|此外|以及想问|and also|and|also)[,，:：\s]*(?:就是|想问(?:一下|下)?)?[,，\s]*",
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


def _is_question(part: str) -> bool:
    if _HAN.search(part):
        return len(part) >= 4 and bool(_ASKS_ZH.search(part))
    return len(part.split()) >= 3 and bool(_ASKS_EN.search(part))
