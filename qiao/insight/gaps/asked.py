"""Which questions of a conversation had no good answer. Pure: the same conversation always says the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from qiao.bot.understanding.guard import concern_of
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import normalize
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.knowledge.gaps.schemas import Kind
from qiao.knowledge.search.text import needs_context, reads_as_question, unit_terms, with_context

SHORTEST: Final = 2
LONGEST: Final = 300
PAUSE: Final = timedelta(minutes=10)
"""A silence counts as work for this long at most: people have several conversations, and customers go away."""
# Led there by something else than a missing answer.
_OTHER_REASONS: Final = frozenset({"flow", "abuse", "sensitive"})
_MISSED: Final = frozenset({"misses", "rejected", "missed_twice"})
_MEDIA: Final = re.compile(r"^\[[^\]]{1,8}\]\s*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what became of it. `items`: the texts that answered it."""

    seq: int
    text: str
    at: datetime
    kind: Kind | None = None
    items: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """An agent waved a suggestion away that was made for these words."""

    question: str
    at: datetime


def handed_at(facts: ConversationFacts) -> datetime | None:
    """When it first was for people to answer."""
    return min((at for at in (facts.queued_at, facts.assigned_at) if at is not None), default=None)


def questions(
    messages: Sequence[MessageView], facts: ConversationFacts, rejections: Sequence[Rejection] = ()
) -> list[Asked]:
    """Every question the bot met or an agent had no suggestion for. `kind` answered: nothing was wrong with it."""
    found = _bot_turns(messages)
    handed = handed_at(facts)
    if handed is not None and any(message.author.kind == "bot" for message in messages):
        found = _blamed(found, handed, facts.handoff_reason)
    found = [one for one in found if one.kind is not None]
    return _with_rejections(found, messages, rejections)


def _bot_turns(messages: Sequence[MessageView]) -> list[Asked]:
    """Questions until people came, each with what the bot did about it; None where it did something else (a flow).

    Without a bot there is nothing to read: that people answer what they are asked says nothing about the knowledge base,
    see `opening`.
    """
    found: list[Asked] = []
    spoken = False
    for message in messages:
        if message.recalled_at is not None:
            continue
        match message.author.kind:
            case "user":
                if message.kind not in ("note", "whisper", "event"):
                    break
            case "customer":
                if found and found[-1].kind == "missed" and len(unit_terms(normalize(message.body))) <= 3:
                    continue  # an answer to the offer of a person, whatever it sounds like
                if (one := _question(message, found)) is not None:
                    found.append(one)
                    spoken = False
                elif found and intent_of(message.body) is Intent.NO and found[-1].kind in ("answered", "choices"):
                    found[-1] = replace(found[-1], kind="rejected")
            case "bot":
                if found:
                    found[-1] = _replied(found[-1], message, first=not spoken)
                    spoken = True
    return found


def opening(messages: Sequence[MessageView]) -> Asked | None:
    """What a customer came with where no bot is: their first question before anybody answered. Whether the knowledge base
    has an answer to it is for others to say. What is longer than people ask, a letter, is not looked at."""
    for message in messages:
        if message.author.kind == "bot":
            return None
        if message.author.kind == "user" and message.kind not in ("note", "whisper", "event"):
            return None
        if message.author.kind == "customer" and message.recalled_at is None and (one := _question(message, ())):
            plain = " ".join(_MEDIA.sub("", message.body).split())
            return one if reads_as_question(plain) and not any(m.author.kind == "bot" for m in messages) else None
    return None


def _question(message: MessageView, before: Sequence[Asked]) -> Asked | None:
    if message.kind != "text" or "choice" in message.payload:
        return None
    body = _MEDIA.sub("", message.body).strip()
    if len(normalize(body)) < SHORTEST or intent_of(body) is not Intent.QUESTION or concern_of(body) is not None:
        return None
    if before and needs_context(body):
        body = with_context(body, before[-1].text)
    return Asked(message.seq, " ".join(body.split())[:LONGEST], message.created_at)


def _replied(one: Asked, message: MessageView, *, first: bool) -> Asked:
    """What the bot's message makes of the question before it."""
    payload: Mapping[str, Any] = message.payload
    if items := _items(payload):
        return replace(one, kind="disliked" if payload.get("helpful") is False else "answered", items=items)
    if not first:
        return one
    if message.kind == "choices" and "confidence" in payload:
        return replace(one, kind="choices")  # until one of them is taken: then an answer follows
    if message.kind == "text" and payload.get("offer_person"):
        return replace(one, kind="missed")
    return one


def _items(payload: Mapping[str, Any]) -> tuple[UUID, ...]:
    sources = payload.get("sources")
    found: list[UUID] = []
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and source.get("type") in ("faq", "article"):
            try:
                found.append(UUID(str(source.get("id"))))
            except ValueError:
                continue
    return tuple(found)


def _blamed(found: list[Asked], handed: datetime, reason: str | None) -> list[Asked]:
    """The last question before people came is why they had to, unless something else is."""
    before = [place for place, one in enumerate(found) if one.at <= handed]
    if not before or reason in _OTHER_REASONS:
        return found
    last = before[-1]
    if found[last].kind in (None, "answered"):
        kind: Kind = "missed" if reason in _MISSED and found[last].kind is None else "handed_over"
        found[last] = replace(found[last], kind=kind)
    return found


def _with_rejections(
    found: list[Asked], messages: Sequence[MessageView], rejections: Sequence[Rejection]
) -> list[Asked]:
    """Adds what agents had no suggestion for; a question the bot missed as well stays what it was."""
    if not rejections:
        return found
    known = {one.seq for one in found}
    for rejection in rejections:
        lines = {" ".join(line.split()) for line in rejection.question.splitlines()}
        theirs = [
            m for m in messages
            if m.author.kind == "customer" and m.kind == "text" and m.created_at <= rejection.at
            and " ".join(m.body.split()) in lines
        ]  # fmt: skip
        if not theirs or theirs[-1].seq in known:
            continue
        one = _question(theirs[-1], [f for f in found if f.seq < theirs[-1].seq])
        if one is not None:
            known.add(one.seq)
            found.append(replace(one, kind="assist"))
    return sorted(found, key=lambda one: one.seq)


def went_to_people(one: Asked, facts: ConversationFacts) -> bool:
    handed = handed_at(facts)
    return handed is not None and one.kind != "answered" and (one.kind == "assist" or one.at <= handed)


def minutes_spent(messages: Sequence[MessageView], facts: ConversationFacts) -> float:
    """What people spent on it: from when it was somebody's to the last thing they did, silences counted up to ten minutes."""
    acts = [m.created_at for m in messages if m.author.kind == "user" and m.kind != "event"]
    if not acts:
        return 0.0
    begin = min(facts.assigned_at or acts[0], acts[0])
    steps = [begin, *(m.created_at for m in messages if begin < m.created_at <= acts[-1])]
    spent = sum((min(PAUSE, later - earlier) for earlier, later in pairwise(steps)), timedelta())
    return round(max(spent.total_seconds(), 30.0) / 60, 2)
