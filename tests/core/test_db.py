"""Sessions that read and sessions that write share connections, and nothing else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qiao.core.db import Db


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
