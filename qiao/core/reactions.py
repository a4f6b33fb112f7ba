"""Durable reactions: what happens after commit, at least once, in order per conversation, parallel across.

Each reaction has a name and a saved position in the log. A failing event is parked with growing delay together with
everything later of its conversation, so order holds and nobody else waits; after its last try it becomes a dead letter
that an operator can read and replay.
"""

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
import structlog
from sqlalchemy import BigInteger, Index, String, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from qiao.core import clock, log
from qiao.core.db import Base, Db, Session
from qiao.core.events import Audience, Envelope, Event
from qiao.core.ids import new_id
from qiao.core.log import LogTailer, Position

logger = structlog.get_logger(__name__)
Handler = Callable[[Session, Any, Envelope], Awaitable[None]]
BatchHandler = Callable[[Session, Sequence[tuple[Any, Envelope]]], Awaitable[None]]

PARALLEL: Final = 8
BATCH: Final = 500
SAVE_EVERY_SECONDS: Final = 5.0
MAX_DELAY = timedelta(minutes=30)


class ReactionPosition(Base):
    __tablename__ = "reaction_positions"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeadLetter(Base):
    """An event a reaction could not handle: `retrying` (or waiting behind one that is) or `dead`."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index(None, "state", "next_at"),
        Index(None, "reaction", "conversation_id"),
        Index("uq_dead_letters_event", "reaction", "event_xid", "event_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reaction: Mapped[str] = mapped_column(String(120))
    event_xid: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(80))
    conversation_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    next_at: Mapped[datetime]
    event_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Reaction:
    """A registered reaction."""

    name: str
    classes: tuple[type[Event], ...]
    handler: Handler | None
    batch: BatchHandler | None
    retries: int
    from_start: bool
    when: Callable[[Envelope], bool] | None = None

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(cls.kind for cls in self.classes)

    def concerns(self, envelope: Envelope) -> bool:
        return envelope.kind in self.kinds and (self.when is None or self.when(envelope))


REACTIONS: dict[str, Reaction] = {}


def _register(reaction: Reaction) -> None:
    if reaction.name in REACTIONS:
        raise ValueError(f"reaction {reaction.name!r} is defined twice")
    REACTIONS[reaction.name] = reaction


def on_commit(
    *classes: type[Event], name: str, retries: int = 8, when: Callable[[Envelope], bool] | None = None
) -> Callable[[Handler], Handler]:
    """Registers a durable reaction. It must be idempotent: after a crash it sees its last events again.

    `when` tells from the envelope alone which events concern it: the others cost no transaction.
    """

    def mark(handler: Handler) -> Handler:
        _register(Reaction(name, classes, handler, None, retries, False, when))
        return handler

    return mark


def on_commit_batch(
    *classes: type[Event], name: str, from_start: bool = False
) -> Callable[[BatchHandler], BatchHandler]:
    """Registers a durable reaction that takes many events in one transaction, which also saves its position.

    `from_start` makes a new reaction read the whole log instead of starting now (for indexes built from events).
    """

    def mark(handler: BatchHandler) -> BatchHandler:
        _register(Reaction(name, classes, None, handler, 0, from_start))
        return handler

    return mark


def retry_delay(attempt: int) -> timedelta:
    """2 s, 4 s, 8 s … at most 30 minutes; `attempt` counts from 1."""
    return min(timedelta(seconds=2 ** min(attempt, 12)), MAX_DELAY)


class ReactionRunner:
    """Runs every registered reaction in this process, each held by one process at a time (advisory locks)."""

    def __init__(self, db: Db, tailer: LogTailer, reactions: dict[str, Reaction] | None = None):
        self.db = db
        self.tailer = tailer
        self.reactions = REACTIONS if reactions is None else reactions
        self.positions: dict[str, Position] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._lock_connection: asyncpg.Connection | None = None
        self._parked: dict[str, set[UUID | None]] = defaultdict(set)
        self._moved = asyncio.Event()

    async def start(self) -> None:
        plain = self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._lock_connection = await asyncpg.connect(plain, server_settings={"application_name": "qiao-reactions"})
        self.tailer.listen(self._on_batch)
        for reaction in self.reactions.values():
            self._tasks.append(asyncio.create_task(self._run(reaction), name=f"reaction:{reaction.name}"))
        self._tasks.append(asyncio.create_task(self._retry_loop(), name="reaction-retries"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._lock_connection is not None:
            await self._lock_connection.close()
            self._lock_connection = None

    async def settled(self, *, timeout: float = 30.0) -> None:
        """Waits until every reaction has handled everything committed before this call. For tests and shutdown."""
        async with asyncio.timeout(timeout):
            pool = await self.db.raw()
            for _ in range(3):  # a reaction may itself emit; a few rounds reach what tests care about
                last = await pool.fetchrow("SELECT xid, id FROM events ORDER BY xid DESC, id DESC LIMIT 1")
                if last is None:
                    return
                target = (last["xid"], last["id"])
                while any(self.positions.get(name, (0, 0)) < target for name in self.reactions):  # noqa: ASYNC110 - many positions
                    await asyncio.sleep(0.005)

    async def _on_batch(self, batch: Sequence[Envelope]) -> None:
        self._moved.set()

    async def _hold(self, name: str) -> None:
        """Waits until this process is the one that runs `name`."""
        while True:
            assert self._lock_connection is not None
            async with _lock_guard:
                held = await self._lock_connection.fetchval(
                    "SELECT pg_try_advisory_lock(hashtextextended($1, 7))", name
                )
            if held:
                return
            await asyncio.sleep(2)

    async def _run(self, reaction: Reaction) -> None:
        await self._hold(reaction.name)
        position = await self._load(reaction)
        self._parked[reaction.name] = await self._parked_conversations(reaction.name)
        self.positions[reaction.name] = position
        saved_at = asyncio.get_running_loop().time()
        saved = position
        while True:
            try:
                batch, end = await self._next(reaction, position)
                if batch:
                    if reaction.batch is not None:
                        await self._handle_batch(reaction, batch, end)
                        saved = end
                    else:
                        await self._handle_each(reaction, batch)
                position = end
                now = asyncio.get_running_loop().time()
                if position != saved and (batch or now - saved_at > SAVE_EVERY_SECONDS):
                    if reaction.batch is None or saved != end:
                        await self._save(reaction.name, position)
                    saved, saved_at = position, now
                self.positions[reaction.name] = position
                if position >= self.tailer.position:
                    await self._wait_for_more(position)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("reaction_loop_failed", reaction=reaction.name)
                await asyncio.sleep(1)

    async def _wait_for_more(self, position: Position) -> None:
        async with self.tailer.moved:
            if self.tailer.position <= position:
                await self.tailer.moved.wait()

    async def _next(self, reaction: Reaction, position: Position) -> tuple[list[Envelope], Position]:
        recent = self.tailer.since(position, BATCH)
        if recent is None:
            batch = await log.after(self.db, position, BATCH, sorted(reaction.kinds))
            # Behind memory: everything of our kinds up to the last one found, or up to where memory starts.
            end = batch[-1].position if len(batch) == BATCH else max(position, self.tailer.memory_start)
            return [e for e in batch if e.position <= end and reaction.concerns(e)], end
        end = recent[-1].position if recent else position
        return [e for e in recent if reaction.concerns(e)], end

    async def _handle_batch(self, reaction: Reaction, batch: Sequence[Envelope], end: Position) -> None:
        assert reaction.batch is not None
        handler = reaction.batch
        pairs = [(envelope.event(), envelope) for envelope in batch]

        async def work(session: Session) -> None:
            await handler(session, pairs)
            await _store_position(session, reaction.name, end)

        await self.db.run(work)

    async def _handle_each(self, reaction: Reaction, batch: Sequence[Envelope]) -> None:
        groups: dict[UUID | None, list[Envelope]] = defaultdict(list)
        for envelope in batch:
            groups[envelope.conversation_id].append(envelope)
        gate = asyncio.Semaphore(PARALLEL)

        async def run(conversation_id: UUID | None, envelopes: Sequence[Envelope]) -> None:
            async with gate:
                for index, envelope in enumerate(envelopes):
                    if conversation_id is not None and conversation_id in self._parked[reaction.name]:
                        await self._park(reaction, envelopes[index:], None)
                        return
                    try:
                        await self._once(reaction, envelope)
                    except Exception as error:
                        logger.warning("reaction_failed", reaction=reaction.name, kind=envelope.kind, error=repr(error))
                        rest = envelopes[index:] if conversation_id is not None else [envelope]
                        await self._park(reaction, rest, error)
                        if conversation_id is not None:
                            return

        await asyncio.gather(*(run(key, group) for key, group in groups.items()))

    async def _once(self, reaction: Reaction, envelope: Envelope) -> None:
        assert reaction.handler is not None
        handler, fact = reaction.handler, envelope.event()
        await self.db.run(lambda session: handler(session, fact, envelope))

    async def _park(self, reaction: Reaction, envelopes: Sequence[Envelope], error: Exception | None) -> None:
        """Stores events for later; the first carries the error when there is one."""
        now = clock.now()
        rows = [
            {
                "id": new_id(),
                "reaction": reaction.name,
                "event_xid": envelope.xid,
                "event_id": envelope.id,
                "kind": envelope.kind,
                "conversation_id": envelope.conversation_id,
                "actor_kind": envelope.actor_kind,
                "actor_id": envelope.actor_id,
                "payload": envelope.payload,
                "state": "dead" if error and reaction.retries == 0 else "retrying",
                "attempts": 1 if error and index == 0 else 0,
                "error": _describe(error) if error and index == 0 else None,
                "next_at": now + retry_delay(1),
                "event_at": envelope.at,
            }
            for index, envelope in enumerate(envelopes)
        ]
        async with self.db.transaction() as session:
            await session.execute(insert(DeadLetter).values(rows).on_conflict_do_nothing())
        if envelopes[0].conversation_id is not None:
            self._parked[reaction.name].add(envelopes[0].conversation_id)

    async def _retry_loop(self) -> None:
        while True:
            await asyncio.sleep(1)
            try:
                await self.retry_due()
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("reaction_retries_failed")

    async def retry_due(self) -> int:
        """Tries what is due, oldest first, one event per conversation and reaction at a time. Returns how many."""
        async with self.db.read() as session:
            due = (
                (
                    await session.execute(
                        select(DeadLetter)
                        .where(DeadLetter.state == "retrying", DeadLetter.next_at <= clock.now())
                        .order_by(DeadLetter.event_xid, DeadLetter.event_id)
                        .limit(200)
                    )
                )
                .scalars()
                .all()
            )
        blocked: set[tuple[str, UUID]] = set()
        tried = 0
        for letter in due:
            if letter.reaction not in self.reactions or letter.reaction not in self.positions:
                continue
            key = (letter.reaction, letter.conversation_id) if letter.conversation_id is not None else None
            if key in blocked:
                continue
            tried += 1
            if not await self._retry(letter) and key is not None:
                blocked.add(key)
        if due:
            for name in {letter.reaction for letter in due}:
                self._parked[name] = await self._parked_conversations(name)
        return tried

    async def _retry(self, letter: DeadLetter) -> bool:
        reaction = self.reactions[letter.reaction]
        envelope = Envelope(
            letter.event_xid,
            letter.event_id,
            letter.kind,
            letter.conversation_id,
            letter.actor_kind,
            letter.actor_id,
            Audience(),
            letter.payload,
            letter.event_at,
        )
        try:
            fact = envelope.event()

            async def work(session: Session) -> None:
                if reaction.handler is not None:
                    await reaction.handler(session, fact, envelope)
                await session.execute(delete(DeadLetter).where(DeadLetter.id == letter.id))

            await self.db.run(work)
            return True
        except Exception as error:
            attempts = letter.attempts + 1
            dead = attempts > reaction.retries
            async with self.db.transaction() as session:
                await session.execute(
                    update(DeadLetter)
                    .where(DeadLetter.id == letter.id)
                    .values(
                        attempts=attempts,
                        error=_describe(error),
                        state="dead" if dead else "retrying",
                        next_at=clock.now() + retry_delay(attempts),
                    )
                )
            logger.warning(
                "reaction_retry_failed", reaction=reaction.name, attempts=attempts, dead=dead, error=repr(error)
            )
            return dead

    async def _parked_conversations(self, name: str) -> set[UUID | None]:
        async with self.db.read() as session:
            rows = await session.execute(
                select(DeadLetter.conversation_id)
                .where(DeadLetter.reaction == name, DeadLetter.state == "retrying")
                .distinct()
            )
            return {row for (row,) in rows if row is not None}

    async def _load(self, reaction: Reaction) -> Position:
        start = (0, 0) if reaction.from_start else await log.horizon(self.db)
        async with self.db.transaction() as session:
            await session.execute(
                insert(ReactionPosition)
                .values(name=reaction.name, xid=start[0], event_id=start[1])
                .on_conflict_do_nothing()
            )
            row = (
                await session.execute(
                    select(ReactionPosition.xid, ReactionPosition.event_id).where(
                        ReactionPosition.name == reaction.name
                    )
                )
            ).one()
        return (row.xid, row.event_id)

    async def _save(self, name: str, position: Position) -> None:
        async with self.db.transaction() as session:
            await _store_position(session, name, position)


_lock_guard = asyncio.Lock()


async def _store_position(session: Session, name: str, position: Position) -> None:
    await session.execute(
        text("UPDATE reaction_positions SET xid = :xid, event_id = :id, updated_at = now() WHERE name = :name"),
        {"xid": position[0], "id": position[1], "name": name},
    )


def _describe(error: Exception | None) -> str | None:
    if error is None:
        return None
    return "".join(traceback.format_exception(error, limit=-6))[-4000:]


def payload_text(letter: DeadLetter) -> str:
    """The event of a dead letter as JSON text, for the operations page."""
    return msgspec.json.encode(letter.payload).decode()
