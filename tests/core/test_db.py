"""Sessions that read and sessions that write share connections, and nothing else."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qiao.core.db import Db, held


async def test_a_reading_session_cannot_write_and_leaves_the_connection_as_it_was(database_url: str) -> None:
    db = Db(database_url, pool_size=1)
    kept = text("INSERT INTO idempotency_keys (key, content, created_at) VALUES ('k', 'c', now())")
    try:
        async with db.transaction() as writing:
            mine = await writing.scalar(text("SELECT pg_backend_pid()"))
        with pytest.raises(DBAPIError, match="read-only"):
            async with db.read() as reading:
                await reading.execute(kept)
        async with db.transaction() as writing:
            assert await writing.scalar(text("SELECT pg_backend_pid()")) == mine
            await writing.execute(kept)
        async with db.read() as reading:
            assert await reading.scalar(text("SELECT count(*) FROM idempotency_keys")) == 1
    finally:
        await db.close()


async def test_who_is_cancelled_ends_also_when_the_connection_is_gone(database_url: str) -> None:
    db = Db(database_url, pool_size=2)
    try:
        backend: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            async with db.transaction() as session:
                backend.set_result(await session.scalar(text("SELECT pg_backend_pid()")) or 0)
                await asyncio.Event().wait()

        async def loop() -> None:
            while True:
                try:
                    await work()
                except Exception:
                    raise AssertionError("this loop would have gone on") from None

        running = asyncio.create_task(loop())
        pid = await backend
        async with db.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    finally:
        await db.close()


async def test_what_a_transaction_holds_is_forgotten_with_its_savepoints_and_with_itself(database_url: str) -> None:
    db = Db(database_url, pool_size=1)
    try:
        async with db.transaction() as session:
            held(session)["row"] = "locked"
            assert held(session) == {"row": "locked"}
            with pytest.raises(LookupError):
                async with session.begin_nested():
                    held(session)["row"] = "changed"
                    raise LookupError
            assert held(session) == {}
            held(session)["row"] = "read anew"
        assert held(session) == {}
    finally:
        await db.close()
