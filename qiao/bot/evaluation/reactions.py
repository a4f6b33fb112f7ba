"""What evaluation follows: the bot's messages, for a shadow run, and customers' verdicts, to make cases of."""

from collections.abc import Sequence

import structlog
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.evaluation import shadow
from qiao.bot.evaluation.models import EvalVote
from qiao.channels.webchat.events import AnswerRated
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.events import MessageCreated

logger = structlog.get_logger(__name__)


def _by_the_bot(envelope: Envelope) -> bool:
    payload = envelope.payload
    return (
        payload["author_kind"] == "bot" and payload["message_kind"] in ("text", "choices") and bool(payload["public"])
    )


@on_commit_batch(MessageCreated, name="evaluation.shadow", when=_by_the_bot, linger=1.0, most=20)
async def answer_silently(db: Session, batch: Sequence[tuple[MessageCreated, Envelope]]) -> None:
    """After the bot has answered: what the candidate would have said. What fails is left out; it is a sample."""
    runtime = runtime_of(db)
    if await runtime.get(shadow.Shadows).current() is None:
        return
    for fact, _ in batch:
        try:
            await shadow.answer(runtime, fact.message_id)
        except Exception:
            logger.exception("shadow_answer_failed", message=str(fact.message_id))


@on_commit_batch(AnswerRated, name="evaluation.votes", from_start=True, linger=1.0)
async def note_votes(db: Session, batch: Sequence[tuple[AnswerRated, Envelope]]) -> None:
    """Keeps which answers were judged; the last word counts."""
    latest = {fact.message_id: (fact, envelope) for fact, envelope in batch if envelope.conversation_id is not None}
    for key, (fact, envelope) in latest.items():
        values = {"conversation_id": envelope.conversation_id, "helpful": fact.helpful, "at": envelope.at}
        query = insert(EvalVote).values(message_id=key, **values)
        await db.execute(query.on_conflict_do_update(index_elements=["message_id"], set_=values))
