"""Every move from every status: legal ones arrive where the table says, the others are refused and change nothing."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import policy, service
from qiao.desk.conversations.policy import Move, Status
from qiao.desk.conversations.ports import AgentAvailability
from qiao.desk.conversations.schemas import TransferTo
from tests.desk.conversations.desk import SYSTEM, Desk

ROUTES: dict[Move, str] = {
    Move.QUEUE: "requeue",
    Move.ASSIGN: "assign",
    Move.TO_BOT: "to_bot",
    Move.SNOOZE: "snooze",
    Move.UNSNOOZE: "unsnooze",
    Move.RESOLVE: "resolve",
    Move.REOPEN: "reopen",
    Move.CLOSE: "close",
}


@pytest.mark.parametrize(("status", "move"), list(product(Status, Move)))
def test_the_table_decides(status: Status, move: Move) -> None:
    try:
        reached = policy.next_status(status, move)
    except policy.TransitionRefused:
        assert (status, move) not in policy.TRANSITIONS
    else:
        assert reached is policy.TRANSITIONS[status, move]
        assert status is not Status.CLOSED, "nothing leads out of closed"


async def bring(desk: Desk, agent: Actor, status: Status) -> UUID:
    key = await desk.arrive(assigned_to=agent if status in (Status.ASSIGNED, Status.SNOOZED) else None)
    if status is Status.QUEUED:
        await desk.run(service.enqueue, SYSTEM, key, reason="asked")
    elif status is Status.SNOOZED:
        await desk.run(service.snooze, agent, key, clock.now() + timedelta(hours=1))
    elif status is Status.RESOLVED:
        await desk.run(service.resolve, SYSTEM, key)
    elif status is Status.CLOSED:
        await desk.run(service.close, SYSTEM, key)
    return key


async def do(desk: Desk, agent: Actor, key: UUID, move: Move) -> None:
    match move:
        case Move.QUEUE:
            await desk.run(service.requeue, SYSTEM, key, reason="test")
        case Move.ASSIGN:
            await desk.run(service.assign, agent, key, agent.id)
        case Move.TO_BOT:
            await desk.run(service.to_bot, SYSTEM, key, reason="test")
        case Move.SNOOZE:
            await desk.run(service.snooze, agent, key, clock.now() + timedelta(hours=2))
        case Move.UNSNOOZE:
            await desk.run(service.unsnooze, agent, key)
        case Move.RESOLVE:
            await desk.run(service.resolve, agent, key)
        case Move.REOPEN:
            await desk.run(service.reopen, agent, key)
        case Move.CLOSE:
            await desk.run(service.close, agent, key)


async def row(desk: Desk, key: UUID) -> Any:
    async with desk.runtime.db.read() as db:
        query = text(
            "SELECT status, version, last_seq, assignee_id, waiting_since, resolved_at FROM conversations WHERE id = :id"
        )
        return (await db.execute(query, {"id": key})).one()


async def online(db: Session, user_id: UUID) -> bool:
    availability = runtime_of(db).find(AgentAvailability)
    return availability is not None and await availability.is_online(db, user_id)


async def test_every_move_from_every_status_through_the_service(desk: Desk) -> None:
    agent = await desk.person("sup", role="supervisor")
    assert agent.id is not None
    for status, move in product(Status, ROUTES):
        key = await bring(desk, agent, status)
        before = await row(desk, key)
        assert before.status == status
        expected = policy.TRANSITIONS.get((status, move))
        if (status, move) == (Status.RESOLVED, Move.QUEUE):
            expected = Status.QUEUED  # queueing what was resolved is its own move of the table
        if (status, move) == (Status.SNOOZED, Move.UNSNOOZE) and not await desk.run(online, agent.id):
            expected = Status.QUEUED
        if (status, move) == (Status.ASSIGNED, Move.ASSIGN):
            await do(desk, agent, key, move)
            assert await row(desk, key) == before, "theirs already: nothing changes"
            continue
        if expected is None:
            with pytest.raises(Refused):
                await do(desk, agent, key, move)
            assert await row(desk, key) == before
            continue
        await do(desk, agent, key, move)
        after = await row(desk, key)
        assert after.status == expected, f"{status} -{move}->"
        assert after.version > before.version
        assert (after.assignee_id is not None) or after.status not in ("assigned", "snoozed")
        if after.status in ("bot", "resolved", "closed"):
            assert after.waiting_since is None
        if after.status in ("bot", "queued", "assigned"):
            assert after.resolved_at is None


async def test_transfer_goes_where_it_says(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    wang = await desk.person("wang", queues=[desk.queue_id])
    other = await desk.queue("other")
    for to, status, queue_id in (
        (TransferTo(type="user", id=wang.id), "assigned", desk.queue_id),
        (TransferTo(type="queue", id=other), "queued", other),
        (TransferTo(type="bot"), "bot", desk.queue_id),
    ):
        key = await desk.arrive(assigned_to=li)
        await desk.run(service.transfer, li, key, to, "please help")
        facts = await desk.facts(key)
        assert (facts.status, facts.queue_id) == (status, queue_id)
        assert [m.body for m in await desk.transcript(key) if m.kind == "note"] == ["please help"]
    key = await desk.arrive(assigned_to=li)
    for wrong in (TransferTo(type="user"), TransferTo(type="user", id=li.id), TransferTo(type="queue", id=li.id)):
        before = await row(desk, key)
        with pytest.raises(Exception, match="invalid"):
            await desk.run(service.transfer, li, key, wrong, "")
        assert await row(desk, key) == before


async def test_a_customer_wakes_what_is_snoozed_or_resolved_and_starts_anew_after_closed(desk: Desk) -> None:
    from qiao.desk.routing import service as routing

    li = await desk.person("li", queues=[desk.queue_id])
    await desk.run(routing.set_presence, li, li.id, state="online")
    customer = await desk.customer()
    first = (await desk.write(customer)).conversation_id
    await desk.run(service.assign, SYSTEM, first, li.id)
    await desk.run(service.snooze, li, first, clock.now() + timedelta(hours=1))
    again = await desk.write(customer, "还在吗")
    facts = await desk.facts(first)
    assert again.conversation_id == first
    assert facts.status == "assigned"
    assert facts.waiting_since is not None
    await desk.run(service.resolve, li, first)
    assert (await desk.write(customer, "还有个问题")).conversation_id == first
    assert (await desk.facts(first)).assignee_id == li.id
    kinds = [m.payload.get("type") if m.kind == "event" else m.kind for m in await desk.transcript(first)]
    assert kinds[-2:] == ["reopened", "text"], "it is open again before its agent reads the message"
    await desk.run(service.close, li, first)
    assert (await desk.write(customer, "新问题")).conversation_id != first


async def test_a_message_that_reopens_the_bots_conversation_is_the_bots(desk: Desk) -> None:
    from qiao.core import log
    from qiao.desk.conversations.events import MessageCreated

    customer = await desk.customer()
    key = (await desk.write(customer)).conversation_id
    await desk.run(service.resolve, Actor.bot(), key)
    position = await log.horizon(desk.runtime.db)
    await desk.write(customer, "还有一个问题")
    facts = await desk.facts(key)
    assert (facts.status, facts.waiting_since) == ("bot", None)
    await desk.runtime.reactions.settled()
    found = await log.after(desk.runtime.db, position, kinds=[MessageCreated.kind])
    [created] = [e for e in found if e.actor_kind == "customer"]
    assert created.payload["status"] == "bot", "the bot answers what was written to it"


async def test_time_moves_only_what_is_still_due(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    now = clock.now()
    snoozed = await desk.arrive(assigned_to=li)
    await desk.run(service.snooze, li, snoozed, now + timedelta(minutes=5))
    assert not await desk.run(service.wake_if_due, snoozed)
    with clock.frozen(now + timedelta(minutes=6)):
        assert await desk.run(service.wake_if_due, snoozed)
    resolved = await desk.arrive(assigned_to=li)
    await desk.run(service.resolve, li, resolved)
    assert not await desk.run(service.close_if_over, resolved, now - timedelta(hours=1))
    await desk.run(service.reopen, li, resolved)
    assert not await desk.run(service.close_if_over, resolved, now + timedelta(hours=1)), "live again: left alone"
    quiet = await desk.arrive()
    assert not await desk.run(service.resolve_if_silent, Actor.bot(), quiet, now - timedelta(hours=1))
    assert await desk.run(service.resolve_if_silent, Actor.bot(), quiet, clock.now())
