"""What conversations need from above, as protocols; registered as runtime parts at start-up."""

from typing import Protocol
from uuid import UUID

from qiao.core.db import Session
from qiao.desk.inboxes.ports import QueueDirectory

__all__ = ["AgentAvailability", "QueueDirectory"]


class AgentAvailability(Protocol):
    """Tells whether a person can take conversations now (online, not over capacity limits is routing's business)."""

    async def is_online(self, db: Session, user_id: UUID) -> bool: ...
