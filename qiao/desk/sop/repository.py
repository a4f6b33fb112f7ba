"""Every query of procedures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from qiao.core.db import Session
from qiao.desk.sop.models import ProcedureRow, RunRow, StepRow, VersionRow

OPEN = ("active", "paused")


async def procedure(db: Session, procedure_id: UUID, *, lock: bool = False) -> ProcedureRow | None:
    return await db.get(ProcedureRow, procedure_id, with_for_update=lock or None, populate_existing=lock)


async def by_key(db: Session, key: str) -> ProcedureRow | None:
    return (await db.execute(select(ProcedureRow).where(ProcedureRow.key == key))).scalar_one_or_none()


async def procedures(db: Session) -> Sequence[ProcedureRow]:
    return (await db.execute(select(ProcedureRow).order_by(ProcedureRow.key))).scalars().all()


async def published(db: Session) -> list[tuple[str, UUID, UUID]]:
    query = select(ProcedureRow.key, ProcedureRow.id, ProcedureRow.published_id).where(
        ProcedureRow.published_id.is_not(None)
    )
    rows = (await db.execute(query.order_by(ProcedureRow.key))).all()
    return [(key, procedure_id, version) for key, procedure_id, version in rows if version is not None]


async def documents(db: Session, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    query = select(VersionRow.id, VersionRow.document).where(VersionRow.id.in_(ids))
    return {row.id: row.document for row in (await db.execute(query)).all()}


async def version_rows(db: Session, ids: Collection[UUID]) -> dict[UUID, VersionRow]:
    rows = (await db.execute(select(VersionRow).where(VersionRow.id.in_(ids)))).scalars()
    return {row.id: row for row in rows}


async def version(db: Session, procedure_id: UUID, number: int) -> VersionRow | None:
    query = select(VersionRow).where(VersionRow.procedure_id == procedure_id, VersionRow.number == number)
    return (await db.execute(query)).scalar_one_or_none()


async def versions(db: Session, procedure_id: UUID, before: int | None, limit: int) -> Sequence[VersionRow]:
    query = select(VersionRow).where(VersionRow.procedure_id == procedure_id)
    if before is not None:
        query = query.where(VersionRow.number < before)
    return (await db.execute(query.order_by(VersionRow.number.desc()).limit(limit))).scalars().all()


async def last_number(db: Session, procedure_id: UUID) -> int:
    query = select(func.max(VersionRow.number)).where(VersionRow.procedure_id == procedure_id)
    return await db.scalar(query) or 0


async def runs_of_versions(db: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    query = select(RunRow.version_id, func.count()).where(RunRow.version_id.in_(ids)).group_by(RunRow.version_id)
    return {row[0]: row[1] for row in (await db.execute(query)).all()}


async def has_runs(db: Session, procedure_id: UUID) -> bool:
    return await db.scalar(select(RunRow.id).where(RunRow.procedure_id == procedure_id).limit(1)) is not None


async def run_states(db: Session, since: datetime) -> dict[UUID, dict[str, int]]:
    query = (
        select(RunRow.procedure_id, RunRow.state, func.count())
        .where(RunRow.started_at > since)
        .group_by(RunRow.procedure_id, RunRow.state)
    )
    found: dict[UUID, dict[str, int]] = {}
    for procedure_id, state, count in (await db.execute(query)).all():
        found.setdefault(procedure_id, {})[state] = count
    return found


# -- runs --------------------------------------------------------------------------------------------------------------


async def run(db: Session, run_id: UUID, *, lock: bool = False) -> RunRow | None:
    return await db.get(RunRow, run_id, with_for_update=lock or None, populate_existing=lock)


async def open_run(db: Session, kind: str, subject_id: UUID, procedure_id: UUID) -> RunRow | None:
    query = select(RunRow).where(
        RunRow.subject_kind == kind,
        RunRow.subject_id == subject_id,
        RunRow.procedure_id == procedure_id,
        RunRow.state.in_(OPEN),
    )
    return (await db.execute(query)).scalar_one_or_none()


async def runs_of(db: Session, kind: str, subject_id: UUID, limit: int = 50) -> Sequence[RunRow]:
    query = select(RunRow).where(RunRow.subject_kind == kind, RunRow.subject_id == subject_id)
    return (await db.execute(query.order_by(RunRow.started_at.desc()).limit(limit))).scalars().all()


async def steps(db: Session, run_id: UUID) -> Sequence[StepRow]:
    return (await db.execute(select(StepRow).where(StepRow.run_id == run_id).order_by(StepRow.seq))).scalars().all()


async def due(db: Session, now: datetime, limit: int) -> list[UUID]:
    query = select(RunRow.id).where(RunRow.remind_at <= now).order_by(RunRow.remind_at).limit(limit)
    return list((await db.execute(query)).scalars())


async def runs_page(
    db: Session,
    procedure_id: UUID,
    *,
    versions: Collection[UUID] | None,
    since: datetime,
    state: str | None,
    step: str | None,
    how: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[RunRow]:
    """Runs behind a figure, newest first. With `step`: those that reached it; `how` narrows to what happened there."""
    query = select(RunRow).where(RunRow.procedure_id == procedure_id, RunRow.started_at >= since)
    if versions is not None:
        query = query.where(RunRow.version_id.in_(versions))
    if state == "open":
        query = query.where(RunRow.state.in_(OPEN))
    elif state == "deviating":
        query = query.where(RunRow.deviations > 0)
    elif state is not None:
        query = query.where(RunRow.state == state)
    if step is not None:
        there = select(StepRow.id).where(StepRow.run_id == RunRow.id, StepRow.step == step)
        if how == "stopped":
            query = query.where(RunRow.step == step, RunRow.state == "stopped")
        elif how == "waiting":
            query = query.where(RunRow.step == step, RunRow.state.in_(OPEN))
        elif how == "deviated":
            query = query.where(there.where(StepRow.deviation.is_not(None)).exists())
        else:
            query = query.where(there.exists() | (RunRow.step == step))
    if after is not None:
        query = query.where(func.row(RunRow.started_at, RunRow.id) < func.row(*after))
    query = query.order_by(RunRow.started_at.desc(), RunRow.id.desc()).limit(limit)
    return (await db.execute(query)).scalars().all()


# -- figures -----------------------------------------------------------------------------------------------------------

_CHOSEN = """
    FROM sop_runs r JOIN sop_versions v ON v.id = r.version_id
    WHERE r.procedure_id = :procedure AND r.started_at >= :since AND (CAST(:number AS int) IS NULL OR v.number = :number)
