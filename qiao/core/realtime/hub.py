"""Who is connected, and who gets what.

Events reach people through the log tailer, enriched in batches into frames; signals (typing, viewing) are ephemeral and
pass directly. Delivery is decided per connection from the audience an event states: nobody receives by default.
"""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog

from qiao.core.actor import Actor
from qiao.core.events import Envelope

logger = structlog.get_logger(__name__)
encoder: Final = msgspec.json.Encoder()
LEAST_SHARE, MOST_SHARE = 0.002, 0.02
"""Seconds of delivering between two looks at everything else. Within these it may take as long as the others just took: with
a fixed count of frames a busy process would answer senders at once and tell nobody for seconds."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who may get a push. The parts are alternatives: any one that matches is enough; all empty means nobody."""

    users: frozenset[UUID] = frozenset()
    queues: frozenset[UUID] = frozenset()
    departments: frozenset[UUID] = frozenset()
    """People of these departments who may handle tickets."""
    permission: str | None = None
    customer_of: UUID | None = None
    watchers_of: UUID | None = None
    """People who watch this conversation and may see it by `users`, `queues` or `permission`. Narrows instead of widens."""


@dataclass(frozen=True, slots=True)
class Push:
    """One frame for clients: `type` and `data` as in the protocol."""

    target: Target
    type: str
    data: Any
    conversation_id: UUID | None = None


Enricher = Callable[[Any, Sequence[Envelope]], Awaitable[Iterable[tuple[Envelope, Push]]]]
_enrichers: dict[str, list[Enricher]] = {}


def enrich(*kinds: str) -> Callable[[Enricher], Enricher]:
    """Registers a function that turns events of `kinds` into pushes, a batch at a time: `f(runtime, envelopes)`."""

    def mark(enricher: Enricher) -> Enricher:
        for kind in kinds:
            _enrichers.setdefault(kind, []).append(enricher)
        return enricher

    return mark


class Sink(Protocol):
    """What a transport gives the hub: a bounded queue of encoded frames."""

    def offer(self, frame: str) -> bool:
        """Queues a frame; False when the reader lags too far and has been told to reload."""
        ...


_ids = itertools.count(1)


@dataclass(eq=False)
class Connection:
    """One live client. `actor` decides what a staff connection may get; a visitor's has `conversation_ids` only."""

    sink: Sink
    actor: Actor | None = None
    conversation_ids: set[UUID] = field(default_factory=set)
    watching: frozenset[UUID] = frozenset()
    """Conversations whose every message this person wants; changed by `Hub.watch` only."""
    viewing: UUID | None = None
    customer_id: UUID | None = None
    number: int = field(default_factory=lambda: next(_ids))
    end: Callable[[str], None] | None = None
    """Sends a last frame ahead of everything else and closes: the person's right to be here has ended."""


