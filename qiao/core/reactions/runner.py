"""Runs the registered reactions of one process.

Each reaction has a name and a saved position in the log. A failing event is parked with growing delay together with
everything later of its conversation, so order holds and nobody else waits; after its last try it becomes a dead letter
that an operator can read and replay. An event that takes long is parked too while its handler goes on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert

from qiao.core import log
from qiao.core.db import Db, Session
from qiao.core.events import Envelope
from qiao.core.log import LogTailer, Position
from qiao.core.reactions import letters
from qiao.core.reactions.claims import Claims
from qiao.core.reactions.models import DeadLetter, ReactionPosition
from qiao.core.reactions.registry import REACTIONS, Reaction

logger = structlog.get_logger(__name__)

PARALLEL: Final = 8
LONG_RUNNING: Final = 32
Key = tuple[str, Position]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `seek`: between tries to claim a reaction another process runs; `trouble`: after something unexpected;
    `slow`: when a handler is left to go on alone; `retry`: between looks at the letters; `save`: for idle positions."""

    seek: float = 2.0
    trouble: float = 1.0
    slow: float = 2.0
    retry: float = 1.0
    save: float = 5.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A claimed reaction: the epoch of the claim, the position as stored, and the one up to which nothing has happened."""

    epoch: int
    saved: Position
    position: Position


class LostClaim(Exception):
    """Another process may run this reaction now."""


class ReactionRunner:
    """Runs every registered reaction in this process, each held by one process at a time (advisory locks)."""

    def __init__(
        self, db: Db, tailer: LogTailer, reactions: dict[str, Reaction] | None = None, *, pace: Pace | None = None
    ):
        self.db = db
        self.tailer = tailer
        self.reactions = REACTIONS if reactions is None else reactions
        self.pace = pace or Pace()
        self.claims = Claims(db)
        self.positions: dict[str, Position] = {}
        """Of the reactions this process holds: everything up to here is done, parked or none of its business."""
        self._tasks: list[asyncio.Task[None]] = []
        self._long: set[asyncio.Task[None]] = set()
        self._busy: set[Key] = set()
        self._parked: dict[str, set[object]] = defaultdict(set)
        # Letters are written and the set of parked conversations is read under one lock, else one could miss the other.
        self._letters: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: dict[str, asyncio.Event] = {}
        """Reactions that have taken everything and wait for something of theirs."""
        self._hurried = 0
        self._hurry = asyncio.Event()

    async def start(self) -> None:
        self.tailer.bells.append(self._ring)
        await self._begin_positions()
        begun = await self._begin()
        for reaction in self.reactions.values():
            work = self._run(reaction, begun.get(reaction.name))
            self._tasks.append(asyncio.create_task(work, name=f"reaction:{reaction.name}"))
        self._tasks.append(asyncio.create_task(self._retry_loop(), name="reaction-retries"))

    async def stop(self) -> None:
        with suppress(ValueError):  # never started
            self.tailer.bells.remove(self._ring)
        tasks = [*self._tasks, *self._long]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self.positions.clear()
        await self.claims.close()

    async def settled(self, *, timeout: float = 30.0) -> None:
        """Waits until every reaction has handled everything committed before this call. For tests and shutdown."""
        self._hurried += 1
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout):
                pool = await self.db.raw()
                for _ in range(3):  # a reaction may itself emit; a few rounds reach what tests care about
                    last = await pool.fetchrow("SELECT xid, id FROM events ORDER BY xid DESC, id DESC LIMIT 1")
                    if last is None:
                        return
                    target = (last["xid"], last["id"])
                    while any(self.positions.get(name, (0, 0)) < target for name in self.reactions):  # noqa: ASYNC110 - many positions
                        await asyncio.sleep(0.005)
        finally:
            self._hurried -= 1
            if not self._hurried:
                self._hurry.clear()

    async def _begin_positions(self) -> None:
        """A reaction seen for the first time starts at this moment (or at the beginning of the log)."""
        now = await log.horizon(self.db)
        known = await letters.known(self.db)
        rows = []
        for reaction in self.reactions.values():
            if reaction.name not in known:
                xid, event_id = (0, 0) if reaction.from_start else now
                rows.append({"name": reaction.name, "xid": xid, "event_id": event_id})
        if rows:
            async with self.db.transaction() as session:
                await session.execute(insert(ReactionPosition).values(rows).on_conflict_do_nothing())

    async def _begin(self) -> dict[str, Begun]:
        """Claims what nobody runs and looks where it stands, all at once: one by one it is most of a start."""
        epoch, mine = await self.claims.take_all(self.reactions)
        edge = self.tailer.memory_start
        newest = await log.newest(self.db, edge)
        begun = {}
        for name, (saved, parked) in (await letters.standings(self.db, mine)).items():
            self._parked[name] = parked
            begun[name] = Begun(epoch, saved, saved if saved < newest else max(saved, edge))
        return begun

    # -- one reaction --------------------------------------------------------------------------------------------------

    async def _run(self, reaction: Reaction, begun: Begun | None) -> None:
        while True:
            try:
                if begun is None:
                    epoch = await self._seek(reaction.name)
                    position = await self._note_standing(reaction.name)
                    begun = Begun(epoch, position, position)
                held, begun = begun, None
                await self._follow(reaction, held)
            except LostClaim:
                logger.warning("reaction_claim_lost", reaction=reaction.name)
            except Exception:
                logger.exception("reaction_failed_to_run", reaction=reaction.name)
                await asyncio.sleep(self.pace.trouble)
            finally:
                self.positions.pop(reaction.name, None)

    async def _seek(self, name: str) -> int:
        """Waits until this process is the one that runs `name`."""
        while (epoch := await self.claims.take(name)) is None:  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(self.pace.seek)
        return epoch

    async def _follow(self, reaction: Reaction, begun: Begun) -> None:
        epoch, saved, position = begun.epoch, begun.saved, begun.position
        self.positions[reaction.name] = position
        clock = asyncio.get_running_loop().time
        saved_at = clock()
        handled: set[Position] = set()
        while True:
            try:
                batch, end = await self._next(reaction, position)
                if self.claims.epoch != epoch:
                    raise LostClaim
                if batch and reaction.batch is not None:
                    await self._handle_batch(reaction, batch, saved, end)
                    saved, saved_at = end, clock()
                elif batch:
                    await self._handle_each(reaction, batch, handled)
                    handled.clear()
                position = end
                if position != saved and (batch or clock() - saved_at > self.pace.save):
                    await letters.note_position(self.db, reaction.name, position)
                    saved, saved_at = position, clock()
                self.positions[reaction.name] = position
                if position >= self.tailer.position:
                    await self._wait_for_more(reaction.name, position)
                    if reaction.linger:
                        await self._linger(reaction.linger)
            except LostClaim:
                raise
            except Exception:
                logger.exception("reaction_loop_failed", reaction=reaction.name)
                await asyncio.sleep(self.pace.trouble)
                if self.claims.epoch != epoch:
                    raise LostClaim from None

    def _ring(self, batch: Sequence[Envelope]) -> None:
        """Wakes whom a batch concerns. For the others it is taken as well: they need not be asked about every message."""
        end, kinds = batch[-1].position, {envelope.kind for envelope in batch}
        for name, bell in self._waiting.items():
            reaction = self.reactions[name]
            if not kinds.isdisjoint(reaction.kinds) and any(reaction.concerns(envelope) for envelope in batch):
                bell.set()
            elif not bell.is_set() and name in self.positions:
                self.positions[name] = end

    async def _wait_for_more(self, name: str, position: Position) -> None:
        if self.tailer.position > position:
            return
        bell = self._waiting[name] = asyncio.Event()
        try:
            # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes together with the notice.
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pace.save):
                    await bell.wait()
        finally:
            del self._waiting[name]

    async def _linger(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _next(self, reaction: Reaction, position: Position) -> tuple[list[Envelope], Position]:
        recent = self.tailer.since(position, reaction.most)
        if recent is None:
            # Behind memory: everything of our kinds up to the last one found, or up to where memory starts. That is
            # looked up before reading: memory may move on meanwhile, past events this query cannot see yet.
            edge = self.tailer.memory_start
            found = await log.after(self.db, position, reaction.most, sorted(reaction.kinds))
            end = found[-1].position if len(found) == reaction.most else max(position, edge)
            return [e for e in found if e.position <= end and reaction.concerns(e)], end
        end = recent[-1].position if recent else position
        return [e for e in recent if reaction.concerns(e)], end

    # -- many events in one transaction ----------------------------------------------------------------------------------

    async def _handle_batch(
        self, reaction: Reaction, batch: Sequence[Envelope], before: Position, end: Position
    ) -> None:
        for attempt in range(3):
            try:
                await self._commit(reaction, batch, before, end)
                return
            except LostClaim:
                raise
            except Exception as error:
                logger.warning("reaction_batch_failed", reaction=reaction.name, attempt=attempt + 1, error=repr(error))
                await asyncio.sleep(self.pace.trouble)
        # One of them is the culprit: it becomes a dead letter and the others are handled.
        for envelope in batch:
            try:
                await self._commit(reaction, [envelope], before, envelope.position)
            except LostClaim:
                raise
            except Exception as error:
                logger.exception("reaction_failed", reaction=reaction.name, kind=envelope.kind)
                await self._commit(reaction, [], before, envelope.position, (envelope, error))
            before = envelope.position
        if before != end:
            await self._commit(reaction, [], before, end)

    async def _commit(
        self,
        reaction: Reaction,
        batch: Sequence[Envelope],
        before: Position,
        end: Position,
        given_up: tuple[Envelope, Exception] | None = None,
    ) -> None:
        async def work(session: Session) -> None:
            if batch:
                await reaction.handle(session, batch)
            if given_up is not None:
                await letters.park(session, reaction, [given_up[0]], given_up[1])
            # Whoever moved it has handled these events; then nothing of ours may be stored.
            if not await letters.store_position(session, reaction.name, end, expected=before):
                raise LostClaim

        await self.db.run(work)

    # -- one transaction per event ---------------------------------------------------------------------------------------

    async def _handle_each(self, reaction: Reaction, batch: Sequence[Envelope], handled: set[Position]) -> None:
        """Handles a batch. `handled` remembers what is done, should the database fail before the position is saved."""
        groups: dict[UUID | None, list[Envelope]] = defaultdict(list)
        for envelope in batch:
            if envelope.position not in handled:
                groups[envelope.conversation_id].append(envelope)
        gate = asyncio.Semaphore(PARALLEL)

        async def run(conversation_id: UUID | None, envelopes: Sequence[Envelope]) -> None:
            async with gate:
                for index, envelope in enumerate(envelopes):
                    rest = envelopes[index:] if conversation_id is not None else [envelope]
                    if conversation_id is not None and conversation_id in self._parked[reaction.name]:
                        await self._park(reaction, rest)
                    elif await self._one(reaction, envelope, rest):
                        handled.add(envelope.position)
                        continue
                    handled.update(e.position for e in rest)
                    if conversation_id is not None:
                        return

        results = await asyncio.gather(*(run(key, group) for key, group in groups.items()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _one(self, reaction: Reaction, envelope: Envelope, rest: Sequence[Envelope]) -> bool:
        """Handles one event. False: it did not work, or goes on alone; then it is parked with `rest`."""
        task = asyncio.ensure_future(self.db.run(lambda session: reaction.handle(session, [envelope])))
        try:
            may_wait = self.pace.slow if len(self._long) < LONG_RUNNING else None
            await asyncio.wait({task}, timeout=may_wait)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        if not task.done():
            key = (reaction.name, envelope.position)
            self._busy.add(key)
            try:
                await self._park(reaction, rest)
            except BaseException:
                task.cancel()
                self._busy.discard(key)
                raise
            self._leave_alone(self._finish(reaction, envelope, task))
            return False
        error = task.exception()
        if error is None:
            return True
        if not isinstance(error, Exception):
            raise error
        logger.warning("reaction_failed", reaction=reaction.name, kind=envelope.kind, error=repr(error))
        await self._park(reaction, rest, error)
        return False

    async def _park(self, reaction: Reaction, envelopes: Sequence[Envelope], error: Exception | None = None) -> None:
        async with self._letters[reaction.name]:
            async with self.db.transaction() as session:
                await letters.park(session, reaction, envelopes, error)
            if envelopes[0].conversation_id is not None:
                self._parked[reaction.name].add(envelopes[0].conversation_id)

    async def _note_standing(self, name: str) -> Position:
        async with self._letters[name]:
            position, self._parked[name] = await letters.standing(self.db, name)
        return position

    # -- what is tried again, and what takes long ------------------------------------------------------------------------

    def _leave_alone(self, work: "asyncio.Future[None] | object") -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]  # always a coroutine here
        self._long.add(task)
        task.add_done_callback(self._long.discard)

    async def _finish(self, reaction: Reaction, envelope: Envelope, task: "asyncio.Future[None]") -> None:
        """Waits for a handler that takes long and puts its outcome where a retry's would go."""
        try:
            await self._settle(reaction, envelope.position, task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        except Exception:
            logger.exception("reaction_outcome_not_stored", reaction=reaction.name)
        finally:
            self._busy.discard((reaction.name, envelope.position))

    async def _settle(self, reaction: Reaction, position: Position, task: "asyncio.Future[None]") -> bool:
        """Stores how a parked event fared. True: later events of its conversation may go on."""
        try:
            await asyncio.shield(task)
        except Exception as error:
            failure = error
            attempts = await self.db.run(lambda session: letters.failed(session, reaction, position, failure))
            logger.warning(
                "reaction_retry_failed",
                reaction=reaction.name,
                attempts=attempts,
                dead=attempts is None,
                error=repr(error),
            )
            return attempts is None
        await self.db.run(lambda session: letters.done(session, reaction.name, position))
        return True

    async def _retry_loop(self) -> None:
        while True:
            await asyncio.sleep(self.pace.retry)
            try:
                while await self.retry_due():
                    pass
            except Exception:
                logger.exception("reaction_retries_failed")

    async def retry_due(self) -> int:
        """Tries what is due, the earliest event of each conversation and reaction. Returns how many got through."""
        found: list[DeadLetter] = []
        if await letters.waiting(self.db):
            async with self.db.read() as session:
                found = await letters.heads(session)
        names = {letter.reaction for letter in found}
        mine = [letter for letter in found if self._may_try(letter)]
        if mine:
            gate = asyncio.Semaphore(PARALLEL)
            tries = [asyncio.ensure_future(self._retry(letter, gate)) for letter in mine]
            for letter, attempt in zip(mine, tries, strict=True):
                self._busy.add((letter.reaction, (letter.event_xid, letter.event_id)))
                self._long.add(attempt)  # type: ignore[arg-type]  # its answer is read below
                attempt.add_done_callback(self._long.discard)
            done, _ = await asyncio.wait(tries, timeout=self.pace.slow)
            passed = sum(
                1 for attempt in done if not attempt.cancelled() and attempt.exception() is None and attempt.result()
            )
        else:
            passed = 0
        parked = {name for name, conversations in self._parked.items() if conversations}
        for name in (names | parked) & set(self.positions):
            await self._note_standing(name)
        return passed

    def _may_try(self, letter: DeadLetter) -> bool:
        held = letter.reaction in self.reactions and letter.reaction in self.positions
        return held and (letter.reaction, (letter.event_xid, letter.event_id)) not in self._busy

    async def _retry(self, letter: DeadLetter, gate: asyncio.Semaphore) -> bool:
        """One more try. True when the conversation may go on."""
        reaction, envelope = self.reactions[letter.reaction], letters.envelope_of(letter)
        try:
            async with gate:
                task = asyncio.ensure_future(self.db.run(lambda session: reaction.handle(session, [envelope])))
                try:
                    return await self._settle(reaction, envelope.position, task)
                except asyncio.CancelledError:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                    raise
        except Exception:
            logger.exception("reaction_outcome_not_stored", reaction=reaction.name)
            return False
        finally:
            self._busy.discard((letter.reaction, envelope.position))
