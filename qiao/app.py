"""Puts the rooms together into one ASGI application.

A room is found by its place: `qiao/<wing>/<room>/`. Of its doors the application uses `models`, `events`, `reactions`,
`realtime` (imported, they register themselves), `routes` (an APIRouter named `router`, or several in `routers`, or plain
Starlette routes in `plain_routes`, those that answer whatever is left in `last_routes`, ASGI classes in `middleware`)
and `wiring` (`provide(runtime)`, `start(runtime)`, `stop(runtime)`).
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from types import ModuleType
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

import qiao
from qiao.core import reactions as reaction_registry
from qiao.core.db import Db
from qiao.core.jobs import Scheduler
from qiao.core.log import LogTailer
from qiao.core.reactions import ReactionRunner
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime, attach
from qiao.core.settings import Settings
from qiao.core.web import errors, site
from qiao.core.web.middleware import BodyLimit, Failures, Idempotency, RequestContext, SecurityHeaders
from qiao.core.web.routing import Application

logger = structlog.get_logger(__name__)

WINGS = ("core", "people", "knowledge", "desk", "channels", "bot", "growth", "insight", "excellence", "platform")
SELF_REGISTERING = ("models", "events", "jobs", "reactions", "realtime")


@cache
def rooms() -> tuple[str, ...]:
    """The dotted names of all rooms, in the order of the wings."""
    found: list[str] = []
    for wing in WINGS:
        try:
            package = importlib.import_module(f"qiao.{wing}")
        except ModuleNotFoundError:
            continue
        found += [f"qiao.{wing}.{info.name}" for info in pkgutil.iter_modules(package.__path__) if info.ispkg]
    return tuple(found)


# Looked for once: a few hundred names on disk for every application otherwise.
@cache
def _door(room: str, name: str) -> ModuleType | None:
    return importlib.import_module(f"{room}.{name}") if importlib.util.find_spec(f"{room}.{name}") else None


def load_rooms() -> tuple[str, ...]:
    """Imports what registers itself and returns the rooms."""
    found = rooms()
    for room in found:
        for name in SELF_REGISTERING:
            _door(room, name)
    return found


def create_runtime(settings: Settings, database_url: str) -> Runtime:
    """A runtime that is wired but not started."""
    found = load_rooms()
    db = Db(database_url, pool_size=settings.pool_size)
    tailer = LogTailer(db)
    db.on_events = tailer.wake
    runtime = Runtime(settings, db, tailer, ReactionRunner(db, tailer, reaction_registry.REACTIONS))
    attach(runtime)
    hub = Hub(runtime)
    runtime.provide(Hub, hub)
    runtime.provide(Scheduler, Scheduler(runtime))
    tailer.listen(hub.on_batch)
    for room in found:
        wiring = _door(room, "wiring")
        if wiring is not None and hasattr(wiring, "provide"):
            wiring.provide(runtime)
    return runtime


@asynccontextmanager
async def running(runtime: Runtime, *, background: bool = True) -> AsyncIterator[Runtime]:
    """Starts everything in `runtime` and stops it again in the opposite order. `background=False`: no periodic work."""
    started: list[ModuleType] = []
    await runtime.tailer.start()
    await runtime.reactions.start()
    try:
        for room in rooms():
            wiring = _door(room, "wiring")
            if wiring is not None and hasattr(wiring, "start"):
                await wiring.start(runtime)
                started.append(wiring)
        if background:
            await runtime.get(Scheduler).start()
        yield runtime
    finally:
        await runtime.get(Scheduler).stop()
        for wiring in reversed(started):
            if hasattr(wiring, "stop"):
                await wiring.stop(runtime)
        await runtime.reactions.stop()
        await runtime.tailer.stop()
        await runtime.db.close()


@cache
def all_routes() -> tuple[list[BaseRoute], list[Any]]:
    """The routes of all rooms and the middleware they bring, the same for every application of a process: what one has worked
    out of a route serves the others."""
    found: list[BaseRoute] = []
    last: list[BaseRoute] = []
    wrappers: list[Any] = []
    for room in rooms():
        routes = _door(room, "routes")
        if routes is None:
            continue
        for router in getattr(routes, "routers", None) or ([routes.router] if hasattr(routes, "router") else []):
            found.extend(router.routes)
        found.extend(getattr(routes, "plain_routes", []))
        last.extend(getattr(routes, "last_routes", []))
        wrappers.extend(getattr(routes, "middleware", []))
    return [*found, *last], wrappers


def create_app(settings: Settings, database_url: str, *, background: bool = True) -> FastAPI:
    """The whole product as one ASGI application; it starts and stops with the server's lifespan."""
    runtime = create_runtime(settings, database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(runtime, background=background):
            app.state.ready = True
            yield
            app.state.ready = False

    app = Application(
        title="Qiao 桥",
        version=qiao.__version__,
        description="The service centre any company can run itself.",
        lifespan=lifespan,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(RequestContext),
            Middleware(SecurityHeaders, settings=settings),
            Middleware(Failures),
            Middleware(BodyLimit, settings=settings),
            Middleware(Idempotency),
        ],
    )
    app.state.runtime = runtime
    app.state.ready = False
    errors.install(app)
    routes, wrappers = all_routes()
    app.router.routes.extend(routes)
    for wrapper in wrappers:
        app.add_middleware(wrapper)
    site.install(app)
    return app
