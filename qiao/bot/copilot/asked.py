"""Automation asks the bot: what a customer wants to know is looked up, for colleagues or, where the bot is sure, for them.

What is unanswered counts, so that an answer ends it: a rule that asks again and again finds nothing more to ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qiao.bot.answering import asking
from qiao.bot.copilot import policy
from qiao.bot.copilot.service import FLOOR, MESSAGES, SUGGESTIONS, hits_for
from qiao.bot.dialogue import service as dialogue
from qiao.bot.dialogue.asker import Asker, asker_of
from qiao.bot.dialogue.compose import answer_text, source_of
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.automation.events import BotAsked
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import EntryView
from qiao.knowledge.articles.audience import STAFF
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question nobody has answered, what was asked before it, and who asks in which language."""

    question: str
    before: str | None
    locale: str
    asker: Asker
    ended: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`answer`: what the customer may be told; otherwise `likely`, what colleagues may look at."""

    asked: Asked
    answer: Hit | None
    likely: Sequence[Hit]


async def look_up(runtime: Runtime, fact: BotAsked) -> Found | None:
    """What the knowledge base has; None where nothing is asked. Holds no transaction while it thinks."""
    async with runtime.db.read() as db:
        asked = await (_of_conversation if fact.subject == "conversation" else _of_ticket)(db, fact)
    if asked is None:
        return None
    if fact.reply and not asked.ended:
        found = await asking.ask(
            runtime.get(SearchService), asked.question, audience=asked.asker.reader, context=asked.before,
            locale=asked.locale, situation=asked.asker.situation,
        )  # fmt: skip
        if found.decision.kind == "answer":
            return Found(asked, found.decision.hits[0], ())
    hits = await hits_for(runtime, asked.question, asked.before, reader=STAFF, locale=asked.locale, limit=SUGGESTIONS)
    return Found(asked, None, [hit for hit in hits if hit.probability >= FLOOR])


async def tell(db: Session, fact: BotAsked, found: Found) -> None:
    """Writes it down: to the customer, or as a note. Repeating it changes nothing."""
    # Whatever a run causes carries its id: so a chain of rules is known, and ends.
    run = Actor(kind="system", id=fact.run_id, name=fact.name)
    on_ticket = fact.subject == "ticket"
    if found.answer is None:
        body = _note(found, (await organization.get_workspace(db)).locale)
        if on_ticket:
            await tickets.comment(db, run, fact.subject_id, body=body, public=False, client_id=fact.client_id)
        else:
            await conversations.note(db, run, fact.subject_id, body=body, client_id=fact.client_id)
        return
    answer, locale = answer_text(found.answer), found.asked.locale
    if on_ticket:
        body = f"{answer}\n\n{i18n.t('assist.asked.source', locale, title=found.answer.document.title)}"
        await tickets.comment(db, run, fact.subject_id, body=body, public=True, client_id=fact.client_id)
        return
    about = await conversations.facts(db, fact.subject_id)
    assert about is not None  # it was read a moment ago, and conversations are not deleted
    name = await dialogue.name_in(db, await dialogue.get_settings(db), about.inbox_id, locale)
    payload = {"sources": [source_of(found.answer)], "confidence": round(found.answer.probability, 3), "feedback": True}
    said = Outgoing(body=answer, payload=payload, client_id=fact.client_id)
    await conversations.relay(db, Actor.bot(name), fact.subject_id, said)


def _note(found: Found, locale: str) -> str:
    lines = [i18n.t("assist.asked.question", locale, text=" ".join(found.asked.question.split())[:300])]
    if not found.likely:
        return "\n".join([*lines, i18n.t("assist.asked.nothing", locale)])
    lines.append(i18n.t("assist.asked.found", locale))
    for number, hit in enumerate(found.likely, 1):
        open_to_them = hit.document.audience & found.asked.asker.reader
        title = i18n.t(
            "assist.asked.likely" if open_to_them else "assist.asked.internal",
            locale,
            title=hit.document.title,
            share=round(100 * hit.probability),
        )
        lines.append(f"{number}. {title}\n{answer_text(hit)}")
    return "\n\n".join(lines)


async def _of_conversation(db: Session, fact: BotAsked) -> Asked | None:
    about = await conversations.facts(db, fact.subject_id)
    if about is None:
        return None
    messages, _ = await conversations.transcript(db, SYSTEM, about.id, limit=MESSAGES)
    question, before = policy.open_question(messages)
    ended = about.status in ("resolved", "closed")
    return Asked(question, before, about.locale, await asker_of(db, about), ended) if question else None


async def _of_ticket(db: Session, fact: BotAsked) -> Asked | None:
    ticket = await tickets.facts(db, fact.subject_id)
    if ticket is None or ticket.merged_into_id is not None:
        return None
    lines = await tickets.timeline(db, SYSTEM, ticket.id, limit=MESSAGES, kinds=("comment",))
    question = _unanswered(lines.items)
    if question is None and not lines.items:
        view = await tickets.get(db, SYSTEM, ticket.id)
        question = f"{view.title}\n{view.description}".strip()[: policy.QUESTION]
    # Who a ticket is for was claimed by a mail or told on the phone: it gets what anybody may read.
    return Asked(question, None, ticket.locale, Asker(), ticket.status == "closed") if question else None


def _unanswered(entries: Sequence[EntryView]) -> str | None:
    """What the customer has written since anybody last answered them."""
    words: list[str] = []
    for entry in entries:
        if entry.author.kind != "customer":
            words = []
        elif policy.asks(entry.body):
            words.append(entry.body.strip())
    return "\n".join(words[-3:])[-policy.QUESTION :] or None
