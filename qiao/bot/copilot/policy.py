"""Pure decisions of agent assist: what is asked, what is worth remembering, how far a reply is from a suggestion."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from qiao.bot.copilot.schemas import Fact, Tried
from qiao.bot.llm.figures import links
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import normalize
from qiao.desk.conversations.schemas import MessageView

ACCEPTED: Final = 0.03
"""Changed less than this, a suggestion was taken as it is."""
DISCARDED: Final = 0.75
"""Changed more than this, another text was sent."""
QUESTION: Final = 400
SHOWN: Final = 300
_PUBLIC: Final = frozenset({"text", "image", "file", "card", "choices"})
_ORDER: Final = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{1,6}-?\d{4,}(?:-\d+)*|\d{8,24})(?![0-9A-Za-z])")
_PHONE: Final = re.compile(r"1[3-9]\d{9}\Z")
_AMOUNT: Final = re.compile(r"[¥$€£]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s*(?:元|块钱|yuan|RMB)", re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?:20\d{2}[-/年.]\d{1,2}[-/月.]\d{1,2}日?|\d{1,2}月\d{1,2}[日号]|昨天|前天|今天|明天|上周[一二三四五六日]?)"
)


def said(messages: Sequence[MessageView], *kinds: str) -> list[MessageView]:
    """What these kinds of authors told each other in words, recalled messages left out."""
    return [
        m for m in messages if m.author.kind in kinds and m.kind == "text" and m.recalled_at is None and m.body.strip()
    ]


def asks(text: str) -> bool:
    """Whether there is something to look for in a message."""
    return intent_of(text) in (Intent.QUESTION, Intent.CHITCHAT)


def open_question(messages: Sequence[MessageView]) -> tuple[str | None, str | None]:
    """(what the customer asks now, what they asked before). Everything since the last reply counts; nothing asked is None.

    Where the bot had no answer, said that a person comes or asked which one was meant, nobody has replied yet.
    """
    customer: list[str] = []
    before: str | None = None
    for message in messages:
        if message.recalled_at is not None or message.kind not in _PUBLIC:
            continue
        if message.author.kind == "customer":
            if message.kind == "text" and asks(message.body):
                customer.append(message.body.strip())
        elif customer and (message.author.kind == "user" or (message.author.kind == "bot" and _answers(message))):
            before = customer[-1]
            customer = []
    return ("\n".join(customer[-3:])[-QUESTION:] or None, before) if customer else (None, before)


def _answers(message: MessageView) -> bool:
    return bool(message.payload.get("sources"))


def first_question(messages: Sequence[MessageView]) -> MessageView | None:
    """The first message with which a customer asked something."""
    return next((m for m in said(messages, "customer") if asks(m.body) and len(normalize(m.body)) >= 3), None)


def facts(messages: Sequence[MessageView]) -> list[Fact]:
    """Order numbers, amounts, dates and links anybody mentioned, each once, the newest last. Phone numbers are none."""
    found: dict[tuple[str, str], Fact] = {}
    for message in said(messages, "customer", "user"):
        for kind, values in (
            ("order", [v for v in _ORDER.findall(message.body) if not _PHONE.match(v)]),
            ("amount", _AMOUNT.findall(message.body)),
            ("date", _DATE.findall(message.body)),
            ("link", sorted(link for link in links(message.body) if "@" not in link)),
        ):
            for value in values:
                found[kind, normalize(value)] = Fact(kind=kind, value=value.strip(), seq=message.seq)
    ordered = sorted(found.values(), key=lambda fact: ("order", "amount", "date", "link").index(fact.kind))
    return ordered[:12]


def tried(messages: Sequence[MessageView]) -> list[Tried]:
    """The answers so far: the bot's, with their source, and people's longer ones."""
    found: list[Tried] = []
    for message in said(messages, "bot", "user"):
        sources = message.payload.get("sources")
        title = str(sources[0].get("title")) if isinstance(sources, list) and sources else None
        if message.author.kind == "bot" and title is None:
            continue
        if message.author.kind == "user" and len(message.body) < 8:
            continue
        helpful = message.payload.get("helpful")
        by: str = message.author.kind
        found.append(
            Tried(
                by="bot" if by == "bot" else "user",
                text=_short(message.body),
                title=title,
                seq=message.seq,
                helpful=helpful if isinstance(helpful, bool) else None,
            )
        )
    return found[-5:]


def last_words(messages: Sequence[MessageView]) -> tuple[str | None, str]:
    """(the last thing anybody said, who has to say something now)."""
    spoken = said(messages, "customer", "user", "bot")
    if not spoken:
        return None, "nobody"
    last = spoken[-1]
    return _short(last.body), "agent" if last.author.kind == "customer" else "customer"


def solution(messages: Sequence[MessageView]) -> MessageView | None:
    """What solved a conversation: the last longer thing a person (else the bot) said before thanks and goodbyes."""
    for kind in ("user", "bot"):
        answers = [m for m in said(messages, kind) if kind == "user" or m.payload.get("sources")]
        substantial = [m for m in answers if len(m.body) >= 15]
        if substantial or answers:
            return (substantial or answers)[-1]
    return None


def distance(suggested: str, sent: str) -> float:
    """Share of a suggestion that was changed before it was sent: 0 as it is, 1 another text. Blanks do not count."""
    one, two = "".join(suggested.split())[:3000], "".join(sent.split())[:3000]
    if one == two:
        return 0.0
    if one and one in two:
        return round(min(0.5, (len(two) - len(one)) / len(two)), 3)  # a greeting around it changes little
    return round(1.0 - SequenceMatcher(None, one, two, autojunk=False).ratio(), 3)


def outcome(changed: float) -> str:
    """What it means that so much was changed."""
    if changed <= ACCEPTED:
        return "accepted"
    return "edited" if changed < DISCARDED else "rejected"


def disposition(votes: Sequence[tuple[str | None, float]]) -> tuple[str | None, float]:
    """The disposition most similar cases ended with, and its share. At least two have to say so, and more than half."""
    weights: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for name, weight in votes:
        if name:
            weights[name] += weight  # type: ignore[assignment]  # a Counter of floats adds them all the same
            count[name] += 1
    if not weights:
        return None, 0.0
    name, weight = weights.most_common(1)[0]
    share = round(float(weight) / float(sum(weights.values())), 3)
    return (name, share) if count[name] >= 2 and share > 0.5 else (None, share)


def common_tags(tags: Sequence[Sequence[str]], have: Sequence[str]) -> list[str]:
    """Tags at least two, and a third, of similar cases carry, without those already there."""
    counted = Counter(tag for one in tags for tag in set(one))
    least = max(2, -(-len(tags) // 3))
    return [tag for tag, times in counted.most_common(5) if times >= least and tag not in have]


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= SHOWN else text[:SHOWN].rstrip() + "…"
