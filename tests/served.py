"""The real server in this process on a port of its own, and a socket to talk to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
import websockets
from fastapi import FastAPI

from qiao import server
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings

PATIENCE = 60.0
"""Seconds until something that must come counts as lost; generous, because machines that test are busy."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """Serves `app` (whose lifespan starts and stops everything). Yields `127.0.0.1:port`."""
    port = free_port()
    config = server.config(app, settings.model_copy(update={"port": port}))
    config.loop = "none"
    config.timeout_graceful_shutdown = 1
    running = uvicorn.Server(config)
    running.install_signal_handlers = lambda: None  # type: ignore[attr-defined,method-assign]
    running.capture_signals = _no_signals  # type: ignore[method-assign,assignment]  # the test keeps its own
    task = asyncio.create_task(running.serve())
    try:
        async with asyncio.timeout(PATIENCE):
            while not running.started:
                if task.done():
                    await task
                await asyncio.sleep(0.01)
        yield f"127.0.0.1:{port}"
    finally:
        running.should_exit = True
        await asyncio.wait_for(task, PATIENCE)


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


async def told(runtime: Runtime) -> None:
    """Waits until what is committed by now has been handed to everybody connected."""
    pool = await runtime.db.raw()
    last = await pool.fetchrow("SELECT xid, id FROM events ORDER BY xid DESC, id DESC LIMIT 1")
    async with asyncio.timeout(60):
        while last is not None and runtime.tailer.delivered < (last["xid"], last["id"]):
            await asyncio.sleep(0.005)


class Line:
    """A staff or visitor socket, as JSON."""

    def __init__(self, connection: Any):
        self.connection = connection

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame, default=str))

    async def hear(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next frame. Raises TimeoutError or ConnectionClosed."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), seconds))
        return frame

    async def expect(self, op: str, type_: str | None = None, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next frame of this kind; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.hear(seconds)
                if frame["op"] == op and type_ in (None, frame.get("type")):
                    return frame

    async def so_far(self, runtime: Runtime) -> list[dict[str, Any]]:
        """Everything this line has to hear of what is committed by now."""
        await told(runtime)
        await self.say(op="ping")
        frames = []
        while (frame := await self.hear())["op"] != "pong":
            frames.append(frame)
        return frames


@asynccontextmanager
async def line(address: str, path: str = "/ws", *, cookie: str | None = None, **options: Any) -> AsyncIterator[Line]:
    headers = {"Origin": f"http://{address}"}
    if cookie is not None:
        headers["Cookie"] = f"qiao_session={cookie}"
    async with websockets.connect(
        f"ws://{address}{path}", additional_headers=headers, ping_interval=None, max_size=2**22, **options
    ) as connection:
        yield Line(connection)
