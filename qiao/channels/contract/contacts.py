"""Addresses as the contract remembers them: what a conversation is held with, what was sent where, who wants no more."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract.models import Contact, Correspondent, RemoteMessage
from qiao.core.db import Session


async def addresses_held(db: Session, conversation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The address each conversation is held with; those no channel noted one for are left out."""
    query = select(Correspondent.conversation_id, Correspondent.address).where(
        Correspondent.conversation_id.in_(list(conversation_ids))
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def sent_as(db: Session, message_id: UUID) -> tuple[str, list[str]] | None:
    """The address a message went to and the provider's ids of it, in order; None for what has not left."""
    query = select(RemoteMessage.address, RemoteMessage.remote_id).where(RemoteMessage.message_id == message_id)
    rows = (await db.execute(query.order_by(RemoteMessage.remote_id))).all()
    return (rows[0][0], [row[1] for row in rows]) if rows else None


async def opted_out(db: Session, inbox_id: UUID, address: str, since: datetime | None) -> None:
    """From now on nothing leaves to `address` in this inbox; `since` None lets it through again."""
    values = {"opted_out_at": since}
    statement = insert(Contact).values(inbox_id=inbox_id, address=address[:254], **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id", "address"], set_=values))
