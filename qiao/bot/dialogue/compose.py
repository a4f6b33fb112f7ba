"""What the bot says: its decision put into a message. Pure."""

import re
from typing import Any, Final

from qiao.bot.answering.policy import Action, Reply
from qiao.bot.dialogue.thinking import Thought
from qiao.bot.llm.check import Source
from qiao.core import i18n
from qiao.desk.conversations.schemas import Outgoing
from qiao.knowledge.search.document import Hit

PASSAGE: Final = 600
SNIPPET: Final = 1500
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
    passage = _HEADING.sub("", hit.matched).strip()
    if passage == document.title or not passage:
        passage = _HEADING.sub("", document.body).strip()
    return passage if len(passage) <= PASSAGE else passage[:PASSAGE].rsplit("\n", 1)[0].rstrip() + " …"


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
        return Outgoing(body="\n\n".join(answers), payload=payload, client_id=client_id)
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
        return Outgoing(body=answer_text(hit), payload=payload, client_id=client_id)
    if reply.action is Action.CHOICES:
        prompt = i18n.t("bot.choices", locale)
        options = [{"id": hit.id, "label": hit.document.title, "value": hit.document.title} for hit in reply.hits]
        payload |= {"prompt": prompt, "options": options, "confidence": round(reply.probability, 3)}
        return Outgoing(kind="choices", body=prompt, payload=payload, client_id=client_id)
    return Outgoing(
        body=i18n.t(f"bot.{_SAID[reply.action]}", locale, name=bot_name), payload=payload, client_id=client_id
    )
