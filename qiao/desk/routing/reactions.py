"""What routing does on events of conversations and accounts, inside their transactions."""

from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope, in_transaction
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    BotResumed,
    ConversationAssigned,
    ConversationClosed,
    ConversationQueued,
    ConversationReopened,
    ConversationResolved,
    ConversationSnoozed,
    ConversationUnsnoozed,
    PriorityChanged,
)
from qiao.desk.routing import calendars, policy, repository
from qiao.desk.routing.service import attendance, offers, queues
from qiao.desk.routing.service.matching import REST_AFTER_DECLINE, SYSTEM
from qiao.desk.routing.service.state import Change, change, recount
from qiao.people.accounts import service as accounts
from qiao.people.accounts.events import AccessChanged, UserChanged, UserCreated
from qiao.people.organization.events import CalendarChanged, WorkspaceSetUp


@in_transaction(ConversationQueued)
async def put_in_line(db: Session, fact: ConversationQueued, envelope: Envelope) -> None:
    """A conversation waits: give it to somebody at once, or a place in line."""
    assert envelope.conversation_id is not None
    conversation_id = envelope.conversation_id
    async with change(db) as current:
        facts = await conversations.facts(db, conversation_id)
        if facts is None or facts.status != "queued":
            return
        await _withdraw_offers(db, current, conversation_id)
        queue = await repository.queue(db, fact.queue_id) if fact.queue_id else None
        if queue is None or not queue.active:
            default = await repository.default_queue_id(db)
            if default is not None and default != fact.queue_id:
                await conversations.requeue(db, SYSTEM, conversation_id, reason="queue_gone", queue_id=default)
                return
            if queue is None:
                return  # there is no queue at all yet: the first one made takes in what waits
        before = await repository.entry(db, conversation_id)
        overflowed = fact.reason == "overflow" and before is not None
        visited = [*before.visited, queue.id] if overflowed and before is not None else [queue.id]
        passed_on = fact.reason == "transferred" and fact.previous_user_id is not None
        preferred = fact.preferred_user_id
        if preferred is None and queue.sticky and not passed_on:
            preferred = await conversations.last_agent(db, facts.customer_id)
        await repository.put_entry(
            db,
            conversation_id=conversation_id,
            queue_id=queue.id,
            channel=facts.channel,
            priority=facts.priority,
            entered_at=fact.entered_at or current.now,
            queued_at=current.now,
            preferred_user_id=preferred,
            # Whoever passed it on gets it back only when nobody else takes it.
            declined_by=[fact.previous_user_id] if passed_on else [],
            retry_at=current.now + REST_AFTER_DECLINE if passed_on else None,
            visited=visited,
            leave_message=fact.leave_message or bool(overflowed and before is not None and before.leave_message),
        )
        await recount(db, current, [fact.previous_user_id])
        current.touch(fact.previous_queue_id, before.queue_id if before else None)
        current.look_at([queue.id])
        current.arrivals.append(conversation_id)


@in_transaction(ConversationAssigned)
async def note_assigned(db: Session, fact: ConversationAssigned, envelope: Envelope) -> None:
    """Somebody is responsible: it waits no more, and counts for them."""
    assert envelope.conversation_id is not None
    async with change(db) as current:
        queue_id = await repository.drop_entry(db, envelope.conversation_id)
        await _withdraw_offers(db, current, envelope.conversation_id)
        given = fact.user_id if fact.reason != "accepted" else None  # an offer counted as given when it was made
        await recount(db, current, [fact.user_id, fact.previous_user_id], given=given)
        current.touch(queue_id)
        if fact.reason in ("routing", "accepted"):
            return
        if queue_id is not None:
            await repository.end_of_round(db, queue_id, fact.user_id)
        by = str(envelope.actor_id) if envelope.actor_id else None
        details = {"rule": "person", "reason": fact.reason, "by_user_id": by}
        await repository.add_log(
            db, envelope.conversation_id, current.now, "assigned_by_person", queue_id, fact.user_id, details
        )
        row = await repository.agent_state(db, fact.user_id)
        if row is not None and row.state == "offline" and envelope.actor_id == fact.user_id:
            # Whoever takes one is plainly here; busy, so that they are not given more unasked.
            await repository.touch(db, [fact.user_id], current.now)
            await attendance.change_state(db, current, SYSTEM, fact.user_id, "busy", reason="took_conversation")


