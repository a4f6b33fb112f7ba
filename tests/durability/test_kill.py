"""The product is killed in the middle of traffic, again and again; nothing that was acknowledged may be missing or double.

Customers (the widget's API) and an agent (REST and the staff's socket) talk without pause. Each try of theirs that was not
answered is repeated with the same `client_id`, as the real clients do.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import websockets

from qiao.core.postgres import EmbeddedPostgres
from tests.served import free_port, line

KILLS = int(os.environ.get("QIAO_KILLS") or 6)
"""Every fourth takes the database along. Each run has moments of its own (QIAO_SEED); QIAO_KILLS=100 looks longer."""
CUSTOMERS = 6
TRAFFIC = 15
"""Messages that are acknowledged between two kills, at least."""
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse 9 battery"


@dataclass
class Product:
    """`qiao up --empty` as an operator runs it."""

    data: Path
    port: int = field(default_factory=free_port)
    nursery: asyncio.subprocess.Process | None = None
    pid: int | None = None
    killed_databases: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def load(self) -> None:
        environment = os.environ | {
            "QIAO_DATA": str(self.data),
            "QIAO_PORT": str(self.port),
            "QIAO_LOG_LEVEL": "warning",
            "OMP_NUM_THREADS": "1",
        }
        with self.log.open("ab") as output:
            self.nursery = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.durability.nursery",
                cwd=ROOT,
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
            )

    @property
    def log(self) -> Path:
        return self.data.parent / "server.log"

    def alive(self) -> bool:
        return self.pid is not None and Path(f"/proc/{self.pid}").exists()

    async def start(self) -> None:
        assert self.nursery is not None and self.nursery.stdin is not None and self.nursery.stdout is not None
        self.nursery.stdin.write(b"\n")
        self.pid = int(await self.nursery.stdout.readline())
        async with asyncio.timeout(180), httpx.AsyncClient(base_url=f"http://{self.address}") as client:
            while True:
                assert self.alive(), self.log.read_text()[-4000:]
                with suppress(httpx.HTTPError):
                    if (await client.get("/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.03)

    async def kill(self, *, database: bool) -> None:
        if database:
            status = EmbeddedPostgres(self.data / "postgres").status()
            if status.pid is not None:
                os.kill(status.pid, signal.SIGKILL)
                self.killed_databases += 1
        await self._signal(signal.SIGKILL)

    async def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self.alive():
            os.kill(self.pid, number)
            async with asyncio.timeout(30):
                while self.alive():
                    await asyncio.sleep(0.005)
        self.pid = None

    async def stop(self) -> None:
        with suppress(TimeoutError):
            await self._signal(signal.SIGTERM)
        await self._signal(signal.SIGKILL)
        if self.nursery is not None:
            self.nursery.kill()
            await self.nursery.wait()
        EmbeddedPostgres(self.data / "postgres").shutdown()


GONE = (httpx.HTTPError, OSError, AttributeError)
"""What a client sees of a server that is killed; the last is anyio's, of a connection that ends while it is made."""


