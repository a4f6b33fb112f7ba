"""Fixtures every test may use. Each test gets a database of its own, copied from a migrated template."""

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
import uvloop
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from qiao.app import create_app, create_runtime, running
from qiao.core import db as database
from qiao.core.actor import Actor
from qiao.core.db import Db
from qiao.core.postgres.dsn import Dsn
from qiao.core.postgres.testing import ScratchPostgres
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.core.web.routing import Application
from qiao.knowledge.search import engine
from qiao.people.accounts import passwords
from qiao.schema import prepare_now

# Every run draws others; QIAO_EXAMPLES=1000 looks longer.
hypothesis_settings.register_profile(
    "qiao",
    max_examples=int(os.environ.get("QIAO_EXAMPLES") or 30),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("qiao")
BASE = "http://qiao.test"

_connect = socket.socket.connect


def pytest_configure() -> None:
    """A run that is told to stop tears down what it has started, servers above all."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _guarded_connect(self: socket.socket, address: Any) -> None:
    """Tests reach this machine and nothing else."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
        raise OSError(f"tests must not reach the network: {address}")
    _connect(self, address)


class _GuardedLoop(uvloop.Loop):
    """The product's own event loop. It connects without Python's sockets, so it is guarded here as they are."""

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:
        found = None if host is None else await self.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for _, _, _, _, (address, *_) in found or ():
            if not ipaddress.ip_address(address).is_loopback:
                raise OSError(f"tests must not reach the network: {host}")
        return await super().create_connection(protocol_factory, host, port, **more)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What is tested is what runs; and each turn of asyncio's own loop takes about three times as long."""
    return {"uvloop": _GuardedLoop}


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign,assignment]  # guards the whole session
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def one_embedder() -> Iterator[None]:
    """The models are loaded once per session, not once per application."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "best_embedder", cache(engine.best_embedder))
        yield


@pytest.fixture(scope="session", autouse=True)
def described_once() -> Iterator[None]:
    """Applications with the same routes have the same description, which takes seconds to write."""
    describe = Application.openapi
    known: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}

    def recall(self: Application) -> dict[str, Any]:
        routes = frozenset((getattr(r, "path", ""), str(getattr(r, "methods", ""))) for r in self.router.routes)
        if routes not in known:
            known[routes] = describe(self)
        self.openapi_schema = known[routes]
        return known[routes]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "openapi", recall)
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """What a failing test shows; pretty tracebacks take longer than what they tell about."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """People of tests sign in by the thousand; what they sign in with is no secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_compiler() -> Iterator[None]:
    """All databases of a session are alike: what a statement compiles to for one is what it does for all."""
    made: list[AsyncEngine] = []

    def create(url: Any, **options: Any) -> AsyncEngine:
        engine = create_async_engine(url, query_cache_size=5000, **options)
        first = next((e.sync_engine for e in made if e.sync_engine.dialect.server_version_info), None)
        if first is None:  # nothing has spoken to a server yet
            made.append(engine)
            return engine
        fresh = engine.sync_engine
        fresh.dialect.initialize = _known  # type: ignore[method-assign]  # what it would ask the server
        fresh.dialect, fresh._compiled_cache = first.dialect, first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_async_engine", create)
        yield


def _known(connection: object) -> None:
    return None


@pytest.fixture(scope="session", autouse=True)
def types_learned_once() -> Iterator[None]:
    """The driver learns PostgreSQL's own types once, not on every connection: that takes the server as long as a test."""
    learn = asyncpg.Connection._introspect_types
    lessons: dict[frozenset[int], Any] = {}

    async def recall(self: Any, typeoids: Any, timeout: Any) -> Any:
        if (key := frozenset(typeoids)) in lessons:
            return lessons[key], _Named()
        rows, statement = await learn(self, typeoids, timeout)
        if all(row["oid"] < FIRST_OF_OURS for row in rows):
            lessons[key] = rows
        return rows, statement

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_introspect_types", recall)
        yield


FIRST_OF_OURS = 16384
"""Object numbers below are the same in every database."""


class _Named:
    """Tells the driver that no statement of its own was overwritten."""

    name = "recalled"


@pytest.fixture(scope="session")
def postgres() -> Iterator[ScratchPostgres]:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # One server per process: readers of the event log wait for the oldest transaction of the whole server, so a slow
    # test next door would hold them up.
    with ScratchPostgres(uuid.uuid4().hex) as server:
        server.template("qiao_template", _first_start)
        # What the product is made of stays for good: looking through it again and again took a tenth of the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)
        yield server


CAUGHT_UP = """
UPDATE reaction_positions SET (xid, event_id) = (SELECT xid, id FROM events ORDER BY xid DESC, id DESC LIMIT 1)
"""


def _first_start(dsn: Dsn) -> None:
    """What a database holds once the product has been started on it."""

    async def start_once() -> None:
        with tempfile.TemporaryDirectory() as data:
            runtime = create_runtime(Settings(data=Path(data), base_url=BASE), dsn.url())  # type: ignore[call-arg]  # the rest has defaults
            async with running(runtime, background=False):
                await runtime.reactions.settled()
                async with runtime.db.transaction() as session:
                    # As after some seconds of quiet: nobody reads the beginning again.
                    await session.execute(text(CAUGHT_UP))

    prepare_now(dsn.url())
    asyncio.run(start_once())


@pytest.fixture
def database_url(postgres: ScratchPostgres) -> Iterator[str]:
    dsn = postgres.create_database(template="qiao_template")
    yield dsn.url()
    postgres.drop_database(dsn.database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, base_url=BASE, pool_size=6)  # type: ignore[call-arg]  # the rest has defaults


@pytest.fixture
def app(settings: Settings, database_url: str) -> FastAPI:
    """The application, wired but not running; ask for `runtime` or `client` to run it."""
    return create_app(settings, database_url, background=False)


@pytest.fixture
async def runtime(app: FastAPI) -> AsyncIterator[Runtime]:
    """The application's running parts (reactions and realtime run; periodic work does not: tests call it)."""
    started: Runtime = app.state.runtime
    async with running(started, background=False):
        app.state.ready = True
        yield started


@pytest.fixture
def db(runtime: Runtime) -> Db:
    return runtime.db


@pytest.fixture
async def client(app: FastAPI, runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has not signed in, on our own origin."""
    async with _browser(app) as browser:
        yield browser


class Browser(httpx.AsyncClient):
    """Of one person; `actor_id` is who has signed in."""

    actor_id: uuid.UUID


def _browser(app: FastAPI, **headers: str) -> Browser:
    return Browser(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url=BASE,
        headers={"Origin": BASE, "Accept-Language": "en", **headers},
    )


PASSWORD = "correct horse 9 battery"


SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def sign_in(app: FastAPI, runtime: Runtime) -> AsyncIterator[SignIn]:
    """`await sign_in("li", role="agent")` makes the person if need be and returns their signed-in browser."""
    from qiao.people.accounts import service as accounts

    open_browsers: list[Browser] = []

    async def enter(name: str = "admin", *, role: str = "admin", locale: str = "en") -> Browser:
        email = f"{name}@qiao.test"
        async with runtime.db.transaction() as session:
            user_id = await accounts.ensure_user(
                session, Actor.system(), email=email, name=name.title(), password=PASSWORD, roles=[role], locale=locale
            )
        browser = _browser(app)
        open_browsers.append(browser)
        response = await browser.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
        assert response.status_code == 200, response.text
        browser.actor_id = user_id
        return browser

    yield enter
    for browser in open_browsers:
        await browser.aclose()
