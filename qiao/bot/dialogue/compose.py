"""What the bot says: its decision put into a message. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from qiao.bot.answering.policy import Action, Reply
from qiao.bot.dialogue.excerpt import excerpt
from qiao.bot.dialogue.thinking import Thought
from qiao.bot.llm.check import Source
from qiao.core import i18n
from qiao.desk.conversations.schemas import Outgoing
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.text import passages

PASSAGE: Final = 600
SNIPPET: Final = 1500
MOST_EACH: Final = 3
"""Choices shown for each of the questions beside an answer."""
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)

_SAID: Final = {
    Action.DONT_KNOW: "dont_know",
    Action.STAY: "stay",
    Action.GREET: "greet",
    Action.WELCOME: "welcome",
    Action.GOODBYE: "goodbye",
    Action.ACKNOWLEDGE: "acknowledge",
    Action.ASK_AGAIN: "ask_again",
    Action.INTRODUCE: "introduce",
    Action.ASK_TO_TYPE: "ask_to_type",
    Action.SAY_MORE: "say_more",
}


def source_of(hit: Hit) -> dict[str, Any]:
    """Where an answer comes from, as messages carry it; of an article also the part it stands in, to read on."""
    document = hit.document
    source: dict[str, Any] = {"type": document.kind, "id": document.id, "title": document.title}
    if document.kind == "article":
        source["snippet"] = _HEADING.sub("", document.body).strip()[:SNIPPET]
    return source


def _cited(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {"type": source.kind, "id": source.id, "title": source.title}
    if source.kind == "article":
        found["snippet"] = source.text[:SNIPPET]
    return found


def answer_text(hit: Hit) -> str:
    """The answer of an FAQ; of an article the passage that fits."""
    document = hit.document
    if document.kind == "faq":
        return document.body
    passage = hit.matched.removeprefix(document.title).strip()
    passage = passage or next(iter(passages(document.body)), "")
    passage = excerpt(document.body, passage, document.locale) or document.title
    return passage if len(passage) <= PASSAGE else passage[:PASSAGE].rsplit("\n", 1)[0].rstrip() + " …"


def _quoted(texts: Iterable[str], locale: str) -> str:
    """The customer's own words, named in a sentence."""
    shown = [text.strip().rstrip("?？。.!！") for text in texts]
    quoted = [f"“{text}”" for text in shown]
    return " and ".join(quoted) if locale == "en" else "、".join(quoted)


def _open(reply: Reply, locale: str) -> list[str]:
    """What is said of the questions that have no answer."""
    unknown = [one.text for one in reply.left if not one.hits]
    return [i18n.t("bot.left_open", locale, questions=_quoted(unknown, locale))] if unknown else []


def further(reply: Reply, *, locale: str, client_id: str) -> Outgoing | None:
    """What is asked after an answer: which of these the other questions of the message meant."""
    unclear = [one for one in reply.left if one.hits]
    hits = {hit.id: hit for one in unclear for hit in one.hits[:MOST_EACH]}
    if not hits:
        return None
    prompt = i18n.t("bot.left_choices", locale, questions=_quoted((one.text for one in unclear), locale))
    return _choices(prompt, tuple(hits.values()), {}, client_id)


def _choices(prompt: str, hits: tuple[Hit, ...], payload: dict[str, Any], client_id: str) -> Outgoing:
    options = [{"id": hit.id, "label": hit.document.title, "value": hit.document.title} for hit in hits]
    payload = {**payload, "prompt": prompt, "options": options}
    return Outgoing(kind="choices", body=prompt, payload=payload, client_id=client_id)


def day_and_time(at: datetime, now: datetime, locale: str) -> str:
    """When people are back, as one says it; both in the zone it is said in."""
    ahead = (at.date() - now.date()).days
    key = {0: "today", 1: "tomorrow"}.get(ahead, "on_day")
    month = at.strftime("%B") if locale == "en" else at.month  # the C locale: English names
    return i18n.t(f"bot.{key}", locale, time=f"{at:%H:%M}", month=month, day=at.day)


def message(reply: Reply, *, locale: str, bot_name: str, client_id: str, thought: Thought | None = None) -> Outgoing:
    """The bot's message for any reply but a handoff; an answer in the words of `thought` where that is about its hit."""
    payload: dict[str, Any] = {}
    if reply.offer_person:
        payload["offer_person"] = True
    if reply.action is Action.GUARD:
        return Outgoing(body=i18n.t(reply.say, locale, name=bot_name), payload=payload, client_id=client_id)
    if reply.several:
        payload |= {
            "sources": [source_of(hit) for hit in reply.hits],
            "confidence": round(reply.probability, 3),
            "feedback": True,
        }
        answers = [f"{number}. {answer_text(hit)}" for number, hit in enumerate(reply.hits, 1)]
        body = "\n\n".join([*answers, *_open(reply, locale)])
        return Outgoing(body=body, payload=payload, client_id=client_id)
    if reply.action is Action.ANSWER:
        hit = reply.hits[0]
        payload |= {
            "sources": [source_of(hit)],
            "confidence": round(reply.probability, 3),
            "feedback": True,
            "faq_id": hit.id if hit.document.kind == "faq" else None,
            "article_id": hit.id if hit.document.kind == "article" else None,
        }
        if thought is not None and thought.answer is not None and thought.fits(hit):
            written = thought.answer
            payload |= {
                "sources": [source_of(hit) if s.id == hit.id else _cited(s) for s in written.sources],
                "generated": True,
                "sentences": [{"text": s.text, "sources": list(s.cites)} for s in written.sentences],
            }
            return Outgoing(body=written.text, payload=payload, client_id=client_id)
        body = "\n\n".join([answer_text(hit), *_open(reply, locale)])
        return Outgoing(body=body, payload=payload, client_id=client_id)
    if reply.action is Action.CHOICES:
        payload["confidence"] = round(reply.probability, 3)
        prompt = i18n.t("bot.choices" if len(reply.hits) > 1 else "bot.choice", locale)
        return _choices(prompt, reply.hits, payload, client_id)
    return Outgoing(
        body=i18n.t(f"bot.{_SAID[reply.action]}", locale, name=bot_name), payload=payload, client_id=client_id
    )
