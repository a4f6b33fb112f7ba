"""Messages taken back or changed after they were said: by staff where the channel can, by customers when it tells us."""

from uuid import UUID

from sqlalchemy import select

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import policy, repository, views
from qiao.desk.conversations.events import MessageRecalled
from qiao.desk.conversations.models import Conversation, Message, MessageVersion
from qiao.desk.conversations.ports import Recalls
from qiao.desk.conversations.schemas import TEXT_LIMIT, MessageView, VersionView
from qiao.desk.conversations.service import messages, rows
from qiao.people.accounts import audit


async def recall(db: Session, actor: Actor, conversation_id: UUID, message_id: UUID) -> MessageView:
    """Takes back one's own message, within the time its channel allows; its place stays.

    Where a channel has to take it back from somebody's telephone it is asked to, after commit; `recall` of the message
    says what came of that, and a message that could not be taken back is shown again.
    """
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    message = await repository.message(db, message_id)
    if message is None or message.conversation_id != row.id:
        raise NotFound("conversation.message_not_found")
    if message.author_kind != actor.kind or message.author_id != actor.id:
        raise Forbidden("conversation.recall_own_only")
    if message.kind not in policy.AGENT_KINDS | policy.STAFF_ONLY_KINDS:
        raise Refused("conversation.recall_kind")
    if message.recalled_at is not None:
        return (await views.messages(db, [message]))[0]
    public = message.kind in policy.AGENT_KINDS
    recalls = runtime_of(db).find(Recalls)
    within = recalls.within(row.channel) if public and recalls is not None else policy.RECALL_WITHIN
    if within is None:
        raise Refused("conversation.recall_unsupported")
    if clock.now() - message.created_at > within:
        raise Refused("conversation.recall_too_late")
    remote = public and recalls is not None and recalls.remote(row.channel)
    if remote:
        _keep(db, message, "recalled", actor)
    message.recalled_at = clock.now()
    message.recall = "asked" if remote else None
    await _blank(db, row, message)
    await messages.announce_change(db, actor, row, message, scope)
    await rows.announce(db, actor, row, MessageRecalled(message_id=message.id, remote=remote), scope)
    return (await views.messages(db, [message]))[0]


async def recalled(db: Session, message_id: UUID, outcome: str) -> None:
    """What the channel said: `done`, or `late` and `failed`, after which the customer still sees it, and so do we."""
    message = await repository.message(db, message_id)
    row = await repository.get(db, message.conversation_id, lock=True) if message is not None else None
    if message is None or row is None or message.recall != "asked":
        return
    message.recall = outcome
    if outcome != "done":
        kept = await _latest(db, message.id)
        if kept is not None:
            message.body, message.payload, message.recalled_at = kept.body, kept.payload, None
            if await repository.is_last_shown(db, message):
                row.last_message_preview = policy.preview_of(message.kind, message.body, message.payload)
    row.version += 1
    await messages.announce_change(db, Actor.system(), row, message, await rows.scope_of(db, row))


async def withdraw_by_customer(db: Session, message_id: UUID) -> MessageView | None:
    """The customer took a message back. It is gone for everybody but those who may read the audit log.

    None when there is no such message of a customer; doing it twice changes nothing.
    """
    found = await _of_customer(db, message_id)
    if found is None:
        return None
    row, message, actor = found
    if message.recalled_at is None:
        _keep(db, message, "withdrawn", actor)
        message.recalled_at = clock.now()
        await _blank(db, row, message)
        await _note(db, actor, row, message, "message.withdrawn")
    return (await views.messages(db, [message]))[0]


async def edit_by_customer(db: Session, message_id: UUID, body: str) -> MessageView | None:
    """The customer changed a message. What it said before is kept for those who may read the audit log.

    An emptied message is one taken back.
    """
    if not body.replace("\x00", "").strip():
        return await withdraw_by_customer(db, message_id)
    found = await _of_customer(db, message_id)
    if found is None:
        return None
    row, message, actor = found
    plain = body.replace("\x00", "")[:TEXT_LIMIT]
    if message.recalled_at is None and plain.strip() and plain != message.body:
        _keep(db, message, "edited", actor)
        message.body = plain
        message.edited_at = clock.now()
        if await repository.is_last_shown(db, message):
            row.last_message_preview = policy.preview_of(message.kind, message.body, message.payload)
        row.version += 1
        await _note(db, actor, row, message, "message.edited")
    return (await views.messages(db, [message]))[0]


async def versions(db: Session, actor: Actor, conversation_id: UUID, message_id: UUID) -> list[VersionView]:
    """What a message said before, oldest first; looking is noted."""
    actor.require("audit.view")
    row, _ = await rows.visible(db, actor, conversation_id)
    message = await repository.message(db, message_id)
    if message is None or message.conversation_id != row.id:
        raise NotFound("conversation.message_not_found")
    query = select(MessageVersion).where(MessageVersion.message_id == message_id).order_by(MessageVersion.id).limit(100)
    found = (await db.execute(query)).scalars().all()
    await audit.record(db, actor, "message.earlier_read", "conversation", row.id, {"message": [None, message.seq]})
    return [VersionView(one.body, one.why, one.by_name, one.at) for one in found]


def _keep(db: Session, message: Message, why: str, actor: Actor) -> None:
    db.add(
        MessageVersion(
            id=new_id(),
            message_id=message.id,
            body=message.body,
            payload=message.payload,
            why=why,
            by_name=(actor.name or message.author_name or "")[:120],
            at=clock.now(),
        )
    )


async def _blank(db: Session, row: Conversation, message: Message) -> None:
    message.body = ""
    message.payload = {}
    if message.kind not in policy.STAFF_ONLY_KINDS and await repository.is_last_shown(db, message):
        row.last_message_preview = "[recalled]"
    row.version += 1


async def _note(db: Session, actor: Actor, row: Conversation, message: Message, action: str) -> None:
    await audit.record(db, actor, action, "conversation", row.id, {"message": [None, message.seq]})
    await messages.announce_change(db, actor, row, message, await rows.scope_of(db, row))


async def _latest(db: Session, message_id: UUID) -> MessageVersion | None:
    query = select(MessageVersion).where(MessageVersion.message_id == message_id).order_by(MessageVersion.id.desc())
    found: MessageVersion | None = await db.scalar(query.limit(1))
    return found


async def _of_customer(db: Session, message_id: UUID) -> tuple[Conversation, Message, Actor] | None:
    message = await repository.message(db, message_id)
    row = await repository.get(db, message.conversation_id, lock=True) if message is not None else None
    message = await repository.message(db, message_id)  # as it is now that nobody else may change it
    if message is None or row is None or message.author_kind != "customer":
        return None
    return row, message, Actor(kind="customer", id=row.customer_id, name=message.author_name or "")
