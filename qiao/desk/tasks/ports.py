"""What tasks ask of rooms above."""

from typing import Any, Protocol
from uuid import UUID

from qiao.core.db import Session


class Holder(Protocol):
    """Another reason for a ticket to stay on hold (an approval that is asked for)."""

    async def waiting_on(self, db: Session, ticket_id: UUID) -> dict[str, Any] | None:
        """What it waits for, as in `tickets.waiting_on`; None when nothing holds it."""
        ...
