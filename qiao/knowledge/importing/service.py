"""The verbs of imports: upload and preview, commit, history, undo."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update

from qiao.core import clock, i18n, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, FieldError, Forbidden, NotFound, Problem, Refused
from qiao.core.files.service import clean_name
from qiao.core.ids import new_id
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqPatch
from qiao.knowledge.importing import preview
from qiao.knowledge.importing.models import ImportItem, ImportRow
from qiao.knowledge.importing.preview import Checked
from qiao.knowledge.importing.reading import Record, read_file
from qiao.knowledge.importing.reading.columns import mapped
from qiao.knowledge.importing.schemas import (
    ColumnView,
    CommitBody,
    DuplicateView,
    ImportDetail,
    ImportView,
    PersonView,
    RowErrorView,
    RowView,
    Summary,
    Undone,
)
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

JOB: Final = "knowledge.import"
PREVIEW_DAYS: Final = 7
_CUT: Final = 400
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
) -> ImportDetail:
    """Reads a file and says what it would become, touching nothing yet. Raises Invalid for a file nobody can read."""
    actor.require("knowledge.edit")
    name = clean_name(name)
    parsed = await asyncio.to_thread(read_file, name, data)
    row = ImportRow(
        id=new_id(),
        filename=name[:200],
        size=len(data),
        format=parsed.format,
        encoding=parsed.encoding,
        separator=parsed.separator,
        columns=list(parsed.columns),
        mapping=mapped(parsed.columns, mapping or {}) if parsed.columns else {},
        state="preview",
        options={},
        result={},
        created_by=actor.id,
        created_at=clock.now(),
    )
    checked, row.summary = await _check(db, row, parsed.records)
    db.add(row)
    await db.flush()
    for start in range(0, len(checked), _CHUNK):
        await db.execute(insert(ImportItem), [_columns(row.id, one) for one in checked[start : start + _CHUNK]])
    items = (
        await db.execute(select(ImportItem).where(ImportItem.import_id == row.id).order_by(ImportItem.row))
    ).scalars()
    return await _detail(db, row, list(items), locale, cut=_CUT)


async def _check(db: Session, row: ImportRow, records: Sequence[Record]) -> tuple[list[Checked], dict[str, Any]]:
    workspace = await organization.get_workspace(db)
    zone = ZoneInfo(workspace.timezone)
    checked = await asyncio.to_thread(
        preview.interpret_all, records, row.mapping, zone=zone, default_locale=workspace.locale
    )
    compared = await preview.find_duplicates(db, checked)
    return checked, preview.summary(checked, compared)


def _columns(import_id: UUID, checked: Checked) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "row": checked.record.row,
        "kind": checked.record.kind,
        "source": checked.record.source,
        "raw": list(checked.record.cells) if checked.record.values is None and checked.record.broken is None else None,
        "fields": checked.fields,
        "errors": msgspec.to_builtins(checked.errors),
        "duplicate": checked.duplicate,
        "state": "pending",
    }


async def remap(db: Session, row: ImportRow, mapping: Mapping[str, str | int | None]) -> None:
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
    checked, row.summary = await _check(db, row, records)
    for item, one in zip(items, checked, strict=True):
        item.fields, item.errors, item.duplicate = one.fields, msgspec.to_builtins(one.errors), one.duplicate
    await db.flush()


# -- reading -----------------------------------------------------------------------------------------------------------


async def history(db: Session, *, cursor: str | None = None, limit: int = 50) -> tuple[list[ImportView], str | None]:
    """Imports, newest first."""
    query = select(ImportRow).order_by(ImportRow.id.desc()).limit(limit + 1)
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(ImportRow.id < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    people = await _people(db, rows[:limit])
    return [_view(row, people) for row in rows[:limit]], following


async def detail(
    db: Session, import_id: UUID, locale: str, *, only: str = "all", cursor: str | None = None, limit: int = 100
) -> ImportDetail:
    """An import with one page of its rows: all, or those that are ready, have errors, are duplicates, or failed."""
    row = await _get(db, import_id)
    clean = ImportItem.errors == []
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "all": [],
        "ready": [clean, ImportItem.duplicate.is_(None)],
        "errors": [ImportItem.errors != []],
        "duplicates": [clean, ImportItem.duplicate.is_not(None)],
        "failed": [ImportItem.state == "failed"],
    }
    query = select(ImportItem).where(ImportItem.import_id == import_id, *conditions[only])
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(ImportItem.row > after[0])
    items = list((await db.execute(query.order_by(ImportItem.row).limit(limit + 1))).scalars())
    following = encode_cursor(items[limit - 1].row) if len(items) > limit else None
    return await _detail(db, row, items[:limit], locale, following=following)


async def _get(db: Session, import_id: UUID, *, lock: bool = False) -> ImportRow:
    row = await db.get(ImportRow, import_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("import.not_found")
    return row


async def _people(db: Session, rows: Sequence[ImportRow]) -> dict[UUID, PersonView]:
    found = await accounts.people(db, {row.created_by for row in rows if row.created_by})
    return {key: PersonView(id=person.id, name=person.name) for key, person in found.items()}


def _view(row: ImportRow, people: Mapping[UUID, PersonView]) -> ImportView:
    return ImportView(
        id=row.id,
        filename=row.filename,
        size=row.size,
        format=row.format,
        encoding=row.encoding,
        separator=row.separator,
        state=row.state,
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
) -> ImportDetail:
    by_column = {column: field for field, column in row.mapping.items()}
    return ImportDetail(
        **_view(row, await _people(db, [row])).model_dump(),
        columns=[ColumnView(index=i, name=name, field=by_column.get(i)) for i, name in enumerate(row.columns)],
        rows=[_row_view(item, locale, cut) for item in items],
        next_cursor=following,
    )


def _row_view(item: ImportItem, locale: str, cut: int | None) -> RowView:
    fields = {**item.fields}
    if cut is not None and len(fields["answer"]) > cut:
        fields["answer"] = fields["answer"][:cut] + "…"
    return RowView(
        row=item.row,
        kind=item.kind,
        source=item.source,
        **fields,
        errors=[_error_view(error, locale) for error in item.errors],
        duplicate_of=DuplicateView.model_validate(item.duplicate) if item.duplicate else None,
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
    if body.mapping is not None and row.state == "preview":
        await remap(db, row, body.mapping)
    row.state = "running"
    row.committed_at = clock.now()
    row.options = {**row.options, "duplicates": body.duplicates, "publish": body.publish}
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


async def undo(db: Session, actor: Actor, import_id: UUID) -> Undone:
    """Takes an import back: what it added goes, what it changed goes back; texts somebody has edited since stay."""
    actor.require("knowledge.edit")
    row = await _get(db, import_id, lock=True)
    if row.state == "undone":
        return Undone(**{key: row.result[key] for key in ("removed", "restored", "kept")})
    if row.state not in ("done", "failed"):
        raise Refused("import.running" if row.state == "running" else "import.nothing_to_undo")
    if row.options.get("publish"):
        actor.require("knowledge.publish")  # what customers read goes away
    restored = kept = 0
    versions: dict[UUID, int] = {}
    changed = select(ImportItem).where(
        ImportItem.import_id == import_id, ImportItem.state == "updated", ImportItem.before.is_not(None)
    )
    # Latest change first: an FAQ that two rows changed goes back step by step.
    for item in (await db.execute(changed.order_by(ImportItem.row.desc()))).scalars():
        assert item.item_id is not None and item.before is not None
        patch = {**item.before["patch"]}
        patch["version"] = versions.get(item.item_id, patch["version"])
        try:
            back = await articles.update_faq(db, actor, item.item_id, FaqPatch.model_validate(patch))
            versions[item.item_id] = back.version
            restored += 1
        except (Conflict, NotFound):
            kept += 1
        item.state = "pending"
    made = await db.scalar(select(func.count()).where(ImportItem.import_id == import_id, ImportItem.state == "created"))
    removed = await articles.remove_imported(db, actor, import_id)
    kept += int(made or 0) - removed
    for category in row.options.get("categories", []):
        try:
            async with db.begin_nested():
                await articles.delete_category(db, actor, UUID(category))
        except Problem:
            continue  # somebody uses it by now, or it is gone already
    row.state, row.undone_at = "undone", clock.now()
    row.result = {**row.result, "removed": removed, "restored": restored, "kept": kept}
    await audit.record(db, actor, "knowledge_import.undone", "knowledge_import", row.id, {"removed": [None, removed]})
    return Undone(removed=removed, restored=restored, kept=kept)


async def forget_previews(db: Session) -> int:
    """Drops what was uploaded and never imported. Returns how many."""
    old = ImportRow.created_at < clock.now() - timedelta(days=PREVIEW_DAYS)
    gone = await db.execute(delete(ImportRow).where(ImportRow.state == "preview", old).returning(ImportRow.id))
    return len(gone.all())


async def finish(db: Session, import_id: UUID, state: str, result: dict[str, int]) -> None:
    """Notes how a job ended."""
    open_ones = ImportRow.id == import_id, ImportRow.state.in_(("running", "failed"))
    await db.execute(update(ImportRow).where(*open_ones).values(state=state, result=result))
