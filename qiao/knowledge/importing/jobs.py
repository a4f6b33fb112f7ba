"""The import itself: batches of rows, each batch one transaction, each row once however often the job is run."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from qiao.core import jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.files import service as files
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import collecting, crawling, pictures, service, sources, undoing
from qiao.knowledge.importing.models import ImportItem, ImportRow
from qiao.knowledge.importing.work import Work
from qiao.people.accounts.identity import actor_for

BATCH: Final = 200


@jobs.job(service.JOB)
async def run(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Imports the pending rows of an import. The right to do so is looked at again in every batch."""
    import_id = UUID(payload["import_id"])
    user_id = UUID(payload["user_id"]) if payload.get("user_id") else None
    try:
        while True:
            await pictures.keep(runtime, import_id, user_id, BATCH)
            left, total = await runtime.db.run(lambda db: _batch(db, import_id, user_id))
            await progress.step(total - left, total)
            if not left:
                break
    except Exception:
        await runtime.db.run(lambda db: _finish(db, import_id, "failed"))
        raise
    return await runtime.db.run(lambda db: _finish(db, import_id, "done"))


@jobs.job(undoing.DROP)
async def drop(runtime: Runtime, payload: dict[str, Any], _: jobs.Progress) -> None:
    """The bytes of pictures that went with an import that was taken back."""
    await files.drop(runtime, payload["keys"])


@jobs.every(3600, name="knowledge.import.forget")
async def forget(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await service.forget_previews(db)


async def _finish(db: Session, import_id: UUID, state: str) -> dict[str, int]:
    counted = await db.execute(
        select(ImportItem.state, func.count()).where(ImportItem.import_id == import_id).group_by(ImportItem.state)
    )
    by_state = dict(counted.tuples().all())
    result = {name: by_state.get(name, 0) for name in ("created", "updated", "skipped", "failed")}
    await service.finish(db, import_id, state, result)
    await sources.note_end(db, import_id, state, result)
    return result


async def _batch(db: Session, import_id: UUID, user_id: UUID | None) -> tuple[int, int]:
    """One batch. Returns how many rows are left and how many there are."""
    row = await db.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("running", "failed"):
        return 0, 0
    row.state = "running"
    actor = await actor_for(db, user_id) if user_id is not None else Actor.system()
    actor.require("knowledge.edit")
    pending = ImportItem.import_id == import_id, ImportItem.state == "pending"
    items = list((await db.execute(select(ImportItem).where(*pending).order_by(ImportItem.row).limit(BATCH))).scalars())
    await Work(db, actor, row).take(items)
    await db.flush()
    await sources.note_pages(db, row, items)
    left = int(await db.scalar(select(func.count()).where(*pending)) or 0)
    return left, int(row.summary["total"])


@jobs.every(600, name="knowledge.sources.read")
async def read_due(runtime: Runtime) -> None:
    """Reads the sites whose day has come."""
    await sources.read_due(runtime)


__all__ = ["BATCH", "collecting", "crawling", "drop", "forget", "read_due", "run"]
