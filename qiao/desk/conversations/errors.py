"""Expected failures of conversations, by code (`errors.conversation.*`)."""

from uuid import UUID

from qiao.core.errors import Forbidden, NotFound, Refused
from qiao.desk.conversations.policy import TransitionRefused


def not_found(conversation_id: UUID | int | None = None) -> NotFound:
    return NotFound("conversation.not_found", id=str(conversation_id or ""))


def refused(error: TransitionRefused) -> Refused:
    return Refused("conversation.move_refused", status=error.status.value, move=error.move.value)


def not_yours() -> Forbidden:
    return Forbidden("conversation.not_yours")
