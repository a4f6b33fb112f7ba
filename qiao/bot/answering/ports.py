"""What answering needs from above: how sure the company has reason to be, and somewhere to note what was decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from qiao.bot.answering.certainty import Certainty, Weighed
from qiao.core.db import Session


class Certainties(Protocol):
    async def current(self) -> Certainty:
        """What applies now; cheap."""
        ...


@dataclass(frozen=True, slots=True)
class Noted:
    """One decision on one question of a customer. `answer_id`: the bot's message, if it said anything."""

    question_id: UUID
    conversation_id: UUID
    seq: int
    at: datetime
    channel: str
    action: str
    weighed: Weighed
    answer_id: UUID | None = None


class Ledger(Protocol):
    async def note(self, db: Session, noted: Noted) -> None:
        """Keeps a decision, in the transaction that carries it out. Repeating it changes nothing."""
        ...
