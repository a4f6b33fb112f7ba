"""REST of imports and exports."""

import json
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, StreamingResponse

from qiao.core.actor import Actor
from qiao.core.errors import Invalid, TooLarge
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.importing import archive, export, service, sources
from qiao.knowledge.importing.schemas import (
    ChoiceBody,
    Chosen,
    CommitBody,
    Committed,
    ImportDetail,
    ImportView,
    Only,
    PageView,
    SourceBody,
    SourceView,
    Undone,
)
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge", tags=["knowledge"])
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
    """Multipart: `file` (a table, JSON, Markdown, Word, PowerPoint, PDF or HTML, or a zip of such); if its columns have other
    names, `mapping` (JSON, field → column); `split`=true makes an article of each main chapter of a document. Answers every
    row with its faults and what it repeats; documents are read by the job `job_id`. Nothing is written yet."""
    limit = runtime.settings.upload_max_bytes
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Invalid.field("file", "field_missing")
    async with request.form(max_files=1, max_fields=5) as form:
        part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if part is None:
            raise Invalid.field("file", "field_missing")
        data = await part.read(limit + 1)
        name, given, split = part.filename or "file", form.get("mapping"), form.get("split") == "true"
    if len(data) > limit:
        raise TooLarge("file.too_large", limit_mb=limit // (1024 * 1024))
    return await service.upload(db, actor, name, data, locale, mapping=_mapping(given), split=split)


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
async def list_imports(
    actor: Reader, db: Read, locale: Locale, cursor: Cursor = None, limit: Limit = 50
) -> Page[ImportView]:
    """Imports, newest first."""
    items, following = await service.history(db, locale, cursor=cursor, limit=limit)
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
    return await service.detail(db, actor, import_id, locale, only=only, cursor=cursor, limit=limit)


@router.post("/imports/{import_id}/commit", status_code=202)
async def commit_import(import_id: UUID, body: CommitBody, actor: Editor, db: Tx) -> Committed:
    """Starts the job. Rows with faults are left out and stay listed."""
    return Committed(job_id=await service.commit(db, actor, import_id, body))


@router.post("/imports/{import_id}/choices")
async def choose_rows(import_id: UUID, body: ChoiceBody, actor: Editor, db: Tx) -> Chosen:
    """What becomes of rows that repeat or resemble something, row by row."""
    return Chosen(taken=await service.choose(db, actor, import_id, body.rows, body.choice))


@router.delete("/imports/{import_id}", status_code=204)
async def discard_import(import_id: UUID, actor: Editor, db: Tx) -> None:
    """Drops a preview nobody imported. What has been imported stays listed: undo takes it back."""
    await service.discard(db, actor, import_id)


@router.post("/imports/{import_id}/undo")
async def undo_import(import_id: UUID, actor: Editor, db: Tx) -> Undone:
    """Takes the whole import back, except texts somebody has edited since."""
    return await service.undo(db, actor, import_id)


@router.get("/export.csv")
async def export_csv(actor: Reader, runtime: Runtime_, locale: Locale) -> Response:
    """All FAQs that are not archived, for spreadsheets: UTF-8 with a mark, no cell runs as a formula."""
    return StreamingResponse(
        export.as_csv(runtime, locale, reader_of(actor)), media_type=_CSV, headers=_attached("knowledge.csv")
    )


@router.get("/export.zip")
async def export_zip(actor: Reader, runtime: Runtime_) -> Response:
    """Everything the asker may read, to be imported elsewhere: spaces, categories, words, FAQs and articles in all their
    languages, with their pictures."""
    path = await archive.as_zip(runtime, actor)
    return FileResponse(
        path,
        media_type="application/zip",
        filename="knowledge.zip",
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


@router.get("/export.xlsx")
async def export_xlsx(actor: Reader, runtime: Runtime_, locale: Locale) -> Response:
    """The same as a workbook."""
    path = await export.as_xlsx(runtime, locale, reader_of(actor))
    return FileResponse(
        path, media_type=_XLSX, filename="knowledge.xlsx", background=BackgroundTask(path.unlink, missing_ok=True)
    )


# -- sources -----------------------------------------------------------------------------------------------------------


@router.get("/sources")
async def list_sources(actor: Reader, db: Read, locale: Locale) -> list[SourceView]:
    """The sites articles are made of."""
    return await sources.listing(db, actor, locale)


@router.post("/sources", status_code=201)
async def create_source(body: SourceBody, actor: Editor, db: Tx, locale: Locale) -> SourceView:
    return await sources.save(db, actor, body, locale)


@router.put("/sources/{source_id}")
async def change_source(source_id: UUID, body: SourceBody, actor: Editor, db: Tx, locale: Locale) -> SourceView:
    return await sources.save(db, actor, body, locale, source_id)


@router.delete("/sources/{source_id}", status_code=204)
async def delete_source(source_id: UUID, actor: Editor, db: Tx) -> None:
    """Forgets a source; its articles stay."""
    await sources.remove(db, actor, source_id)


@router.post("/sources/{source_id}/read", status_code=202)
async def read_source(source_id: UUID, actor: Editor, db: Tx, locale: Locale) -> ImportDetail:
    """Starts a reading; what is new or has changed becomes the rows of an import to look at."""
    row = await sources.read_now(db, actor, source_id)
    return await service.detail(db, actor, row.id, locale)


@router.get("/sources/{source_id}/pages")
async def list_pages(
    source_id: UUID,
    actor: Reader,
    db: Read,
    locale: Locale,
    state: Annotated[Literal["new", "kept", "failed", "gone"] | None, Query(description="Only these.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PageView]:
    """What became of each page."""
    items, following = await sources.pages(db, actor, source_id, locale, state=state, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)