async def insist(attempt: Callable[[], Awaitable[Any]], seconds: float = 300) -> Any:
    """Tries until it is answered. What is refused for good raises at once."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                response = await attempt()
                if response.status_code < 400:
                    return response.json()
                assert response.status_code in (409, 429, 500, 502, 503), response.text
            except GONE:
                pass
            await asyncio.sleep(0.03)


@dataclass
class Customer:
    """Writes one message after the other and holds a socket. `acknowledged`: what the server said it has."""

    name: str
    product: Product
    key: str
    token: str = ""
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: dict[str, dict[str, Any]] = field(default_factory=dict)
    tried: int = 0

    async def open(self) -> None:
        async with self.browser() as browser:
            found = await insist(lambda: browser.post(f"/api/v1/widget/{self.key}/session", json={"locale": "en"}))
        self.token = found["visitor_token"]

    def browser(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.AsyncClient(base_url=f"http://{self.product.address}", headers=headers, timeout=5)

    async def write(self, stop: asyncio.Event, chance: random.Random) -> None:
        async with self.browser() as browser:
            while not stop.is_set():
                self.tried += 1
                body = {
                    "client_id": f"{self.name}-{self.tried:05}",
                    "kind": "text",
                    "body": f"{self.name} says {self.tried}",
                }
                answer = await insist(lambda body=body: browser.post("/api/v1/widget/messages", json=body))  # type: ignore[misc]
                self.acknowledged[body["client_id"]] = answer["message"]
                await asyncio.sleep(chance.uniform(0.0, 0.06))

    async def listen(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(OSError, websockets.WebSocketException, TimeoutError):
                async with line(self.product.address, "/ws/visitor") as socket:
                    await socket.say(op="hello", token=self.token)
                    while not stop.is_set():
                        with suppress(TimeoutError):
                            frame = await socket.hear(0.5)
                            if frame["op"] == "event" and frame["type"] == "message.created":
                                self.heard[frame["data"]["message"]["id"]] = frame["data"]["message"]
            await asyncio.sleep(0.05)

    async def transcript(self) -> list[dict[str, Any]]:
        async with self.browser() as browser:
            items: list[dict[str, Any]] = []
            cursor = None
            while True:
                query = {"limit": 200} | ({"cursor": cursor} if cursor else {})
                page = await insist(lambda query=query: browser.get("/api/v1/widget/messages", params=query))  # type: ignore[misc]
                items = page["items"] + items
                if not page["has_more"] or not page["items"]:
                    return items
                cursor = page["items"][0]["id"]


@dataclass
class Agent:
    """Answers what is theirs, over REST and over the socket."""

    product: Product
    cookies: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    tried: int = 0

    def browser(self) -> httpx.AsyncClient:
        origin = f"http://{self.product.address}"
        return httpx.AsyncClient(base_url=origin, headers={"Origin": origin}, cookies=self.cookies, timeout=5)

    async def write(self, stop: asyncio.Event, chance: random.Random) -> None:
        async with self.browser() as browser:
            while not stop.is_set():
                with suppress(*GONE, KeyError):
                    await browser.put("/api/v1/me/presence", json={"state": "online", "capacity": 20})
                    page = (await browser.get("/api/v1/conversations", params={"view": "mine"})).json()
                    for conversation in page["items"][:4]:
                        await self._answer(browser, conversation["id"])
                await asyncio.sleep(chance.uniform(0.1, 0.3))

    async def _answer(self, browser: httpx.AsyncClient, conversation_id: str) -> None:
        self.tried += 1
        body = {"client_id": f"agent-{self.tried:05}", "body": f"answer {self.tried}"}
        while True:
            try:
                response = await browser.post(f"/api/v1/conversations/{conversation_id}/messages", json=body)
            except GONE:
                await asyncio.sleep(0.05)
                continue
            if response.status_code == 201:
                self.acknowledged[body["client_id"]] = response.json()
                return
            if response.status_code < 500 and response.status_code != 409:
                return  # not theirs any more: nothing was promised
            await asyncio.sleep(0.03)

    async def talk(self, stop: asyncio.Event) -> None:
        number = 0
        pending: dict[str, Any] | None = None
        while not stop.is_set():
            with suppress(*GONE, websockets.WebSocketException, TimeoutError, KeyError):
                async with (
                    line(self.product.address, cookie=self.cookies["qiao_session"]) as socket,
                    self.browser() as browser,
                ):
                    await socket.say(op="hello")
                    while not stop.is_set():
                        if pending is None:
                            mine = (await browser.get("/api/v1/conversations", params={"view": "mine"})).json()["items"]
                            if not mine:
                                await asyncio.sleep(0.05)
                                continue
                            number += 1
                            pending = {
                                "conversation_id": mine[number % len(mine)]["id"],
                                "client_id": f"live-{number:05}",
                                "body": f"live {number}",
                            }
                        await socket.say(op="send", **pending)
                        while True:
                            frame = await socket.hear(3)
                            if frame.get("client_id") != pending["client_id"]:
                                continue
                            if frame["op"] == "ack":
                                self.acknowledged[pending["client_id"]] = frame["message"]
                            if frame["op"] == "ack" or frame["problem"]["status"] in (403, 404):
                                pending = None
                            break
                        await asyncio.sleep(0.1)
            await asyncio.sleep(0.05)


async def set_up(product: Product) -> tuple[Agent, str]:
    agent = Agent(product)
    body = {
        "company": {"name": "Kill Co", "locale": "en", "timezone": "Asia/Shanghai"},
        "admin": {"name": "Admin", "email": "admin@qiao.test", "password": PASSWORD},
        "inbox": {"name": "site"},
    }
    async with agent.browser() as browser:
        response = await browser.post("/api/v1/setup", json=body)
        assert response.status_code < 300, response.text
        agent.cookies = dict(browser.cookies)
        inboxes = (await browser.get("/api/v1/inboxes")).json()
        inbox = (inboxes["items"] if isinstance(inboxes, dict) else inboxes)[0]
        changed = await browser.patch(f"/api/v1/inboxes/{inbox['id']}", json={"bot_enabled": False})
        assert changed.status_code == 200, changed.text
    return agent, inbox["key"]


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("QIAO_SEED") or time.time_ns() % 1_000_000)
    sys.stdout.write(f"QIAO_SEED={seed}\n")
    chance = random.Random(seed)
    product = Product(tmp_path / "data")
    started = time.monotonic()
    stop = asyncio.Event()
    traffic: list[asyncio.Task[None]] = []
    try:
        await product.load()
        await product.start()
        agent, key = await set_up(product)
        customers = [Customer(f"c{n}", product, key) for n in range(CUSTOMERS)]
        for customer in customers:
            await customer.open()
        for customer in customers:
            traffic.append(asyncio.create_task(customer.write(stop, chance)))
            traffic.append(asyncio.create_task(customer.listen(stop)))
        traffic.append(asyncio.create_task(agent.write(stop, chance)))
        traffic.append(asyncio.create_task(agent.talk(stop)))
        recovery: list[float] = []

        def acknowledged() -> int:
            return len(agent.acknowledged) + sum(len(c.acknowledged) for c in customers)

        for number in range(KILLS):
            # Traffic flows again, then it happens at any moment.
            before = acknowledged()
            async with asyncio.timeout(120):
                while acknowledged() < before + TRAFFIC:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            await product.kill(database=number % 4 == 3)
            down = time.monotonic()
            await product.start()
            recovery.append(time.monotonic() - down)
            sys.stdout.write(f"kill {number + 1}: ready again after {recovery[-1]:.2f} s\n")
            assert not [t for t in traffic if t.done() and t.exception()], [t.exception() for t in traffic if t.done()]
        await asyncio.sleep(1)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*traffic), 180)
        await check(product, agent, customers)
        said = sum(len(c.acknowledged) for c in customers)
        sys.stdout.write(
            f"{KILLS} kills ({product.killed_databases} with the database), {said} + {len(agent.acknowledged)} messages"
            f" acknowledged, ready again in {sorted(recovery)[len(recovery) // 2]:.2f} s (median),"
            f" {time.monotonic() - started:.0f} s\n"
        )
    finally:
        for task in traffic:
            task.cancel()
        await asyncio.gather(*traffic, return_exceptions=True)
        await product.stop()


async def check(product: Product, agent: Agent, customers: list[Customer]) -> None:
    dsn = EmbeddedPostgres(product.data / "postgres").dsn()
    database = await asyncpg.connect(**dsn.asyncpg())
    try:
        await settle(database)
        rows = await database.fetch(
            "SELECT id::text, conversation_id::text, seq, client_id, author_kind, kind, body FROM messages"
            " ORDER BY conversation_id, seq"
        )
        counted = Counter(row["client_id"] for row in rows if row["client_id"])
        assert all(count == 1 for count in counted.values()), [c for c, n in counted.items() if n > 1]
        stored = {row["client_id"]: row for row in rows if row["client_id"]}
        promised = dict(agent.acknowledged)
        for customer in customers:
            promised |= customer.acknowledged
            # They never had more than one on the way, so everything they tried was acknowledged in the end.
            assert len(customer.acknowledged) == customer.tried
        for client_id, message in promised.items():
            row = stored[client_id]
            assert (row["id"], row["seq"], row["body"]) == (message["id"], message["seq"], message["body"])
        by_conversation: dict[str, list[Any]] = {}
        for row in rows:
            by_conversation.setdefault(row["conversation_id"], []).append(row)
        for mine in by_conversation.values():
            assert [row["seq"] for row in mine] == list(range(1, len(mine) + 1))
        for customer in customers:
            shown = await customer.transcript()
            own = [m["client_id"] for m in shown if m["author"]["kind"] == "customer"]
            assert own == [f"{customer.name}-{n:05}" for n in range(1, customer.tried + 1)], "once each, in order"
            conversations = {m["conversation_id"] for m in shown}
            for conversation_id in conversations:
                visible = [r for r in by_conversation[conversation_id] if r["kind"] not in ("note", "whisper")]
                customers_view = {m["id"] for m in shown if m["conversation_id"] == conversation_id}
                assert customers_view >= {r["id"] for r in visible if r["kind"] != "event"}
                async with agent.browser() as browser:
                    staff: list[Any] = []
                    while True:
                        after = staff[-1]["seq"] if staff else 0
                        page = (
                            await browser.get(
                                f"/api/v1/conversations/{conversation_id}/messages",
                                params={"after_seq": after, "limit": 200},
                            )
                        ).json()
                        staff += page["items"]
                        if not page["has_more"]:
                            break
                assert [m["id"] for m in staff] == [r["id"] for r in by_conversation[conversation_id]]
            for message_id, message in customer.heard.items():
                assert any(r["id"] == message_id and r["seq"] == message["seq"] for r in rows), (
                    "heard what was never stored"
                )
        # Routing is whole: who waits stands in line, and loads add up.
        lost = await database.fetchval(
            "SELECT count(*) FROM conversations c WHERE (c.status = 'queued')"
            " <> EXISTS (SELECT 1 FROM queue_entries e WHERE e.conversation_id = c.id)"
        )
        assert lost == 0
        wrong = await database.fetch(
            "SELECT a.user_id, a.load, count(c.id) FROM agent_states a LEFT JOIN conversations c ON c.assignee_id = a.user_id"
            " AND c.status = 'assigned' GROUP BY 1, 2 HAVING a.load <> count(c.id)"
        )
        assert not wrong
        assert await database.fetchval("SELECT count(*) FROM dead_letters") == 0
        indexed = await database.fetchval("SELECT count(*) FROM message_search")
        worded = await database.fetchval("SELECT count(*) FROM messages WHERE kind IN ('text', 'note') AND body <> ''")
        assert indexed == worded, "every message can be found"
    finally:
        await database.close()


async def settle(database: asyncpg.Connection) -> None:
    """Waits until the index has caught up with the log."""
    async with asyncio.timeout(120):
        while await database.fetchval(
            "SELECT EXISTS (SELECT 1 FROM messages m WHERE kind IN ('text', 'note') AND body <> ''"
            " AND NOT EXISTS (SELECT 1 FROM message_search s WHERE s.message_id = m.id))"
        ):
            await asyncio.sleep(0.1)
