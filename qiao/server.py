"""Runs the application under uvicorn, with the settings that were measured for it."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI

from qiao.core import memory
from qiao.core.settings import Settings

OnStarted = Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """uvicorn's server, telling when it accepts connections."""

    def __init__(self, config: uvicorn.Config, on_started: OnStarted | None = None):
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # uvicorn's own signature is wider
        await super().startup(sockets)  # type: ignore[arg-type]  # passed through
        if self.started and self._on_started is not None:
            await self._on_started()
        spare_the_collector()


def spare_the_collector() -> None:
    """What was made at start stays for good: the collector need not look through it again and again.

    Half a million objects are alive after start; looking through all of them stops everybody for a tenth of a second.
    What a message leaves behind is freed by counting references; cycles are rare, so looking for them may wait for more.
    """
    gc.collect()
    memory.give_back()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration. Heartbeats are ours, and compression costs memory per socket, so both are off."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        ws_max_size=128 * 1024,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=5,
        backlog=2048,
    )


def serve(app: FastAPI, settings: Settings, on_started: OnStarted | None = None) -> None:
    """Serves until SIGINT or SIGTERM. Raises SystemExit when the port is taken."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # embedding models: more threads are slower when the cores are busy
    server = Server(config(app, settings), on_started)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(server.serve())
    if not server.started:
        raise SystemExit(1)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes the event loops of the product: each turn of asyncio's own takes about three times as long."""
    import uvloop

    return uvloop.new_event_loop
