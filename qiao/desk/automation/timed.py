"""Rules on time and on schedule: what is due now, each object once per occasion."""

from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update

from qiao.core import clock
from qiao.core.db import Session, status_lock
from qiao.core.ids import new_id
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.desk.automation import conditions, engine, outbox, policy, repository, target
from qiao.desk.automation.engine import Occasion, Outcome
from qiao.desk.automation.models import AutomationRule, MacroPress
from qiao.desk.automation.schemas import ScheduleTrigger, TimeTrigger
from qiao.people.organization import service as organization
from qiao.people.organization.hours import Calendar, add_business_seconds, business_seconds

logger = structlog.get_logger(__name__)
BATCH: Final = 200
AGAIN: Final = timedelta(hours=1)
"""After this a rule looks again at what it did not match: conditions may ask how old something is."""
LATE: Final = timedelta(days=1)
"""What a schedule named while nothing ran is made up for, once, unless it is older than this."""
FARTHEST: Final = timedelta(days=400)
UNMATCHED_KEPT: Final = timedelta(days=7)
KEPT: Final = timedelta(days=60)


@every(30, name="automation.sweep")
async def sweep_all(runtime: Runtime) -> None:
    """Everything that is due by now."""
    async with runtime.db.read() as db:
        timed = [rule.id for rule in await repository.live_rules(db, "time", clock.now())]
        planned = [rule.id for rule in await repository.live_rules(db, "schedule", clock.now())]
    for rule_id in timed:
        await sweep(runtime, rule_id)
    for rule_id in planned:
        await carry_out(runtime, rule_id)


@every(3600, name="automation.tidy")
async def tidy(runtime: Runtime) -> None:
    """Old runs, looks and contents go."""
    now = clock.now()
    while True:
        async with runtime.db.transaction() as db:
            if await repository.purge_runs(db, now - UNMATCHED_KEPT, now - KEPT) < 10_000:
                break
    async with runtime.db.transaction() as db:
        await repository.forget_looks(db, now - KEPT)
        await outbox.forget(db)
        await db.execute(delete(MacroPress).where(MacroPress.at < now - LATE))


# -- minutes after a moment --------------------------------------------------------------------------------------------


async def cutoff(db: Session, trigger: TimeTrigger, now: datetime) -> datetime | None:
    """The latest moment for which the trigger is due at `now`; None when its calendar is gone or never open."""
    length = timedelta(minutes=trigger.minutes)
    if trigger.clock == "wall" or trigger.calendar_id is None:
        return now + length if trigger.before else now - length
    calendar = await organization.find_calendar(db, trigger.calendar_id)
    if calendar is None:
        return None
    if trigger.before:
        return add_business_seconds(calendar, now, length.total_seconds())
    return business_back(calendar, now, length.total_seconds())


def business_back(calendar: Calendar, now: datetime, seconds: float) -> datetime | None:
    """The latest moment with at least so many business seconds until `now`."""
    reach = timedelta(seconds=max(seconds, 60))
    while business_seconds(calendar, now - reach, now) < seconds:
        if reach >= FARTHEST:
            return None
        reach = min(reach * 2, FARTHEST)
    low, high = now - reach, now  # enough until `now` from the low end, too little from the high one
    while high - low > timedelta(milliseconds=500):
        middle = low + (high - low) / 2
        if business_seconds(calendar, middle, now) >= seconds:
            low = middle
        else:
            high = middle
    return low


async def sweep(runtime: Runtime, rule_id: UUID, *, batch: int = BATCH) -> dict[str, float]:
    """Runs one rule on everything it is due for. Returns how many it looked at and acted on, and how long it took."""
    started = perf_counter()
    looked = acted = 0
    after: UUID | None = None
    while True:
        found = await runtime.db.run(partial(_some, rule_id=rule_id, after=after, batch=batch))
        if found is None:
            break
        after, seen, done = found
        looked, acted = looked + seen, acted + done
        if seen < batch:
            break
    return {"looked": looked, "acted": acted, "seconds": perf_counter() - started}


