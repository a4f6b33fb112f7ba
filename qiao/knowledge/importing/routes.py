"""REST of imports and exports."""

import json
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, StreamingResponse

from qiao.core.actor import Actor
from qiao.core.errors import Invalid, TooLarge
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.knowledge.importing import export, service
from qiao.knowledge.importing.schemas import CommitBody, Committed, ImportDetail, ImportView, Only, Undone
from qiao.people.accounts.access import Needs

router = APIRouter(prefix="/knowledge", tags=["knowledge"])
Reader = Annotated[Actor, Needs("knowledge.view")]
Editor = Annotated[Actor, Needs("knowledge.edit")]
_CSV: Final = "text/csv; charset=utf-8"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _attached(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


@router.get("/imports/template.csv")
async def download_template(actor: Editor, locale: Locale) -> Response:
    """A table to start from, in the reader's language."""
    return Response(export.template(locale), media_type=_CSV, headers=_attached("knowledge-template.csv"))


@router.post("/imports", status_code=201)
async def upload_import(request: Request, actor: Editor, db: Tx, runtime: Runtime_, locale: Locale) -> ImportDetail:
    """Multipart: `file` (CSV, XLSX, Markdown, or a zip of Markdown files) and, if its columns have other names, `mapping`
    (JSON, field → column). Answers every row with its faults and what it repeats; nothing is written yet."""
    limit = runtime.settings.upload_max_bytes
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Invalid.field("file", "field_missing")
    async with request.form(max_files=1, max_fields=5) as form:
        part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if part is None:
            raise Invalid.field("file", "field_missing")
        data = await part.read(limit + 1)
        name, given = part.filename or "file", form.get("mapping")
    if len(data) > limit:
        raise TooLarge("file.too_large", limit_mb=limit // (1024 * 1024))
    return await service.upload(db, actor, name, data, locale, mapping=_mapping(given))


def _mapping(given: Any) -> dict[str, str | int | None] | None:
    if not given:
        return None
    try:
        found = json.loads(given)
    except (TypeError, ValueError, RecursionError):
        raise Invalid.field("mapping", "json_invalid") from None
    fits = isinstance(found, dict) and all(value is None or isinstance(value, str | int) for value in found.values())
    if not fits:
        raise Invalid.field("mapping", "value_invalid")
    return dict(found)


@router.get("/imports")
async def list_imports(actor: Reader, db: Read, cursor: Cursor = None, limit: Limit = 50) -> Page[ImportView]:
    """Imports, newest first."""
    items, following = await service.history(db, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/imports/{import_id}")
async def read_import(
    import_id: UUID,
    actor: Reader,
    db: Read,
    locale: Locale,
    only: Annotated[Only, Query(description="Which rows.")] = "all",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ImportDetail:
    """An import with a page of its rows."""
    return await service.detail(db, import_id, locale, only=only, cursor=cursor, limit=limit)


@router.post("/imports/{import_id}/commit", status_code=202)
async def commit_import(import_id: UUID, body: CommitBody, actor: Editor, db: Tx) -> Committed:
    """Starts the job. Rows with faults are left out and stay listed."""
    return Committed(job_id=await service.commit(db, actor, import_id, body))


@router.post("/imports/{import_id}/undo")
async def undo_import(import_id: UUID, actor: Editor, db: Tx) -> Undone:
    """Takes the whole import back, except texts somebody has edited since."""
    return await service.undo(db, actor, import_id)


@router.get("/export.csv")
async def export_csv(actor: Reader, runtime: Runtime_, locale: Locale) -> Response:
    """All FAQs that are not archived, for spreadsheets: UTF-8 with a mark, no cell runs as a formula."""
    return StreamingResponse(export.as_csv(runtime, locale), media_type=_CSV, headers=_attached("knowledge.csv"))


@router.get("/export.xlsx")
async def export_xlsx(actor: Reader, runtime: Runtime_, locale: Locale) -> Response:
    """The same as a workbook."""
    path = await export.as_xlsx(runtime, locale)
    return FileResponse(
        path, media_type=_XLSX, filename="knowledge.xlsx", background=BackgroundTask(path.unlink, missing_ok=True)
    )
