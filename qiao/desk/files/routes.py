"""Upload for staff; download by signed link."""

from collections.abc import AsyncIterator
from typing import Annotated, Final
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec
from fastapi import Query, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from qiao.core.actor import Actor
from qiao.core.errors import Invalid, NotFound, TooLarge
from qiao.core.files import service
from qiao.core.files.models import FileRow
from qiao.core.files.store import BlobStore
from qiao.core.runtime import Runtime
from qiao.core.web import Read, Runtime_
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs, Public
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import MIB

router = Router(prefix="/files", tags=["files"])
_SHOWN: Final = ("image/", "audio/", "video/", "application/pdf")


async def largest(runtime: Runtime) -> int:
    """The largest file that may be sent, in bytes: what the company decided, within what the installation bears."""
    async with runtime.db.read() as db:
        company = await organization.get_settings(db)
    return min(runtime.settings.upload_max_bytes, company.upload_max_bytes)


async def within(limit: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Stops a file that grows too large while it arrives, not after it has."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge("file.too_large", limit_mb=f"{limit / MIB:.3g}")
        yield chunk


async def upload(runtime: Runtime, actor: Actor, request: Request) -> Response:
    """Takes a raw body with `X-Filename` (percent-encoded), or the first file of a multipart form."""
    limit = await largest(runtime)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=5) as form:
            part = next((value for value in form.values() if not isinstance(value, str)), None)
            if part is None:
                raise Invalid.field("file", "field_missing")

            async def chunks() -> AsyncIterator[bytes]:
                while chunk := await part.read(256 * 1024):
                    yield chunk

            view = await service.take(runtime, actor, part.filename or "file", within(limit, chunks()))
    else:
        name = request.headers.get("x-filename")
        if not name:
            raise Invalid.field("X-Filename", "file.name_missing")
        view = await service.take(runtime, actor, unquote(name), within(limit, request.stream()))
    return Response(msgspec.json.encode(view), status_code=201, media_type="application/json")


@router.post("", status_code=201)
async def upload_file(
    request: Request,
    runtime: Runtime_,
    actor: Annotated[Actor, Needs("conversations.handle", "tickets.handle", "tasks.handle", "knowledge.edit")],
) -> Response:
    """Stores a file of the caller's; send it with a message of kind `image` or `file`."""
    return await upload(runtime, actor, request)


async def _deliver(runtime: Runtime, row: FileRow, key: str, mime: str, name: str) -> Response:
    store: BlobStore = runtime.get(BlobStore)
    disposition = "inline" if mime.startswith(_SHOWN) else "attachment"
    headers = {
        "cache-control": "private, max-age=86400, immutable",
        "content-security-policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }
    if mime == "text/plain":
        mime = "text/plain; charset=utf-8"
    path = store.local_path(key)
    if path is not None:
        return FileResponse(path, media_type=mime, filename=name, content_disposition_type=disposition, headers=headers)
    stream = store.open(key)
    try:
        first = await anext(stream, b"")
    except FileNotFoundError:
        raise NotFound("file.not_found") from None

    async def chunks() -> AsyncIterator[bytes]:
        yield first
        async for chunk in stream:
            yield chunk

    headers["content-disposition"] = f"{disposition}; filename*=utf-8''{quote(name, safe='')}"
    return StreamingResponse(chunks(), media_type=mime, headers=headers)


Expires = Annotated[int, Query(alias="e", ge=0, le=10_000_000)]
Signature = Annotated[str, Query(alias="s", max_length=64)]


@router.get("/{file_id}/thumb", dependencies=[Public("whoever holds a signed link")])
async def read_thumbnail(
    file_id: UUID, db: Read, runtime: Runtime_, expires: Expires, signature: Signature
) -> Response:
    """The small picture."""
    service.check_link(runtime, file_id, expires, signature)
    row = await service.get(db, file_id)
    if row.thumb_key is None:
        raise NotFound("file.not_found")
    return await _deliver(runtime, row, row.thumb_key, "image/webp", row.name + ".webp")


@router.get("/{file_id}/{name}", dependencies=[Public("whoever holds a signed link")])
async def read_file(
    file_id: UUID, name: str, db: Read, runtime: Runtime_, expires: Expires, signature: Signature
) -> Response:
    """The file itself."""
    service.check_link(runtime, file_id, expires, signature)
    row = await service.get(db, file_id)
    return await _deliver(runtime, row, row.key, row.mime, row.name)
