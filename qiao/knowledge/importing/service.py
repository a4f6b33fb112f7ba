"""The verbs of imports: upload and preview, commit, history, undo."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from qiao.core import clock, i18n, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from qiao.core.files.service import clean_name
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.importing import collecting, intake, policy, undoing
from qiao.knowledge.importing.models import ImportItem, ImportPicture, ImportRow, SourceRow
from qiao.knowledge.importing.ports import PublishGate
from qiao.knowledge.importing.reading import Record, read_file
from qiao.knowledge.importing.reading.archive import counted
from qiao.knowledge.importing.reading.columns import mapped
from qiao.knowledge.importing.reading.documents import with_pictures
from qiao.knowledge.importing.reading.folder import is_document
from qiao.knowledge.importing.schemas import (
    ColumnView,
    CommitBody,
    DuplicateView,
    ImportDetail,
    ImportView,
    KeptView,
    PersonView,
    RowErrorView,
    RowView,
    Summary,
    Undone,
)
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts

JOB: Final = "knowledge.import"
PREVIEW_DAYS: Final = 7
_CUT: Final = 400
_SHOWN: Final = (
    "question", "variants", "answer", "category", "tags", "locale", "audience", "valid_from", "valid_until"
)  # fmt: skip
_CHUNK: Final = 1_000


# -- upload ------------------------------------------------------------------------------------------------------------


async def upload(
    db: Session,
    actor: Actor,
    name: str,
    data: bytes,
    locale: str,
    *,
    mapping: Mapping[str, str | int | None] | None = None,
    split: bool = False,
) -> ImportDetail:
    """Reads a file and says what it would become, touching nothing yet. Raises Invalid for a file nobody can read.

    Documents are read by a job: the answer's `stage` is reading, and `job_id` says how far it is.
    """
    actor.require("knowledge.edit")
    name = clean_name(name)
    row = new_import(actor, name, len(data))
    if is_document(name, data):
        await collecting.begin(db, actor, row, data, split=split)
        return await _detail(db, row, [], locale, reader=articles.reader_of(actor))
    parsed = await asyncio.to_thread(read_file, name, data)
    row.format, row.encoding, row.separator = parsed.format, parsed.encoding, parsed.separator
    row.columns = list(parsed.columns)
    row.mapping = mapped(parsed.columns, mapping or {}) if parsed.columns else {}
    checked, row.summary = await intake.check(db, actor, row, parsed.records)
    db.add(row)
    await db.flush()
    shown = counted(parsed.pictures)
    rows = [intake.columns_of(row.id, one) | {"pictures": shown[one.record.row]} for one in checked]
    for start in range(0, len(rows), _CHUNK):
        await db.execute(insert(ImportItem), rows[start : start + _CHUNK])
    for start in range(0, len(parsed.pictures), 20):
        await db.execute(
            insert(ImportPicture), [{**one, "import_id": row.id} for one in parsed.pictures[start : start + 20]]
        )
    items = (
        await db.execute(select(ImportItem).where(ImportItem.import_id == row.id).order_by(ImportItem.row))
    ).scalars()
    return await _detail(db, row, list(items), locale, cut=_CUT, reader=articles.reader_of(actor))


def new_import(actor: Actor, name: str, size: int) -> ImportRow:
    """An import that nothing has been read of yet."""
    return ImportRow(
        id=new_id(),
        filename=name[:200],
        size=size,
        format="",
        columns=[],
        mapping={},
        state="preview",
        summary={},
        options={},
        result={},
        created_by=actor.id,
        created_at=clock.now(),
    )


async def remap(db: Session, actor: Actor, row: ImportRow, mapping: Mapping[str, str | int | None]) -> None:
    """Reads the rows of a table again with other columns."""
    if not row.columns:
        return
    row.mapping = mapped(row.columns, mapping)
    items = list(
        (await db.execute(select(ImportItem).where(ImportItem.import_id == row.id).order_by(ImportItem.row))).scalars()
    )
    records = [
        Record(item.row, cells=tuple(item.raw))
        if item.raw is not None
        else Record(item.row, broken=FieldError("file", "import.row_unreadable"))
        for item in items
    ]
    checked, row.summary = await intake.check(db, actor, row, records)
    for item, one in zip(items, checked, strict=True):
        item.fields, item.errors = one.fields, msgspec.to_builtins(one.errors)
        item.duplicate, item.similar, item.choice = one.duplicate, one.similar, None
    await db.flush()


# -- reading -----------------------------------------------------------------------------------------------------------


async def history(
    db: Session, locale: str, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[ImportView], str | None]:
    """Imports, newest first."""
    query = select(ImportRow).order_by(ImportRow.id.desc()).limit(limit + 1)
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(ImportRow.id < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    people = await _people(db, rows[:limit])
    return [_view(row, people, locale) for row in rows[:limit]], following


async def detail(
    db: Session,
    actor: Actor,
    import_id: UUID,
    locale: str,
    *,
    only: str = "all",
    cursor: str | None = None,
    limit: int = 100,
) -> ImportDetail:
    """An import with one page of its rows: all, or those that are ready, have errors, are duplicates, are like something
    there is, or failed. What was read is shown to whoever imports it and to those who may read everything."""
    row = await _get(db, import_id)
    if row.created_by != actor.id and articles.reader_of(actor) is not None:
        raise NotFound("import.not_found")
    clean = ImportItem.errors == []
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "all": [],
        "ready": [clean, ImportItem.duplicate.is_(None)],
        "errors": [ImportItem.errors != []],
        "duplicates": [clean, ImportItem.duplicate.is_not(None)],
        "similar": [clean, ImportItem.duplicate.is_(None), ImportItem.similar.is_not(None)],
        "failed": [ImportItem.state == "failed"],
    }
    query = select(ImportItem).where(ImportItem.import_id == import_id, *conditions[only])
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(ImportItem.row > after[0])
    items = list((await db.execute(query.order_by(ImportItem.row).limit(limit + 1))).scalars())
    following = encode_cursor(items[limit - 1].row) if len(items) > limit else None
    return await _detail(db, row, items[:limit], locale, following=following, reader=articles.reader_of(actor))


async def _get(db: Session, import_id: UUID, *, lock: bool = False) -> ImportRow:
    row = await db.get(ImportRow, import_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("import.not_found")
    return row


async def _people(db: Session, rows: Sequence[ImportRow]) -> dict[UUID, PersonView]:
    found = await accounts.people(db, {row.created_by for row in rows if row.created_by})
    return {key: PersonView(id=person.id, name=person.name) for key, person in found.items()}


def _view(row: ImportRow, people: Mapping[UUID, PersonView], locale: str) -> ImportView:
    return ImportView(
        id=row.id,
        filename=row.filename,
        size=row.size,
        format=row.format,
        encoding=row.encoding,
        separator=row.separator,
        state=row.state,
        stage=row.stage,
        problem=i18n.t(f"errors.{row.problem['code']}", locale, **row.problem.get("params", {}))
        if row.problem
        else None,
        source_id=row.source_id,
        summary=Summary.model_validate(row.summary),
        options={key: row.options[key] for key in ("duplicates", "publish") if key in row.options},
        result=row.result,
        job_id=row.job_id,
        created_by=people.get(row.created_by) if row.created_by else None,
        created_at=row.created_at,
        committed_at=row.committed_at,
        undone_at=row.undone_at,
    )


async def _detail(
    db: Session,
    row: ImportRow,
    items: Sequence[ImportItem],
    locale: str,
    *,
    cut: int | None = None,
    following: str | None = None,
    reader: Reader,
) -> ImportDetail:
    twins = [UUID(twin["id"]) for item in items for twin in (item.duplicate, item.similar) if twin and twin.get("id")]
    seen = await articles.named(db, twins, reader) if twins else {}
    by_column = {column: field for field, column in row.mapping.items()}
    return ImportDetail(
        **_view(row, await _people(db, [row]), locale).model_dump(),
        columns=[ColumnView(index=i, name=name, field=by_column.get(i)) for i, name in enumerate(row.columns)],
        rows=[_row_view(item, locale, cut, seen) for item in items],
        next_cursor=following,
    )


def _row_view(item: ImportItem, locale: str, cut: int | None, seen: Container[UUID]) -> RowView:
    fields = {key: item.fields[key] for key in _SHOWN}

    def twin(found: dict[str, Any] | None) -> DuplicateView | None:
        if not found:
            return None
        if found.get("id") and UUID(found["id"]) not in seen:  # gone by now, or not for this reader: no title
            found = {**found, "question": ""}
        return DuplicateView.model_validate(found)

    if cut is not None and len(fields["answer"]) > cut:
        fields["answer"] = fields["answer"][:cut] + "…"
    fields["answer"] = with_pictures(fields["answer"], lambda number: None)
    return RowView(
        row=item.row,
        kind=item.kind,
        source=item.source,
        **fields,
        errors=[_error_view(error, locale) for error in item.errors],
        duplicate_of=twin(item.duplicate),
        similar_to=twin(item.similar) if not item.duplicate else None,
        choices=list(policy.choices(item.kind, item.duplicate or item.similar)) if not item.errors else [],
        choice=item.choice,
        pictures=item.pictures,
        url=item.url,
        state=item.state,
        item_id=item.item_id,
        note=i18n.t(f"errors.{item.note}", locale) if item.note else None,
    )


def _error_view(error: Mapping[str, Any], locale: str) -> RowErrorView:
    message = i18n.t(f"errors.{error['code']}", locale, **error.get("params", {}))
    label = i18n.t(f"import.field.{error['field']}", locale)
    if error["field"] != "file":
        message = i18n.t("import.field_message", locale, field=label, message=message)
    return RowErrorView(field=error["field"], code=error["code"], message=message)


# -- commit and undo ---------------------------------------------------------------------------------------------------


async def commit(db: Session, actor: Actor, import_id: UUID, body: CommitBody) -> UUID:
    """Starts the import of a preview. Returns the job. Asking twice gives the same job."""
    actor.require("knowledge.edit")
    if body.publish and not actor.may("knowledge.publish"):
        raise Forbidden("permission_missing", permission="knowledge.publish")
    row = await _get(db, import_id, lock=True)
    if row.state == "running" and row.job_id is not None:
        return row.job_id
    if row.state not in ("preview", "failed"):
        raise Refused("import.already_done")
    if row.stage is not None:
        raise Refused("import.still_reading" if row.stage == "reading" else "import.was_refused")
    if body.mapping is not None and row.state == "preview":
        await remap(db, actor, row, body.mapping)
    if body.space_id is not None:
        around = await articles.spaces(db, "zh-CN", articles.reader_of(actor))
        if all(space.id != body.space_id for space in around):
            raise Invalid.field("space_id", "knowledge.space_unknown")
    gate = runtime_of(db).find(PublishGate) if body.publish else None
    if gate is not None:
        rows = int(row.summary["ready"]) + int(row.summary["duplicates"])
        await gate.require(db, actor, row.id, duplicates=body.duplicates, texts=rows)
    row.state = "running"
    row.committed_at = clock.now()
    row.options = {**row.options, "duplicates": body.duplicates, "publish": body.publish}
    if body.space_id is not None:
        row.options = {**row.options, "space_id": str(body.space_id)}
    total = row.summary["total"]
    payload = {"import_id": str(row.id), "user_id": str(actor.id) if actor.id else None}
    row.job_id = await jobs.enqueue(db, actor, JOB, payload, total=total)
    await audit.record(
        db,
        actor,
        "knowledge_import.committed",
        "knowledge_import",
        row.id,
        {"filename": [None, row.filename], "rows": [None, total], "duplicates": [None, body.duplicates]},
    )
    return row.job_id


async def choose(db: Session, actor: Actor, import_id: UUID, numbers: Sequence[int] | None, choice: str | None) -> int:
    """Decides what becomes of single rows of a preview (all that repeat or resemble something, without `numbers`); null
    leaves it to what is chosen for all. Where a choice makes no sense the row stays as it is. Returns how many took it."""
    actor.require("knowledge.edit")
    row = await _get(db, import_id, lock=True)
    if row.state != "preview" or row.stage is not None:
        raise Refused("import.already_done")
    query = select(ImportItem).where(ImportItem.import_id == import_id, ImportItem.errors == [])
    query = query.where(
        or_(ImportItem.duplicate.is_not(None), ImportItem.similar.is_not(None), ImportItem.choice.is_not(None))
    )
    taken = 0
    wanted = None if numbers is None else set(numbers)
    plain = select(ImportItem).where(ImportItem.import_id == import_id, ImportItem.row.in_(list(wanted or ())[:1_000]))
    for item in (await db.execute(query if wanted is None or len(wanted) > 1_000 else plain)).scalars():
        if wanted is not None and item.row not in wanted:
            continue
        if choice is None or choice in policy.choices(item.kind, item.duplicate or item.similar):
            item.choice = choice
            taken += 1
    await db.flush()
    return taken


async def undo(db: Session, actor: Actor, import_id: UUID) -> Undone:
    """Takes an import back: what it added goes, what it changed goes back; texts somebody has edited since stay."""
    actor.require("knowledge.edit")
    row = await _get(db, import_id, lock=True)
    if row.state == "undone":
        kept_items = [KeptView.model_validate(one) for one in row.result.get("kept_items", ())]
        return Undone(**{key: row.result[key] for key in ("removed", "restored", "kept")}, kept_items=kept_items)
    if row.state not in ("done", "failed"):
        raise Refused("import.running" if row.state == "running" else "import.nothing_to_undo")
    if row.options.get("publish"):
        actor.require("knowledge.publish")  # what customers read goes away
    found = await undoing.take_back(db, actor, row)
    row.state, row.undone_at = "undone", clock.now()
    row.result = {**row.result, **found.model_dump(mode="json")}
    await audit.record(
        db, actor, "knowledge_import.undone", "knowledge_import", row.id, {"removed": [None, found.removed]}
    )
    return found


async def discard(db: Session, actor: Actor, import_id: UUID) -> None:
    """Drops what was read and not imported: whose it is may, and who may read everything. A reading under way ends."""
    actor.require("knowledge.edit")
    row = await _get(db, import_id, lock=True)
    if row.created_by != actor.id and articles.reader_of(actor) is not None:
        raise NotFound("import.not_found")
    if row.state != "preview":
        raise Refused("import.running" if row.state == "running" else "import.already_done")
    await db.execute(update(SourceRow).where(SourceRow.import_id == row.id).values(import_id=None))
    await db.execute(delete(ImportRow).where(ImportRow.id == row.id))


async def forget_previews(db: Session) -> int:
    """Drops what was uploaded and never imported. Returns how many."""
    old = ImportRow.created_at < clock.now() - timedelta(days=PREVIEW_DAYS)
    gone = await db.execute(delete(ImportRow).where(ImportRow.state == "preview", old).returning(ImportRow.id))
    return len(gone.all())


async def finish(db: Session, import_id: UUID, state: str, result: dict[str, int]) -> None:
    """Notes how a job ended."""
    open_ones = ImportRow.id == import_id, ImportRow.state.in_(("running", "failed"))
    await db.execute(update(ImportRow).where(*open_ones).values(state=state, result=result))
