"""Every query of automation but the outbox's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.desk.automation.models import (
    AutomationLook,
    AutomationRule,
    AutomationRuleVersion,
    AutomationRun,
    AutomationWatch,
    Macro,
)

# -- rules -------------------------------------------------------------------------------------------------------------


async def rules(db: Session) -> list[AutomationRule]:
    """All that are not archived, in their order."""
    query = select(AutomationRule).where(AutomationRule.archived_at.is_(None))
    return list((await db.execute(query.order_by(AutomationRule.position, AutomationRule.id))).scalars())


async def live_rules(db: Session, kind: str, at: datetime, subject: str | None = None) -> list[AutomationRule]:
    """Enabled rules with a kind of trigger, in their order."""
    query = select(AutomationRule).where(
        AutomationRule.enabled,
        AutomationRule.archived_at.is_(None),
        AutomationRule.trigger["kind"].astext == kind,
        or_(AutomationRule.active_from.is_(None), AutomationRule.active_from <= at),
        or_(AutomationRule.active_until.is_(None), AutomationRule.active_until > at),
    )
    if subject is not None:
        query = query.where(AutomationRule.subject == subject)
    return list((await db.execute(query.order_by(AutomationRule.position, AutomationRule.id))).scalars())


async def rule(db: Session, rule_id: UUID, *, lock: bool = False) -> AutomationRule | None:
    query = select(AutomationRule).where(AutomationRule.id == rule_id, AutomationRule.archived_at.is_(None))
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def keys(db: Session) -> set[str]:
    """Keys of shipped rules that were ever put in, archived ones too."""
    query = select(AutomationRule.key).where(AutomationRule.key.is_not(None))
    return {key for key in (await db.execute(query)).scalars() if key}


async def last_position(db: Session) -> int:
    found = await db.scalar(select(func.max(AutomationRule.position)).where(AutomationRule.archived_at.is_(None)))
    return found if found is not None else -1


async def versions(db: Session, rule_id: UUID, before: int | None, limit: int) -> list[AutomationRuleVersion]:
    query = select(AutomationRuleVersion).where(AutomationRuleVersion.rule_id == rule_id)
    if before is not None:
        query = query.where(AutomationRuleVersion.revision < before)
    return list((await db.execute(query.order_by(AutomationRuleVersion.revision.desc()).limit(limit))).scalars())


# -- runs --------------------------------------------------------------------------------------------------------------


async def occasions_done(db: Session, rule_ids: Sequence[UUID], subject_id: UUID, occasion: str) -> set[UUID]:
    """Those of these rules that have had this occasion."""
    query = select(AutomationRun.rule_id).where(
        AutomationRun.rule_id.in_(rule_ids),
        AutomationRun.subject_id == subject_id,
        AutomationRun.occasion == occasion,
        AutomationRun.outcome != "unmatched",
    )
    return set((await db.execute(query)).scalars())


async def acted(db: Session, rule_ids: Sequence[UUID], subject_id: UUID, since: datetime) -> dict[UUID, int]:
    """How often each rule acted on an object since."""
    query = (
        select(AutomationRun.rule_id, func.count())
        .where(
            AutomationRun.subject_id == subject_id,
            AutomationRun.at > since,
            AutomationRun.rule_id.in_(rule_ids),
            AutomationRun.outcome == "done",
        )
        .group_by(AutomationRun.rule_id)
    )
    return dict(list((await db.execute(query)).tuples()))


async def held_back(db: Session, rule_id: UUID, subject_id: UUID, since: datetime) -> int:
    """How often the loop guard held a rule back on an object since."""
    query = select(func.count()).where(
        AutomationRun.subject_id == subject_id,
        AutomationRun.at > since,
        AutomationRun.rule_id == rule_id,
        AutomationRun.outcome == "limited",
    )
    return (await db.execute(query)).scalar_one()


def _adding_runs() -> Any:
    query = insert(AutomationRun.__table__)  # type: ignore[arg-type]  # a table; into it, not by way of the mapper
    return query.on_conflict_do_update(
        index_elements=["rule_id", "subject_id", "occasion"],
        set_={
            name: query.excluded[name]
            for name in ("id", "revision", "outcome", "reason", "actions", "chain_id", "depth", "microseconds", "at")
        },
        where=AutomationRun.outcome == "unmatched",
    )


_ADD_RUNS: Final = _adding_runs()


async def add_runs(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes runs. One that did not match before may match now; every other occasion stands once."""
    if rows:
        await db.execute(_ADD_RUNS, list(rows))