"""
_RUNS = f"""
    SELECT count(*) AS runs,
           count(*) FILTER (WHERE r.state = 'finished') AS finished,
           count(*) FILTER (WHERE r.state = 'finished' AND r.good) AS good,
           count(*) FILTER (WHERE r.state = 'stopped') AS stopped,
           count(*) FILTER (WHERE r.state IN ('active','paused')) AS open,
           count(*) FILTER (WHERE r.deviations > 0) AS deviating,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.started_at))
             FILTER (WHERE r.state = 'finished') AS median_s,
           coalesce(array_agg(DISTINCT v.number) FILTER (WHERE v.number IS NOT NULL), '{{}}') AS versions
    {_CHOSEN}"""  # noqa: S608 - constants
_OUTCOMES = f"SELECT r.outcome, count(*) {_CHOSEN} AND r.state = 'finished' GROUP BY 1 ORDER BY 2 DESC"
_LEFT = f"""
    SELECT s.step,
           count(*) AS left,
           count(*) FILTER (WHERE s.act = 'skipped') AS skipped,
           count(*) FILTER (WHERE s.deviation IS NOT NULL) AS deviated,
           count(*) FILTER (WHERE s.undone_at IS NOT NULL) AS back,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.left_at - s.entered_at)) AS median_s
    FROM sop_run_steps s
    WHERE s.moved AND s.run_id IN (SELECT r.id {_CHOSEN}) AND s.version_id IN (SELECT r.version_id {_CHOSEN})
    GROUP BY s.step"""  # noqa: S608 - constants
_STANDING = f"""
    SELECT r.step, count(*) FILTER (WHERE r.state = 'stopped'), count(*) FILTER (WHERE r.state IN ('active','paused'))
    {_CHOSEN} AND r.step IS NOT NULL GROUP BY r.step"""
_WAYS = f"""
    SELECT s.step, CASE WHEN s.to_version_id = s.version_id THEN s.to_step END AS to_step, count(*)
    FROM sop_run_steps s
    WHERE s.moved AND s.undone_at IS NULL AND s.run_id IN (SELECT r.id {_CHOSEN})
      AND s.version_id IN (SELECT r.version_id {_CHOSEN})
    GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 500"""  # noqa: S608 - constants
_DEVIATIONS = f"""
    SELECT s.deviation, count(*) FROM sop_run_steps s
    WHERE s.deviation IS NOT NULL AND s.run_id IN (SELECT r.id {_CHOSEN}) GROUP BY 1"""  # noqa: S608 - constants


async def figures(db: Session, procedure_id: UUID, number: int | None, since: datetime) -> dict[str, Sequence[Any]]:
    """Rows of every figure, by name."""
    params = {"procedure": procedure_id, "number": number, "since": since}
    queries = {
        "runs": _RUNS,
        "outcomes": _OUTCOMES,
        "left": _LEFT,
        "standing": _STANDING,
        "ways": _WAYS,
        "deviations": _DEVIATIONS,
    }
    return {name: (await db.execute(text(query), params)).all() for name, query in queries.items()}
