"""When something shows whether the bot was right."""

from collections.abc import Sequence

from qiao.bot.certainty import collecting
from qiao.bot.certainty.collecting import Fact
from qiao.channels.webchat.events import AnswerRated
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.desk.conversations.events import ConversationQueued, ConversationResolved, MessageCreated


def _telling(envelope: Envelope) -> bool:
    if envelope.at < clock.now() - collecting.SEEN:
        return False
    if envelope.kind != MessageCreated.kind:
        return True
    payload = envelope.payload
    if not payload["public"]:
        return False
    match payload["author_kind"]:
        case "customer":
            return bool(payload["status"] == "bot" and payload["message_kind"] == "text")
        case "bot":
            return payload["message_kind"] in ("text", "choices")
        case "user":
            return payload["message_kind"] in ("text", "card")
    return False


@on_commit_batch(
    MessageCreated,
    AnswerRated,
    ConversationQueued,
    ConversationResolved,
    name="certainty.follow",
    from_start=True,
    when=_telling,
    linger=1.0,
    most=200,
)
async def follow(db: Session, batch: Sequence[tuple[Fact, Envelope]]) -> None:
    """Keeps what conversations say of the bot's decisions."""
    await collecting.follow(db, batch)
