"""Rules start procedures through the room of standard operating procedures."""

from collections.abc import Mapping
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.sop import service as sop


class SopProcedures:
    """The `Procedures` of this product: what is published may be started."""

    async def listed(self, db: Session) -> Mapping[str, str]:
        return {
            item.key: next((name for name in item.name.values() if name), item.key)
            for item in await sop.listing(db)
            if item.published is not None
        }

    async def start(self, db: Session, actor: Actor, ticket_id: UUID, key: str) -> None:
        await sop.start(db, actor, key, "ticket", ticket_id, reason="automation")
