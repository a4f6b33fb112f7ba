"""What tickets need from above, as protocols; registered as runtime parts at start-up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations.schemas import ConversationFacts, Outgoing
from qiao.desk.tickets.schemas import TicketFacts


class Assigner(Protocol):
    """Chooses who gets a ticket; None when nobody fits.

    `candidates` are people of the department who may handle tickets (of all departments when it has none). `skill_id` and
    `level` narrow them; `open_tickets` says how many each has that are not done, for the least loaded.
    """

    async def choose(
        self,
        db: Session,
        *,
        ticket: TicketFacts,
        candidates: frozenset[UUID],
        open_tickets: dict[UUID, int],
        strategy: Literal["least_loaded", "round_robin"],
        skill_id: UUID | None,
        level: int,
    ) -> UUID | None: ...


class TaskMaker(Protocol):
    """Asks a department to do something for a ticket, in the transaction of the move that asks. Returns the task's id."""

    async def make(
        self, db: Session, actor: Actor, *, ticket_id: UUID, department_id: UUID, title: str, due_at: datetime | None
    ) -> UUID: ...


class Bringer(Protocol):
    """Brings words to a customer on the channel they last talked to us on, when that conversation is over for good.

    Returns the conversation in which they have them, or why they cannot get them there (a key of the catalogue).
    """

    async def bring(
        self, db: Session, actor: Actor, talk: ConversationFacts, words: Sequence[Outgoing]
    ) -> UUID | str: ...


class ApprovalGate(Protocol):
    """Knows whether what a transition needs was approved since the ticket last changed what it was asked for."""

    async def granted(self, db: Session, ticket: TicketFacts, transition: str) -> bool: ...
