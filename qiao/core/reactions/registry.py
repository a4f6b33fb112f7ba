"""Which reactions there are."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import structlog

from qiao.core.db import Session
from qiao.core.events import Envelope, Event

logger = structlog.get_logger(__name__)
Handler = Callable[[Session, Any, Envelope], Awaitable[None]]
BatchHandler = Callable[[Session, Sequence[tuple[Any, Envelope]]], Awaitable[None]]

MAX_DELAY: Final = timedelta(minutes=30)


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
    linger: float = 0.0
    """Seconds to wait for company before a batch is taken, where nobody waits for the outcome."""
    most: int = 500
    """Events in one batch."""

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(cls.kind for cls in self.classes)

    def concerns(self, envelope: Envelope) -> bool:
        if envelope.kind not in self.kinds:
            return False
        if self.when is None:
            return True
        try:
            return self.when(envelope)
        except Exception:
            # An event written by another version. Its handler will fail on it too, and then it shows as a dead letter.
            logger.exception("reaction_condition_failed", reaction=self.name, kind=envelope.kind)
            return True

    async def handle(self, db: Session, envelopes: Sequence[Envelope]) -> None:
        """Runs the handler. Raises LookupError or a msgspec error for an event this version does not understand."""
        pairs = [(envelope.event(), envelope) for envelope in envelopes]
        if self.batch is not None:
            await self.batch(db, pairs)
            return
        assert self.handler is not None
        for fact, envelope in pairs:
            await self.handler(db, fact, envelope)


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
    *classes: type[Event],
    name: str,
    from_start: bool = False,
    when: Callable[[Envelope], bool] | None = None,
    linger: float = 0.0,
    most: int = 500,
) -> Callable[[BatchHandler], BatchHandler]:
    """Registers a durable reaction that takes many events in one transaction, which also saves its position.

    `from_start` makes a new reaction read the whole log instead of starting now (for indexes built from events).
    `when` as in `on_commit`. `linger`: seconds a batch may wait for more, for work nobody waits for; one larger
    transaction instead of many small ones leaves the log's readers and the disk to those who do wait. `most`: events in one
    batch; while its transaction writes, the log's readers stand still, so what writes slowly takes few.
    """

    def mark(handler: BatchHandler) -> BatchHandler:
        _register(Reaction(name, classes, None, handler, 0, from_start, when, linger, most))
        return handler

    return mark


def retry_delay(attempt: int) -> timedelta:
    """2 s, 4 s, 8 s … at most 30 minutes; `attempt` counts from 1."""
    return min(timedelta(seconds=2 ** min(attempt, 12)), MAX_DELAY)
