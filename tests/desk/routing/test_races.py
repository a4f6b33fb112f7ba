"""Many at once on real connections: no deadlock surfaces, and afterwards everything holds."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from qiao.core import clock
from qiao.core.errors import Problem
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing, TransferTo
from qiao.desk.routing import jobs, service
from tests.desk.routing.office import SYSTEM, Office


async def test_everybody_at_once(office: Office) -> None:
    db = office.runtime.db
    agents = [await office.person(f"agent{n}", state="online", capacity=3) for n in range(6)]
    queues = [
        await office.queue("first", agents[:4]),
        await office.queue("second", agents[2:], accept_timeout_s=30, strategy="round_robin"),
    ]
    inboxes = [await office.inbox(queue_id) for queue_id in queues]
    actors = [await office.actor(user_id) for user_id in agents]
    created: list[UUID] = []
    refused = 0

    async def some(*statuses: str) -> UUID | None:
        rows = await office.rows(
            "SELECT id FROM conversations WHERE status = ANY(:s) ORDER BY random() LIMIT 1", s=list(statuses)
        )
        return rows[0].id if rows else None

    async def arrive(dice: random.Random) -> None:
        created.append(await office.arrive(dice.choice(inboxes)))

    async def write(dice: random.Random) -> None:
        if found := await some("queued", "assigned", "snoozed", "resolved"):
            facts = await office.facts(found)
            reached = await office.write(facts.customer_id, facts.inbox_id)
            if reached not in created:
                created.append(reached)

    async def reply(dice: random.Random) -> None:
        if found := await some("assigned"):
            await db.run(lambda s: conversations.send(s, SYSTEM, found, Outgoing(body="好的")))

    async def resolve(dice: random.Random) -> None:
        if found := await some("queued", "assigned", "snoozed"):
            await office.resolve(found)

    async def toggle(dice: random.Random) -> None:
        await office.state(dice.choice(agents), dice.choice(["online", "online", "online", "away", "offline"]))

    async def answer(dice: random.Random) -> None:
        number = dice.randrange(6)
        for offer in await office.offers(agents[number]):
            verb = dice.choice([service.accept, service.accept, service.decline])
            await db.run(lambda s, verb=verb, offer=offer: verb(s, actors[number], offer.id))

    async def transfer(dice: random.Random) -> None:
        if found := await some("assigned", "queued"):
            to = dice.choice(
                [TransferTo(type="user", id=dice.choice(agents)), TransferTo(type="queue", id=dice.choice(queues))]
            )
            await db.run(lambda s: conversations.transfer(s, SYSTEM, found, to))

    async def snooze(dice: random.Random) -> None:
        if found := await some("assigned"):
            until = clock.now() + timedelta(hours=1)
            await db.run(lambda s: conversations.snooze(s, SYSTEM, found, until))

    async def sweep(dice: random.Random) -> None:
        await jobs.sweep(office.runtime)

    async def members(dice: random.Random) -> None:
        wanted = dice.sample(agents, 4)
        await db.run(lambda s: service.set_members(s, SYSTEM, dice.choice(queues), wanted))

    verbs: list[Callable[[random.Random], Awaitable[None]]] = [
        arrive, arrive, arrive, write, write, reply, resolve, resolve, toggle, toggle, answer, answer, transfer, snooze,
        sweep, members,
    ]  # fmt: skip

    async def worker(seed: int) -> None:
        nonlocal refused
        dice = random.Random(seed)
        for _ in range(20):
            try:
                await dice.choice(verbs)(dice)
            except Problem as problem:
                assert problem.status in (403, 404, 409, 422), problem
                refused += 1

    await asyncio.gather(*(worker(seed) for seed in range(10)))
    await office.assert_sound()
    known = {row.id for row in await office.rows("SELECT id FROM conversations")}
    assert known == set(created)
    assert refused < 100  # most of what was tried was done
    async with db.read() as session:
        doubled = await session.execute(
            text("SELECT conversation_id FROM messages GROUP BY 1 HAVING count(*) <> max(seq) OR min(seq) <> 1")
        )
        assert not doubled.all()
