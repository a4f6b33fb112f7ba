"""A language model that says what it is told to, over real HTTP: the protocol with everything that goes wrong in it."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Step = Callable[["Reply"], Awaitable[None]]


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(message["content"] for message in self.body.get("messages", ()))


@dataclass
class Reply:
    """The open connection of one request."""

    asked: Asked
    writer: asyncio.StreamWriter

    async def head(self, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self.writer.drain()

    async def send(self, data: str | bytes) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def json(self, body: Any, status: int = 200, **headers: str) -> None:
        await self.head(status, **headers)
        await self.send(json.dumps(body, ensure_ascii=False))

    async def piece(self, delta: dict[str, Any], finish: str | None = None) -> None:
        await self.send(
            "data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"
        )


def says(text: str, *, pieces: int = 5, pause: float = 0.0, finish: str = "stop") -> Step:
    """An ordinary answer, streamed when that is asked for."""

    async def step(reply: Reply) -> None:
        usage = {"prompt_tokens": 100, "completion_tokens": 20}
        if not reply.asked.body.get("stream"):
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
            await reply.json({"choices": [choice], "usage": usage})
            return
        await reply.head(kind="text/event-stream")
        await reply.piece({"role": "assistant"})
        size = max(1, -(-len(text) // pieces))
        for start in range(0, len(text), size):
            await reply.piece({"content": text[start : start + size]})
            await asyncio.sleep(pause)
        await reply.piece({}, finish)
        await reply.send("data: " + json.dumps({"choices": [], "usage": usage}) + "\n\ndata: [DONE]\n\n")

    return step


def fails(status: int, **headers: str) -> Step:
    async def step(reply: Reply) -> None:
        await reply.json({"error": {"message": "secret detail of the provider"}}, status, **headers)

    return step


def stalls(after: str = "") -> Step:
    """Begins (or not) and then says nothing more."""

    async def step(reply: Reply) -> None:
        if after:
            await reply.head(kind="text/event-stream")
            await reply.piece({"content": after})
        await asyncio.sleep(60)

    return step


def breaks_off(text: str) -> Step:
    """A stream that ends in the middle, without a reason."""

    async def step(reply: Reply) -> None:
        await reply.head(kind="text/event-stream")
        await reply.piece({"content": text})

    return step


def raw(body: str | bytes, kind: str = "application/json") -> Step:
    async def step(reply: Reply) -> None:
        await reply.head(kind=kind)
        await reply.send(body)

    return step


def calls_tools() -> Step:
    """Calls a tool nobody offered."""

    async def step(reply: Reply) -> None:
        call = {"id": "1", "type": "function", "function": {"name": "refund", "arguments": '{"amount": 100}'}}
        if not reply.asked.body.get("stream"):
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
            await reply.json({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
            return
        await reply.head(kind="text/event-stream")
        await reply.piece({"tool_calls": [{"index": 0, **call}]})
        await reply.piece({}, "tool_calls")
        await reply.send("data: [DONE]\n\n")

    return step


def chooses(name: Any, arguments: Any) -> Step:
    """Calls one of the tools it was offered."""

    async def step(reply: Reply) -> None:
        call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        usage = {"prompt_tokens": 300, "completion_tokens": 12}
        await reply.json({"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage})

    return step


def hangs_up() -> Step:
    async def step(reply: Reply) -> None:
        reply.writer.close()

    return step


@dataclass
class Model:
    """What it was asked, and what it will say: `script` first, then `otherwise`."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    script: deque[Step] = field(default_factory=deque)
    otherwise: Step = field(default_factory=lambda: says("NO_ANSWER"))
    key: str = ""
    """The one key that may see its models; empty: any."""

    def then(self, *steps: Step) -> None:
        self.script.extend(steps)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines if one)}
            body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
            asked = Asked(line.split(" ")[1], headers, body)
            reply = Reply(asked, writer)
            if asked.path.endswith("/models"):
                if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
                    await reply.json({"error": {"message": "secret detail"}}, 401)
                    return
                await reply.json({"data": [{"id": "qwen-small"}, {"id": "qwen-large"}]})
                return
            self.asked.append(asked)
            await (self.script.popleft() if self.script else self.otherwise)(reply)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            with suppress(Exception):
                writer.close()


@asynccontextmanager
async def model() -> AsyncIterator[Model]:
    """A running model on a port of its own."""
    running = Model()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(running.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    running.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield running
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
