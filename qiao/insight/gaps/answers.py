"""What agents answered: which of their messages hold it, and what is left of them without greetings. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core.text import guess_language
from qiao.desk.conversations.schemas import MessageView

TOGETHER: Final = 3
"""Messages in a row that make one answer."""
LONGEST: Final = 1500
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_SENTENCE: Final = re.compile(r"[^。！？!?.\n]*(?:[。！？!?]+|\.(?=\s|$)|\n|$)(?:[”’\"')）]*)\s*")
# Whole sentences that say nothing about the matter.
_ZH_POLITE: Final = (
    r".{0,10}?(?:您好|你好|早上好|上午好|中午好|下午好|晚上好)(?:[,，]?我是.{1,12})?",
    r"我是.{1,12}|.{0,8}?很高兴为您服务.{0,6}|让您久等.{0,4}|祝您.{0,14}",
    r"请(?:您)?稍[等候].{0,8}|稍等.{0,8}|我(?:帮您|来|先)?(?:查|看)(?:一下|下|看)?.{0,10}",
    r"不(?:用)?客气.{0,12}|(?:谢谢|感谢).{0,14}|还有(?:什么|其他).{0,16}",
    r"(?:好的|嗯嗯?|收到|明白了?|没问题|是的|对的?|可以的?)[,，]?(?:谢谢)?",
    r"(?:非常|很|实在)?(?:抱歉|对不起|不好意思).{0,14}",
)
_EN_POLITE: Final = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^.!?]{0,40}",
    r"(?:this is )?\w+ here|i['’]?m \w+|have a (?:nice|lovely|great|good)[^.!?]{0,20}",
    r"(?:one|just a) (?:moment|second|minute)[^.!?]{0,20}|let me (?:check|see|look)[^.!?]{0,30}",
    r"you['’]?re welcome[^.!?]{0,30}|(?:many )?thanks?(?: you)?[^.!?]{0,40}|is there anything else[^.!?]{0,30}",
    r"sure|of course|ok(?:ay)?|great|perfect|exactly|got it|my pleasure|(?:i['’]?m )?(?:so |very )?sorry[^.!?]{0,50}",
)
_POLITE: Final = re.compile(r"^(?:" + "|".join((*_ZH_POLITE, *_EN_POLITE)) + r")[\s,，。.!！~、]*$", re.IGNORECASE)
_WAIT: Final = re.compile(
    r"^(?:好的?|嗯|收到|可以)[,，]?(?:请(?:您)?稍[等候]|稍等|我(?:帮您|来)?[查看](?:一下|看)?)[^。！!]{0,6}[。！!]\s*"
)
_OPENING: Final = re.compile(
    r"^(?:[^,，。！!\s]{0,8}?(?:您好|你好|早上好|下午好|晚上好)[,，！!。\s]*"
    r"|(?:hi|hello|hey)\b(?: there| \[?\w+\]?)?[,!.\s]+)"
    r"(?:我是[^,，。！!]{1,10}[,，。！!]\s*|(?:this is )?\w+ here[,.!]\s*)?",
    re.IGNORECASE,
)
_QUESTION_END: Final = re.compile(r"[?？][\s\"”’)）]*$")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered in one conversation. `items`: texts that were sent along."""

    conversation_id: UUID
    text: str
    at: datetime
    items: tuple[UUID, ...] = ()


def width(text: str) -> float:
    """Length as read: a Han character says as much as two and a half Latin ones."""
    return len(text) + 1.5 * len(_HAN.findall(text))


def substance(text: str) -> str:
    """A message without greetings, thanks, apologies and requests to wait."""
    text = _OPENING.sub("", text.strip(), count=1)
    text = _WAIT.sub("", text, count=1)
    kept = [s for s in _SENTENCE.findall(text) if s.strip() and not _POLITE.match(s.strip())]
    return "".join(kept).strip()


def answer_after(messages: Sequence[MessageView], conversation_id: UUID, seq: int) -> Answer | None:
    """The first substantive reply of a person after message `seq`: what they said until the customer spoke, or, where that
    only asked something back, what they said after the customer's answer."""
    turns: list[list[MessageView]] = [[]]
    for message in messages:
        if message.seq <= seq or message.recalled_at is not None:
            continue
        if message.author.kind == "user" and message.kind in ("text", "card"):
            turns[-1].append(message)
        elif message.author.kind == "customer" and turns[-1]:
            turns.append([])
    best: Answer | None = None
    for turn in turns[:4]:
        said = [substance(m.body) for m in turn[:TOGETHER] if m.kind == "text"]
        # A question back is no answer, unless something was said before it.
        if said and _QUESTION_END.search(said[-1]) and len(said) > 1 and width(said[0]) >= 40:
            said = said[:-1]
        text = "\n".join(part for part in said if part)[:LONGEST]
        items = tuple(item for m in turn for item in _items(m.payload))
        if not text or width(text) < 24:
            continue
        found = Answer(conversation_id, text, turn[0].created_at, items)
        if not _asks_back(text):
            return found
        best = best or found
    return best if best is not None and not _asks_back(best.text) else None


def _asks_back(text: str) -> bool:
    """Whether a reply is mostly a question to the customer."""
    sentences = [s for s in _SENTENCE.findall(text) if s.strip()]
    asked = sum(width(s) for s in sentences if _QUESTION_END.search(s))
    return asked > 0.6 * width(text)


def _items(payload: dict[str, Any]) -> list[UUID]:
    """Texts a message carries: a card, or the source of an inserted suggestion."""
    found: list[UUID] = []
    listed = payload.get("sources")
    candidates = [*(listed if isinstance(listed, list) else []), payload]
    for one in candidates:
        if isinstance(one, dict) and one.get("type") in ("faq", "article"):
            nested = one.get("article")
            key = one.get("id") or (nested.get("id") if isinstance(nested, dict) else None)
            try:
                found.append(UUID(str(key)))
            except ValueError:
                continue
    return found


def distinct(texts: Sequence[str], closeness: Sequence[Sequence[float]], most: int, alike: float = 0.93) -> list[int]:
    """Places of texts worth keeping as phrasings: short, and each in other words than those before it."""
    kept: list[int] = []
    for place, text in enumerate(texts):
        if not 4 <= width(text) <= 160 or "[" in text:
            continue  # what had to be masked is about one case
        if all(closeness[place][other] < alike for other in kept):
            kept.append(place)
        if len(kept) >= most:
            break
    return kept


def in_language(text: str, locale: str) -> bool:
    return (guess_language(text) == "en") == (locale == "en")
