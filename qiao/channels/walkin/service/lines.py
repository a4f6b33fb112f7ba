"""The line of a site as it stands: who waits, which counters are open, how long a visit takes, what one can expect."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from qiao.channels.walkin import policy, repository
from qiao.channels.walkin.models import CounterRow, ServiceRow, VisitRow
from qiao.channels.walkin.policy import Open, Outlook, Waiting
from qiao.channels.walkin.service.sites import Site
from qiao.core import clock
from qiao.core.db import Session
from qiao.core.runtime import Runtime

KEPT_FOR: Final = timedelta(seconds=20)
"""What was measured may be this old; who stands where is always true."""


@dataclass(frozen=True, slots=True)
class Line:
    """Everything estimates are made of. `since` is when each open counter's visitor came to it."""

    turn: int
    at: datetime
    rows: list[Any]
    waiting: list[Waiting]
    services: dict[UUID, ServiceRow]
    counters: list[CounterRow]
    visits: list[VisitRow]
    paces: dict[UUID, float]
    since: dict[UUID, tuple[UUID, datetime]]

    def open_counters(self, now: datetime) -> list[Open]:
        found = []
        for row in self.counters:
            if row.staff_id is None:
                continue
            serves, since = self.since.get(row.id, (None, now))
            busy = (now - since).total_seconds() if serves is not None else None
            found.append(Open(row.id, frozenset(row.taking), serves, busy))
        return found

    def outlook(self, service_id: UUID, visit: Waiting | None = None) -> Outlook:
        """For somebody in line, or for whoever would come now."""
        return policy.outlook(
            self.waiting,
            self.open_counters(clock.now()),
            self.paces,
            service_id=service_id,
            place=visit.place if visit is not None else None,
            wanted=visit.wanted_counter_id if visit is not None else None,
        )

    def waits_for(self, service_id: UUID) -> list[Waiting]:
        return [w for w in self.waiting if w.service_id == service_id]

    def counter_name(self, counter_id: UUID | None) -> str | None:
        return next((row.name for row in self.counters if row.id == counter_id), None)


async def load(db: Session, site: Site) -> Line:
    """The line as it is now."""
    now = clock.now()
    services = {row.id: row for row in await repository.services(db, [site.id])}
    rows = await repository.line(db, site.id)
    counters = await repository.counters(db, [site.id], active=True)
    visits = await repository.in_state(db, site.id, ("called", "serving"))
    midnight = policy.today(site.zone, now)
    start = datetime(midnight.year, midnight.month, midnight.day, tzinfo=site.zone).astimezone(UTC)
    measured = await repository.measured(db, services, start)
    return Line(
        turn=site.row.turn,
        at=now,
        rows=rows,
        waiting=[Waiting(row.id, row.service_id, row.sort_at, row.wanted_counter_id) for row in rows],
        services=services,
        counters=counters,
        visits=visits,
        paces={key: policy.pace(row.handle_s, measured.get(key, ())) for key, row in services.items()},
        since={
            visit.counter_id: (visit.service_id, visit.started_at or visit.called_at or now)
            for visit in visits
            if visit.counter_id is not None
        },
    )


@dataclass
class Lines:
    """Lines worked out a moment ago: hundreds of phones ask about the same one. A part of the runtime."""

    kept: dict[UUID, Line] = field(default_factory=dict)

    @classmethod
    def of(cls, runtime: Runtime) -> "Lines":
        return runtime.once(cls, cls)

    async def get(self, db: Session, site: Site) -> Line:
        known = self.kept.get(site.id)
        if known is not None and known.turn == site.row.turn and clock.now() - known.at < KEPT_FOR:
            return known
        found = await load(db, site)
        self.kept[site.id] = found
        return found
