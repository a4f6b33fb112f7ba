"""What a rule would have done in the last days, had it been there: a job that reads and never writes.

Each occasion of the past is tested with the object as it stands today: what it was then is not kept. The whole runs in
transactions the database itself holds to reading.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from qiao.core import clock, log
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, EventRow
from qiao.core.jobs import Progress, enqueue, job
from qiao.core.runtime import Runtime
from qiao.desk.automation import actions, conditions, policy, reactions, references, repository, service, target
from qiao.desk.automation.actions import Doing
from qiao.desk.automation.expressions import ExpressionError
from qiao.desk.automation.schemas import EventTrigger, RuleBody, ScheduleTrigger, TimeTrigger
from qiao.desk.automation.target import Target
from qiao.desk.automation.timed import cutoff

JOB: Final = "automation.dry_run"
SHOWN: Final = 300
MOST: Final = 50_000
"""Occasions looked at; beyond that the answer says it was cut."""
_BATCH: Final = 500
Occasion = tuple[datetime, str, UUID, Envelope | None]


async def ask(db: Session, actor: Actor, body: RuleBody, days: int) -> UUID:
    """Starts a dry run of a rule, saved or not."""
    actor.require("automation.manage")
    await service.check(db, body)
    return await enqueue(db, actor, JOB, {"rule": body.model_dump(mode="json", exclude={"revision"}), "days": days})


@job(JOB)
async def run(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Goes through what happened, batch by batch."""
    rule = RuleBody.model_validate(payload["rule"])
    now = clock.now()
    since = now - timedelta(days=payload["days"])
    tally = {"looked": 0, "matched": 0, "unmatched": 0, "faulty": 0}
    rows: list[dict[str, Any]] = []
    reasons: dict[str, int] = {}
    acted: dict[UUID, int] = {}
    total = 0
    async for batch, total in _occasions(runtime, rule, since, now):
        async with runtime.db.read() as db:
            for row in await _judge(db, rule, batch):
                tally["looked"] += 1
                tally[row["verdict"]] += 1
                if row["verdict"] == "matched":
                    acted[row["subject_id"]] = acted.get(row["subject_id"], 0) + 1
                elif row["verdict"] == "unmatched":
                    key = str((row["reason"] or {}).get("fact") or (row["reason"] or {}).get("expression") or "?")
                    reasons[key] = reasons.get(key, 0) + 1
                if len(rows) < SHOWN and row["verdict"] != "unmatched":
                    rows.append({**row, "subject_id": str(row["subject_id"]), "at": row["at"].isoformat()})
        await progress.step(tally["looked"], max(total, tally["looked"]))
    return {
        **tally,
        "objects": len(acted),
        "cut": tally["looked"] >= MOST,
        "rows": rows,
        "reasons": [{"what": key, "count": count} for key, count in sorted(reasons.items(), key=lambda x: -x[1])[:10]],
        "since": since.isoformat(),
    }


