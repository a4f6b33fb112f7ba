"""What inboxes need from rooms above, as protocols; registered as runtime parts at start-up."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from qiao.core.db import Session


class QueueDirectory(Protocol):
    """Knows the queues: their names, whether one exists, and which queue an inbox feeds when it names none."""

    async def names(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, str]: ...

    async def default(self, db: Session) -> UUID | None: ...


class ChannelSettings(Protocol):
    """Knows the channels there are, and what each can be set to (channels)."""

    def model(self, channel: str) -> type[BaseModel] | None:
        """The settings of a channel; None for one that does not exist."""
        ...

    def secrets(self, channel: str) -> frozenset[str]:
        """Which of them are sealed."""
        ...
