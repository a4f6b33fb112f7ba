"""What customers do to their own words afterwards, on channels that let them: take them back, change them."""

from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import repository
from qiao.desk.conversations.models import Conversation, Message
from qiao.desk.conversations.schemas import TEXT_LIMIT
from qiao.desk.conversations.service import rows
from qiao.desk.conversations.service.messages import announce_change


async def withdraw_by_customer(db: Session, message_id: UUID) -> None:
    """The customer took a message back: its content goes, its place stays. Harmless when repeated."""
    found = await _own_message(db, message_id)
    if found is None:
        return
    row, message, actor = found
    if message.recalled_at is not None:
        return
    message.recalled_at = clock.now()
    message.body, message.payload = "", {}
    if await repository.is_last_shown(db, message):
        row.last_message_preview = "[recalled]"
    row.version += 1
    await announce_change(db, actor, row, message, await rows.scope_of(db, row))


async def edit_by_customer(db: Session, message_id: UUID, body: str) -> None:
    """The customer changed what they wrote; that they did is shown. An emptied message is one taken back."""
    body = body.replace("\x00", "").strip()
    if not body:
        await withdraw_by_customer(db, message_id)
        return
    found = await _own_message(db, message_id)
    if found is None:
        return
    row, message, actor = found
    if message.recalled_at is not None or message.body == body[:TEXT_LIMIT]:
        return
    message.body = body[:TEXT_LIMIT]
    message.payload = {**message.payload, "edited_at": clock.now().isoformat()}
    if await repository.is_last_shown(db, message):
        row.last_message_preview = body[:120]
    row.version += 1
    await announce_change(db, actor, row, message, await rows.scope_of(db, row))


async def _own_message(db: Session, message_id: UUID) -> tuple[Conversation, Message, Actor] | None:
    message = await repository.message(db, message_id)
    if message is None or message.author_kind != "customer":
        return None
    row = await repository.get(db, message.conversation_id, lock=True)
    assert row is not None
    actor = Actor(kind="customer", id=message.author_id, name=message.author_name or "")
    return row, message, actor
