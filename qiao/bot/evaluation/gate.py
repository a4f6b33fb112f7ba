"""The check before many texts go live at once: the gate sets asked of the knowledge as it is, and with the texts."""

import hashlib
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.evaluation import policy, runs
from qiao.bot.evaluation.models import EvalCase, EvalCheck, EvalRun, EvalSet, EvalSettings
from qiao.bot.evaluation.schemas import CheckBody, CheckPair, CheckView, Config, GateSettings, GateState, RunBody
from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.knowledge.importing.outlook import fingerprint
from qiao.people.accounts import audit

JOB: Final = "evaluation.check"


async def get_settings(db: Session) -> GateSettings:
    """What must hold; nothing before anybody decided."""
    stored = await db.scalar(select(EvalSettings.settings).where(EvalSettings.id == 1))
    return GateSettings.model_validate({k: v for k, v in (stored or {}).items() if k in GateSettings.model_fields})


async def put_settings(db: Session, actor: Actor, settings: GateSettings) -> GateSettings:
    before, values = (await get_settings(db)).model_dump(), settings.model_dump()
    query = insert(EvalSettings).values(id=1, settings=values)
    await db.execute(query.on_conflict_do_update(index_elements=["id"], set_={"settings": values}))
    changes = audit.diff(before, values)
    await audit.record(db, actor, "evaluation.gate_settings", "evaluation", 1, changes)
    return settings


async def _gate_sets(db: Session) -> list[EvalSet]:
    """The sets that guard publishing and have something to ask."""
    filled = select(EvalCase.set_id).where(EvalCase.set_id == EvalSet.id).exists()
    return list((await db.execute(select(EvalSet).where(EvalSet.gate, filled).order_by(EvalSet.name))).scalars())


class Gate:
    """What importing asks before it publishes (`knowledge.importing.ports.PublishGate`)."""

    async def require(self, db: Session, actor: Actor, import_id: UUID, *, duplicates: str, texts: int) -> None:
        """Raises Refused while a check is needed and has not been run, or was not passed and nobody overrode it."""
        settings = await get_settings(db)
        if settings.mode == "off" or texts < settings.from_texts or not await _gate_sets(db):
            return
        check = await _newest(db, import_id, await _key(db, import_id, duplicates))
        if check is None or check.state in ("running", "broken"):
            raise Refused("evaluation.check_needed")
        if check.state == "failed" and settings.mode == "block" and check.overridden_by is None:
            raise Refused("evaluation.check_failed")


async def _key(db: Session, import_id: UUID, duplicates: str) -> str:
    """Says of exactly what a check was: the rows, and what is done with those that repeat something."""
    rows = await fingerprint(db, import_id)
    return hashlib.sha256(f"{import_id}\0{duplicates}\0{rows}".encode()).hexdigest()


async def _newest(db: Session, import_id: UUID, key: str) -> EvalCheck | None:
    query = select(EvalCheck).where(EvalCheck.subject_id == import_id, EvalCheck.key == key)
    found: EvalCheck | None = await db.scalar(query.order_by(EvalCheck.id.desc()).limit(1))
    return found


async def state_of(db: Session, actor: Actor, import_id: UUID, duplicates: str, texts: int) -> GateState:
    """Whether this import needs a check before it may be published, and how that stands."""
    settings = await get_settings(db)
    gate_sets = await _gate_sets(db)
    check = await _newest(db, import_id, await _key(db, import_id, duplicates))
    return GateState(
        mode=settings.mode,
        needed=settings.mode != "off" and texts >= settings.from_texts and bool(gate_sets),
        sets=len(gate_sets),
        check=await view(db, actor, check) if check is not None else None,
    )


