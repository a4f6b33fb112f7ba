"""Work that time asks for, by one process at a time."""

import asyncio
from typing import Any, cast

from sqlalchemy import text

from qiao.core.db import Db
from qiao.core.jobs import work_once


async def test_work_may_take_longer_than_a_transaction_may_stand_idle(database_url: str) -> None:
    impatient, other = Db(database_url, pool_size=1), Db(database_url, pool_size=1)
    runtime = cast(Any, None)  # what is handed to the work, which needs none here
    try:
        async with impatient.transaction() as session:
            await session.execute(text("SET SESSION idle_in_transaction_session_timeout = '100ms'"))
        began, seen = asyncio.Event(), asyncio.Event()

        async def long(_: Any) -> None:
            began.set()
            await seen.wait()

        async def never(_: Any) -> None:
            raise AssertionError("two at once")

        first = asyncio.create_task(work_once(impatient, "long", runtime, long))
        await began.wait()
        await asyncio.sleep(0.3)
        assert not await work_once(other, "long", runtime, never)
        seen.set()
        assert await first
    finally:
        await impatient.close()
        await other.close()
