"""What arrives together shares a transaction, and a repeated message is never stored twice."""

import asyncio
from uuid import UUID

from qiao.desk.conversations import service
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import Inbound, Received
from tests.desk.conversations.desk import SYSTEM, Desk


async def running(desk: Desk) -> tuple[UUID, UUID]:
    """A customer in a conversation with people, which is where messages come thick and fast."""
    agent = await desk.person("li", queues=[desk.queue_id])
    customer_id = await desk.customer()
    conversation_id = (await desk.write(customer_id)).conversation_id
    assert agent.id is not None
    await desk.run(service.assign, SYSTEM, conversation_id, agent.id)
    await desk.runtime.reactions.settled()
    return customer_id, conversation_id


async def submit(desk: Desk, conversation_id: UUID, *inbound: Inbound, intake: Intake | None = None) -> list[Received]:
    door = intake or desk.runtime.get(Intake)
    return await asyncio.gather(*(door.submit(one, conversation_id) for one in inbound))


async def test_what_comes_at_once_is_stored_in_order_without_a_gap(desk: Desk) -> None:
    customer_id, key = await running(desk)
    before = (await desk.facts(key)).last_seq
    said = [desk.inbound(customer_id, f"第 {number} 句") for number in range(40)]
    received = await submit(desk, key, *said)
    assert [r.message.seq for r in received] == list(range(before + 1, before + 41))
    assert [m.body for m in await desk.transcript(key) if m.author.kind == "customer"][1:] == [s.body for s in said]


async def test_a_repeated_message_gets_the_first_answer_and_its_neighbours_theirs(desk: Desk) -> None:
    customer_id, key = await running(desk)
    once = desk.inbound(customer_id, "只说一次")
    (first,) = await submit(desk, key, once)
    # The same process remembers; another one, or this one after a restart, finds it in the database.
    stranger = Intake(desk.runtime)
    await stranger.start()
    try:
        for door in (desk.runtime.get(Intake), stranger):
            other = desk.inbound(customer_id, "别的话")
            again, new = await submit(desk, key, once, other, intake=door)
            assert (again.duplicate, again.message.id, again.message.seq) == (True, first.message.id, first.message.seq)
            assert (new.duplicate, new.message.body) == (False, "别的话")
    finally:
        await stranger.stop()
    bodies = [m.body for m in await desk.transcript(key)]
    assert (bodies.count("只说一次"), bodies.count("别的话")) == (1, 2)
