"""What accounts needs from rooms above it. They provide these at start: `runtime.provide(QueueMembership, part)`."""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from qiao.core.db import Session


class QueueMembership(Protocol):
    """Tells which queues a member of staff is in."""

    sql: str
    """A SQL expression that yields the `uuid[]` of the queues of the user `u.id`, for example
    `ARRAY(SELECT m.queue_id FROM queue_members m WHERE m.user_id = u.id)`. It becomes part of the one query that
    authenticates a request, so it must be cheap, and is always as fresh as the transaction it runs in."""


class Presence(Protocol):
    """Tells who is at work now, for the directory."""

    async def states(self, db: Session, user_ids: Iterable[UUID]) -> dict[UUID, str]:
        """online, busy, away or offline, by user; missing means offline."""
        ...
