"""What agent assist learns from what happens (sent replies, resolved conversations), and what it answers automation."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from qiao.bot.copilot import asked, cases, service
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.jobs import every
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.automation.events import BotAsked
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationResolved, MessageCreated
from qiao.desk.conversations.schemas import ConversationView

BACKFILL: Final = 200


def _said_by_people(envelope: Envelope) -> bool:
    return envelope.payload["author_kind"] == "user" and bool(envelope.payload["public"])


@on_commit_batch(MessageCreated, name="copilot.feedback", when=_said_by_people)
async def settle_feedback(db: Session, batch: Sequence[tuple[MessageCreated, Envelope]]) -> None:
    """Compares what people sent with the suggestions they had taken."""
    ids = [fact.message_id for fact, _ in batch]
    if ids:
        await service.settle(db, list((await conversations.messages_by_id(db, ids)).values()))


@on_commit(ConversationResolved, name="copilot.cases", retries=3)
async def remember(db: Session, fact: ConversationResolved, envelope: Envelope) -> None:
    """A resolved conversation becomes a case."""
    if envelope.conversation_id is not None:
        found = await cases.remember(runtime_of(db), [envelope.conversation_id])  # before `db` is used at all
        await cases.store(db, found)


@on_commit(BotAsked, name="copilot.asked", retries=5)
async def answer_automation(db: Session, fact: BotAsked, envelope: Envelope) -> None:
    """Looks up what a rule wants to know, and writes it where the rule was at work."""
    found = await asked.look_up(runtime_of(db), fact)  # before `db` is used at all
    if found is not None:
        await asked.tell(db, fact, found)


@every(600, name="copilot.backfill")
async def backfill(runtime: Runtime) -> None:
    """Makes cases of the newest conversations that ended before they were, or that another model has embedded."""
    ended: list[ConversationView] = []
    async with runtime.db.read() as db:
        for view in ("resolved", "closed"):
            found, _ = await conversations.listing(db, Actor.system(), view=view, limit=BACKFILL)
            ended += found
    missing = await cases.missing(runtime, [view.id for view in ended])
    for start in range(0, len(missing), 20):
        found_cases = await cases.remember(runtime, missing[start : start + 20])
        await runtime.db.run(partial(cases.store, cases=found_cases))