async def run(db: Session, run_id: UUID) -> AutomationRun | None:
    return await db.get(AutomationRun, run_id)


async def runs(
    db: Session,
    *,
    rule_id: UUID | None,
    subject_id: UUID | None,
    outcomes: Sequence[str],
    chain_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[AutomationRun, str]]:
    """Runs with the names of their rules, newest first."""
    where: list[ColumnElement[bool]] = []
    if rule_id is not None:
        where.append(AutomationRun.rule_id == rule_id)
    if subject_id is not None:
        where.append(AutomationRun.subject_id == subject_id)
    if outcomes:
        where.append(AutomationRun.outcome.in_(outcomes))
    if chain_id is not None:
        where.append(AutomationRun.chain_id == chain_id)
    if before is not None:
        where.append(func.row(AutomationRun.at, AutomationRun.id) < func.row(*before))
    query = (
        select(AutomationRun, AutomationRule.name)
        .join(AutomationRule, AutomationRule.id == AutomationRun.rule_id)
        .where(*where)
        .order_by(AutomationRun.at.desc(), AutomationRun.id.desc())
        .limit(limit)
    )
    return [(run, name) for run, name in (await db.execute(query)).tuples()]


async def daily(db: Session, since: datetime) -> list[tuple[UUID, int, str, int]]:
    """Runs per rule, days ago and outcome, without those that did not match."""
    query = text("""
        SELECT rule_id, floor(extract(epoch FROM at - CAST(:since AS timestamptz)) / 86400)::int, outcome, count(*)
        FROM automation_runs WHERE at >= :since AND outcome <> 'unmatched' GROUP BY 1, 2, 3""")
    return [(row[0], row[1], row[2], row[3]) for row in await db.execute(query, {"since": since})]


