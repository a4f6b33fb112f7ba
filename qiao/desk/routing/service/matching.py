"""Giving what waits to those who fit, and what happens when nobody does."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import policy, repository
from qiao.desk.routing.calendars import is_open
from qiao.desk.routing.events import OfferCreated, Unreachable
from qiao.desk.routing.models import Queue, QueueEntry
from qiao.desk.routing.policy import PRESENT, Decision, Matcher, Overflow, Situation
from qiao.desk.routing.ports import by_hand
from qiao.desk.routing.service.state import Change, change, explain, explain_decision, recount

PAGE: Final = 100
REST_AFTER_DECLINE: Final = timedelta(seconds=20)
"""How long a conversation everybody declined rests before it is offered again to the same people."""
SYSTEM: Final = Actor.system()


async def match(db: Session, queue_ids: Sequence[UUID]) -> None:
    """Looks at these queues again. Called by every verb that may have made somebody able to take something."""
    async with change(db) as current:
        current.look_at(queue_ids)


async def settle(db: Session, current: Change) -> None:
    """One round: match what may match, then see to those who came and still wait. May make another round necessary."""
    queues, current.queues = current.queues, set()
    if queues:
        await _match(db, current, queues)
    arrivals, current.arrivals = current.arrivals, []
    for conversation_id in dict.fromkeys(arrivals):
        await _still_waiting(db, current, conversation_id)


async def _match(db: Session, current: Change, queue_ids: set[UUID]) -> None:
    with_room = await repository.queues_with_room(db, queue_ids)
    if not with_room:
        return
    rows = {row.id: row for row in await repository.queues(db, with_room)}
    matcher = Matcher(
        {row.id: repository.rule_of(row) for row in rows.values()},
        await repository.agents_of(db, with_room),
        current.now,
    )
    decisions: list[Decision] = []
    left_out = by_hand(db)
    offset = 0
    while not matcher.exhausted:
        page = await repository.waiting(db, with_room, offset, PAGE, but=left_out)
        for entry in page:
            decision = matcher.give(repository.waiting_of(entry, current.settings.weight(entry.channel)))
            if decision is not None:
                decisions.append(decision)
        if len(page) < PAGE:
            break
        offset += PAGE
    for decision in decisions:
        await _hand_over(db, current, decision, rows[decision.waiting.queue_id])


async def _hand_over(db: Session, current: Change, decision: Decision, queue: Queue) -> None:
    waiting, user_id = decision.waiting, decision.user_id
    await repository.end_of_round(db, queue.id, user_id)
    explanation = explain_decision(decision, current.now)
    if queue.accept_timeout_s is None:
        await repository.add_log(db, waiting.conversation_id, current.now, "assigned", queue.id, user_id, explanation)
        await conversations.assign(db, SYSTEM, waiting.conversation_id, user_id, reason="routing")
        return
    entry = await repository.entry(db, waiting.conversation_id)
    assert entry is not None  # read a moment ago under the status lock
    offer_id = await repository.add_offer(
        db,
        conversation_id=waiting.conversation_id,
        user_id=user_id,
        queue_id=queue.id,
        channel=entry.channel,
        offered_at=current.now,
        expires_at=current.now + timedelta(seconds=queue.accept_timeout_s),
    )
    await repository.add_log(db, waiting.conversation_id, current.now, "offered", queue.id, user_id, explanation)
    await recount(db, current, [user_id], given=user_id)
    current.touch(queue.id)
    await emit(
        db,
        OfferCreated(offer_id=offer_id, user_id=user_id, queue_id=queue.id),
        actor=SYSTEM,
        conversation_id=waiting.conversation_id,
        audience=Audience(users=(user_id,)),
    )


async def _still_waiting(db: Session, current: Change, conversation_id: UUID) -> None:
    entry = await repository.entry(db, conversation_id)
    if entry is None or await repository.open_offers(db, conversation_id=conversation_id):
        return
    if entry.channel in by_hand(db):
        return
    queue = await repository.queue(db, entry.queue_id)
    assert queue is not None  # a foreign key holds it
    waiting = repository.waiting_of(entry, current.settings.weight(entry.channel))
    rule = repository.rule_of(queue)
    members = await repository.agents_of(db, [queue.id])
    explanation = explain(policy.verdicts(waiting, rule, members), "nobody_fits", current.now)
    await repository.add_log(db, conversation_id, current.now, "waiting", queue.id, None, explanation)
    if waiting.declined_by and entry.retry_at is None:
        await repository.update_entry(db, conversation_id, retry_at=current.now + REST_AFTER_DECLINE)
    await overflow(db, current, entry, queue, arrived=True)


async def situation(db: Session, entry: QueueEntry, queue: Queue, current: Change) -> Situation:
    """How a queue stands for one conversation waiting in it."""
    rule = repository.rule_of(queue)
    declined = set(entry.declined_by)
    present = [
        agent
        for agent in await repository.agents_of(db, [queue.id])
        if agent.state in PRESENT
        and agent.user_id not in declined
        and not policy.skills_why_not(agent.skills, rule.required)
    ]
    return Situation(
        open=await is_open(db, queue.calendar_id, current.now),
        present=len(present),
        ahead=await repository.ahead_of(db, entry) if queue.max_waiting is not None else 0,
        waited_s=(current.now - entry.queued_at).total_seconds(),
        max_waiting=queue.max_waiting,
    )


def overflow_rule(queue: Queue) -> Overflow | None:
    """The queue's rule, as policy reads it."""
    stored = queue.overflow
    if not stored:
        return None
    target = stored.get("queue_id")
    return Overflow(stored["action"], frozenset(stored["on"]), UUID(target) if target else None, stored.get("after_s"))


async def overflow(db: Session, current: Change, entry: QueueEntry, queue: Queue, *, arrived: bool) -> None:
    """Applies the queue's overflow rule to a conversation that nobody can take now."""
    rule = overflow_rule(queue)
    targets = await repository.queues(db, [rule.queue_id]) if rule and rule.queue_id else []
    usable = {target.id for target in targets if target.active}
    decision = policy.overflow(rule, await situation(db, entry, queue, current), visited=entry.visited, usable=usable)
    if decision is None or (decision.action is None and not arrived):
        return
    conversation_id, queue_id, cause = entry.conversation_id, queue.id, decision.cause
    details = {"rule": "overflow", "cause": cause, "action": decision.action}
    if decision.action == "queue":
        assert decision.queue_id is not None  # policy sets both
        await repository.add_log(
            db,
            conversation_id,
            current.now,
            "overflowed",
            decision.queue_id,
            None,
            {**details, "from_queue_id": str(queue_id)},
        )
        await conversations.requeue(db, SYSTEM, conversation_id, reason="overflow", queue_id=decision.queue_id)
        return
    if decision.action == "bot":
        try:
            await conversations.to_bot(db, SYSTEM, conversation_id, reason="overflow")
        except Refused:  # this inbox has no bot: the customer may leave a message instead
            details["action"] = "message"
        else:
            await repository.add_log(db, conversation_id, current.now, "overflowed", queue_id, None, details)
            return
    if entry.leave_message and not arrived:
        return
    if decision.action is not None:
        await repository.update_entry(db, conversation_id, leave_message=True)
    await repository.add_log(db, conversation_id, current.now, "unreachable", queue_id, None, details)
    current.touch(queue_id)
    await emit(
        db,
        Unreachable(queue_id=queue_id, cause=cause),
        actor=SYSTEM,
        conversation_id=conversation_id,
        audience=Audience(queues=(queue_id,), customer=True),
    )
