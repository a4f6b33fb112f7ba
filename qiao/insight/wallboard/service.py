"""The live figures of the operation: a fixed number of queries, however much there is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.service import Tally
from qiao.desk.routing import service as routing
from qiao.desk.routing.schemas import QueueLive
from qiao.desk.sla import service as sla
from qiao.desk.sla.schemas import QueuePromises
from qiao.growth.surveys import service as surveys
from qiao.insight.metrics import definitions as metrics
from qiao.insight.metrics import periods
from qiao.insight.wallboard.schemas import (
    HourPoint,
    HourSeries,
    Satisfaction,
    ServiceLevel,
    Today,
    Wallboard,
    WallQueue,
)
from qiao.people.organization import service as organization

STATES = ("online", "busy", "away", "offline")


async def wallboard(db: Session, actor: Actor) -> Wallboard:
    """Queues and people as they are, today so far, and today by the hour beside the same weekday last week."""
    now = clock.now()
    workspace = await organization.get_workspace(db)
    day = periods.today(now, workspace.timezone)
    before = day - timedelta(days=7)
    stretch = periods.day_of(day, workspace.timezone)
    promised = workspace.settings.service_level_s
    tallies = await conversations.tallies(
        db,
        [stretch, periods.day_of(before, workspace.timezone)],
        zone=workspace.timezone,
        within_s=promised,
        now=now,
    )
    today = [tally for tally in tallies if tally.stretch == 0]
    previous = [tally for tally in tallies if tally.stretch == 1]
    count, mean = await surveys.figures(db, *stretch)
    promises = await sla.queue_promises(db)
    states = Counter(agent.state for agent in await routing.agents(db))
    return Wallboard(
        now=now,
        timezone=workspace.timezone,
        queues=[_queue(live, today, promised, promises) for live in await routing.live(db, actor)],
        agents={state: states.get(state, 0) for state in STATES},
        today=_today(today, promised, Satisfaction(metrics.csat(count, mean), count)),
        series=HourSeries(_hours(today), _hours(previous), before),
    )


def _queue(
    live: QueueLive, today: Sequence[Tally], promised: int, promises: Mapping[UUID | None, QueuePromises]
) -> WallQueue:
    own = metrics.add_up(tally for tally in today if tally.queue_id == live.queue.id)
    level = ServiceLevel(promised, metrics.service_level(own))
    return WallQueue(
        **{name: getattr(live, name) for name in QueueLive.__struct_fields__},
        service_level=level,
        sla=promises.get(live.queue.id, QueuePromises()),
    )


def _today(tallies: Sequence[Tally], promised: int, csat: Satisfaction) -> Today:
    sums = metrics.add_up(tallies)
    return Today(
        started=sums.started,
        resolved=sums.resolved,
        bot_resolved=sums.bot_resolved,
        handoffs=sums.handoffs,
        abandoned=sums.abandoned,
        abandonment_percent=metrics.abandonment(sums),
        containment_percent=metrics.containment(sums),
        service_level=ServiceLevel(promised, metrics.service_level(sums)),
        asa_s=metrics.asa(sums),
        aht_s=metrics.aht(sums),
        first_response_s=metrics.first_response(sums),
        csat=csat,
    )


def _hours(tallies: Sequence[Tally]) -> list[HourPoint]:
    by_hour: dict[int, list[Tally]] = {}
    for tally in tallies:
        by_hour.setdefault(tally.hour, []).append(tally)
    points = []
    for hour in sorted(by_hour):
        sums = metrics.add_up(by_hour[hour])
        values = {name: getattr(sums, name) for name in HourPoint.__struct_fields__ if name != "hour"}
        points.append(HourPoint(hour=hour, **values))
    return points


def encode(board: Wallboard) -> bytes:
    """The wallboard as JSON."""
    return msgspec.json.encode(board)
