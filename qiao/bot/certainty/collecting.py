"""Where examples come from: what happens in conversations after the bot has decided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update

from qiao.bot.answering import asking
from qiao.bot.answering.certainty import SHIPPED, language, weighed
from qiao.bot.answering.ports import Noted
from qiao.bot.certainty import policy, repository, service
from qiao.bot.certainty.models import CertaintyDecision
from qiao.bot.certainty.policy import Decided, Finding
from qiao.bot.copilot import service as copilot
from qiao.bot.dialogue.asker import Asker, asker_of
from qiao.bot.evaluation.proposals import texts_in
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.channels.webchat.events import AnswerRated
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.text import guess_language
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationQueued, ConversationResolved, MessageCreated
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.knowledge.search.document import Decision
from qiao.knowledge.search.service import SearchService

Fact = MessageCreated | AnswerRated | ConversationQueued | ConversationResolved
Batch = Sequence[tuple[Fact, Envelope]]

SEEN: Final = timedelta(days=60)
"""What happened longer ago is not gone through when the log is read for the first time."""
RIGHT_AFTER: Final = timedelta(minutes=10)
SUGGESTED: Final = timedelta(minutes=30)
RENEWED: Final = 200
_TURNS: Final = 200


async def follow(db: Session, batch: Batch) -> None:
    """Decisions that were not noted first, then what the batch says of decisions, in the order things happened."""
    await runtime_of(db).get(SearchService).loaded.wait()  # before `db` is used at all
    told = [fact.message_id for fact, _ in batch if isinstance(fact, MessageCreated)]
    messages = await conversations.messages_by_id(db, told) if told else {}
    votes = [fact.message_id for fact, _ in batch if isinstance(fact, AnswerRated)]
    if votes:
        messages |= await conversations.messages_by_id(db, [key for key in votes if key not in messages])
    for noted in await _reckoned(db, [m for m in messages.values() if m.author.kind == "bot"]):
        await service.note(db, noted, reckoned=True)
    touched = {envelope.conversation_id for _, envelope in batch if envelope.conversation_id is not None}
    decisions = await repository.of_conversations(db, touched)
    if not decisions:
        return
    asked = [row.question_id for rows in decisions.values() for row in rows]
    questions = await conversations.messages_by_id(db, asked)
    for fact, envelope in batch:
        rows = decisions.get(envelope.conversation_id) if envelope.conversation_id is not None else None
        if rows:
            await service.learn(db, _findings(fact, envelope, rows, messages, questions), envelope.at)


def _findings(
    fact: Fact, envelope: Envelope, rows: list[CertaintyDecision], messages: dict[UUID, MessageView],
    questions: dict[UUID, MessageView],
) -> list[Finding]:  # fmt: skip
    found: Finding | None = None
    match fact:
        case MessageCreated():
            message = messages.get(fact.message_id)
            before = _last(rows, seq=fact.seq)
            if message is None or before is None or message.recalled_at is not None:
                return []
            if message.author.kind == "customer" and message.kind == "text" and fact.status == "bot":
                question = questions.get(before.question_id)
                found = policy.after_message(
                    before, question.body if question else "", message.body, _uuid(message.chosen)
                )
            elif message.author.kind == "user":
                found = policy.after_agent(before, texts_in(message))
        case AnswerRated():
            row = next((row for row in rows if row.answer_id == fact.message_id), None)
            return [Finding(row.question_id, "vote", fact.helpful)] if row is not None else []
        case ConversationQueued():
            before = _last(rows, at=envelope.at)
            if before is not None:
                found = policy.handed_over(before)
        case ConversationResolved():
            past = [repository.decided(row) for row in rows if row.at <= envelope.at]
            return policy.ended(past, by_bot=fact.by_bot)
    return [found] if found is not None else []


def _last(rows: list[CertaintyDecision], *, seq: int | None = None, at: datetime | None = None) -> Decided | None:
    """The decision before a message, or the one a moment ago."""
    if seq is not None:
        past = [row for row in rows if row.seq < seq]
    else:
        assert at is not None  # one of the two
        past = [row for row in rows if at - RIGHT_AFTER <= row.at <= at]
    return repository.decided(past[-1]) if past else None


# -- decisions from before they were noted -----------------------------------------------------------------------------


async def _reckoned(db: Session, said: list[MessageView]) -> list[Noted]:
    """Decisions behind messages of the bot that none is noted for: the question is asked again.

    Only where today's first text is the one that was given; else nothing is known of how sure the bot was of it.
    """
    candidates = [m for m in said if m.recalled_at is None and _answers(m) is not None]
    known = await repository.answered_with(db, [m.id for m in candidates]) if candidates else {}
    found: list[Noted] = []
    by_conversation: dict[UUID, list[MessageView]] = {}
    for message in candidates:
        if message.id not in known and message.created_at >= clock.now() - SEEN:
            by_conversation.setdefault(message.conversation_id, []).append(message)
    for key, own in by_conversation.items():
        facts = await conversations.facts(db, key)
        if facts is None:
            continue
        turns, _ = await conversations.transcript(db, Actor.system(), key, after_seq=0, limit=_TURNS)
        asker = await asker_of(db, facts)
        noted = {row.seq for row in (await repository.of_conversations(db, [key])).get(key, [])}
        for message in own:
            asked = [turn for turn in turns if turn.author.kind == "customer" and turn.seq < message.seq]
            if asked and asked[-1].seq not in noted and _asks(asked[-1]):
                before = asked[-2].body if len(asked) > 1 else None
                one = await _reckon(runtime_of(db), facts, asker, asked[-1], before, message)
                if one is not None:
                    noted.add(one.seq)
                    found.append(one)
    return found


def _answers(message: MessageView) -> str | None:
    """What a message of the bot tells of its decision, as far as the message alone can tell."""
    payload = message.payload
    if message.kind == "choices" and any(_uuid(o.get("id")) for o in payload.get("options") or ()):
        return "choices"
    texts = texts_in(message)
    if texts:
        return "answer" if len(texts) == 1 or payload.get("generated") else None
    return "none" if message.kind == "text" and set(payload) == {"offer_person"} else None


def _asks(message: MessageView) -> bool:
    return message.kind == "text" and message.chosen is None and intent_of(message.body) is Intent.QUESTION


async def _reckon(
    runtime: Runtime, facts: ConversationFacts, asker: Asker, asked: MessageView, before: str | None, said: MessageView
) -> Noted | None:
    search = runtime.get(SearchService)
    locale = guess_language(asked.body) if sum(map(str.isalpha, asked.body)) >= 2 else facts.locale
    hits = await asking.found(
        search, asked.body, audience=asker.reader, context=before, locale=locale, situation=asker.situation
    )
    kind = _answers(said)
    shown: list[UUID] = []
    if kind == "answer":
        shown = texts_in(said)[:1]
        if not hits or UUID(hits[0].id) != shown[0]:
            return None
    elif kind == "choices":
        options = (_uuid(option.get("id")) for option in said.payload.get("options") or ())
        shown = [key for key in options if key is not None]
    if kind is None or not hits:
        return None
    decision = Decision(kind, hits[0].probability, tuple(h for h in hits if UUID(h.id) in shown))  # type: ignore[arg-type]  # one of its outcomes
    held = weighed(
        hits, hits, decision, SHIPPED.policy(asking.PLAIN), engine=asking.engine_name(search), locale=language(locale)
    )
    action = {"answer": "answer", "choices": "choices"}.get(kind, "dont_know")
    return Noted(asked.id, facts.id, asked.seq, asked.created_at, facts.channel, action, held, said.id)


async def renew(runtime: Runtime) -> int:
    """After a change of the engine: asks questions that something is known of again, so that they stay examples.

    Where another text comes first now, what was shown was about the old one: no example any more.
    """
    search = runtime.get(SearchService)
    await search.loaded.wait()
    engine = asking.engine_name(search)
    values: list[tuple[UUID, dict[str, Any]]] = []
    async with runtime.db.read() as db:
        rows = await repository.of_other_engines(db, engine, RENEWED)
        asked = await conversations.messages_by_id(db, [row.question_id for row in rows])
        for row in rows:
            facts, message = await conversations.facts(db, row.conversation_id), asked.get(row.question_id)
            if facts is None or message is None:
                values.append((row.question_id, {"usable": False}))
                continue
            asker = await asker_of(db, facts)
            hits = await asking.found(
                search, message.body, audience=asker.reader, locale=row.locale, situation=asker.situation
            )
            ids = [UUID(hit.id) for hit in hits[:4]]
            if not ids or ids[0] != row.items[0]:
                values.append((row.question_id, {"usable": False}))
                continue
            chances = [hit.probability for hit in hits[:4]]
            values.append(
                (row.question_id, {"items": ids, "chances": chances, "known": hits[0].known, "engine": engine})
            )
    if values:
        await runtime.db.run(partial(_write, values=values))
    return len(values)


async def _write(db: Session, values: list[tuple[UUID, dict[str, Any]]]) -> None:
    for key, changes in values:
        await db.execute(update(CertaintyDecision).where(CertaintyDecision.question_id == key).values(**changes))


# -- what agents made of suggestions -----------------------------------------------------------------------------------


async def take_verdicts(db: Session, since: datetime) -> None:
    """What agents did with suggestions, where the bot had decided on the same question shortly before."""
    verdicts = await copilot.verdicts(db, since=_first_id(since))
    decisions = await repository.of_conversations(db, {verdict.conversation_id for verdict in verdicts})
    for verdict in verdicts:
        rows = [
            row for row in decisions.get(verdict.conversation_id, []) if verdict.at - SUGGESTED <= row.at <= verdict.at
        ]
        if rows:
            found = policy.after_suggestion(repository.decided(rows[-1]), verdict.source_id, verdict.right)
            if found is not None:
                await service.learn(db, [found], verdict.at)


def _first_id(at: datetime) -> UUID:
    """The least key made at a moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