class Hub:
    """All connections of this process."""

    def __init__(self, runtime: Any):
        self.runtime = runtime
        self.staff: set[Connection] = set()
        self._by_user: dict[UUID, set[Connection]] = defaultdict(set)
        self._watchers: dict[UUID, set[Connection]] = defaultdict(set)
        self.visitors: dict[UUID, set[Connection]] = defaultdict(set)
        self.visitor_connections: set[Connection] = set()
        self.signal_listeners: list[Callable[[str, UUID | None, Any], None]] = []

    # -- who is here -------------------------------------------------------------------------------------------------

    def join_staff(self, connection: Connection) -> None:
        self.staff.add(connection)
        if connection.actor is not None and connection.actor.id is not None:
            self._by_user[connection.actor.id].add(connection)

    def leave_staff(self, connection: Connection) -> None:
        self.staff.discard(connection)
        if connection.actor is not None and connection.actor.id is not None:
            _drop(self._by_user, connection.actor.id, connection)
        self.watch(connection, frozenset())

    def watch(self, connection: Connection, conversation_ids: Iterable[UUID]) -> None:
        """Replaces the conversations whose messages a staff connection follows. The caller has checked that it may."""
        wanted = frozenset(conversation_ids)
        for conversation_id in connection.watching - wanted:
            _drop(self._watchers, conversation_id, connection)
        for conversation_id in wanted - connection.watching:
            self._watchers[conversation_id].add(connection)
        connection.watching = wanted

    def join_visitor(self, connection: Connection, conversation_ids: Iterable[UUID]) -> None:
        self.visitor_connections.add(connection)
        for conversation_id in conversation_ids:
            connection.conversation_ids.add(conversation_id)
            self.visitors[conversation_id].add(connection)

    def follow_customer(self, customer_id: UUID, conversation_id: UUID) -> None:
        """A new conversation of a customer: their open connections hear of it from now on."""
        for connection in self.visitor_connections:
            if connection.customer_id == customer_id:
                connection.conversation_ids.add(conversation_id)
                self.visitors[conversation_id].add(connection)

    def leave_visitor(self, connection: Connection) -> None:
        self.visitor_connections.discard(connection)
        for conversation_id in connection.conversation_ids:
            _drop(self.visitors, conversation_id, connection)

    def users_here(self) -> set[UUID]:
        """Staff with at least one open connection in this process."""
        return {c.actor.id for c in self.staff if c.actor is not None and c.actor.id is not None}

    def members_here(self, departments: Collection[UUID]) -> set[UUID]:
        """Those of `users_here` who belong to one of these departments."""
        found = {c.actor.id for c in self.staff if c.actor is not None and c.actor.department_id in departments}
        return {one for one in found if one is not None}

    def viewers(self, conversation_id: UUID) -> list[Connection]:
        return [c for c in self.staff if c.viewing == conversation_id]

    def refresh_actor(self, user_id: UUID, actor: Actor) -> None:
        """Replaces what a connected person may see after their roles or queues changed."""
        for connection in self.staff:
            known = connection.actor
            if known is not None and known.id == user_id:
                # A connection made with an API token never gets more than it came with.
                allowed = actor.permissions if known.session_id else actor.permissions & known.permissions
                connection.actor = replace(actor, session_id=known.session_id, ip=known.ip, permissions=allowed)
                before = (known.permissions, known.queue_ids, known.department_id)
                if before != (allowed, actor.queue_ids, actor.department_id):
                    # They may see more or less than what they hold: only a fresh snapshot is right.
                    self.offer(connection, encoder.encode({"op": "reload", "reason": "access"}).decode())

    def drop(self, user_id: UUID, session_id: UUID | None = None) -> None:
        """Closes a person's connections (all, or those of one session)."""
        frame = encoder.encode({"op": "bye", "reason": "signed_out"}).decode()
        for connection in list(self.staff):
            actor = connection.actor
            if actor and actor.id == user_id and session_id in (None, actor.session_id):
                if connection.end is not None:
                    connection.end(frame)
                else:
                    connection.sink.offer(frame)
                self.leave_staff(connection)

    # -- events ------------------------------------------------------------------------------------------------------

    async def on_batch(self, batch: Sequence[Envelope]) -> None:
        """Log listener: pushes a batch to everyone it concerns."""
        if not self.staff and not self.visitor_connections:
            return
        try:
            found = await self.pushes(batch)
        except Exception:
            # What these people would have heard is lost to them: they take a fresh snapshot instead.
            logger.exception("realtime_batch_failed", events=len(batch))
            self.reload_all("trouble")
            return
        share, since = LEAST_SHARE, time.perf_counter()
        for envelope, push in found:
            self.deliver(envelope.cursor, push)
            if (now := time.perf_counter()) - since >= share:
                await asyncio.sleep(0)  # a burst must not hold up those who are writing
                since = time.perf_counter()
                share = min(max(since - now, LEAST_SHARE), MOST_SHARE)

    def reload_all(self, reason: str) -> None:
        """Tells everybody connected to take a fresh snapshot."""
        frame = encoder.encode({"op": "reload", "reason": reason}).decode()
        for connection in [*self.staff, *self.visitor_connections]:
            self.offer(connection, frame)

    async def pushes(self, batch: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
        """The pushes of a batch in log order."""
        by_enricher: dict[Enricher, list[Envelope]] = defaultdict(list)
        for envelope in batch:
            for enricher in _enrichers.get(envelope.kind, ()):
                by_enricher[enricher].append(envelope)
        found: list[tuple[Envelope, Push]] = []
        for enricher, envelopes in by_enricher.items():
            found.extend(await enricher(self.runtime, envelopes))
        if len(by_enricher) > 1:
            found.sort(key=lambda pair: pair[0].position)
        return found

    def deliver(self, cursor: str, push: Push) -> None:
        frame: str | None = None
        for connection in self._recipients(push.target):
            if frame is None:
                frame = frame_of(cursor, push)
            self.offer(connection, frame)

    def offer(self, connection: Connection, frame: str) -> None:
        """Hands a frame to a connection; one that lags too far is told to reload instead of growing without bound."""
        connection.sink.offer(frame)

    def allows(self, connection: Connection, target: Target) -> bool:
        """Whether a staff connection may get what is meant for `target`."""
        actor = connection.actor
        if actor is None or actor.id is None:
            return False
        allowed = (
            actor.id in target.users
            or (target.permission is not None and target.permission in actor.permissions)
            or ("conversations.handle" in actor.permissions and not target.queues.isdisjoint(actor.queue_ids))
            or ("tickets.handle" in actor.permissions and actor.department_id in target.departments)
        )
        if allowed and target.watchers_of is not None:
            return actor.id in target.users or target.watchers_of in connection.watching
        return allowed

    def _recipients(self, target: Target) -> Iterable[Connection]:
        if target.customer_of is not None:
            yield from list(self.visitors.get(target.customer_of, ()))
        if not (target.users or target.queues or target.departments or target.permission):
            return
        candidates: Iterable[Connection] = list(self.staff)
        if target.watchers_of is not None or not (target.queues or target.departments or target.permission):
            # The hot case: a message goes to whom it is addressed by name, and to those who watch.
            named = [connection for user in target.users for connection in self._by_user.get(user, ())]
            watching = self._watchers.get(target.watchers_of, ()) if target.watchers_of is not None else ()
            candidates = dict.fromkeys([*named, *watching])
        for connection in candidates:
            if self.allows(connection, target):
                yield connection

    # -- signals -----------------------------------------------------------------------------------------------------

    def signal(
        self,
        target: Target,
        kind: str,
        data: Any,
        conversation_id: UUID | None = None,
        *,
        skip: Connection | None = None,
    ) -> None:
        """Sends something ephemeral to whoever is connected now."""
        frame: str | None = None
        for connection in self._recipients(target):
            if connection is skip:
                continue
            if frame is None:
                frame = encoder.encode(
                    {"op": "signal", "type": kind, "conversation_id": conversation_id, "data": data}
                ).decode()
            self.offer(connection, frame)
        if target.customer_of is not None:
            for listen in self.signal_listeners:
                listen(kind, target.customer_of, data)


def _drop(members: dict[UUID, set[Connection]], key: UUID, connection: Connection) -> None:
    found = members.get(key)
    if found is not None:
        found.discard(connection)
        if not found:
            del members[key]


def frame_of(cursor: str, push: Push) -> str:
    """An encoded `event` frame."""
    return encoder.encode(
        {"op": "event", "cursor": cursor, "type": push.type, "conversation_id": push.conversation_id, "data": push.data}
    ).decode()
