"""Databases for tests: one throw-away server per test session, shared by its parallel workers, fast and not durable."""

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg

from qiao.core.postgres.config import DISPOSABLE
from qiao.core.postgres.dsn import Dsn
from qiao.core.postgres.lock import FileLock
from qiao.core.postgres.supervisor import EmbeddedPostgres

T = TypeVar("T")
TEMPLATE_SECONDS = 300.0
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_ROOM = 2 << 30


def _roomiest() -> Path:
    """Where throw-away files go: into memory where there is plenty, for a database is a thousand small files."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM:
        return _MEMORY
    return Path(tempfile.gettempdir())


class ScratchPostgres:
    """A server in memory, or below /tmp, that disappears with its last user.

    All methods block, also when called inside a running event loop: a database takes some 35 ms to make. Workers of one
    pytest-xdist run share the server and its templates.
    """

    def __init__(self, key: str | None = None):
        """`key`: sessions with the same key share the server; by default the xdist run, else this process."""
        self._key = key or os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
        self._folder = _roomiest() / f"qiao-test-{os.geteuid()}-{self._key[:12]}"
        self._server = EmbeddedPostgres(self._folder, settings=DISPOSABLE, durable=False)
        self._dsn: Dsn | None = None

    def start(self) -> Dsn:
        """Start or join the server; the answer is its empty first database."""
        self._dsn = self._server.start()
        return self._dsn

    def stop(self) -> None:
        """Leave; the last one removes everything."""
        self._dsn = None
        self._server.stop(remove=True)

    @property
    def dsn(self) -> Dsn:
        if self._dsn is None:
            raise RuntimeError("start the scratch server first")
        return self._dsn

    def create_database(self, name: str | None = None, *, template: str = "template1") -> Dsn:
        """A new database, a copy of `template` (nobody may be connected to that). Some 35 ms."""
        name = name or f"t_{uuid.uuid4().hex[:16]}"
        self._run(f"CREATE DATABASE {_identifier(name)} TEMPLATE {_identifier(template)} STRATEGY {_STRATEGY}")
        return self.dsn.with_database(name)

    def drop_database(self, name: str) -> None:
        """Remove a database with whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)")

    def template(self, name: str, build: Callable[[Dsn], None]) -> str:
        """The template called `name`, made by the first who asks: `build` fills an empty database (runs the migrations)
        and closes its connections. Others wait. Returns the name, for `create_database`."""
        lock = FileLock(self._folder / f"template-{name}.lock")
        if not lock.acquire(seconds=TEMPLATE_SECONDS):
            raise TimeoutError(f"template {name} was not made in {TEMPLATE_SECONDS:.0f} s")
        try:
            if not self._exists(name):
                draft = f"{name}_draft"
                self.drop_database(draft)
                build(self.create_database(draft))
                self._run(f"ALTER DATABASE {_identifier(draft)} RENAME TO {_identifier(name)}")
        finally:
            lock.release()
        return name

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _exists(self, name: str) -> bool:
        async def look() -> bool:
            connection = await self._connect()
            try:
                return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name))
            finally:
                await connection.close()

        return _block(look)

    def _run(self, statement: str) -> None:
        async def execute() -> None:
            connection = await self._connect()
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _block(execute)

    async def _connect(self) -> Any:
        return await asyncpg.connect(**self.dsn.with_database("postgres").asyncpg())


_STRATEGY = "FILE_COPY"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _block(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on a loop of its own in a thread of its own: the caller may be inside a running loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()
