"""Moves of the state machine: queue, assign, transfer, snooze, resolve, reopen, close, tags, priority.

Every move takes the status lock before the row, writes a line into the transcript where people should see it, and
announces an event; routing, clocks and counters react to that event inside the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import errors, policy, repository, views
from qiao.desk.conversations.events import (
    BotResumed,
    ConversationAssigned,
    ConversationClosed,
    ConversationQueued,
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationUnsnoozed,
    ConversationUpdated,
    PriorityChanged,
)
from qiao.desk.conversations.models import Conversation
from qiao.desk.conversations.policy import Move, Status
from qiao.desk.conversations.ports import AgentAvailability, Expectation, Expected, QueueDirectory
from qiao.desk.conversations.schemas import TransferTo
from qiao.desk.conversations.service import rows
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

LONGEST_SNOOZE = timedelta(days=366)


async def _line(db: Session, actor: Actor, row: Conversation, kind: str, **params: Any) -> None:
    await rows.append(db, actor, row, kind="event", payload={"type": kind, "params": params})


async def _default_queue(db: Session, row: Conversation) -> UUID | None:
    if row.queue_id is not None:
        return row.queue_id
    inbox = await inboxes.get(db, row.inbox_id)
    if inbox.queue_id is not None:
        return inbox.queue_id
    directory = runtime_of(db).find(QueueDirectory)
    return await directory.default(db) if directory is not None else None


async def enqueue_new(db: Session, row: Conversation) -> None:
    """Queues a conversation that has just started in an inbox without a bot. Its row is new, nobody else holds it."""
    row.queue_id = await _default_queue(db, row)
    row.queued_at = row.waiting_since = clock.now()
    await rows.announce(
        db, Actor.system(), row, ConversationQueued(queue_id=row.queue_id, reason="no_bot", entered_at=row.queued_at)
    )


async def enqueue(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    queue_id: UUID | None = None,
    reason: str,
    summary: dict[str, Any] | None = None,
    preferred_user_id: UUID | None = None,
    leave_message: bool = False,
) -> None:
    """Hands a conversation to people: it waits in `queue_id` (or its inbox's queue). Handing over twice changes nothing.

    `summary` tells the agent what was asked and tried. `leave_message`: nobody is there now; it waits for their return.
    """
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None:
        raise errors.not_found(conversation_id)
    if actor.kind == "customer" and row.customer_id != actor.id:
        raise errors.not_found(conversation_id)
    if row.status in (Status.QUEUED, Status.ASSIGNED, Status.SNOOZED) and queue_id in (None, row.queue_id):
        if summary and not row.handoff_summary:
            row.handoff_summary = summary
        return
    await _to_queue(
        db,
        actor,
        row,
        queue_id=queue_id or await _default_queue(db, row),
        reason=reason,
        summary=summary,
        preferred_user_id=preferred_user_id,
        leave_message=leave_message,
    )


async def _to_queue(
    db: Session,
    actor: Actor,
    row: Conversation,
    *,
    queue_id: UUID | None,
    reason: str,
    summary: dict[str, Any] | None = None,
    preferred_user_id: UUID | None = None,
    entered_at: datetime | None = None,
    leave_message: bool = False,
    line: str = "queued",
    line_params: dict[str, Any] | None = None,
) -> None:
    now = clock.now()
    scope = await rows.scope_of(db, row)
    previous_user, previous_queue = row.assignee_id, row.queue_id
    row.resolved_at = None
    before = rows.move(row, Move.QUEUE if row.status != Status.RESOLVED else Move.REQUEUE_REOPENED)
    row.assignee_id = None
    row.assigned_at = None
    row.snoozed_until = None
    row.queue_id = queue_id
    row.queued_at = entered_at or now
    row.waiting_since = row.waiting_since or now
    if before is Status.BOT:
        row.handoff_reason, row.handoff_summary = reason, summary
        line, line_params = "handoff", {"reason": reason}
    await _line(db, actor, row, line, **(line_params or {"reason": reason}))
    await rows.announce(
        db,
        actor,
        row,
        ConversationQueued(
            queue_id=queue_id,
            reason=reason,
            previous_user_id=previous_user,
            previous_queue_id=previous_queue,
            preferred_user_id=preferred_user_id,
            entered_at=row.queued_at,
            leave_message=leave_message,
        ),
        scope,
        users=[previous_user],
        queues=[previous_queue],
    )


async def requeue(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    reason: str,
    keep_place: bool = True,
    queue_id: UUID | None = None,
    entered_at: datetime | None = None,
) -> None:
    """Back to the queue, by default at the place its first waiting gave it (its agent is gone, its offer ran out …).

    `entered_at`: the place of somebody who began to wait elsewhere (at the telephone).
    """
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None:
        raise errors.not_found(conversation_id)
    await _to_queue(
        db,
        actor,
        row,
        queue_id=queue_id or await _default_queue(db, row),
        reason=reason,
        entered_at=entered_at or (row.queued_at if keep_place else None),
    )


async def assign(db: Session, actor: Actor, conversation_id: UUID, user_id: UUID, *, reason: str = "manual") -> None:
    """Makes `user_id` responsible. Raises Invalid when they cannot handle conversations."""
    row, scope = await rows.for_move(db, actor, conversation_id)
    if row.status == Status.ASSIGNED and row.assignee_id == user_id:
        return
    if actor.kind == "user":
        await _check_assignable(db, user_id)
    previous = row.assignee_id
    was_snoozed = row.status == Status.SNOOZED
    rows.move(row, Move.ASSIGN)
    now = clock.now()
    row.assignee_id = user_id
    row.assigned_at = now
    if was_snoozed:
        row.snoozed_until = None
    names = await views.people(db, [user_id])
    await _line(
        db,
        actor,
        row,
        "assigned",
        user_id=str(user_id),
        name=names[user_id].name if user_id in names else "",
        reason=reason,
    )
    await rows.announce(
        db,
        actor,
        row,
        ConversationAssigned(user_id=user_id, previous_user_id=previous, reason=reason),
        scope,
        users=[previous],
    )


async def _check_assignable(db: Session, user_id: UUID) -> None:
    if not await accounts.may_handle_conversations(db, user_id):
        raise Invalid.field("user_id", "conversation.not_an_agent")


async def transfer(db: Session, actor: Actor, conversation_id: UUID, to: TransferTo, note: str = "") -> None:
    """Passes a conversation on: to a person, a queue, or back to the bot, with a note for whoever takes it."""
    row, scope = await rows.for_move(db, actor, conversation_id)
    if Status(row.status) not in policy.LIVE:
        raise Refused("conversation.ended", status=row.status)
    if note.strip():
        await rows.append(db, actor, row, kind="note", body=note.strip(), payload={"transfer": to.type}, scope=scope)
    if to.type == "bot":
        await _to_bot(db, actor, row, reason="transferred")
        return
    if to.id is None:
        raise Invalid.field("to.id", "field_missing")
    if to.type == "user":
        if to.id == row.assignee_id:
            raise Invalid.field("to.id", "conversation.already_theirs")
        await assign(db, actor, conversation_id, to.id, reason="transferred")
        return
    directory = runtime_of(db).find(QueueDirectory)
    names = await directory.names(db, [to.id]) if directory is not None else {}
    if to.id not in names:
        raise Invalid.field("to.id", "conversation.queue_unknown")
    await _to_queue(
        db,
        actor,
        row,
        queue_id=to.id,
        reason="transferred",
        line="transferred",
        line_params={"queue": names[to.id], "by": await rows.called(db, actor)},
    )


async def to_bot(db: Session, actor: Actor, conversation_id: UUID, *, reason: str) -> None:
    """Hands a conversation (back) to the bot."""
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None:
        raise errors.not_found(conversation_id)
    await _to_bot(db, actor, row, reason=reason)


async def _to_bot(db: Session, actor: Actor, row: Conversation, *, reason: str) -> None:
    inbox = await inboxes.get(db, row.inbox_id)
    if not inbox.bot_enabled:
        raise Refused("conversation.inbox_without_bot")
    scope = await rows.scope_of(db, row)
    previous = row.assignee_id
    rows.move(row, Move.TO_BOT)
    row.assignee_id = None
    row.resolved_at = None
    row.assigned_at = None
    row.queued_at = None
    row.waiting_since = None
    row.snoozed_until = None
    row.resolved_at = None
    row.handoff_reason = None
    row.handoff_summary = None
    await _line(db, actor, row, "to_bot", reason=reason)
    await rows.announce(db, actor, row, BotResumed(previous_user_id=previous, reason=reason), scope, users=[previous])


async def snooze(db: Session, actor: Actor, conversation_id: UUID, until: datetime) -> None:
    """Puts an assigned conversation aside until a moment in the future; a customer's message wakes it sooner."""
    row, scope = await rows.for_move(db, actor, conversation_id)
    if until <= clock.now():
        raise Invalid.field("until", "conversation.snooze_in_past")
    if until > clock.now() + LONGEST_SNOOZE:
        raise Invalid.field("until", "conversation.snooze_too_long")
    rows.move(row, Move.SNOOZE)
    row.snoozed_until = until
    await _line(db, actor, row, "snoozed", until=until.isoformat())
    await rows.announce(db, actor, row, ConversationSnoozed(user_id=row.assignee_id, until=until), scope)


async def unsnooze(db: Session, actor: Actor, conversation_id: UUID, *, reason: str = "manual") -> None:
    """Ends a snooze: the conversation is its agent's again, or waits in the queue when they are offline.

    An agent who ends their own snooze keeps the conversation, whatever their state: they have it before them.
    """
    row, _ = await rows.for_move(db, actor, conversation_id)
    if row.status != Status.SNOOZED:
        raise errors.refused(policy.TransitionRefused(Status(row.status), Move.UNSNOOZE))
    await wake(db, row, reason=reason, by=actor)


async def wake(db: Session, row: Conversation, *, reason: str, by: Actor | None = None) -> None:
    """`unsnooze` for a row already locked."""
    actor = by or Actor.system()
    agent = row.assignee_id
    by_agent = by is not None and by.kind == "user" and by.id == agent
    if agent is None or not (by_agent or await _online(db, agent)):
        await _to_queue(
            db, actor, row, queue_id=await _default_queue(db, row), reason="agent_offline", preferred_user_id=agent
        )
        return
    scope = await rows.scope_of(db, row)
    rows.move(row, Move.UNSNOOZE)
    row.snoozed_until = None
    await _line(db, actor, row, "unsnoozed", reason=reason)
    await rows.announce(db, actor, row, ConversationUnsnoozed(user_id=agent, reason=reason), scope)


async def _online(db: Session, user_id: UUID) -> bool:
    availability = runtime_of(db).find(AgentAvailability)
    return availability is None or await availability.is_online(db, user_id)


async def resolve(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    disposition: str | None = None,
    note: str = "",
    tags: Sequence[str] | None = None,
    reason: str | None = None,
    begun: bool = False,
) -> None:
    """Ends the work with a wrap-up. Raises Invalid when the workspace asks for a disposition and there is none.

    `begun`: it has only just been begun from our side, and nobody has worked on it.
    """
    row, scope = await rows.for_move(db, actor, conversation_id)
    if actor.kind == "user" and not disposition:
        settings = await organization.get_settings(db)
        if settings.wrap_up_required:
            raise Invalid.field("disposition", "conversation.wrap_up_required")
    before = rows.move(row, Move.RESOLVE)
    now = clock.now()
    responsible = row.assignee_id
    row.resolved_at = now
    row.waiting_since = None
    row.snoozed_until = None
    if actor.kind == "user":
        row.unread, row.staff_read_seq = 0, row.last_seq
    if actor.kind == "user" or disposition or note:
        row.wrap_up = {
            "disposition": disposition,
            "note": note,
            "by": str(actor.id) if actor.id else None,
            "at": now.isoformat(),
        }
    if tags is not None:
        row.tags = clean_tags(tags)
    await _line(db, actor, row, "resolved", by=actor.kind, name=await rows.called(db, actor), reason=reason)
    await rows.announce(
        db,
        actor,
        row,
        ConversationResolved(user_id=responsible, by_bot=before is Status.BOT and not begun, disposition=disposition),
        scope,
    )


async def reopen(db: Session, actor: Actor, conversation_id: UUID) -> None:
    """Brings a resolved conversation back, to the person who reopens it if they handle conversations, else to the queue."""
    row, _ = await rows.for_move(db, actor, conversation_id)
    await _reopen(db, actor, row, to=actor.id if actor.kind == "user" else row.assignee_id)


async def expected(db: Session, row: Conversation) -> Expected | None:
    """Who waits for the customer's answer here, when what was said to them last was another room's words."""
    expectation = runtime_of(db).find(Expectation)
    if expectation is None:
        return None
    said = await repository.last_said(db, row.id)
    return await expectation.of(db, said.client_id) if said is not None and said.client_id else None


async def reopen_by_customer(db: Session, row: Conversation, awaited: Expected | None = None) -> None:
    """The customer wrote again after it was resolved: to whoever waits for the answer, else back to its agent if online,
    else to the queue, or to the bot."""
    if awaited is not None:
        await _reopen(db, Actor.system(), row, to=awaited.user_id or row.assignee_id)
        await _line(db, Actor.system(), row, awaited.line, **awaited.params)
        return
    inbox = await inboxes.get(db, row.inbox_id)
    if row.assignee_id is None and inbox.bot_enabled:
        row.resolved_at = None
        row.waiting_since = row.queued_at = None
        rows.move(row, Move.TO_BOT)
        await _line(db, Actor.system(), row, "reopened")
        await rows.announce(
            db, Actor.system(), row, ConversationReopened(status=row.status, user_id=None), await rows.scope_of(db, row)
        )
        return
    await _reopen(db, Actor.system(), row, to=row.assignee_id)


async def answer_awaited(db: Session, row: Conversation, awaited: Expected) -> None:
    """The customer answers another room's words while the bot has the conversation: it goes to whoever waits for that."""
    queue_id = await _default_queue(db, row)
    await _to_queue(
        db, Actor.system(), row, queue_id=queue_id, reason="ticket_answered", preferred_user_id=awaited.user_id
    )
    await _line(db, Actor.system(), row, awaited.line, **awaited.params)


async def _reopen(db: Session, actor: Actor, row: Conversation, *, to: UUID | None) -> None:
    if row.status != Status.RESOLVED:
        raise errors.refused(policy.TransitionRefused(Status(row.status), Move.REOPEN))
    scope = await rows.scope_of(db, row)
    previous = row.assignee_id
    row.resolved_at = None
    by_person = actor.kind == "user"
    if to is not None and (by_person or await _online(db, to)):
        rows.move(row, Move.REOPEN)
        row.assignee_id = to
        row.assigned_at = clock.now()
        if not by_person:
            row.waiting_since = row.waiting_since or clock.now()
        await _line(db, actor, row, "reopened", name=await rows.called(db, actor))
        await rows.announce(
            db, actor, row, ConversationReopened(status=row.status, user_id=to), scope, users=[previous]
        )
        return
    await _to_queue(
        db,
        actor,
        row,
        queue_id=await _default_queue(db, row),
        reason="reopened",
        preferred_user_id=to or previous,
        line="reopened",
        line_params={"name": await rows.called(db, actor)},
    )


async def close(db: Session, actor: Actor, conversation_id: UUID, *, reason: str = "manual") -> None:
    """Ends a conversation for good: the customer's next message starts a new one."""
    row, scope = await rows.for_move(db, actor, conversation_id)
    before = rows.move(row, Move.CLOSE)
    row.closed_at = clock.now()
    row.waiting_since = None
    row.snoozed_until = None
    if before is not Status.RESOLVED:
        await _line(db, actor, row, "closed", name=await rows.called(db, actor), reason=reason)
    await rows.announce(
        db, actor, row, ConversationClosed(previous_status=before.value, user_id=row.assignee_id), scope
    )


async def close_if_over(db: Session, conversation_id: UUID, resolved_before: datetime) -> bool:
    """Closes a conversation that is still resolved, and was before a moment. Returns whether it did."""
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    over = row is not None and row.status == Status.RESOLVED
    if row is None or not over or row.resolved_at is None or row.resolved_at >= resolved_before:
        return False
    await close(db, Actor.system(), conversation_id, reason="reopen_window_passed")
    return True


async def close_if_queued(db: Session, conversation_id: UUID, *, reason: str) -> bool:
    """Closes a conversation that still waits for somebody to take it. Returns whether it did."""
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None or row.status != Status.QUEUED:
        return False
    await close(db, Actor.system(), conversation_id, reason=reason)
    return True


async def wake_if_due(db: Session, conversation_id: UUID) -> bool:
    """Ends a snooze whose time has come. Returns whether it did."""
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None or row.status != Status.SNOOZED or row.snoozed_until is None or row.snoozed_until > clock.now():
        return False
    await wake(db, row, reason="time")
    return True


async def resolve_if_silent(db: Session, actor: Actor, conversation_id: UUID, since: datetime) -> bool:
    """Resolves a conversation that is the bot's and in which nothing was said after `since`. Returns whether it did."""
    await status_lock(db)
    row = await repository.get(db, conversation_id, lock=True)
    if row is None or row.status != Status.BOT or row.last_message_at > since:
        return False
    await resolve(db, actor, conversation_id, reason="idle")
    return True


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Tags without blanks and repeats, in order. Raises Invalid for one that is too long."""
    seen: dict[str, None] = {}
    for tag in tags:
        word = " ".join(tag.split())
        if len(word) > 40:
            raise Invalid.field("tags", "text_too_long", max_length=40)
        if word:
            seen[word] = None
    if len(seen) > 30:
        raise Invalid.field("tags", "list_too_long", max_length=30)
    return list(seen)


async def set_tags(
    db: Session, actor: Actor, conversation_id: UUID, *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> list[str]:
    """Adds and removes tags; returns what it has now."""
    row, scope = await rows.visible(db, actor, conversation_id, lock=True)
    if not policy.may_handle(actor, scope):
        raise errors.not_yours()
    gone = set(clean_tags(remove))
    tags = clean_tags([tag for tag in row.tags if tag not in gone] + list(add))
    if tags != list(row.tags):
        row.tags = tags
        row.version += 1
        await rows.announce(db, actor, row, ConversationUpdated(fields=("tags",)), scope)
    return tags


async def set_priority(db: Session, actor: Actor, conversation_id: UUID, priority: int) -> None:
    """0 low, 1 normal, 2 high, 3 urgent; moves a waiting conversation in its queue."""
    row, scope = await rows.for_move(db, actor, conversation_id)
    if row.priority != priority:
        row.priority = priority
        row.version += 1
        await rows.announce(db, actor, row, PriorityChanged(priority=priority), scope)
