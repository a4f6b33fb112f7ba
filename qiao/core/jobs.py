"""Background jobs with progress, and periodic work.

A job is asked for in a transaction (its event is in the log), runs after commit through the durable reactions, and is
therefore retried, survives a crash, and shows up as a dead letter when it cannot succeed. Jobs must be idempotent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import String, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Base, Db, Session
from qiao.core.errors import NotFound
from qiao.core.events import Audience, Envelope, Event, emit, event
from qiao.core.ids import new_id
from qiao.core.reactions import on_commit
from qiao.core.runtime import Runtime, runtime_of

logger = structlog.get_logger(__name__)


class JobRow(Base):
    """One job: `state` is queued, running, done or failed; `done` of `total` units are finished."""

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


@event("job.requested")
class JobRequested(Event, frozen=True, kw_only=True):
    job_id: UUID
    job_kind: str


@event("job.progressed")
class JobProgressed(Event, frozen=True, kw_only=True):
    """Tells whoever watches that a job moved on."""

    job_id: UUID
    job_kind: str
    state: str
    done: int
    total: int | None


@dataclass
class Progress:
    """Handed to a running job; `step` publishes how far it is."""

    runtime: Runtime
    job_id: UUID
    kind: str
    created_by: UUID | None

    async def step(self, done: int, total: int | None = None) -> None:
        async with self.runtime.db.transaction() as db:
            await _move(db, self, "running", done, total)


JobHandler = Callable[[Runtime, dict[str, Any], Progress], Awaitable[dict[str, Any] | None]]
_handlers: dict[str, JobHandler] = {}


def job(kind: str) -> Callable[[JobHandler], JobHandler]:
    """Registers the handler of a kind of job. Its return value is stored as the job's result."""

    def mark(handler: JobHandler) -> JobHandler:
        if kind in _handlers:
            raise ValueError(f"job {kind!r} is defined twice")
        _handlers[kind] = handler
        return handler

    return mark


async def enqueue(db: Session, actor: Actor, kind: str, payload: dict[str, Any], *, total: int | None = None) -> UUID:
    """Asks for a job in this transaction; it starts after commit. Returns its id."""
    if kind not in _handlers:
        raise LookupError(f"no job handler {kind!r}")
    row = JobRow(id=new_id(), kind=kind, payload=payload, total=total, created_by=actor.id)
    db.add(row)
    await db.flush()
    await emit(db, JobRequested(job_id=row.id, job_kind=kind), actor=actor, conversation_id=row.id)
    return row.id


async def get(db: Session, actor: Actor, job_id: UUID) -> JobRow:
    """A job its asker, or an operator, may see."""
    row = await db.get(JobRow, job_id)
    if row is None or (row.created_by != actor.id and not actor.may("operations.view")):
        raise NotFound("job_not_found")
    return row


async def recent(db: Session, limit: int = 50) -> list[JobRow]:
    """The newest jobs, for operators."""
    return list((await db.execute(select(JobRow).order_by(JobRow.id.desc()).limit(limit))).scalars())


@on_commit(JobRequested, name="core.jobs", retries=3)
async def _run(db: Session, fact: JobRequested, envelope: Envelope) -> None:
    runtime = runtime_of(db)
    async with runtime.db.transaction() as own:
        row = await own.get(JobRow, fact.job_id)
        if row is None or row.state == "done":
            return
        kind, payload, progress = row.kind, row.payload, Progress(runtime, row.id, row.kind, row.created_by)
        row.state = "running"
    try:
        result = await _handlers[kind](runtime, payload, progress)
    except Exception as error:
        async with runtime.db.transaction() as own:
            await own.execute(
                update(JobRow).where(JobRow.id == fact.job_id).values(state="failed", error=str(error)[:2000])
            )
            await _move(own, progress, "failed", None, None)
        raise
    async with runtime.db.transaction() as own:
        await own.execute(
            update(JobRow)
            .where(JobRow.id == fact.job_id)
            .values(state="done", result=result or {}, error=None, finished_at=clock.now())
        )
        await _move(own, progress, "done", None, None)


async def _move(db: Session, progress: Progress, state: str, done: int | None, total: int | None) -> None:
    row = await db.get(JobRow, progress.job_id, with_for_update=True)
    if row is None:
        return
    row.state = state
    if done is not None:
        row.done = done
    if total is not None:
        row.total = total
    await db.flush()
    await emit(
        db,
        JobProgressed(job_id=row.id, job_kind=row.kind, state=state, done=row.done, total=row.total),
        actor=Actor.system(),
        audience=Audience(users=(progress.created_by,) if progress.created_by else ()),
    )


Periodic = Callable[[Runtime], Awaitable[None]]
_periodic: list[tuple[str, float, Periodic]] = []


def every(seconds: float, *, name: str) -> Callable[[Periodic], Periodic]:
    """Registers work that one process at a time does every `seconds`. It must tolerate being late or repeated."""

    def mark(work: Periodic) -> Periodic:
        _periodic.append((name, seconds, work))
        return work

    return mark


class Scheduler:
    """Runs the periodic work of this process."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        for name, seconds, work in _periodic:
            self._tasks.append(asyncio.create_task(self._loop(name, seconds, work), name=f"every:{name}"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _loop(self, name: str, seconds: float, work: Periodic) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work_once(self.runtime.db, name, self.runtime, work)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("periodic_failed", name=name)


# The guard stands idle in its transaction however long the work takes.
_GUARD: Final = text(
    """
    SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 11)),
           set_config('idle_in_transaction_session_timeout', '0', true)
    """
)


async def work_once(db: Db, name: str, runtime: Runtime, work: Periodic) -> bool:
    """Does `work` unless another process is doing it at this moment. Returns whether it was done here."""
    async with db.transaction() as guard:
        held, _ = (await guard.execute(_GUARD, {"name": name})).one()
        if not held:
            return False
        await work(runtime)
        return True
