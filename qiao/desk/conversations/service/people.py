"""Colleagues in a conversation: join, leave, take over, whisper."""

from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.desk.conversations import policy, repository
from qiao.desk.conversations.events import ParticipantChanged
from qiao.desk.conversations.policy import Status
from qiao.desk.conversations.schemas import MessageView
from qiao.desk.conversations.service import lifecycle, messages, rows


async def join(db: Session, actor: Actor, conversation_id: UUID) -> None:
    """Steps into a live conversation beside its agent, visibly for the customer."""
    actor.require("conversations.monitor")
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    assert actor.id is not None
    if Status(row.status) not in policy.LIVE:
        raise Refused("conversation.ended", status=row.status)
    if row.assignee_id == actor.id:
        return
    if await repository.add_participant(db, row.id, actor.id, "joined"):
        row.version += 1
        await messages.event_line(db, actor, row, "joined", name=await rows.called(db, actor))
        await rows.announce(
            db, actor, row, ParticipantChanged(user_id=actor.id, role="joined"), scope, users=[actor.id]
        )


async def leave(db: Session, actor: Actor, conversation_id: UUID) -> None:
    """Steps out again."""
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    assert actor.id is not None
    role = await repository.remove_participant(db, row.id, actor.id)
    if role is not None:
        row.version += 1
        await repository.read_mentions(db, actor.id, row.id, clock.now())
        if role == "joined":
            await messages.event_line(db, actor, row, "left", name=await rows.called(db, actor))
        await rows.announce(db, actor, row, ParticipantChanged(user_id=actor.id, role=None), scope, users=[actor.id])


async def take_over(db: Session, actor: Actor, conversation_id: UUID) -> None:
    """Makes the supervisor responsible instead of whoever was."""
    actor.require("conversations.monitor")
    assert actor.id is not None
    await lifecycle.assign(db, actor, conversation_id, actor.id, reason="taken_over")


async def whisper(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    body: str,
    client_id: str | None = None,
    payload: dict[str, Any] | None = None,
) -> MessageView:
    """A word in the agent's ear: staff see it, the customer never does."""
    actor.require("conversations.monitor")
    return await messages.note(
        db, actor, conversation_id, body=body, client_id=client_id, kind="whisper", payload=payload
    )
