"""Webhooks at a steady rate: how soon they are acknowledged, how soon they are messages."""

import asyncio
import random
import time
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from bench.chat.client import spread
from bench.chat.product import Api, Product
from qiao.channels.contract.channel import Endpoint
from qiao.channels.telegram.api import secret_token

SENDERS = 400


def update(number: int, sender: int, words: str) -> dict[str, Any]:
    """An update as a bot's hook gets it."""
    person = {"id": 10_000 + sender, "is_bot": False, "first_name": f"Li {sender}", "language_code": "zh-hans"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": person,
            "chat": {"id": person["id"], "type": "private", "first_name": person["first_name"]},
            "date": int(time.time()),
            "text": words,
        },
    }


async def at_rate(client: httpx.AsyncClient, calls: list[tuple[str, str, Any]], rate: float) -> list[float]:
    """Sends the calls at `rate` a second whatever becomes of them; the seconds each took from when it was due."""
    took: list[float] = []
    began = time.perf_counter()

    async def one(due: float, method: str, path: str, options: Any) -> None:
        answer = await client.request(method, path, **options)
        if answer.status_code != 200:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number, (method, path, options) in enumerate(calls):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due, method, path, options))
    return took


async def measure(product: Product, admin: Api, seed: int, seconds: float, rate: float) -> dict[str, Any]:
    """Acknowledgements and lag of one bot, and the health page beside it."""
    chance = random.Random(seed)
    made = admin(
        "POST",
        "/inboxes",
        {"channel": "telegram", "name": "Bot", "bot_enabled": False, "settings": {"bot_token": "1:bench"}},
    )
    endpoint = Endpoint(UUID(made["id"]), made["settings"], made["secret"], key=made["key"])
    endpoint = Endpoint(
        endpoint.inbox_id, endpoint.settings, endpoint.secret, key=endpoint.key, credentials={"bot_token": "1:bench"}
    )
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret_token(endpoint)}
    path = f"/api/v1/channels/hooks/{made['key']}"
    count = int(seconds * rate)
    updates = [update(n + 1, chance.randrange(SENDERS), f"第 {n} 件快递到哪里了") for n in range(count)]
    database = await asyncpg.connect(product.database_url())
    try:
        async with httpx.AsyncClient(base_url=product.base, timeout=60) as client:
            warm = [update(10_000_000 + n, n, "warm") for n in range(20)]
            await at_rate(client, [("POST", path, {"json": one, "headers": headers}) for one in warm], 20)
            nothing = await at_rate(client, [("GET", "/health", {})] * count, rate)
            posts = [("POST", path, {"json": one, "headers": headers}) for one in updates]
            before = product.processor_seconds()
            took = await at_rate(client, posts, rate)
            ended = time.perf_counter()
            waiting = await database.fetchval("SELECT count(*) FROM channel_arrivals WHERE state = 'waiting'")
            while await database.fetchval("SELECT count(*) FROM channel_arrivals WHERE state = 'waiting'"):  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.02)
            lag = time.perf_counter() - ended
            spent = product.processor_seconds() - before
        stored = await database.fetchval("SELECT count(*) FROM messages WHERE author_kind = 'customer'")
        dead = await database.fetchval("SELECT count(*) FROM channel_arrivals WHERE state = 'dead'")
    finally:
        await database.close()
    return {
        "rate_per_s": rate,
        "updates": count,
        "acknowledged_ms": spread(took),
        "health_page_ms": spread(nothing),
        "waiting_at_the_end": waiting,
        "lag_s": round(lag, 2),
        "server_cpu_ms_per_message": round(1000 * spent / count, 2),
        "messages": stored - len(warm),
        "dead": dead,
    }
