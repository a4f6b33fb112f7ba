"""Reading documents: a job that goes through them one by one in a process apart, and puts down what it found."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete

from qiao.core import jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Invalid
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import intake
from qiao.knowledge.importing.intake import Found
from qiao.knowledge.importing.isolation import Reader
from qiao.knowledge.importing.models import ImportRow, ImportUpload
from qiao.knowledge.importing.reading.documents import Document, Picture
from qiao.knowledge.importing.reading.records import MAX_ROWS, refuse
from qiao.people.accounts.identity import actor_for

JOB: Final = "knowledge.import.read"
UNITS: Final = 100
"""Progress counts this many steps a document."""
_MOST_PICTURES: Final = 150 * 1024 * 1024
_TELL_EVERY: Final = 0.5


async def begin(db: Session, actor: Actor, row: ImportRow, data: bytes, *, split: bool) -> None:
    """Puts a document aside and asks for it to be read."""
    row.format, row.stage = "documents", "reading"
    db.add(row)
    await db.flush()
    db.add(ImportUpload(import_id=row.id, data=data, split=split))
    payload = {"import_id": str(row.id), "user_id": str(actor.id) if actor.id else None}
    row.job_id = await jobs.enqueue(db, actor, JOB, payload)
    await db.flush()


@jobs.job(JOB)
async def read(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Reads what was uploaded. Running it again begins anew; only its end writes anything."""
    import_id = UUID(payload["import_id"])
    user_id = UUID(payload["user_id"]) if payload.get("user_id") else None
    async with runtime.db.read() as db:
        row, upload = await db.get(ImportRow, import_id), await db.get(ImportUpload, import_id)
        if row is None or upload is None or row.stage != "reading":
            return {}
        name, data, split = row.filename, upload.data, upload.split
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="qiao-import-"))
    try:
        try:
            found = await _read_all(name, data, split, folder, progress)
        except Invalid as problem:
            reason = problem
            await runtime.db.run(lambda db: refused(db, import_id, reason))
            return {"rows": 0}
        return await runtime.db.run(lambda db: _put_down(db, import_id, user_id, found))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)


async def _put_down(db: Session, import_id: UUID, user_id: UUID | None, found: list[Found]) -> dict[str, Any]:
    row = await db.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is None or row.stage != "reading":
        return {}
    actor = await actor_for(db, user_id) if user_id is not None else Actor.system()
    await intake.fill(db, actor, row, found)
    row.stage = None
    await db.execute(delete(ImportUpload).where(ImportUpload.import_id == import_id))
    return {"rows": len(found)}


async def refused(db: Session, import_id: UUID, problem: Invalid) -> None:
    """Notes why nothing could be read."""
    row = await db.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is not None and row.stage == "reading":
        row.stage, row.problem = "refused", {"code": problem.code, "params": problem.params}
        await db.execute(delete(ImportUpload).where(ImportUpload.import_id == import_id))


async def _read_all(name: str, data: bytes, split: bool, folder: Path, progress: jobs.Progress) -> list[Found]:
    path = folder / "upload"
    await asyncio.to_thread(path.write_bytes, data)
    asked: dict[str, Any] = {"path": str(path), "name": name, "into": str(folder)}
    found: list[Found] = []
    size = 0
    async with Reader() as reader:
        entries: list[str] = (await reader.ask(do="list", **asked))["entries"]
        total, last = len(entries) * UNITS, time.monotonic()
        await progress.step(0, total)
        for number, entry in enumerate(entries):

            async def told(done: int, of: int, number: int = number) -> None:
                nonlocal last
                if time.monotonic() - last > _TELL_EVERY:
                    last = time.monotonic()
                    await progress.step(number * UNITS + done * UNITS // of, total)

            try:
                answer = await reader.ask(do="read", entry=entry, cut=split, prefix=f"p{number}", told=told, **asked)
            except Invalid as problem:
                if len(entries) == 1 and not entry:
                    raise
                found.append(Found(entry, broken=FieldError("file", problem.code, problem.params)))
            else:
                documents = await asyncio.to_thread(documents_of, answer)
                size += sum(len(picture.data) for one in documents for picture in one.pictures)
                if size > _MOST_PICTURES:
                    raise refuse("import.unpacks_too_large")
                found.extend(Found(entry or name, one) for one in documents)
            if len(found) > MAX_ROWS:
                raise refuse("import.too_many_rows", limit=MAX_ROWS)
            if time.monotonic() - last > _TELL_EVERY:
                last = time.monotonic()
                await progress.step((number + 1) * UNITS, total)
    await progress.step(total, total)
    return found


def documents_of(answer: dict[str, Any]) -> list[Document]:
    """The documents of a reader's answer; the files of their pictures are taken in."""
    found = []
    for one in answer["documents"]:
        pictures = []
        for picture in one["pictures"]:
            data = b""
            if picture["path"]:
                held = Path(picture["path"])
                data = held.read_bytes()
                held.unlink()
            pictures.append(Picture(picture["name"], data, picture["url"]))
        found.append(Document(one["title"], one["body"], tuple(pictures), one["kind"], one["fields"]))
    return found
