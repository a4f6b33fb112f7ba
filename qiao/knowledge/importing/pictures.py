"""Pictures of imported texts: from the rows of an import into the product's files, and their links into the texts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select, update

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Problem
from qiao.core.files import service as files
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import policy
from qiao.knowledge.importing.models import ImportItem, ImportPicture, ImportRow
from qiao.knowledge.importing.reading.documents import with_pictures
from qiao.people.accounts.identity import actor_for

logger = structlog.get_logger(__name__)
_PIECE: Final = 256 * 1024


async def keep(runtime: Runtime, import_id: UUID, user_id: UUID | None, limit: int) -> None:
    """Stores the pictures of the next `limit` rows. One that is no picture after all is left out; its words stay. Our own
    export brings attachments along in the same way."""
    async with runtime.db.read() as db:
        row = await db.get(ImportRow, import_id)
        if row is None:
            return
        pending = ImportItem.import_id == import_id, ImportItem.state == "pending"
        query = select(ImportItem).where(*pending).order_by(ImportItem.row).limit(limit)
        items = [item for item in (await db.execute(query)).scalars() if item.pictures and not item.errors]
        for_all = str(row.options.get("duplicates", "skip"))
        wanted = [
            item.row
            for item in items
            if policy.decided(item.kind, item.duplicate, item.similar, item.choice, for_all) != "skip"
        ]
        if not wanted:
            return
        actor = await actor_for(db, user_id) if user_id is not None else Actor.system()
        # Their bytes one by one below: many together would fill the memory.
        due = select(ImportPicture.row, ImportPicture.number).where(
            ImportPicture.import_id == import_id, ImportPicture.row.in_(wanted), ImportPicture.data.is_not(None)
        )
        keys = list((await db.execute(due)).tuples())
    for number, picture in keys:
        await _store(runtime, actor, import_id, number, picture, any_kind=row.format == "archive")


async def _store(runtime: Runtime, actor: Actor, import_id: UUID, row: int, number: int, *, any_kind: bool) -> None:
    here = ImportPicture.import_id == import_id, ImportPicture.row == row, ImportPicture.number == number
    async with runtime.db.read() as db:
        held = (await db.execute(select(ImportPicture.name, ImportPicture.data).where(*here))).one_or_none()
    if held is None or held.data is None:
        return
    values: dict[str, object] = {"data": None}
    try:
        view = await files.take(runtime, actor, held.name, _pieces(held.data))
        if any_kind or view.mime.startswith("image/"):
            values |= {"file_id": view.id, "link": files.lasting_link(runtime, view.id, view.name)}
    except Problem as problem:
        logger.info("import_picture_left_out", import_id=str(import_id), row=row, code=problem.code)
    async with runtime.db.transaction() as db:
        await db.execute(update(ImportPicture).where(*here).values(**values))


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


async def links(db: Session, import_id: UUID, rows: Sequence[int]) -> dict[int, dict[int, str]]:
    """The links of stored pictures: row → number → link."""
    found: dict[int, dict[int, str]] = {}
    if rows:
        query = select(ImportPicture.row, ImportPicture.number, ImportPicture.link).where(
            ImportPicture.import_id == import_id, ImportPicture.row.in_(rows), ImportPicture.link.is_not(None)
        )
        for row, number, link in await db.execute(query):
            found.setdefault(row, {})[number] = str(link)
    return found


def shown(body: str, known: Mapping[int, str]) -> str:
    """A text with its pictures' links in it."""
    return with_pictures(body, known.get)
