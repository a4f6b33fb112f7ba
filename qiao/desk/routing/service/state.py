"""One change of who waits or who can take, and what follows from it.

Verbs and reactions work inside `change(db)`. They may nest (assigning announces an event that is reacted to); when the
outermost one ends, what waits is matched once, and one event says which queues look different now.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import repository
from qiao.desk.routing.events import QueuesChanged
from qiao.desk.routing.policy import Decision, Verdict
from qiao.desk.routing.schemas import RoutingSettings

LOGGED_CANDIDATES = 30


@dataclass
class Change:
    """What has to be looked at before this change is complete."""

    now: datetime
    settings: RoutingSettings
    queues: set[UUID] = field(default_factory=set)
    """Queues where somebody may have become able to take something."""
    arrivals: list[UUID] = field(default_factory=list)
    """Conversations that wait anew: if still so after matching, the overflow rule is asked."""
    touched: set[UUID] = field(default_factory=set)

    def look_at(self, queue_ids: Iterable[UUID]) -> None:
        ids = set(queue_ids)
        self.queues |= ids
        self.touched |= ids

    def touch(self, *queue_ids: UUID | None) -> None:
        self.touched |= {queue_id for queue_id in queue_ids if queue_id is not None}


@asynccontextmanager
async def change(db: Session) -> AsyncIterator[Change]:
    """The current change, or a new one whose end settles everything. Takes the status lock."""
    from qiao.desk.routing.service import matching  # matching needs this module first

    await status_lock(db)
    running: Change | None = db.info.get("routing")
    if running is not None:
        yield running
        return
    begun = Change(clock.now(), await load_settings(db))
    db.info["routing"] = begun
    try:
        yield begun
        while begun.queues or begun.arrivals:
            await matching.settle(db, begun)
        if begun.touched:
            ids = tuple(sorted(begun.touched))
            audience = Audience(queues=ids, permission="wallboard.view")
            await emit(db, QueuesChanged(queue_ids=ids), actor=Actor.system(), audience=audience)
    finally:
        del db.info["routing"]


async def load_settings(db: Session) -> RoutingSettings:
    """The company's routing settings, with the defaults for what was never changed."""
    return RoutingSettings.model_validate(await repository.settings(db))


async def recount(db: Session, current: Change, user_ids: Iterable[UUID | None], *, given: UUID | None = None) -> None:
    """Counts from rows what people hold and are offered; whoever has more room now is matched.

    `given` is who has just been given something.
    """
    ids = {user_id for user_id in user_ids if user_id is not None}
    if not ids:
        return
    eased = await repository.write_loads(db, await true_loads(db, current.settings, ids), current.now, given)
    if eased:
        current.look_at(await repository.queues_of(db, eased))


async def true_loads(db: Session, settings: RoutingSettings, user_ids: Iterable[UUID]) -> dict[UUID, Decimal]:
    """The weight of what each person is assigned (snoozed conversations weigh nothing) and offered."""
    loads = dict.fromkeys(user_ids, Decimal(0))
    held = await conversations.workload(db, list(loads))
    for user_id, channel, count in [*held, *await repository.offered_counts(db, list(loads))]:
        loads[user_id] += settings.weight(channel) * count
    return loads


def explain(verdicts: Iterable[Verdict], rule: str, now: datetime, **details: Any) -> dict[str, Any]:
    """The stored explanation of a decision; long lists keep the best candidates and the number of the others."""
    judged = list(verdicts)
    return {
        "rule": rule,
        "candidates": [
            {
                "user_id": str(v.agent.user_id),
                "eligible": v.eligible,
                "why_not": list(v.why_not),
                "load": float(v.agent.load),
                "capacity": float(v.agent.capacity),
                "idle_s": int((now - v.agent.idle_since).total_seconds()) if v.agent.idle_since else None,
            }
            for v in judged[:LOGGED_CANDIDATES]
        ],
        "others": max(0, len(judged) - LOGGED_CANDIDATES),
        **details,
    }


def explain_decision(decision: Decision, now: datetime) -> dict[str, Any]:
    waited = (now - decision.waiting.entered_at).total_seconds()
    return explain(decision.candidates, decision.rule, now, waited_s=int(waited))
