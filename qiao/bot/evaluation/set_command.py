"""A test set of the company's database run from the command line, without a server."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from qiao.bot.evaluation import runs
from qiao.bot.evaluation.jsonl import BadInputError, read, replacing
from qiao.bot.evaluation.models import EvalResult, EvalSet
from qiao.bot.evaluation.schemas import Config, RunBody
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime

Progress = Callable[[str, int, int], None]
_KNOWLEDGE: Final = ("live", "scheduled", "drafts")
_OLD: Final[Mapping[str, type]] = {"case": str, "question": str, "weight": int}


async def run_set(
    runtime: Runtime,
    name: str,
    out: Path,
    *,
    knowledge: str,
    max_error: float | None,
    against: Path | None,
    locale: str,
    progress: Progress,
) -> tuple[int, int]:
    """Writes a row per case; the run stands in the product as well. Returns how many there are, and how many became worse
    than in `against`, a file this command wrote earlier."""
    if knowledge not in _KNOWLEDGE:
        raise BadInputError("wrong_knowledge", locale)
    old = (
        {row["case"]: row["weight"] for _, row in read(against, locale, required=_OLD, unique="case")}
        if against
        else {}
    )
    config = Config.model_validate({"knowledge": knowledge, "max_error": max_error})
    rows = await _run(runtime, name, config, locale, progress)
    with replacing(out, locale) as write:
        for row in rows:
            write(_plain(row))
    return len(rows), sum(row.weight < old.get(str(row.case_id), row.weight) for row in rows)


async def _run(runtime: Runtime, name: str, config: Config, locale: str, progress: Progress) -> list[EvalResult]:
    async with runtime.db.read() as db:
        known = {row.name: row.id for row in (await db.execute(select(EvalSet).order_by(EvalSet.name))).scalars()}
    if name not in known:
        raise BadInputError("no_set", locale, name=name, known=", ".join(known) or "–")
    run_id = await runtime.db.run(lambda db: _start(db, known[name], config))
    watching = asyncio.create_task(_watch(runtime, run_id, progress))
    try:
        await runs.carry_out(runtime, run_id)
    finally:
        watching.cancel()
    async with runtime.db.read() as db:
        return await runs.every_result(db, run_id)


async def _start(db: Session, set_id: UUID, config: Config) -> UUID:
    """Without a job: it is done here and now."""
    return (await runs.start(db, Actor.system(), set_id, RunBody(name="qiao evaluate", config=config), job=False)).id


async def _watch(runtime: Runtime, run_id: UUID, progress: Progress) -> None:
    while True:
        async with runtime.db.read() as db:
            run = await runs.get(db, run_id)
        progress("asking", run.done, run.total)
        await asyncio.sleep(0.5)


def _plain(row: EvalResult) -> dict[str, Any]:
    return {
        "case": str(row.case_id),
        "question": row.question,
        "context": row.context,
        "expects": row.expects,
        "expected": [str(key) for key in row.expected],
        "decision": row.decision,
        "given": [str(key) for key in row.given],
        "flow": row.given_flow,
        "verdict": row.verdict,
        "weight": row.weight,
        "rank": row.rank,
        "score": round(row.probability, 6),
        "ranked": [hit["id"] for hit in row.found],
        "ms": row.ms,
    }
