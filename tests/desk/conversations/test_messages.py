"""Messages: numbered without gaps, stored once however often they are sent, read, recalled."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from qiao.core import clock
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Refused
from qiao.core.ids import new_id
from qiao.desk.conversations import service
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.routing import service as routing
from tests.desk.conversations.desk import SYSTEM, Desk


async def preview(desk: Desk, key: UUID) -> Any:
    async with desk.runtime.db.read() as db:
        return await db.scalar(text("SELECT last_message_preview FROM conversations WHERE id = :id"), {"id": key})


async def test_first_messages_at_once_start_one_conversation(desk: Desk) -> None:
    customer = await desk.customer()
    found = await asyncio.gather(*(desk.write(customer, f"m{n}") for n in range(12)))
    assert len({r.conversation_id for r in found}) == 1
    assert sum(r.created for r in found) == 1
    said = await desk.transcript(found[0].conversation_id)
    assert [m.seq for m in said] == list(range(1, len(said) + 1))


async def test_a_repeat_changes_nothing(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    customer = await desk.customer()
    first = await desk.write(customer, client_id="same")
    key = first.conversation_id
    again = await desk.write(customer, "something else", client_id="same")
    assert again.duplicate and again.message.id == first.message.id and again.message.body == "你好"
    await desk.run(service.assign, SYSTEM, key, li.id)
    sent = await desk.send(li, key, client_id="a")
    assert (await desk.send(li, key, client_id="a")).id == sent.id
    noted = await desk.run(service.note, li, key, body="n", client_id="b")
    assert (await desk.run(service.note, li, key, body="n", client_id="b")).id == noted.id
    with pytest.raises(Conflict):
        await desk.send(li, key, client_id="same")  # the customer's
    await desk.run(service.close, SYSTEM, key)
    assert (await desk.write(customer, client_id="same")).conversation_id == key, "a late retry starts nothing new"


async def test_seq_has_no_gaps_when_the_hot_and_the_general_path_meet(desk: Desk) -> None:
    """Fifty writers: customers through the batches, agents and customers through transactions, retries in between."""
    chance = random.Random(5)
    intake = desk.runtime.get(Intake)
    li = await desk.person("li", queues=[desk.queue_id])
    conversations: dict[UUID, UUID] = {}
    for _ in range(4):
        customer = await desk.customer()
        conversations[customer] = (await desk.write(customer)).conversation_id
        await desk.run(service.assign, SYSTEM, conversations[customer], li.id)
    sent: dict[UUID, list[str]] = {key: [] for key in conversations.values()}

    async def customer_side(customer: UUID, number: int) -> None:
        for n in range(4):
            inbound = desk.inbound(customer, f"{number}-{n}", client_id=f"h{number}-{n}")
            for _ in range(chance.choice([1, 1, 2])):
                received = await intake.submit(inbound, conversations[customer])
                assert received.message.body == inbound.body
            sent[conversations[customer]].append(inbound.client_id)

    async def general(customer: UUID, number: int) -> None:
        for n in range(4):
            client_id = f"g{number}-{n}"
            await desk.write(customer, client_id=client_id)
            sent[conversations[customer]].append(client_id)

    async def agent(key: UUID, number: int) -> None:
        for n in range(4):
            await desk.send(li, key, client_id=f"a{number}-{n}")
            sent[key].append(f"a{number}-{n}")

    tasks: list[Any] = []
    for number in range(50):
        customer = chance.choice(list(conversations))
        kind = number % 3
        tasks.append(
            customer_side(customer, number)
            if kind == 0
            else general(customer, number)
            if kind == 1
            else agent(conversations[customer], number)
        )
    await asyncio.gather(*tasks)
    for key, expected in sent.items():
        said = await desk.transcript(key)
        assert [m.seq for m in said] == list(range(1, len(said) + 1))
        written = [m.client_id for m in said if m.client_id]
        assert sorted(set(expected)) == sorted(c for c in written if c[0] in "hga")
        facts = await desk.facts(key)
        assert facts.last_seq == said[-1].seq
        for number in range(50):
            mine = [c for c in written if c.startswith((f"h{number}-", f"g{number}-", f"a{number}-"))]
            assert mine == sorted(mine), "each writer's messages are in the order they were sent"


async def test_what_arrives_together_keeps_its_order(desk: Desk) -> None:
    intake = desk.runtime.get(Intake)
    customers = [await desk.customer() for _ in range(3)]
    keys = {c: (await desk.write(c)).conversation_id for c in customers}
    await asyncio.gather(
        *(intake.submit(desk.inbound(c, str(n), client_id=f"{n:04}"), keys[c]) for n in range(150) for c in customers)
    )
    for key in keys.values():
        ids = [m.client_id for m in await desk.transcript(key) if m.client_id and len(m.client_id) == 4]
        assert ids == [f"{n:04}" for n in range(150)]


async def test_the_batch_leaves_the_unusual_to_the_general_path(desk: Desk) -> None:
    intake = desk.runtime.get(Intake)
    customer, other = await desk.customer(), await desk.customer()
    key, else_ = (await desk.write(customer)).conversation_id, (await desk.write(other)).conversation_id
    # A row somebody else holds.
    async with desk.runtime.db.transaction() as db:
        await db.execute(text("SELECT 1 FROM conversations WHERE id = :id FOR UPDATE"), {"id": key})
        waiting = asyncio.create_task(intake.submit(desk.inbound(customer, "held"), key))
        quick = await intake.submit(desk.inbound(other, "free"), else_)
        assert quick.message.body == "free"
        assert not waiting.done()
    assert (await waiting).conversation_id == key
    # The same message twice in one batch.
    twice = desk.inbound(customer, "twice")
    one, two = await asyncio.gather(intake.submit(twice, key), intake.submit(twice, key))
    assert one.message.id == two.message.id
    # Resolved, then closed, meanwhile.
    await desk.run(service.resolve, SYSTEM, key)
    assert (await intake.submit(desk.inbound(customer), key)).conversation_id == key
    await desk.run(service.close, SYSTEM, key)
    assert (await intake.submit(desk.inbound(customer), key)).created
    # Somebody else's conversation.
    assert (await intake.submit(desk.inbound(customer), else_)).conversation_id not in (key, else_)
    # Text no database keeps.
    for bad in ({"payload": {"x": "\x00"}}, {"payload": {"x": "\ud800"}}, {"body": "\ud800"}):
        with pytest.raises((Problem, Exception)) as refusal:
            await asyncio.wait_for(intake.submit(desk.inbound(other, **({"body": "x"} | bad)), else_), 5)  # type: ignore[arg-type]
        assert not isinstance(refusal.value, TimeoutError)
    assert (await intake.submit(desk.inbound(other, "still here"), else_)).conversation_id == else_


async def test_whoever_waits_when_the_intake_stops_is_told(desk: Desk) -> None:
    intake = desk.runtime.get(Intake)
    customer = await desk.customer()
    key = (await desk.write(customer)).conversation_id
    async with desk.runtime.db.transaction() as db:
        await db.execute(text("SELECT 1 FROM conversations WHERE id = :id FOR UPDATE"), {"id": key})
        waiting = [asyncio.create_task(intake.submit(desk.inbound(customer), key)) for _ in range(3)]
        await asyncio.sleep(0.1)
        await intake.stop()
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 60)
    assert all(isinstance(o, Problem) and o.status == 503 for o in outcomes)
    await intake.start()
    assert (await intake.submit(desk.inbound(customer), key)).conversation_id == key


async def test_who_may_speak(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    wang = await desk.person("wang", queues=[desk.queue_id])
    stranger = await desk.person("chen")
    boss = await desk.person("boss", role="supervisor")
    viewer = await desk.person("view", role="viewer")
    key = await desk.arrive(assigned_to=li)
    assert (await desk.send(li, key)).author.name == "Li"
    for actor, refusal in ((wang, Forbidden), (boss, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        with pytest.raises(refusal):
            await desk.send(actor, key)
    # Being mentioned lets see, not speak.
    await desk.run(service.note, li, key, body="@chen", mentions=[stranger.id])
    assert (await desk.view(stranger, key)).id == key
    with pytest.raises(Forbidden):
        await desk.send(stranger, key)
    await desk.run(service.join, boss, key)
    assert (await desk.send(boss, key)).author.name == "Boss"
    await desk.run(service.leave, boss, key)
    with pytest.raises(Forbidden):
        await desk.send(boss, key)
    await desk.run(service.leave, stranger, key)
    with pytest.raises(NotFound):
        await desk.view(stranger, key)
    lines = [m.payload["type"] for m in await desk.transcript(key) if m.kind == "event"]
    assert lines.count("left") == 1, "only who had joined visibly leaves"
    await desk.run(service.take_over, boss, key)
    assert (await desk.facts(key)).assignee_id == boss.id
    with pytest.raises(Forbidden):
        await desk.send(li, key)
    await desk.run(service.resolve, boss, key)
    with pytest.raises(Refused):
        await desk.send(boss, key)


async def test_content_is_checked(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li)
    for wrong in (
        Outgoing(body="  "),
        Outgoing(body="x" * 10_001),
        Outgoing(body="a\x00b"),
        Outgoing(kind="note", body="x"),
        Outgoing(kind="event", body="x"),
        Outgoing(kind="image", payload={}),
        Outgoing(kind="image", payload={"file_id": str(new_id())}),
        Outgoing(kind="file", payload={"file_id": 7}),
        Outgoing(kind="card", payload={}),
        Outgoing(body="x", payload={"much": "x" * 40_000}),
    ):
        with pytest.raises(Invalid):
            await desk.run(service.send, li, key, wrong)
    with pytest.raises(Invalid):
        await desk.run(service.note, li, key, body="\n ")
    with pytest.raises(Invalid):
        await desk.run(service.note, li, key, body="@nobody", mentions=[new_id()])
    assert (await desk.send(li, key, "fine")).body == "fine"


async def test_recall_takes_the_words_out_of_every_place(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    wang = await desk.person("wang", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li)
    note = await desk.run(service.note, li, key, body="内部备注")
    await desk.run(service.recall, li, key, note.id)
    assert await preview(desk, key) == "你好", "a note was never in the list"
    sent = await desk.send(li, key, "机密口令")
    await desk.run(service.join, await desk.person("boss", role="supervisor"), key)  # a line after it
    with pytest.raises(Forbidden):
        await desk.run(service.recall, wang, key, sent.id)
    with clock.frozen(clock.now() + timedelta(minutes=3)), pytest.raises(Refused):
        await desk.run(service.recall, li, key, sent.id)
    await desk.run(service.recall, li, key, sent.id)
    again = await desk.run(service.recall, li, key, sent.id)
    assert (again.body, again.payload) == ("", {})
    assert await preview(desk, key) == "[recalled]"
    assert "机密" not in str(await desk.transcript(key))
    await desk.runtime.reactions.settled()
    async with desk.runtime.db.read() as db:
        assert not await service.search(db, li, "机密", 10)
    line = next(m for m in await desk.transcript(key) if m.kind == "event")
    with pytest.raises((Forbidden, Refused)):
        await desk.run(service.recall, li, key, line.id)
    with pytest.raises(NotFound):
        await desk.run(service.recall, li, key, new_id())


async def test_reading_counts_what_is_left(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    boss = await desk.person("boss", role="supervisor")
    customer = await desk.customer()
    key = (await desk.write(customer)).conversation_id
    await desk.run(service.assign, SYSTEM, key, li.id)
    seqs = [(await desk.write(customer, f"m{n}")).message.seq for n in range(4)]
    assert (await desk.view(li, key)).unread == 5
    await desk.run(service.mark_read, boss, key, seqs[-1])
    assert (await desk.view(li, key)).unread == 5, "who only watches reads nothing for the agent"
    await desk.run(service.mark_read, li, key, seqs[1])
    assert (await desk.view(li, key)).unread == 2
    await desk.run(service.mark_read, li, key, 10**9)
    view = await desk.view(li, key)
    assert (view.unread, view.staff_read_seq) == (0, view.last_seq)
    await desk.run(service.mark_read, li, key, 1)
    assert (await desk.view(li, key)).staff_read_seq == view.last_seq, "never backwards"
    with pytest.raises(NotFound):
        await desk.run(service.mark_read, await desk.person("chen"), key, 1)


async def test_tags_priority_and_snooze(desk: Desk) -> None:
    li = await desk.person("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li)
    assert await desk.run(service.set_tags, li, key, add=[" 退款 ", "退款", "vip  x"]) == ["退款", "vip x"]
    assert await desk.run(service.set_tags, li, key, add=["a"], remove=["退款"]) == ["vip x", "a"]
    before = (await desk.facts(key)).version
    await desk.run(service.set_tags, li, key, add=["a"])
    assert (await desk.facts(key)).version == before
    for wrong in (["x" * 41], [f"t{n}" for n in range(31)]):
        with pytest.raises(Invalid):
            await desk.run(service.set_tags, li, key, add=wrong)
    await desk.run(service.set_priority, li, key, 3)
    assert (await desk.facts(key)).priority == 3
    for wrong_time in (clock.now() - timedelta(seconds=1), clock.now() + timedelta(days=400)):
        with pytest.raises(Invalid):
            await desk.run(service.snooze, li, key, wrong_time)
    viewer = await desk.person("view", role="viewer")
    for verb in (
        lambda db: service.set_tags(db, viewer, key, add=["x"]),
        lambda db: service.set_priority(db, viewer, key, 1),
        lambda db: service.resolve(db, viewer, key),
        lambda db: service.note(db, viewer, key, body="x"),
        lambda db: service.assign(db, viewer, key, li.id),  # type: ignore[arg-type]
    ):
        with pytest.raises(Forbidden):
            await desk.runtime.db.run(verb)


async def test_who_ends_a_snooze_decides_whose_it_is(desk: Desk) -> None:
    """The agent's own click keeps it theirs; a colleague's or the clock's gives it to the queue when they are offline."""
    li = await desk.person("li", queues=[desk.queue_id])
    colleague = await desk.person("wang", role="supervisor", queues=[desk.queue_id])

    async def snoozed() -> Any:
        key = await desk.arrive(assigned_to=li)
        await desk.run(service.snooze, li, key, clock.now() + timedelta(hours=1))
        return key

    own, theirs, timed = [await snoozed() for _ in range(3)]
    await desk.run(routing.set_presence, li, li.id, state="offline")
    await desk.run(service.unsnooze, li, own)
    await desk.run(service.unsnooze, colleague, theirs)
    async with desk.runtime.db.transaction() as db:
        await db.execute(
            text("UPDATE conversations SET snoozed_until = now() - interval '1 s' WHERE id = :k"), {"k": timed}
        )
    assert await desk.run(service.wake_if_due, timed)
    mine = await desk.facts(own)
    assert (mine.status, mine.assignee_id) == ("assigned", li.id)
    for key in (theirs, timed):
        facts = await desk.facts(key)
        assert (facts.status, facts.assignee_id) == ("queued", None)
    # At work, both leave it with its agent.
    await desk.run(routing.set_presence, li, li.id, state="online")
    key = await snoozed()
    await desk.run(service.unsnooze, colleague, key)
    assert (await desk.facts(key)).assignee_id == li.id


async def test_a_rolled_back_savepoint_forgets_the_status_lock(desk: Desk) -> None:
    """Locks taken inside are given up with it: the next verb must take it again."""
    from qiao.core.db import status_lock

    held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    async with desk.runtime.db.transaction() as db:
        try:
            async with db.begin_nested():
                await status_lock(db)
                raise RuntimeError
        except RuntimeError:
            pass
        assert await db.scalar(held) == 0
        await status_lock(db)
        assert await db.scalar(held) == 1