async def last_runs(db: Session, rule_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each rule last did something, by the index of runs of a rule."""
    query = text("""
        SELECT wanted.id, (SELECT at FROM automation_runs r WHERE r.rule_id = wanted.id AND r.outcome <> 'unmatched'
                           ORDER BY at DESC, id DESC LIMIT 1)
        FROM unnest(CAST(:ids AS uuid[])) AS wanted(id)""")
    found = await db.execute(query, {"ids": list(rule_ids)})
    return {row[0]: row[1] for row in found if row[1] is not None}


async def purge_runs(db: Session, unmatched_before: datetime, before: datetime, limit: int = 10_000) -> int:
    """Old runs go: first those that did nothing. Returns how many."""
    old = (
        select(AutomationRun.id)
        .where(
            or_(
                AutomationRun.at < before,
                and_(AutomationRun.at < unmatched_before, AutomationRun.outcome == "unmatched"),
            )
        )
        .limit(limit)
    )
    done = await db.execute(delete(AutomationRun).where(AutomationRun.id.in_(old)).returning(AutomationRun.id))
    return len(done.all())


# -- what time triggers watch ------------------------------------------------------------------------------------------


async def watch(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Notes how objects stand. Moments of messages only grow; those of statuses are taken when the status is another."""
    if not rows:
        return
    query = insert(AutomationWatch)
    new, old = query.excluded, AutomationWatch
    await db.execute(
        query.on_conflict_do_update(
            index_elements=["subject_id"],
            set_={
                "status": new.status,
                "status_at": text(
                    "CASE WHEN excluded.status = automation_watch.status THEN automation_watch.status_at "
                    "ELSE excluded.status_at END"
                ),
                "customer_at": func.greatest(old.customer_at, new.customer_at),
                "staff_at": func.greatest(old.staff_at, new.staff_at),
                "due_at": new.due_at,
                "touched_at": func.greatest(old.touched_at, new.touched_at),
            },
        ),
        list(rows),
    )


async def unwatch(db: Session, ids: Iterable[UUID]) -> None:
    """What is over is no longer looked at."""
    gone = list(ids)
    if gone:
        await db.execute(delete(AutomationWatch).where(AutomationWatch.subject_id.in_(gone)))
        await db.execute(delete(AutomationLook).where(AutomationLook.subject_id.in_(gone)))


_ANCHORS = {
    "created": "created_at",
    "customer_message": "customer_at",
    "staff_reply": "staff_at",
    "status_change": "status_at",
    "due": "due_at",
}


async def candidates(
    db: Session,
    rule_id: UUID,
    subject: str,
    *,
    since: str,
    until: datetime,
    statuses: Sequence[str],
    again_before: datetime,
    after: UUID | None,
    limit: int,
) -> list[tuple[UUID, datetime]]:
    """Objects whose moment (`since`) lies at or before `until`, which this rule has not acted on for that moment.

    One it looked at in vain comes again when something happened to it since, or after `again_before`.
    """
    column = _ANCHORS[since]
    # A reply takes the wait for one away: only the later of the two counts.
    waits = {
        "customer_message": "AND (w.staff_at IS NULL OR w.staff_at <= w.customer_at)",
        "staff_reply": "AND (w.customer_at IS NULL OR w.customer_at <= w.staff_at)",
    }.get(since, "")
    query = text(f"""
        SELECT w.subject_id, w.{column} FROM automation_watch w
        WHERE w.subject = :subject AND w.{column} <= :until AND w.status = ANY(CAST(:statuses AS text[])) {waits}
          AND w.subject_id > :after
          AND NOT EXISTS (
            SELECT FROM automation_looks l
            WHERE l.rule_id = :rule_id AND l.subject_id = w.subject_id AND l.anchor = w.{column}
              AND (l.fired OR (l.looked_at > w.touched_at AND l.looked_at >= :again_before)))
        ORDER BY w.subject_id LIMIT :limit""")  # noqa: S608 - names of columns from the table above
    found = await db.execute(
        query,
        {
            "subject": subject,
            "until": until,
            "statuses": list(statuses),
            "rule_id": rule_id,
            "again_before": again_before,
            "after": after or UUID(int=0),
            "limit": limit,
        },
    )
    return [(row[0], row[1]) for row in found]


async def looked(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    query = insert(AutomationLook)
    await db.execute(
        query.on_conflict_do_update(
            index_elements=["rule_id", "subject_id", "anchor"],
            set_={"looked_at": query.excluded.looked_at, "fired": AutomationLook.fired | query.excluded.fired},
        ),
        list(rows),
    )


async def watched(db: Session, subject: str, statuses: Sequence[str], after: UUID | None, limit: int) -> list[UUID]:
    """Living objects in these statuses, by id."""
    query = select(AutomationWatch.subject_id).where(
        AutomationWatch.subject == subject, AutomationWatch.status.in_(statuses)
    )
    if after is not None:
        query = query.where(AutomationWatch.subject_id > after)
    return list((await db.execute(query.order_by(AutomationWatch.subject_id).limit(limit))).scalars())


async def moments(
    db: Session, subject: str, *, since: str, start: datetime, until: datetime, statuses: Sequence[str], limit: int
) -> list[tuple[UUID, datetime]]:
    """Objects whose moment lies in a stretch of time, oldest first."""
    column: Any = getattr(AutomationWatch, _ANCHORS[since])
    query = (
        select(AutomationWatch.subject_id, column)
        .where(
            AutomationWatch.subject == subject, column > start, column <= until, AutomationWatch.status.in_(statuses)
        )
        .order_by(column, AutomationWatch.subject_id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await db.execute(query)]


async def forget_looks(db: Session, before: datetime) -> None:
    """Looks at moments that have passed long ago, of rules that are gone, or of objects no longer watched."""
    await db.execute(
        text("""
        DELETE FROM automation_looks l WHERE l.looked_at < :before AND (
          NOT EXISTS (SELECT FROM automation_watch w WHERE w.subject_id = l.subject_id)
          OR EXISTS (SELECT FROM automation_rules r WHERE r.id = l.rule_id AND r.archived_at IS NOT NULL))"""),
        {"before": before},
    )


# -- macros ------------------------------------------------------------------------------------------------------------


def usable_by(user_id: UUID | None, department_id: UUID | None) -> ColumnElement[bool]:
    """Everybody's, one's own, and those of one's department."""
    shared = and_(Macro.owner_user_id.is_(None), Macro.department_id.is_(None))
    options: list[ColumnElement[bool]] = [shared]
    if user_id is not None:
        options.append(Macro.owner_user_id == user_id)
    if department_id is not None:
        options.append(and_(Macro.owner_user_id.is_(None), Macro.department_id == department_id))
    return or_(*options)


async def macros(db: Session, where: ColumnElement[bool] | None, subject: str | None) -> list[Macro]:
    query = select(Macro)
    if where is not None:
        query = query.where(where)
    if subject is not None:
        query = query.where(Macro.subject == subject)
    return list((await db.execute(query.order_by(Macro.name, Macro.id).limit(1000))).scalars())


async def macro(db: Session, macro_id: UUID, *, lock: bool = False) -> Macro | None:
    query = select(Macro).where(Macro.id == macro_id)
    return (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def macro_used(db: Session, macro_id: UUID) -> None:
    await db.execute(update(Macro).where(Macro.id == macro_id).values(usage_count=Macro.usage_count + 1))