async def start(db: Session, actor: Actor, body: CheckBody) -> CheckView:
    """Begins a check of an import; one that runs already, or was passed, is given back."""
    key = await _key(db, body.import_id, body.duplicates)
    known = await _newest(db, body.import_id, key)
    if known is not None and known.state in ("running", "passed"):
        return await view(db, actor, known)
    pairs: list[dict[str, Any]] = []
    total = 0
    for one in await _gate_sets(db):
        now = await runs.start(db, actor, one.id, RunBody(config=Config()), purpose="gate", job=False)
        then = Config(knowledge="import", import_id=body.import_id, duplicates=body.duplicates)
        after = await runs.start(db, actor, one.id, RunBody(config=then), purpose="gate", job=False)
        pairs.append({"set_id": str(one.id), "set_name": one.name, "before": str(now.id), "after": str(after.id)})
        total += now.total + after.total
    if not pairs:
        raise Refused("evaluation.no_gate_set")
    row = EvalCheck(
        id=new_id(),
        subject_id=body.import_id,
        key=key,
        options={"duplicates": body.duplicates, "total": total},
        state="running",
        pairs=pairs,
        created_by=actor.id,
        created_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    row.job_id = await jobs.enqueue(db, actor, JOB, {"check_id": str(row.id)}, total=total)
    await audit.record(db, actor, "evaluation.check_started", "knowledge_import", body.import_id, {"sets": len(pairs)})
    return await view(db, actor, row)


async def carry_out(runtime: Runtime, check_id: UUID, progress: jobs.Progress) -> None:
    """Runs what is not run yet, then judges. Done again after a crash, it goes on where it was."""
    async with runtime.db.read() as db:
        row = await db.get(EvalCheck, check_id)
    if row is None or row.state != "running":
        return
    done = 0
    try:
        for pair in row.pairs:
            for side in ("before", "after"):
                await runs.carry_out(runtime, UUID(pair[side]))
                async with runtime.db.read() as db:
                    done += (await runs.get(db, UUID(pair[side]))).done
                await progress.step(done, row.options["total"])
    except Exception:
        await runtime.db.run(lambda db: _judge(db, check_id, broken=True))
        raise
    await runtime.db.run(lambda db: _judge(db, check_id))


async def _judge(db: Session, check_id: UUID, *, broken: bool = False) -> None:
    row = await db.get(EvalCheck, check_id, with_for_update=True)
    if row is None or row.state != "running":
        return
    settings = await get_settings(db)
    judged: list[dict[str, Any]] = []
    for pair in row.pairs:
        one = dict(pair)
        states = [(await runs.get(db, UUID(pair[side]))).state for side in ("before", "after")]
        broken = broken or states != ["done", "done"]
        both = await runs.weights(db, UUID(pair["before"]), UUID(pair["after"]))
        one["regressions"] = sum(new < old for old, new in both)
        one["improvements"] = sum(new > old for old, new in both)
        one["refused"] = policy.refuses(
            [old for old, _ in both],
            [new for _, new in both],
            max_regressions=settings.max_regressions,
            tolerance=settings.tolerance,
        )
        judged.append(one)
    row.pairs = judged
    row.state = "broken" if broken else "failed" if any(one["refused"] for one in judged) else "passed"
    row.finished_at = clock.now()


async def get(db: Session, actor: Actor, check_id: UUID) -> CheckView:
    row = await db.get(EvalCheck, check_id)
    if row is None:
        raise NotFound("evaluation.check_not_found")
    return await view(db, actor, row)


async def view(db: Session, actor: Actor, row: EvalCheck) -> CheckView:
    settings = await get_settings(db)
    ids = [UUID(pair[side]) for pair in row.pairs for side in ("before", "after")]
    done = int(await db.scalar(select(func.coalesce(func.sum(EvalRun.done), 0)).where(EvalRun.id.in_(ids))) or 0)
    blocked = row.state == "failed" and settings.mode == "block" and row.overridden_by is None
    return CheckView(
        id=row.id,
        import_id=row.subject_id,
        state=row.state,
        done=done,
        total=int(row.options["total"]),
        pairs=[CheckPair.model_validate(pair) for pair in row.pairs],
        passes=row.state in ("passed", "failed") and not blocked,
        may_override=blocked and actor.may("evaluation.decide"),
        override_reason=row.override_reason,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def override(db: Session, actor: Actor, check_id: UUID, reason: str) -> CheckView:
    """Lets an import through that did not pass, for a reason everybody may read later."""
    actor.require("evaluation.decide")
    row = await db.get(EvalCheck, check_id, with_for_update=True)
    if row is None:
        raise NotFound("evaluation.check_not_found")
    if row.state != "failed":
        raise Refused("evaluation.nothing_to_override")
    row.overridden_by, row.override_reason = actor.id, reason
    regressions = sum(pair.get("regressions", 0) for pair in row.pairs)
    changes = {"reason": reason, "regressions": regressions}
    await audit.record(db, actor, "evaluation.check_overridden", "knowledge_import", row.subject_id, changes)
    return await view(db, actor, row)
