"""What conversations need from above, as protocols; registered as runtime parts at start-up."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from qiao.core.db import Session


class QueueDirectory(Protocol):
    """Knows the queues: their names, whether one exists, and which queue an inbox feeds when it names none."""

    async def names(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, str]: ...

    async def default(self, db: Session) -> UUID | None: ...


class AgentAvailability(Protocol):
    """Tells whether a person can take conversations now (online, not over capacity limits is routing's business)."""

    async def is_online(self, db: Session, user_id: UUID) -> bool: ...