async def _occasions(
    runtime: Runtime, rule: RuleBody, since: datetime, now: datetime
) -> AsyncIterator[tuple[list[Occasion], int]]:
    """Batches of occasions with how many there are, as far as that is known."""
    trigger = rule.trigger
    if isinstance(trigger, ScheduleTrigger):
        moments: list[datetime] = []
        moment = policy.following(trigger, since)
        while moment is not None and moment <= now:
            moments.append(moment)
            moment = policy.following(trigger, moment)
        if rule.subject == "none":
            yield [(one, "none", UUID(int=0), None) for one in moments], len(moments)
            return
        async with runtime.db.read() as db:
            ids = await repository.watched(db, rule.subject, policy.STATUSES[rule.subject], None, MOST)
        # What is not over today was there for the last of them at least.
        last = moments[-1:]
        for start in range(0, len(ids) if last else 0, _BATCH):
            yield [(last[0], rule.subject, one, None) for one in ids[start : start + _BATCH]], len(ids)
        return
    if isinstance(trigger, TimeTrigger):
        async with runtime.db.read() as db:
            until = await cutoff(db, trigger, now)
            start_at = await cutoff(db, trigger, since)
            found = (
                await repository.moments(
                    db,
                    rule.subject,
                    since=trigger.since,
                    start=start_at,
                    until=until,
                    statuses=trigger.statuses or policy.STATUSES[rule.subject],
                    limit=MOST,
                )
                if until is not None and start_at is not None
                else []
            )
        for start in range(0, len(found), _BATCH):
            part = found[start : start + _BATCH]
            yield [(anchor, rule.subject, one, None) for one, anchor in part], len(found)
        return
    spec = policy.EVENTS[trigger.event]
    seen = 0
    async for events in _past(runtime, spec.kind, since):
        batch: list[Occasion] = []
        for envelope in events:
            async with runtime.db.read() as db:
                changes = await _changes(db, trigger, envelope)
            if policy.fits(trigger, envelope.kind, envelope.payload, envelope.actor_kind, changes):
                subject, subject_id = reactions.subject_of(envelope)
                if subject_id is not None:
                    batch.append((envelope.at, subject, subject_id, envelope))
        seen += len(batch)
        if batch:
            yield batch, seen
        if seen >= MOST:
            return


async def _past(runtime: Runtime, kind: str, since: datetime) -> AsyncIterator[list[Envelope]]:
    """Events of a kind since a moment, as they stand in the log."""
    async with runtime.db.read() as db:
        query = (
            select(EventRow.xid, EventRow.id).where(EventRow.at >= since).order_by(EventRow.xid, EventRow.id).limit(1)
        )
        first = (await db.execute(query)).first()
    if first is None:
        return
    position = (first.xid, first.id - 1)
    while events := await log.after(runtime.db, position, _BATCH, [kind]):
        position = events[-1].position
        yield [event for event in events if event.at >= since]


async def _changes(db: Session, trigger: EventTrigger, envelope: Envelope) -> dict[str, Any] | None:
    _, subject_id = reactions.subject_of(envelope)
    if trigger.field is None or not (trigger.before or trigger.after) or subject_id is None:
        return None
    return await reactions.changes_of(db, subject_id, envelope)


async def _judge(db: Session, rule: RuleBody, batch: list[Occasion]) -> list[dict[str, Any]]:
    there: dict[UUID, Target] = {}
    for subject in {one[1] for one in batch}:
        there |= await target.load_many(db, subject, list({one[2] for one in batch if one[1] == subject}))
    known = await references.known(db, rule.actions)
    faults = references.faults(rule.subject, rule.actions, known)
    rows: list[dict[str, Any]] = []
    for at, subject, subject_id, envelope in batch:
        on = there.get(subject_id)
        if on is None:
            continue
        if envelope is not None and on.subject != "none":
            on.facts["event"] = await reactions.event_facts(db, subject, subject_id, envelope)
        row: dict[str, Any] = {
            "at": at,
            "subject": subject,
            "subject_id": subject_id,
            "object": on.name,
            "link": on.link,
            "reason": None,
            "lines": [],
        }
        try:
            holds, row["reason"] = conditions.judge(rule.condition, on.facts)
        except ExpressionError as error:
            rows.append(row | {"verdict": "faulty", "reason": conditions.broken(error)})
            continue
        row["verdict"] = ("faulty" if faults else "matched") if holds else "unmatched"
        if holds:
            doing = Doing(
                actor=Actor.system(),
                target=on,
                known=known,
                values=await target.values(db, on),
                rule_id=UUID(int=0),
                rule_name=rule.name,
                run_id=UUID(int=0),
                key="",
            )
            row["lines"] = [actions.describe(action, doing) for action in rule.actions]
        rows.append(row)
    return rows


def said(result: dict[str, Any], locale: str) -> dict[str, Any]:
    """A finished dry run in the reader's language."""
    rows = [{**row, "lines": [actions.worded(line, locale) for line in row["lines"]]} for row in result.get("rows", ())]
    return {**result, "rows": rows}
