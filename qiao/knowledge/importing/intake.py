"""What a reader found, put down as the rows of an import: checked, compared, with their pictures."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, insert

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError
from qiao.core.files.service import clean_name
from qiao.knowledge.articles import service as articles
from qiao.knowledge.importing import preview
from qiao.knowledge.importing.models import ImportItem, ImportPicture, ImportRow
from qiao.knowledge.importing.preview import Checked
from qiao.knowledge.importing.reading import Record
from qiao.knowledge.importing.reading.documents import Document, Picture
from qiao.people.organization import service as organization

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One text, or why there is none. `repeats`: the article this is the newer state of."""

    source: str
    document: Document | None = None
    broken: FieldError | None = None
    url: str | None = None
    digest: str | None = None
    repeats: dict[str, Any] | None = None
    extra: dict[str, str] | None = None

    def record(self, row: int) -> Record:
        source = self.source[:200]
        if self.document is None:
            return Record(
                row, kind="article", source=source, broken=self.broken or FieldError("file", "import.unreadable")
            )
        values = {
            **(self.extra or {}),
            **self.document.fields,
            "question": self.document.title,
            "answer": self.document.body,
        }
        return Record(row, values=values, kind=self.document.kind, source=source)


def digest_of(document: Document) -> str:
    """What tells whether a text is another one now."""
    parts = [
        document.title,
        document.body,
        *(picture.url or hashlib.sha256(picture.data).hexdigest() for picture in document.pictures),
    ]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


async def fill(db: Session, actor: Actor, row: ImportRow, found: Sequence[Found]) -> None:
    """Writes the rows of an import that has been read, in place of those there."""
    await db.execute(delete(ImportItem).where(ImportItem.import_id == row.id))
    await db.execute(delete(ImportPicture).where(ImportPicture.import_id == row.id))
    records = [one.record(number) for number, one in enumerate(found, start=1)]
    known = {number: one.repeats for number, one in enumerate(found, start=1) if one.repeats is not None}
    checked, row.summary = await check(db, actor, row, records, known)
    rows = []
    for one, text in zip(checked, found, strict=True):
        values = columns_of(row.id, one)
        pictures = text.document.pictures if text.document is not None else ()
        values |= {"pictures": len(pictures), "url": text.url, "digest": text.digest}
        values["choice"] = "update" if text.repeats is not None and not one.errors else None
        rows.append(values)
        await _keep_pictures(db, row.id, one.record.row, pictures)
    for start in range(0, len(rows), _CHUNK):
        await db.execute(insert(ImportItem), rows[start : start + _CHUNK])


async def _keep_pictures(db: Session, import_id: UUID, row: int, pictures: Sequence[Picture]) -> None:
    for number, picture in enumerate(pictures):
        if picture.data:
            values = {"import_id": import_id, "row": row, "number": number, "name": clean_name(picture.name)}
            await db.execute(insert(ImportPicture).values(**values, data=picture.data))


async def check(
    db: Session,
    actor: Actor,
    row: ImportRow,
    records: Sequence[Record],
    known: dict[int, dict[str, Any]] | None = None,
) -> tuple[list[Checked], dict[str, Any]]:
    """Rows with their faults and what they repeat, and the figures of all of them."""
    workspace = await organization.get_workspace(db)
    zone = ZoneInfo(workspace.timezone)
    checked = await asyncio.to_thread(
        preview.interpret_all, records, row.mapping, zone=zone, default_locale=workspace.locale
    )
    for one in checked:
        if known and one.record.row in known and not one.errors:
            one.duplicate = known[one.record.row]
    compared = await preview.find_duplicates(db, checked, articles.reader_of(actor))
    return checked, preview.summary(checked, compared)


def columns_of(import_id: UUID, checked: Checked) -> dict[str, Any]:
    """A checked row as its table takes it."""
    record = checked.record
    return {
        "import_id": import_id,
        "row": record.row,
        "kind": record.kind,
        "source": record.source,
        "raw": list(record.cells)
        if record.values is None and record.fields is None and record.broken is None
        else None,
        "fields": checked.fields,
        "errors": msgspec.to_builtins(checked.errors),
        "duplicate": checked.duplicate,
        "similar": checked.similar,
        "state": "pending",
    }


__all__ = ["Found", "check", "columns_of", "digest_of", "fill"]
