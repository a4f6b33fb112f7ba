"""Messages: receiving from customers, sending by agents and the bot, notes, recall, read marks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, TryAgain, after_commit, status_lock
from qiao.core.errors import Conflict, Forbidden, Invalid, Refused
from qiao.core.files import service as files
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import errors, policy, repository, views
from qiao.desk.conversations.events import ConversationRead, ConversationStarted, MessageChanged
from qiao.desk.conversations.models import Conversation, Message
from qiao.desk.conversations.policy import Status
from qiao.desk.conversations.ports import OutgoingCheck
from qiao.desk.conversations.recent import RecentMessages
from qiao.desk.conversations.schemas import (
    PAYLOAD_LIMIT,
    TEXT_LIMIT,
    ConversationFacts,
    Inbound,
    MessageView,
    Outgoing,
    Received,
)
from qiao.desk.conversations.service import lifecycle, rows
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

MOST_ATTACHMENTS: Final = 20


def check_content(kind: str, body: str, payload: dict[str, Any], allowed: frozenset[str]) -> None:
    """Refuses a message that says nothing, is too long, or is of a kind its author may not send."""
    if kind not in allowed:
        raise Invalid.field("kind", "conversation.kind_not_allowed", kind=kind)
    if kind in ("text", "note", "whisper") and not body.strip():
        raise Invalid.field("body", "conversation.empty_message")
    if len(body) > TEXT_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=TEXT_LIMIT)
    if "\x00" in body:
        raise Invalid.field("body", "text_not_storable")
    if kind in ("image", "file") and not payload.get("file_id"):
        raise Invalid.field("payload.file_id", "field_missing")
    if kind == "card" and not payload.get("type"):
        raise Invalid.field("payload.type", "field_missing")
    if payload and len(msgspec.json.encode(payload)) > PAYLOAD_LIMIT:
        raise Invalid.field("payload", "conversation.payload_too_large")


async def begin(db: Session, actor: Actor, inbox_id: UUID, customer_id: UUID) -> ConversationFacts:
    """Begins a conversation from our side: with the person who begins it, or (by the system) as one that is over until
    the customer answers."""
    customer = await customers.ref(db, customer_id)
    inbound = Inbound(inbox_id, customer_id, "", locale=customer.locale, customer_name=customer.name)
    row = await start(db, inbound, with_bot=actor.kind != "user")
    await db.flush()
    if actor.kind == "user":
        assert actor.id is not None
        await lifecycle.assign(db, Actor.system(), row.id, actor.id, reason="started")
    else:
        await lifecycle.resolve(db, Actor.system(), row.id, begun=True)
    return views.facts(row)


async def start(db: Session, inbound: Inbound, *, with_bot: bool = True) -> Conversation:
    """Begins a conversation for a customer in an inbox; with the bot where the inbox has one, else waiting for a person."""
    inbox = await inboxes.get(db, inbound.inbox_id)
    now = clock.now()
    actor = Actor(kind="customer", id=inbound.customer_id, name=inbound.customer_name or "")
    row = Conversation(
        id=new_id(),
        inbox_id=inbox.id,
        channel=inbox.channel,
        customer_id=inbound.customer_id,
        status=Status.BOT.value if inbox.bot_enabled and with_bot and inbound.queue_id is None else Status.QUEUED.value,
        queue_id=inbound.queue_id or inbox.queue_id,
        assignee_id=None,
        priority=1,
        locale=inbound.locale or "zh-CN",
        tags=[],
        version=1,
        last_seq=0,
        last_message_at=now,
        customer_read_seq=0,
        staff_read_seq=0,
        unread=0,
        created_at=now,
        context=inbound.context,
    )
    db.add(row)
    await rows.announce(
        db, actor, row, ConversationStarted(inbox_id=inbox.id, customer_id=inbound.customer_id, status=row.status)
    )
    return row


async def receive(db: Session, inbound: Inbound) -> Received:
    """Takes in a customer's message: finds or starts their conversation, reopens it if need be, stores, announces.

    A repeated `client_id` returns the first result and changes nothing.
    """
    check_content(inbound.kind, inbound.body, inbound.payload, policy.CUSTOMER_KINDS)
    customer = await customers.ref(db, inbound.customer_id)
    inbound = _for(inbound, customer.id)
    latest = await _going_on(db, inbound)
    # What another room has said while the bot has the conversation is not the bot's to hear the answer to.
    with_bot = latest is not None and latest.status == Status.BOT
    awaited = await lifecycle.expected(db, latest) if with_bot and latest is not None else None
    moving = (Status.RESOLVED, Status.SNOOZED, Status.CLOSED)
    needs_lock = latest is None or latest.status in moving or awaited is not None
    if needs_lock:
        await status_lock(db)
        # Conversations change their customer under this lock: whoever their record became part of is certain now.
        inbound = _for(inbound, await customers.means(db, customer.id))
        # Two first messages of one customer at once must not start two conversations.
        latest = await _going_on(db, inbound)
    row = await repository.get(db, latest.id, lock=True) if latest is not None else None
    if row is not None and not needs_lock:
        ended = row.status in moving
        if ended or row.customer_id != inbound.customer_id:
            # It changed while we waited for the row. The status lock comes before row locks: begin again in that order.
            raise TryAgain
    duplicate = await repository.client_id_of_customer(db, inbound.inbox_id, inbound.customer_id, inbound.client_id)
    if duplicate is not None:
        view = (await views.messages(db, [duplicate]))[0]
        return Received(view, duplicate.conversation_id, created=False, duplicate=True)

    settings = await organization.get_settings(db)
    window = timedelta(hours=settings.reopen_hours)
    created = False
    asked = row is not None and row.status in (Status.RESOLVED, Status.BOT) and needs_lock
    awaited = await lifecycle.expected(db, row) if asked and row is not None else None
    goes_on = row is not None and policy.reopens(Status(row.status), row.resolved_at, clock.now(), window)
    # What another room has said here later is answered here, however long ago the work itself was over.
    if row is None or not (goes_on or awaited is not None):
        row = await start(db, inbound)
        created = True
    actor = Actor(kind="customer", id=inbound.customer_id, name=customer.name)
    if inbound.locale and row.locale != inbound.locale:
        row.locale = inbound.locale
    if inbound.context and not created:
        row.context = {**row.context, **inbound.context}
    # It wakes up first: whoever reacts to the message (the bot, its agent) must find it where it belongs now.
    if row.status == Status.SNOOZED:
        await lifecycle.wake(db, row, reason="customer_wrote")
    elif row.status == Status.RESOLVED:
        await lifecycle.reopen_by_customer(db, row, awaited)
    elif row.status == Status.BOT and awaited is not None:
        await lifecycle.answer_awaited(db, row, awaited)
    scope = await rows.scope_of(db, row) if not created else None
    message = await rows.append(
        db,
        actor,
        row,
        kind=inbound.kind,
        body=inbound.body,
        payload=inbound.payload,
        client_id=inbound.client_id,
        scope=scope,
    )
    if created and row.status == Status.QUEUED:
        await lifecycle.enqueue_new(db, row)
    view = (await views.messages(db, [message]))[0]
    return Received(view, row.id, created=created, duplicate=False)


def _for(inbound: Inbound, customer_id: UUID) -> Inbound:
    return inbound if inbound.customer_id == customer_id else replace(inbound, customer_id=customer_id)


async def _going_on(db: Session, inbound: Inbound) -> Conversation | None:
    """The conversation a message may go on in."""
    if not inbound.threaded:
        return await repository.latest_of(db, inbound.inbox_id, inbound.customer_id)
    row = await repository.get(db, inbound.conversation_id) if inbound.conversation_id is not None else None
    mine = row is not None and (row.inbox_id, row.customer_id) == (inbound.inbox_id, inbound.customer_id)
    return row if mine else None


async def send(db: Session, actor: Actor, conversation_id: UUID, outgoing: Outgoing) -> MessageView:
    """A message to the customer by an agent, the bot or the system."""
    if actor.kind == "user":
        check_content(outgoing.kind, outgoing.body, outgoing.payload, policy.AGENT_KINDS)
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    known = await _repeated(db, actor, conversation_id, outgoing.client_id)
    if known is not None:
        return known
    payload = outgoing.payload
    if actor.kind == "user":
        if not policy.may_reply(actor, scope):
            raise Forbidden("conversation.not_assigned_to_you")
        if Status(row.status) not in policy.LIVE:
            raise Refused("conversation.ended", status=row.status)
        if outgoing.kind in ("image", "file"):
            payload = await files.payload_for_sender(db, actor, payload.get("file_id"))
        elif "attachments" in payload:
            payload = {**payload, "attachments": await _attachments(db, actor, payload["attachments"])}
    elif actor.kind == "bot" and row.status != Status.BOT:
        # People have taken over while the bot was thinking: it stays silent.
        raise Refused("conversation.not_with_bot")
    body = outgoing.body
    check = runtime_of(db).find(OutgoingCheck)
    if check is not None and body and actor.kind in ("user", "bot"):
        body = await check.checked(db, actor, body)
    message = await rows.append(
        db,
        actor,
        row,
        kind=outgoing.kind,
        body=body,
        payload=payload,
        client_id=outgoing.client_id,
        scope=scope,
    )
    return (await views.messages(db, [message]))[0]


async def _attachments(db: Session, actor: Actor, given: Any) -> list[dict[str, Any]]:
    """The files of a text, each uploaded by the sender. Raises Invalid."""
    if not isinstance(given, list) or len(given) > MOST_ATTACHMENTS or not all(isinstance(one, dict) for one in given):
        raise Invalid.field("payload.attachments", "value_invalid")
    return [await files.payload_for_sender(db, actor, one.get("file_id")) for one in given]


async def relay(db: Session, actor: Actor, conversation_id: UUID, outgoing: Outgoing) -> MessageView:
    """What another room has to say to the customer here, in the name of `actor`; the room has checked that they may.

    Resolved conversations take it without being opened again: the customer's answer does that. Repeated `client_id`s
    return the first.
    """
    row = await repository.get(db, conversation_id, lock=True)
    if row is None:
        raise errors.not_found(conversation_id)
    known = await _repeated(db, actor, conversation_id, outgoing.client_id)
    if known is not None:
        return known
    if row.status == Status.CLOSED:
        raise Refused("conversation.ended", status=row.status)
    message = await rows.append(
        db, actor, row, kind=outgoing.kind, body=outgoing.body, payload=outgoing.payload, client_id=outgoing.client_id
    )
    return (await views.messages(db, [message]))[0]


async def _repeated(db: Session, actor: Actor, conversation_id: UUID, client_id: str | None) -> MessageView | None:
    """The message this actor sent before under `client_id`. Raises Conflict when somebody else's has that id."""
    known = await repository.by_client_id(db, conversation_id, client_id) if client_id else None
    if known is None:
        return None
    if known.author_kind != actor.kind or (actor.kind == "user" and known.author_id != actor.id):
        raise Conflict("already_exists")
    return (await views.messages(db, [known]))[0]


