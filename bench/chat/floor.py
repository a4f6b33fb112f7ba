"""The floor: what PostgreSQL and asyncpg do with nothing around them."""

import asyncio
import time
import uuid

import asyncpg

TASKS = 8


async def measure(url: str, seconds: float) -> float:
    """Transactions per second of: insert a message, update its conversation, commit; 8 tasks, one connection each."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE bench_conversation (id uuid PRIMARY KEY, last_seq int NOT NULL, last_at timestamptz, preview text)"
        " WITH (fillfactor = 70);"
        "CREATE TABLE bench_message (id uuid PRIMARY KEY, conversation_id uuid NOT NULL, seq int NOT NULL, body text,"
        " created_at timestamptz, UNIQUE (conversation_id, seq))"
    )
    done = 0
    stop = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal done
        own = await asyncpg.connect(url)
        conversation, seq = uuid.uuid4(), 0
        await own.execute("INSERT INTO bench_conversation VALUES ($1, 0, now(), '')", conversation)
        while time.perf_counter() < stop:
            seq += 1
            async with own.transaction():
                await own.execute(
                    "INSERT INTO bench_message VALUES ($1, $2, $3, $4, now())",
                    uuid.uuid4(),
                    conversation,
                    seq,
                    "请问什么时候发货？",
                )
                await own.execute(
                    "UPDATE bench_conversation SET last_seq = $2, last_at = now(), preview = $3 WHERE id = $1",
                    conversation,
                    seq,
                    "请问什么时候发货？",
                )
            done += 1
        await own.close()

    await asyncio.gather(*(work() for _ in range(TASKS)))
    await connection.execute("DROP TABLE bench_message; DROP TABLE bench_conversation")
    await connection.close()
    return done / seconds
