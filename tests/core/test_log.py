"""The event log: nothing is skipped, whatever commits late; memory and database give the same answer."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.core import log
from qiao.core.db import Db
from qiao.core.events import Audience, Envelope
from qiao.core.log import LogTailer
from tests.core.facts import happen

INSERT = (
    "INSERT INTO events (kind, actor_kind, audience, payload) VALUES ('test.happened', 'system', '{}',"
    " jsonb_build_object('n', $1::int))"
)


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


async def seen(db: Db, position: log.Position = (0, 0)) -> list[int]:
    # A first start leaves a few events of its own.
    return [e.payload["n"] for e in await log.after(db, position) if e.kind == "test.happened"]


async def test_an_event_is_held_back_while_an_older_transaction_may_still_write(database_url: str) -> None:
    db = Db(database_url)
    slow, quick = [await asyncpg.connect(plain(database_url)) for _ in range(2)]
    try:
        one = slow.transaction()
        await one.start()
        await slow.execute(INSERT, 1)  # takes its number, commits last
        await quick.execute(INSERT, 2)
        assert await seen(db) == []
        await one.commit()
        assert await seen(db) == [1, 2]
    finally:
        await slow.close()
        await quick.close()
        await db.close()


@pytest.mark.parametrize("seed", range(4))
async def test_readers_never_skip_and_never_repeat(database_url: str, seed: int) -> None:
    """Five writers in any interleaving, one reader that remembers its place and looks at any moment."""
    chance = random.Random(seed)
    db = Db(database_url)
    writers: list[Any] = [await asyncpg.connect(plain(database_url)) for _ in range(5)]
    number = 0
    try:
        for _ in range(12):
            position = await log.horizon(db)
            open_: dict[int, tuple[Any, list[int]]] = {}
            committed: list[int] = []
            heard: list[int] = []

            async def read(heard: list[int] = heard) -> None:
                nonlocal position
                for envelope in await log.after(db, position, 3):
                    assert envelope.position > position
                    position = envelope.position
                    heard.append(envelope.payload["n"])

            for _ in range(40):
                who = chance.randrange(5)
                match chance.choice(["write", "write", "commit", "roll back", "read"]):
                    case "read":
                        await read()
                    case "write":
                        if who not in open_:
                            open_[who] = (writers[who].transaction(), [])
                            await open_[who][0].start()
                        number += 1
                        await writers[who].execute(INSERT, number)
                        open_[who][1].append(number)
                    case how if who in open_:
                        transaction, mine = open_.pop(who)
                        await (transaction.commit() if how == "commit" else transaction.rollback())
                        committed += mine if how == "commit" else []
            for transaction, _ in open_.values():
                await transaction.rollback()
            for _ in range(len(committed) // 3 + 2):
                await read()
            assert sorted(heard) == sorted(committed)
    finally:
        for writer in writers:
            await writer.close()
        await db.close()


def envelope(xid: int, number: int) -> Envelope:
    return Envelope(xid, number, "test.happened", None, "system", None, Audience(), {"n": number}, None)  # type: ignore[arg-type]  # no time needed


@given(sizes=st.lists(st.integers(1, 9), max_size=12), limit=st.integers(1, 50))
def test_memory_answers_only_what_it_holds_whole(sizes: list[int], limit: int) -> None:
    async def fill() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log, "KEEP", 10)
            tailer = LogTailer(None)  # type: ignore[arg-type]  # nothing is read
            everything: list[Envelope] = []
            for size in sizes:
                start = len(everything)
                batch = [envelope(n // 3 + 1, n) for n in range(start, start + size)]
                everything += batch
                await tailer._hand_out(batch)
            for position in [(0, 0), *(e.position for e in everything)]:
                found = tailer.since(position, limit)
                later = [e for e in everything if e.position > position][:limit]
                assert found == later if found is not None else position < tailer.memory_start

    asyncio.run(fill())


async def test_who_waits_for_an_event_to_be_taken_hears_when_every_listener_has_it() -> None:
    tailer = LogTailer(None)  # type: ignore[arg-type]  # nothing is read
    go_on = asyncio.Event()

    async def slow(batch: Sequence[Envelope]) -> None:
        await go_on.wait()

    tailer.listen(slow)
    handing = asyncio.create_task(tailer._hand_out([envelope(5, 1), envelope(5, 2)]))
    assert not await tailer.taken((5, 2), 0.01), "the listener is still at it"
    waiting = asyncio.create_task(tailer.taken((5, 1), 60))
    go_on.set()
    assert await waiting
    await handing
    assert await tailer.taken((5, 2), 0) and not await tailer.taken((5, 3), 0)


@pytest.mark.parametrize("text", ["", "-", "1", "1-", "-1-2", "1--2", "a-b", "1-99999999999999999999", "1 -2", "١-٢"])
def test_nonsense_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError):
        log.parse_cursor(text)


async def test_a_listener_that_fails_stops_nobody(database_url: str) -> None:
    db = Db(database_url)
    tailer = LogTailer(db)
    heard: list[int] = []

    async def broken(batch: Sequence[Envelope]) -> None:
        raise RuntimeError("no")

    async def good(batch: Sequence[Envelope]) -> None:
        heard.extend(e.payload["n"] for e in batch)

    tailer.listen(broken)
    tailer.listen(good)
    await tailer.start()
    try:
        await happen(db, 1, 2)
        async with asyncio.timeout(60):
            while heard != [1, 2]:
                await asyncio.sleep(0.01)
    finally:
        await tailer.stop()
        await db.close()


async def test_the_tailer_survives_the_loss_of_its_connections(database_url: str) -> None:
    db = Db(database_url)
    tailer = LogTailer(db)
    heard: list[int] = []

    async def note(batch: Sequence[Envelope]) -> None:
        heard.extend(e.payload["n"] for e in batch)

    tailer.listen(note)
    await tailer.start()
    other = await asyncpg.connect(plain(database_url))
    try:
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await other.execute(INSERT, 7)
        async with asyncio.timeout(60):
            while heard != [7]:
                await asyncio.sleep(0.01)
    finally:
        await other.close()
        await tailer.stop()
        await db.close()