async def note(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    body: str,
    client_id: str | None = None,
    mentions: Sequence[UUID] = (),
    kind: str = "note",
    payload: dict[str, Any] | None = None,
) -> MessageView:
    """An internal note (or whisper). Colleagues mentioned may see the conversation from then on and are told."""
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    if actor.kind == "user" and not actor.may("conversations.handle"):
        raise errors.not_yours()
    check_content(kind, body, payload or {}, policy.STAFF_ONLY_KINDS)
    known = await _repeated(db, actor, conversation_id, client_id)
    if known is not None:
        return known
    if kind == "whisper" and Status(row.status) not in policy.LIVE:
        raise Refused("conversation.ended", status=row.status)
    known_people = await accounts.people(db, list(mentions)) if mentions else {}
    missing = [user_id for user_id in mentions if user_id not in known_people]
    if missing:
        raise Invalid.field("mentions", "conversation.mention_unknown")
    told = [user_id for user_id in dict.fromkeys(mentions) if user_id != actor.id]
    full = {**(payload or {}), "mentions": [str(user_id) for user_id in dict.fromkeys(mentions)]}
    for user_id in told:
        await repository.add_participant(db, row.id, user_id, "mentioned")
    message = await rows.append(
        db, actor, row, kind=kind, body=body, payload=full, client_id=client_id, mentions=told, scope=scope
    )
    if told:
        await repository.add_mentions(db, message, told)
    return (await views.messages(db, [message]))[0]


