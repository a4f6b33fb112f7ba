"""When the bot speaks."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from qiao.bot.dialogue import service
from qiao.channels.webchat.events import AnswerRated
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope
from qiao.core.jobs import every
from qiao.core.reactions import on_commit
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import BotResumed, MessageCreated
from qiao.knowledge.articles import service as articles


def _for_the_bot(envelope: Envelope) -> bool:
    payload = envelope.payload
    return payload["status"] == "bot" and payload["author_kind"] == "customer" and bool(payload["public"])


@on_commit(MessageCreated, name="bot.reply", retries=5, when=_for_the_bot)
async def reply(db: Session, fact: MessageCreated, envelope: Envelope) -> None:
    """Answers a customer. When people take the conversation meanwhile, the bot stays silent."""
    if envelope.conversation_id is None:
        return
    thought = await service.think(runtime_of(db), envelope.conversation_id, fact.seq)  # before `db` is used at all
    try:
        async with db.begin_nested():
            await service.respond(db, envelope.conversation_id, fact.seq, thought)
    except Refused:
        return


@on_commit(BotResumed, name="bot.resume", retries=5)
async def resume(db: Session, fact: BotResumed, envelope: Envelope) -> None:
    """Says hello again when people hand a conversation to it."""
    if envelope.conversation_id is None:
        return
    try:
        async with db.begin_nested():
            await service.resume(db, envelope.conversation_id, f"resume:{envelope.cursor}")
    except Refused:
        return


@on_commit(AnswerRated, name="bot.answer_rated", retries=5)
async def count_vote(db: Session, fact: AnswerRated, envelope: Envelope) -> None:
    """Counts a customer's verdict for the texts the answer came from; a changed mind is moved, not added."""
    if fact.previous == fact.helpful:
        return
    moved = fact.previous is not None
    for source in fact.sources:
        kind, _, key = source.partition(":")
        if kind in ("faq", "article"):
            await articles.change_votes(
                db,
                kind,
                UUID(key),
                helpful=1 if fact.helpful else -1 if moved else 0,
                unhelpful=1 if not fact.helpful else -1 if moved else 0,
            )


@every(60, name="bot.end_idle")
async def end_idle(runtime: Runtime) -> None:
    """Ends what has been silent for longer than the company allows."""
    async with runtime.db.read() as db:
        minutes = (await service.get_settings(db)).idle_minutes
        due = await conversations.silent_with_bot(db, minutes)
    since = clock.now() - timedelta(minutes=minutes)
    for conversation_id in due:
        await runtime.db.run(partial(service.end_idle, conversation_id=conversation_id, since=since))