async def _some(db: Session, *, rule_id: UUID, after: UUID | None, batch: int) -> tuple[UUID | None, int, int] | None:
    """One batch in one transaction: the last id, how many were looked at, how many acted on."""
    now = clock.now()
    rule = (await db.execute(select(AutomationRule).where(AutomationRule.id == rule_id))).scalar_one_or_none()
    if rule is None or not rule.enabled or rule.archived_at is not None:
        return None
    trigger = conditions.TRIGGER.validate_python(rule.trigger)
    assert isinstance(trigger, TimeTrigger)
    until = await cutoff(db, trigger, now)
    if until is None:
        return None
    due = await repository.candidates(
        db,
        rule.id,
        rule.subject,
        since=trigger.since,
        until=until,
        statuses=trigger.statuses or policy.STATUSES[rule.subject],
        again_before=now - AGAIN,
        after=after,
        limit=batch,
    )
    if not due:
        return after, 0, 0
    if rule.subject == "conversation":
        await status_lock(db)
    anchors = dict(due)
    there = await target.load_many(db, rule.subject, list(anchors))
    when = conditions.WHEN.validate_python(rule.condition) if rule.condition else None
    looks, quiet, done = [], [], 0
    statuses = frozenset(trigger.statuses or policy.STATUSES[rule.subject])
    for subject_id, anchor in anchors.items():
        on = there.get(subject_id)
        fired = False
        if on is not None and status_of(on) in statuses:
            key = f"t:{anchor.isoformat()}"
            occasion = Occasion(key, f"time.{trigger.since}", new_id(), 0)
            reason = None
            try:
                holds, reason = conditions.judge(when, on.facts)
            except Exception:  # the run says what is wrong with the expression
                holds = True
            if holds:
                acted = await repository.acted(db, [rule.id], subject_id, now - timedelta(hours=1))
                outcome = await engine.run_one(db, rule, on, occasion, acted.get(rule.id, 0))
                fired = outcome.outcome != "unmatched"
                done += outcome.outcome == "done"
            else:
                quiet.append(engine.run_row(rule, on, occasion, Outcome("unmatched", reason)))
        looks.append({"rule_id": rule.id, "subject_id": subject_id, "anchor": anchor, "looked_at": now, "fired": fired})
    await repository.add_runs(db, quiet)
    await repository.looked(db, looks)
    return due[-1][0], len(due), done


def status_of(on: target.Target) -> str:
    found = on.ticket or on.conversation
    return found.status if found is not None else ""


# -- schedules ---------------------------------------------------------------------------------------------------------


async def carry_out(runtime: Runtime, rule_id: UUID) -> bool:
    """Does what a schedule names by now, if it has not been done. Returns whether anything was."""
    async with runtime.db.read() as db:
        rule = await repository.rule(db, rule_id)
    if rule is None or not rule.enabled:
        return False
    trigger = conditions.TRIGGER.validate_python(rule.trigger)
    assert isinstance(trigger, ScheduleTrigger)
    now = clock.now()
    moment = policy.latest(trigger, now)
    since = max(filter(None, (rule.planned_at, rule.enabled_at, rule.active_from)), default=None)
    if moment is None or now - moment > LATE or (since is not None and moment <= since):
        return False
    if rule.subject == "none":
        await runtime.db.run(partial(_once, rule_id=rule_id, moment=moment))
        return True
    after: UUID | None = None
    while True:
        after, more = await runtime.db.run(partial(_each, rule_id=rule_id, moment=moment, after=after))
        if not more:
            break
    async with runtime.db.transaction() as db:
        await db.execute(update(AutomationRule).where(AutomationRule.id == rule_id).values(planned_at=moment))
    return True


async def _once(db: Session, *, rule_id: UUID, moment: datetime) -> None:
    rule = await repository.rule(db, rule_id, lock=True)
    if rule is None or (rule.planned_at is not None and rule.planned_at >= moment):
        return
    occasion = Occasion(f"s:{moment.isoformat()}", "schedule", new_id(), 0)
    await engine.run_one(db, rule, target.Target("none", rule.id), occasion, 0)
    rule.planned_at = moment


async def _each(db: Session, *, rule_id: UUID, moment: datetime, after: UUID | None) -> tuple[UUID | None, bool]:
    rule = await repository.rule(db, rule_id)
    if rule is None:
        return after, False
    ids = await repository.watched(db, rule.subject, policy.STATUSES[rule.subject], after, BATCH)
    if rule.subject == "conversation" and ids:
        await status_lock(db)
    occasion = Occasion(f"s:{moment.isoformat()}", "schedule", new_id(), 0)
    for subject_id in ids:
        await engine.run_all(db, [rule], rule.subject, subject_id, occasion)
    return (ids[-1] if ids else after), len(ids) == BATCH
