"""What imports need from above."""

from typing import Protocol
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session


class PublishGate(Protocol):
    """Has a say before many texts go live at once; the rooms that answer questions provide it."""

    async def require(self, db: Session, actor: Actor, import_id: UUID, *, duplicates: str, texts: int) -> None:
        """Raises Refused when an import of `texts` rows may not be published (yet)."""
