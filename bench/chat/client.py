"""The client process: visitors and agents over WebSockets, reading commands as JSON lines and answering likewise."""

import asyncio
import json
import random
import sys
import time
import uuid
from typing import Any

import httpx
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

WORDS = (
    "请问什么时候发货？",
    "订单还没有收到",
    "可以换一个颜色吗",
    "How long does delivery take?",
    "退款多久到账",
    "谢谢",
)


class Socket(WSListener):
    """A JSON socket; `on_frame` gets every decoded frame."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            now = time.perf_counter()
            said = json.loads(frame.get_payload_as_bytes())
            for one in said if isinstance(said, list) else (said,):
                self.on_frame(one, now)
        elif frame.msg_type == WSMsgType.CLOSE and not self.ready.done():
            self.ready.set_exception(RuntimeError("closed by the server"))

    def on_frame(self, frame: dict[str, Any], now: float) -> None:
        if frame["op"] == "welcome" and not self.ready.done():
            self.ready.set_result(frame)
        elif frame["op"] == "bye":
            raise SystemExit(f"refused: {frame}")

    def say(self, **frame: Any) -> None:
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, json.dumps(frame).encode())


class Agent(Socket):
    def __init__(self, bench: "Bench") -> None:
        super().__init__()
        self.bench = bench

    def on_frame(self, frame: dict[str, Any], now: float) -> None:
        super().on_frame(frame, now)
        if frame["op"] == "event" and frame["type"] == "message.created":
            self.bench.delivered(frame["data"]["message"]["client_id"], now)


class Visitor(Socket):
    def __init__(self, bench: "Bench", token: str) -> None:
        super().__init__()
        self.bench, self.token = bench, token

    def on_frame(self, frame: dict[str, Any], now: float) -> None:
        super().on_frame(frame, now)
        if frame["op"] == "ack":
            self.bench.acknowledged(frame["client_id"], now)
        elif frame["op"] == "nack":
            raise SystemExit(f"refused: {frame}")

    def send(self) -> str:
        client_id = uuid.uuid4().hex
        self.bench.sent[client_id] = time.perf_counter()
        self.say(op="send", client_id=client_id, kind="text", body=self.bench.random.choice(WORDS))
        return client_id


class Bench:
    """All connections of the client and what they have seen."""

    def __init__(self, about: dict[str, Any], seed: int):
        self.about = about
        self.random = random.Random(seed)
        self.sent: dict[str, float] = {}
        self.acks: dict[str, float] = {}
        self.deliveries: dict[str, float] = {}
        self.agents: list[Agent] = []
        self.visitors: list[Visitor] = []
        self.idle: list[Visitor] = []
        self.on_ack: Any = None
        self.http = httpx.AsyncClient(
            base_url=about["base"], timeout=60, limits=httpx.Limits(max_connections=16, keepalive_expiry=2)
        )

    def acknowledged(self, client_id: str, now: float) -> None:
        self.acks[client_id] = now
        if self.on_ack is not None:
            self.on_ack(client_id)

    def delivered(self, client_id: str, now: float) -> None:
        if client_id in self.sent:
            self.deliveries.setdefault(client_id, now)

    async def connect(self, path: str, listener: Any, headers: dict[str, str] | None = None) -> Any:
        url = f"ws://127.0.0.1:{self.about['port']}{path}"
        _, client = await ws_connect(lambda: listener, url, extra_headers=headers or {}, enable_auto_ping=False)
        return client

    async def heartbeat(self) -> None:
        """Says to the server every 20 seconds that everybody is still here, a few at a time."""
        while True:
            sockets = [*self.agents, *self.visitors, *self.idle]
            began = time.perf_counter()
            for number, socket in enumerate(sockets):
                if socket.transport is not None and not socket.transport.is_disconnected:
                    socket.say(op="ping")
                if number % 50 == 49:
                    await asyncio.sleep(18 / (len(sockets) / 50))
            await asyncio.sleep(max(1.0, 20 - (time.perf_counter() - began)))

    async def staff(self) -> None:
        for cookie in self.about["cookies"]:
            agent = Agent(self)
            await self.connect("/ws", agent, {"Cookie": cookie, "Origin": self.about["base"]})
            agent.say(op="hello", batch=True)
            await agent.ready
            headers = {"Cookie": cookie, "Origin": self.about["base"]}
            online = {"state": "online", "capacity": 100}
            (await self.http.put("/api/v1/me/presence", json=online, headers=headers)).raise_for_status()
            self.agents.append(agent)

    async def visitor(self) -> Visitor:
        answer = await self.http.post(f"/api/v1/widget/{self.about['key']}/session", json={"locale": "zh-CN"})
        answer.raise_for_status()
        visitor = Visitor(self, answer.json()["visitor_token"])
        await self.connect("/ws/visitor", visitor, {"Origin": self.about["base"]})
        visitor.say(op="hello", token=visitor.token)
        await visitor.ready
        return visitor

    async def live(self, count: int) -> None:
        """Grows to `count` live conversations, each with its first message delivered."""
        while len(self.visitors) < count:
            group = await asyncio.gather(*(self.visitor() for _ in range(min(20, count - len(self.visitors)))))
            # The first message starts the conversation and assigns it; the second reaches the agent's socket.
            await self.acknowledge([visitor.send() for visitor in group])
            await self.settle([visitor.send() for visitor in group])
            self.visitors.extend(group)

    async def acknowledge(self, ids: list[str], timeout: float = 60) -> None:
        async with asyncio.timeout(timeout):
            while not all(i in self.acks for i in ids):  # noqa: ASYNC110 - many messages, one clock
                await asyncio.sleep(0.005)

    async def settle(self, ids: list[str], timeout: float = 60) -> None:
        """Waits until all of `ids` are acknowledged and on an agent's socket."""
        try:
            async with asyncio.timeout(timeout):
                while not all(i in self.acks and i in self.deliveries for i in ids):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.005)
        except TimeoutError:
            acknowledged, delivered = sum(i in self.acks for i in ids), sum(i in self.deliveries for i in ids)
            raise SystemExit(
                f"of {len(ids)} messages {acknowledged} were acknowledged and {delivered} delivered"
                f" ({len(self.visitors)} live conversations)"
            ) from None

    def forget(self) -> None:
        self.sent.clear()
        self.acks.clear()
        self.deliveries.clear()

    async def latency(self, count: int, rate: float, seconds: float) -> dict[str, Any]:
        """`rate` messages per second in all over `count` conversations, at random intervals; 0: one after another."""
        await self.live(count)
        self.forget()
        began = time.perf_counter()
        ids: list[str] = []
        if rate == 0:
            while time.perf_counter() - began < seconds:
                ids.append(self.visitors[0].send())
                await self.settle(ids[-1:])
        else:
            due = began
            while due - began < seconds:
                due += self.random.expovariate(rate)
                pause = due - time.perf_counter()
                if pause > 0:
                    await asyncio.sleep(pause)
                ids.append(self.visitors[self.random.randrange(count)].send())
            await self.settle(ids)
        return {
            "conversations": count,
            "messages": len(ids),
            "offered_per_s": round(rate, 1),
            "ack_ms": spread([self.acks[i] - self.sent[i] for i in ids]),
            "delivery_ms": spread([self.deliveries[i] - self.sent[i] for i in ids]),
        }

    async def sustained(self, count: int, window: int, seconds: float) -> dict[str, Any]:
        """Every visitor keeps `window` messages under way; counts what was stored and delivered."""
        await self.live(count)
        self.forget()
        owner: dict[str, Visitor] = {}
        stop = time.perf_counter() + seconds
        began = time.perf_counter()

        def again(client_id: str) -> None:
            if time.perf_counter() < stop:
                visitor = owner.pop(client_id)
                owner[visitor.send()] = visitor

        self.on_ack = again
        for visitor in self.visitors[:count]:
            for _ in range(window):
                owner[visitor.send()] = visitor
        await asyncio.sleep(seconds)
        self.on_ack = None
        stored_by_then = sum(at <= stop for at in self.acks.values())
        delivered_by_then = sum(at <= stop for at in self.deliveries.values())
        await self.settle(list(self.sent), 120)
        return {
            "conversations": count,
            "window": window,
            "seconds": round(stop - began, 2),
            "stored_per_s": round(stored_by_then / seconds, 1),
            "delivered_per_s": round(delivered_by_then / seconds, 1),
            "delivery_ms": spread([self.deliveries[i] - self.sent[i] for i in self.sent]),
            "lost": sum(i not in self.deliveries for i in self.sent),
        }

    async def open_idle(self, count: int) -> dict[str, Any]:
        """`count` connected visitors who have said nothing."""
        while len(self.idle) < count:
            self.idle.extend(await asyncio.gather(*(self.visitor() for _ in range(min(50, count - len(self.idle))))))
        return {"open": len(self.idle)}

    async def close_all(self) -> dict[str, Any]:
        for socket in [*self.idle, *self.visitors, *self.agents]:
            if socket.transport is not None:
                socket.transport.disconnect()
        await self.http.aclose()
        return {}


def spread(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the longest, in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

    return {"p50": at(0.50), "p95": at(0.95), "p99": at(0.99), "max": round(ordered[-1] * 1000, 2)}


async def main() -> None:
    about = json.loads(sys.stdin.readline())
    bench = Bench(about, about["seed"])
    if about.get("cookies"):
        await bench.staff()
    beating = asyncio.create_task(bench.heartbeat())
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        answer = await getattr(bench, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)
    beating.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
