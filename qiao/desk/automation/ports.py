"""What automation can use and need not have, as protocols; registered as runtime parts at start-up."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session


class Procedures(Protocol):
    """Starts standard operating procedures on tickets."""

    async def listed(self, db: Session) -> Mapping[str, str]:
        """Keys of procedures that may be started, with their names."""
        ...

    async def start(self, db: Session, actor: Actor, ticket_id: UUID, key: str) -> None: ...
