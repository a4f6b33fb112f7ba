"""When conversations are read for questions without a good answer: at the turns of their lives, not at every message."""

from collections.abc import Sequence

from qiao.channels.webchat.events import AnswerRated
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    ConversationClosed,
    ConversationQueued,
    ConversationResolved,
    MessageChanged,
)
from qiao.growth.surveys.events import ConversationRated
from qiao.insight.gaps import collecting
from qiao.knowledge.gaps import service as gaps

Turn = ConversationQueued | ConversationResolved | ConversationClosed | ConversationRated | AnswerRated


def _telling(envelope: Envelope) -> bool:
    return envelope.kind != AnswerRated.kind or not envelope.payload["helpful"]


@on_commit_batch(
    ConversationQueued,
    ConversationResolved,
    ConversationClosed,
    ConversationRated,
    AnswerRated,
    name="insight.gaps",
    from_start=True,
    when=_telling,
    linger=1.0,
    most=60,
)
async def collect(db: Session, batch: Sequence[tuple[Turn, Envelope]]) -> None:
    """Few at a time, and everything is read and understood before the first write."""
    wanted = dict.fromkeys(envelope.conversation_id for _, envelope in batch if envelope.conversation_id is not None)
    found = await collecting.read(db, list(wanted))
    if found:
        await gaps.note(db, found)


@on_commit_batch(MessageChanged, name="insight.gaps_recalled", linger=1.0)
async def forget_recalled(db: Session, batch: Sequence[tuple[MessageChanged, Envelope]]) -> None:
    """What was taken back is not kept here either."""
    messages = await conversations.messages_by_id(db, [fact.message_id for fact, _ in batch])
    for message in messages.values():
        if message.recalled_at is not None:
            await gaps.forget_question(db, message.conversation_id, message.seq)
