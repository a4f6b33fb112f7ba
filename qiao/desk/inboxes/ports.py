"""What the desk needs from routing, which stands above: `runtime.provide(QueueDirectory, part)` at start."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from qiao.core.db import Session


class QueueDirectory(Protocol):
    """Knows the queues: their names, whether one exists, and which queue an inbox feeds when it names none."""

    async def names(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, str]: ...

    async def default(self, db: Session) -> UUID | None: ...
