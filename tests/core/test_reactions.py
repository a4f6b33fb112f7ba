"""Durable reactions: at least once, in order per conversation, parallel across, one process at a time."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from qiao.core.db import Db, Session
from qiao.core.events import Envelope
from qiao.core.ids import new_id
from qiao.core.reactions import letters, retry_delay
from tests.core.facts import QUICK, Happened, happen, process, reaction
from tests.core.test_log import plain


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def becomes(db: Db, query: str, wanted: list[Any]) -> None:
    async with asyncio.timeout(60):
        while await rows(db, query) != wanted:
            await asyncio.sleep(0.005)


async def rows(db: Db, query: str) -> list[Any]:
    async with db.read() as session:
        return [tuple(row) for row in (await session.execute(text(query))).all()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr(letters, "retry_delay", lambda attempt: timedelta(milliseconds=20))


def test_the_delay_grows_and_is_bounded() -> None:
    delays = [retry_delay(n) for n in range(1, 20)]
    assert delays[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(minutes=30)


async def test_order_holds_within_a_conversation_and_others_run_beside_it(database_url: str) -> None:
    heard: list[tuple[UUID | None, int]] = []
    running: Counter[UUID | None] = Counter()
    together = 0

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        nonlocal together
        key = envelope.conversation_id
        running[key] += 1
        assert running[key] == 1, "two events of one conversation at once"
        together = max(together, sum(running.values()))
        await asyncio.sleep(random.uniform(0, 0.004))
        running[key] -= 1
        heard.append((key, fact.n))

    conversations = [new_id() for _ in range(6)]
    async with process(database_url, reaction(note)) as (db, runner):
        async with db.transaction() as session:
            from qiao.core.actor import Actor
            from qiao.core.events import emit

            for n in range(60):
                await emit(session, Happened(n=n), actor=Actor.system(), conversation_id=conversations[n % 6])
        await runner.settled()
    assert sorted(n for _, n in heard) == list(range(60))
    for key in conversations:
        mine = [n for k, n in heard if k == key]
        assert mine == sorted(mine)
    assert together > 1


async def test_a_failing_event_holds_up_its_conversation_only(database_url: str, impatient: None) -> None:
    heard: list[int] = []
    sick = True

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        if fact.n == 1 and sick:
            raise RuntimeError("not yet")
        heard.append(fact.n)

    one, other = new_id(), new_id()
    async with process(database_url, reaction(note, retries=1000)) as (db, runner):
        await happen(db, 0, 1, 2, 3, conversation_id=one)
        await happen(db, 10, 11, conversation_id=other)
        await until(lambda: 11 in heard)
        await asyncio.sleep(0.1)
        assert [n for n in heard if n < 10] == [0], "what comes after the failure waits for it"
        await happen(db, 4, conversation_id=one)
        sick = False
        await until(lambda: 4 in heard)
        assert [n for n in heard if n < 10] == [0, 1, 2, 3, 4]
        await becomes(db, "SELECT count(*) FROM dead_letters", [(0,)])


async def test_after_its_last_try_it_is_a_dead_letter_and_the_conversation_goes_on(
    database_url: str, impatient: None
) -> None:
    tries: Counter[int] = Counter()
    cured = False

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        tries[fact.n] += 1
        if fact.n == 1 and not cured:
            raise RuntimeError("never \x00 works")

    key = new_id()
    async with process(database_url, reaction(note, retries=3)) as (db, runner):
        await happen(db, 1, 2, conversation_id=key)
        await until(lambda: tries[2] == 1)
        assert tries[1] == 4, "the first try and three more"
        await runner.settled()
        [(state, attempts, error)] = await rows(
            db, "SELECT state, attempts, error FROM dead_letters WHERE payload->>'n' = '1'"
        )
        assert (state, attempts) == ("dead", 4)
        assert "never" in error
        # An operator replays it.
        cured = True
        async with db.transaction() as session:
            await session.execute(text("UPDATE dead_letters SET state = 'retrying', attempts = 0, next_at = now()"))
        await until(lambda: tries[1] == 5)
        await becomes(db, "SELECT count(*) FROM dead_letters", [(0,)])


async def test_the_next_try_waits_longer_each_time(database_url: str) -> None:
    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        raise RuntimeError("no")

    async with process(database_url, reaction(note, retries=9)) as (db, runner):
        [(before,)] = await rows(db, "SELECT now()")
        await happen(db, 1, conversation_id=new_id())
        await runner.settled()
        for attempts, seconds in ((1, 2), (2, 4), (3, 8)):
            await becomes(db, "SELECT attempts FROM dead_letters", [(attempts,)])
            [(due, now)] = await rows(db, "SELECT next_at, now() FROM dead_letters")
            assert before + timedelta(seconds=seconds) <= due <= now + timedelta(seconds=seconds)
            before = now
            async with db.transaction() as session:
                await session.execute(text("UPDATE dead_letters SET next_at = now() - interval '1 second'"))


async def test_an_event_without_a_conversation_holds_up_nobody(database_url: str, impatient: None) -> None:
    heard: list[int] = []

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        if fact.n == 1:
            raise RuntimeError("no")
        heard.append(fact.n)

    async with process(database_url, reaction(note)) as (db, runner):
        await happen(db, 1, 2, 3)
        await runner.settled()
        assert heard == [2, 3]


async def test_a_slow_event_delays_its_conversation_only(database_url: str) -> None:
    heard: list[int] = []
    gate = asyncio.Event()

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        if fact.n == 1:
            await gate.wait()
        heard.append(fact.n)

    slow, other = new_id(), new_id()
    pace = type(QUICK)(seek=0.05, trouble=0.02, slow=0.05, retry=0.02, save=0.5)
    async with process(database_url, reaction(note), pace=pace) as (db, runner):
        await happen(db, 1, 2, conversation_id=slow)
        await happen(db, 10, 11, conversation_id=other)
        await until(lambda: 11 in heard)
        await happen(db, 3, conversation_id=slow)
        await asyncio.sleep(0.1)
        assert heard == [10, 11]
        gate.set()
        await until(lambda: 3 in heard)
        # At least once: on a busy machine one may come again, but never out of turn.
        assert list(dict.fromkeys(heard)) == [10, 11, 1, 2, 3]
        await becomes(db, "SELECT count(*) FROM dead_letters", [(0,)])


async def test_a_slow_event_is_not_lost_with_its_process(database_url: str) -> None:
    heard: list[int] = []
    stuck = True

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        if stuck:
            await asyncio.sleep(60)
        heard.append(fact.n)

    pace = type(QUICK)(seek=0.05, trouble=0.02, slow=0.03, retry=0.02, save=0.05)
    async with process(database_url, reaction(note), pace=pace) as (db, runner):
        await happen(db, 1, conversation_id=new_id())
        await runner.settled()
        assert heard == []
    stuck = False
    async with process(database_url, reaction(note), pace=pace):
        await until(lambda: heard == [1])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_batches_are_exactly_once_whenever_the_process_dies(database_url: str, seed: int) -> None:
    chance = random.Random(seed)

    async def store(db: Session, batch: Sequence[tuple[Happened, Envelope]]) -> None:
        await db.execute(text("INSERT INTO seen (n) SELECT unnest(CAST(:n AS int[]))"), {"n": [f.n for f, _ in batch]})
        await asyncio.sleep(chance.uniform(0, 0.003))

    db = Db(database_url)
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE seen (place bigint GENERATED ALWAYS AS IDENTITY, n int)"))
    writing = asyncio.create_task(happen(db, *range(120)))
    for _ in range(12):
        async with process(database_url, reaction(store, batch=True)):
            await asyncio.sleep(chance.uniform(0, 0.06))
    await writing
    async with process(database_url, reaction(store, batch=True)) as (_, runner):
        await runner.settled()
    assert [n for (n,) in await rows(db, "SELECT n FROM seen ORDER BY place")] == list(range(120))
    await db.close()


async def test_two_that_believe_to_own_a_batch_reaction_store_it_once(database_url: str) -> None:
    """Claims can be lost without noticing for a moment; the position then decides."""

    async def store(db: Session, batch: Sequence[tuple[Happened, Envelope]]) -> None:
        await db.execute(text("INSERT INTO seen (n) SELECT unnest(CAST(:n AS int[]))"), {"n": [f.n for f, _ in batch]})
        await asyncio.sleep(0.002)

    db = Db(database_url)
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE seen (n int)"))
    async with (
        process(database_url, reaction(store, batch=True)) as (_, one),
        process(database_url, reaction(store, batch=True)) as (_, two),
    ):
        for runner in (one, two):

            async def granted(name: str, runner: Any = runner) -> int:
                return int(runner.claims.epoch)

            runner.claims.take = granted
        await happen(db, *range(60))
        await until(lambda: "test.note" in one.positions and "test.note" in two.positions)
        await happen(db, *range(60, 80))
        await asyncio.sleep(0.5)
    async with process(database_url, reaction(store, batch=True)) as (_, runner):
        await runner.settled()
    assert sorted(n for (n,) in await rows(db, "SELECT n FROM seen")) == list(range(80))
    await db.close()


async def test_a_poisoned_event_does_not_stop_a_batch_reaction(database_url: str) -> None:
    heard: list[int] = []

    async def store(db: Session, batch: Sequence[tuple[Happened, Envelope]]) -> None:
        if any(fact.n == 2 for fact, _ in batch):
            raise RuntimeError("indigestible")
        heard.extend(fact.n for fact, _ in batch)

    async with process(database_url, reaction(store, batch=True)) as (db, runner):
        async with db.transaction() as session:
            from qiao.core.actor import Actor
            from qiao.core.events import emit

            for n in range(5):
                await emit(session, Happened(n=n), actor=Actor.system())
            await session.execute(
                text(
                    "INSERT INTO events (kind, actor_kind, audience, payload)"
                    " VALUES ('test.happened', 'system', '{}', '{\"n\": \"not a number\"}')"
                )
            )
        await happen(db, 9)
        await runner.settled()
        assert heard == [0, 1, 3, 4, 9]
        assert await rows(db, "SELECT state, count(*) FROM dead_letters GROUP BY 1") == [("dead", 2)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_event_is_handled_at_least_once_and_in_order_whenever_the_process_dies(
    database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    heard: list[tuple[UUID | None, int]] = []

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        await asyncio.sleep(chance.uniform(0, 0.002))
        heard.append((envelope.conversation_id, fact.n))

    keys = [new_id() for _ in range(4)]
    db = Db(database_url)

    async def write() -> None:
        for n in range(80):
            await happen(db, n, conversation_id=keys[n % 4])

    writing = asyncio.create_task(write())
    for _ in range(10):
        async with process(database_url, reaction(note)):
            await asyncio.sleep(chance.uniform(0, 0.08))
    await writing
    async with process(database_url, reaction(note)) as (_, runner):
        await runner.settled()
    await db.close()
    for key in keys:
        first = list(dict.fromkeys(n for k, n in heard if k == key))
        assert first == sorted(first)
    assert {n for _, n in heard} == set(range(80))


async def test_two_processes_never_run_one_reaction_at_once_and_take_over(database_url: str) -> None:
    heard: list[tuple[str, int]] = []
    running = 0

    def noting(who: str) -> Any:
        async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
            nonlocal running
            running += 1
            assert running == 1
            await asyncio.sleep(0.001)
            running -= 1
            heard.append((who, fact.n))

        return note

    key = new_id()
    async with process(database_url, reaction(noting("second"))) as (db, second):
        await until(lambda: "test.note" in second.positions)
        async with process(database_url, reaction(noting("first"))) as (_, first):
            await happen(db, *range(10), conversation_id=key)
            await until(lambda: len(heard) == 10)
            assert {who for who, _ in heard} == {"second"}
            assert "test.note" not in first.positions
            await second.stop()
            await happen(db, *range(10, 20), conversation_id=key)
            await until(lambda: len({n for _, n in heard}) == 20)
    # What was done but not yet noted down when the first stopped may come again; nothing is left out or changes places.
    assert list(dict.fromkeys(n for _, n in heard)) == list(range(20))
    assert {who for who, n in heard if n >= 10} == {"first"}


async def test_a_broken_connection_gives_up_every_claim_and_work_goes_on(database_url: str) -> None:
    heard: list[int] = []

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        heard.append(fact.n)

    async with process(database_url, reaction(note)) as (db, runner):
        await happen(db, 1)
        await until(lambda: heard == [1])
        epoch = runner.claims.epoch
        other = await asyncpg.connect(plain(database_url))
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'qiao-reactions'"
        )
        await until(lambda: runner.claims.epoch > epoch)
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        await happen(db, 2)
        await until(lambda: 2 in heard)
        assert await other.fetchval(held) >= 1
        await other.close()


async def test_a_new_reaction_starts_now_and_an_index_from_the_beginning(database_url: str) -> None:
    heard: dict[str, list[int]] = {"now": [], "all": []}

    async def note(db: Session, fact: Happened, envelope: Envelope) -> None:
        heard["now"].append(fact.n)

    async def index(db: Session, batch: Sequence[tuple[Happened, Envelope]]) -> None:
        heard["all"].extend(fact.n for fact, _ in batch)

    db = Db(database_url)
    await happen(db, 1, 2)
    fresh = type(reaction(note))("test.now", (Happened,), note, None, 3, False)
    async with process(database_url, fresh, reaction(index, name="test.all", batch=True)) as (_, runner):
        await happen(db, 3)
        await runner.settled()
    await db.close()
    assert heard == {"now": [3], "all": [1, 2, 3]}
