"""The database: sessions, transactions, the lock that orders status changes.

One request or one reaction is one transaction. Services take a `Session` and never commit.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import DateTime, MetaData, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from qiao.core.errors import Conflict

T = TypeVar("T")
Session = AsyncSession
AfterCommit = Callable[[], None]

# PostgreSQL codes that mean "nothing was written, the same work may succeed now".
_RETRY_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_STATUS_LOCK: Final = 0x51494151  # any constant; one key space per database


@contextmanager
def _cancelled_stays_cancelled() -> Iterator[None]:
    """What a broken connection says while a cancelled transaction is rolled back must not pass for the cancellation: loops
    that outlive errors would outlive their end."""
    try:
        yield
    except DBAPIError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


class TryAgain(Conflict):
    """Raised inside a transaction that must be begun anew (a lock was needed that can only be taken first)."""

    def __init__(self) -> None:
        super().__init__("busy_try_again")


class Base(DeclarativeBase):
    """Base of every table. Naming is fixed so that migrations can refer to constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # What the server fills in comes back with the statement: nothing loads later by accident.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy reads a plain class attribute
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain class attribute
        UUID: PgUuid(as_uuid=True),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def _dumps(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def async_url(url: str) -> URL:
    """`url` (postgres://, postgresql://, with or without driver) with the asyncpg driver."""
    return make_url(url).set(drivername="postgresql+asyncpg")


class Db:
    """One process's connections to one database."""

    def __init__(self, url: str, *, pool_size: int = 12, on_events: Callable[[tuple[int, int]], None] | None = None):
        self.url = async_url(url)
        self.engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=10,
            json_serializer=_dumps,
            json_deserializer=msgspec.json.decode,
            connect_args={"server_settings": {"application_name": "qiao", "timezone": "UTC"}},
        )
        # The same connections; a transaction is begun as one that cannot write, which costs no statement of its own.
        self._reading = self.engine.execution_options(postgresql_readonly=True)
        self._raw: asyncpg.Pool | None = None
        self.on_events = on_events
        self.runtime: Any = None  # set by core.runtime.attach; untyped here because runtime stands above db

    async def raw(self) -> asyncpg.Pool:
        """A small pool of bare asyncpg connections, for the hot paths and the log reader.

        For single statements only: a connection goes back as it is, without the round trip that would clean it.
        """
        if self._raw is None:
            plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._raw = await asyncpg.create_pool(
                plain,
                min_size=1,
                max_size=6,
                init=_init_raw,
                reset=_as_it_is,
                # The same few statements all day: planning them anew takes longer than running them.
                server_settings={
                    "application_name": "qiao-raw",
                    "timezone": "UTC",
                    "plan_cache_mode": "force_generic_plan",
                },
            )
        return self._raw

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A session whose work is committed when the block ends, or rolled back when it raises."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=True) as session:
            session.info["db"] = self
            with _cancelled_stays_cancelled():
                async with session.begin():
                    yield session
            self._committed(session)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A session that cannot write."""
        async with AsyncSession(self._reading, expire_on_commit=False, autoflush=False) as session:
            session.info["db"] = self
            with _cancelled_stays_cancelled():
                async with session.begin():
                    yield session

    async def run(self, work: Callable[[Session], Awaitable[T]], *, retries: int = 5) -> T:
        """Runs `work` in a transaction, again from the start when PostgreSQL asked for a retry (deadlock, serialization)."""
        for attempt in range(retries + 1):
            try:
                async with self.transaction() as session:
                    return await work(session)
            except TryAgain:
                if attempt == retries:
                    raise
            except DBAPIError as error:
                if attempt == retries or getattr(error.orig, "sqlstate", None) not in _RETRY_STATES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    async def close(self) -> None:
        if self._raw is not None:
            await self._raw.close()
            self._raw = None
        await self.engine.dispose()

    def _committed(self, session: Session) -> None:
        position = session.info.pop("events", None)
        if position is not None and self.on_events is not None:
            self.on_events(position)
        for hook in session.info.pop("after_commit", ()):
            hook()


async def _init_raw(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=_dumps, decoder=msgspec.json.decode, schema="pg_catalog")


async def _as_it_is(connection: asyncpg.Connection) -> None:
    return None


def after_commit(db: Session, hook: AfterCommit) -> None:
    """Calls `hook` once this transaction is committed; a rollback forgets it. It must not raise or block."""
    db.info.setdefault("after_commit", []).append(hook)


async def status_lock(db: Session) -> None:
    """Serialises everything that changes who handles what, until this transaction ends.

    Lock order, everywhere: this lock, then conversation rows, then queue entries, then agent rows. The plain message
    path takes a conversation row only, so it never waits for this lock. Taken once per transaction.
    """
    if not db.info.get("status_lock"):
        await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STATUS_LOCK})
        db.info["status_lock"] = True


def held(db: Session) -> dict[str, Any]:
    """What this transaction knows to stay as it is until it ends: rows it has locked or made, what it goes by. A savepoint's
    end forgets it: what it took back is read anew."""
    known: dict[str, Any] = db.info.setdefault("held", {})
    return known


@event.listens_for(AsyncSession.sync_session_class, "after_transaction_end")
def _forget_held(session: Any, transaction: Any) -> None:
    # A rolled back savepoint gives up the locks taken since. Taking one again that is still held costs a round trip.
    if transaction.parent is None or transaction.nested:
        session.info.pop("status_lock", None)
        session.info.pop("held", None)
