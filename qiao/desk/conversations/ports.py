"""What conversations need from above, as protocols; registered as runtime parts at start-up."""

from typing import Protocol
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.inboxes.ports import QueueDirectory

__all__ = ["AgentAvailability", "OutgoingCheck", "QueueDirectory"]


class AgentAvailability(Protocol):
    """Tells whether a person can take conversations now (online, not over capacity limits is routing's business)."""

    async def is_online(self, db: Session, user_id: UUID) -> bool: ...


class OutgoingCheck(Protocol):
    """Looks at what is about to be said to a customer: returns the text to send, or raises why it may not be sent."""

    async def checked(self, db: Session, actor: Actor, text: str) -> str: ...