async def event_line(db: Session, actor: Actor, row: Conversation, kind: str, /, **params: Any) -> Message:
    """A line in the transcript that says what happened; clients put it into the reader's words."""
    return await rows.append(db, actor, row, kind="event", payload={"type": kind, "params": params})


async def set_delivery(db: Session, message_id: UUID, state: str) -> None:
    """Records how far a message got on its channel: waiting (to leave), sent, delivered, read or failed."""
    message = await repository.message(db, message_id)
    if message is None or message.delivery == state:
        return
    row = await repository.get(db, message.conversation_id, lock=True)
    assert row is not None
    message.delivery = state
    await announce_change(db, Actor.system(), row, message, await rows.scope_of(db, row))


LOOKED_BACK: Final = 50


async def believed_sent(db: Session, message_id: UUID) -> list[UUID]:
    """What was said to the customer after a message and counts as sent. For channels, not for people."""
    return await repository.believed_sent(db, message_id, LOOKED_BACK)


async def undelivered(db: Session, facts: ConversationFacts) -> list[tuple[UUID, str]]:
    """(id, waiting or failed) of what was said lately and has not reached the customer. For channels, not for people."""
    return await repository.undelivered(db, facts.id, facts.last_seq - LOOKED_BACK)


async def announce_change(db: Session, actor: Actor, row: Conversation, message: Message, scope: policy.Scope) -> None:
    """Tells everybody who sees a message that it is no longer what it was."""
    recent = runtime_of(db).find(RecentMessages)
    if recent is not None:
        after_commit(db, lambda: recent.forget(message.id))
        recent.forget(message.id)
    public = message.kind not in policy.STAFF_ONLY_KINDS
    await rows.announce(db, actor, row, MessageChanged(message_id=message.id, seq=message.seq, public=public), scope)


async def mark_read(db: Session, actor: Actor, conversation_id: UUID, seq: int) -> None:
    """Moves a read mark forward: the customer's, or the staff's (only by those who answer, not by silent watchers)."""
    if actor.kind == "customer":
        row = await repository.get(db, conversation_id, lock=True)
        if row is None or row.customer_id != actor.id:
            raise errors.not_found(conversation_id)
        seq = min(seq, row.last_seq)
        if seq > row.customer_read_seq:
            row.customer_read_seq = seq
            row.version += 1
            await rows.announce(
                db, actor, row, ConversationRead(side="customer", seq=seq), await rows.scope_of(db, row)
            )
        return
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    assert actor.id is not None
    await repository.read_mentions(db, actor.id, row.id, clock.now())
    if not policy.may_reply(actor, scope):
        return
    seq = min(seq, row.last_seq)
    if seq > row.staff_read_seq or (row.unread and seq == row.last_seq):
        row.staff_read_seq = max(seq, row.staff_read_seq)
        if row.unread:
            row.unread = await repository.unread_after(db, row.id, row.staff_read_seq)
        row.version += 1
        await rows.announce(db, actor, row, ConversationRead(side="staff", seq=seq), scope)