@in_transaction(ConversationResolved)
async def note_resolved(db: Session, fact: ConversationResolved, envelope: Envelope) -> None:
    """Learns how long handling takes, and frees whoever did it."""
    assert envelope.conversation_id is not None
    async with change(db) as current:
        facts = await conversations.facts(db, envelope.conversation_id)
        by_person = fact.user_id is not None and facts is not None
        if facts is not None and by_person and facts.assigned_at is not None and facts.queue_id is not None:
            queue = await repository.queue(db, facts.queue_id)
            if queue is not None:
                took = ((facts.resolved_at or current.now) - facts.assigned_at).total_seconds()
                queue.mean_handle_s = policy.smoothed(queue.mean_handle_s, took)
        await _left(db, current, envelope.conversation_id, fact.user_id)


@in_transaction(ConversationClosed, ConversationSnoozed, ConversationUnsnoozed)
async def note_moved(
    db: Session, fact: ConversationClosed | ConversationSnoozed | ConversationUnsnoozed, envelope: Envelope
) -> None:
    assert envelope.conversation_id is not None
    async with change(db) as current:
        await _left(db, current, envelope.conversation_id, fact.user_id)


@in_transaction(BotResumed)
async def note_bot(db: Session, fact: BotResumed, envelope: Envelope) -> None:
    assert envelope.conversation_id is not None
    async with change(db) as current:
        await _left(db, current, envelope.conversation_id, fact.previous_user_id)


@in_transaction(ConversationReopened)
async def note_reopened(db: Session, fact: ConversationReopened, envelope: Envelope) -> None:
    assert envelope.conversation_id is not None
    async with change(db) as current:
        await _left(db, current, envelope.conversation_id, fact.user_id)


@in_transaction(PriorityChanged)
async def reorder(db: Session, fact: PriorityChanged, envelope: Envelope) -> None:
    """Moves a waiting conversation within its queue."""
    assert envelope.conversation_id is not None
    async with change(db) as current:
        entry = await repository.entry(db, envelope.conversation_id)
        if entry is not None:
            await repository.update_entry(db, envelope.conversation_id, priority=fact.priority)
            current.touch(entry.queue_id)


@in_transaction(WorkspaceSetUp)
async def make_first_queue(db: Session, fact: WorkspaceSetUp, envelope: Envelope) -> None:
    await queues.create_default_queue(db, fact.locale, fact.calendar_id)


@in_transaction(CalendarChanged)
async def keep_hours(db: Session, fact: CalendarChanged, envelope: Envelope) -> None:
    """Hours that a queue keeps stay: without them it would be open around the clock. Raises Refused."""
    if await calendars.exists(db, fact.calendar_id):
        return
    for queue in await repository.queues(db):
        if queue.calendar_id == fact.calendar_id:
            raise Refused("routing.calendar_in_use", queue=queue.name)


@in_transaction(UserCreated)
async def welcome(db: Session, fact: UserCreated, envelope: Envelope) -> None:
    """A new colleague who handles conversations starts in the default queue, so that work reaches them at once."""
    if await accounts.may_handle_conversations(db, fact.user_id):
        await queues.add_to_default(db, fact.user_id)


@in_transaction(UserChanged)
async def note_deactivated(db: Session, fact: UserChanged, envelope: Envelope) -> None:
    if not fact.active and "active" in fact.fields:
        await queues.retire(db, Actor.system(), fact.user_id)


@in_transaction(AccessChanged)
async def note_access(db: Session, fact: AccessChanged, envelope: Envelope) -> None:
    """Somebody whose roles no longer let them handle conversations is out of routing."""
    if not await accounts.may_handle_conversations(db, fact.user_id):
        await queues.retire(db, Actor.system(), fact.user_id)


async def _left(db: Session, current: Change, conversation_id: UUID, user_id: UUID | None) -> None:
    """A conversation is with nobody's queue now; whoever had it may have room for the next."""
    current.touch(await repository.drop_entry(db, conversation_id))
    await _withdraw_offers(db, current, conversation_id)
    await recount(db, current, [user_id])


async def _withdraw_offers(db: Session, current: Change, conversation_id: UUID) -> None:
    await offers.withdraw(db, current, await repository.open_offers(db, conversation_id=conversation_id))
