"""Taking files in and handing out links to them."""

import hashlib
import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import anyio
import msgspec
from sqlalchemy import delete, select

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, TooLarge
from qiao.core.files.inspect import PICTURES, harmless_picture, kind_of
from qiao.core.files.models import FileRow
from qiao.core.files.store import BlobStore
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer

LINK_DAYS: Final = 7
# Path parts, control characters, marks that turn the direction of writing (`gpj.exe` shown as `exe.jpg`), half characters.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


class FileView(msgspec.Struct, frozen=True):
    """A stored file with links that work for a week."""

    id: UUID
    name: str
    mime: str
    size: int
    width: int | None
    height: int | None
    url: str
    thumb_url: str | None

    def payload(self) -> dict[str, Any]:
        """What a message about this file carries; links are added when it is read."""
        return {
            "file_id": str(self.id),
            "name": self.name,
            "mime": self.mime,
            "size": self.size,
            "width": self.width,
            "height": self.height,
        }


FOREVER: Final = 9_999_999
"""A day far beyond every calendar."""


def clean_name(name: str) -> str:
    """A file name without path parts and control characters, at most 120 characters, keeping its ending."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .") or "file"
    if len(name) > 120:
        stem, dot, ending = name.rpartition(".")
        name = stem[: 119 - len(ending[:10])] + dot + ending[:10] if dot else name[:120]
    return name


async def take(runtime: Runtime, actor: Actor, name: str, chunks: AsyncIterator[bytes]) -> FileView:
    """Streams a file in, checks what it is, stores it. Raises TooLarge, Unsupported or Invalid; then nothing is kept."""
    store: BlobStore = runtime.get(BlobStore)
    limit = runtime.settings.upload_max_bytes
    folder = runtime.settings.files_dir / "incoming"
    await anyio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
    file_id = new_id()
    path = folder / file_id.hex
    name = clean_name(name)
    size, digest = 0, hashlib.sha256()
    leftovers = [path]
    kept: list[str] = []
    try:
        async with await anyio.open_file(path, "wb") as handle:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge("file.too_large", limit_mb=limit // (1024 * 1024))
                digest.update(chunk)
                await handle.write(chunk)
        if size == 0:
            raise Invalid.field("file", "file.empty")
        mime = await anyio.to_thread.run_sync(kind_of, path, name)
        width = height = None
        thumb_key = None
        key = f"{file_id.hex[-8:]}{file_id.hex}"
        if mime in PICTURES:
            picture = await anyio.to_thread.run_sync(harmless_picture, path, mime, folder)
            leftovers += [picture.path, picture.thumb]
            mime, width, height = picture.mime, picture.width, picture.height
            size = picture.path.stat().st_size
            thumb_key = key + "t"
            kept.append(thumb_key)
            await store.adopt(picture.thumb, thumb_key)
            kept.append(key)
            await store.adopt(picture.path, key)
        else:
            kept.append(key)
            await store.adopt(path, key)
        row = FileRow(
            id=file_id,
            name=name,
            mime=mime,
            size=size,
            sha256=digest.hexdigest(),
            width=width,
            height=height,
            key=key,
            thumb_key=thumb_key,
            owner_kind=actor.kind,
            owner_id=actor.id,
        )
        async with runtime.db.transaction() as db:
            db.add(row)
        kept.clear()
        return view(runtime, row)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_remove_all, leftovers)
            for stored in kept:
                await store.remove(stored)


def _remove_all(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _links(runtime: Runtime, file_id: str, name: str, has_thumb: bool) -> tuple[str, str | None]:
    # The same link all day, so that browsers may keep what they have seen.
    day = int((clock.now() + timedelta(days=LINK_DAYS)).timestamp()) // 86400
    signature = runtime.get(Signer).sign("file", f"{file_id}:{day}")
    base = f"/api/v1/files/{file_id}"
    query = f"?e={day}&s={signature}"
    return f"{base}/{quote(name)}{query}", f"{base}/thumb{query}" if has_thumb else None


def view(runtime: Runtime, row: FileRow) -> FileView:
    url, thumb = _links(runtime, str(row.id), row.name, row.thumb_key is not None)
    return FileView(row.id, row.name, row.mime, row.size, row.width, row.height, url, thumb)


def lasting_link(runtime: Runtime, file_id: UUID, name: str) -> str:
    """A link that does not run out, for pictures inside texts: whoever may read the text holds it."""
    signature = runtime.get(Signer).sign("file", f"{file_id}:{FOREVER}")
    return f"/api/v1/files/{file_id}/{quote(name)}?e={FOREVER}&s={signature}"


def with_links(runtime: Runtime, payload: dict[str, Any]) -> dict[str, Any]:
    """A message payload about a file, with links for whoever may read the message."""
    file_id = payload.get("file_id")
    if not isinstance(file_id, str) or not _is_uuid(file_id):
        return payload
    url, thumb = _links(runtime, file_id, str(payload.get("name") or "file"), payload.get("width") is not None)
    return {**payload, "url": url, "thumb_url": thumb}


def check_link(runtime: Runtime, file_id: UUID, expires: int, signature: str) -> None:
    """Raises NotFound unless the link was signed by us and is still good."""
    good = runtime.get(Signer).verify("file", f"{file_id}:{expires}", signature)
    if not good or expires * 86400 < clock.now().timestamp():
        raise NotFound("file.link_expired")


async def get(db: Session, file_id: UUID) -> FileRow:
    row = await db.get(FileRow, file_id)
    if row is None:
        raise NotFound("file.not_found")
    return row


async def forget(db: Session, file_ids: Sequence[UUID]) -> list[str]:
    """Takes files out of the books; from here on their links lead nowhere. Returns the keys of their blobs, which `drop`
    removes once this is committed."""
    gone = delete(FileRow).where(FileRow.id.in_(file_ids)).returning(FileRow.key, FileRow.thumb_key)
    return [key for pair in (await db.execute(gone)).tuples() for key in pair if key is not None]


async def drop(runtime: Runtime, keys: Sequence[str]) -> None:
    """Removes blobs nobody knows any more. One that is gone already is no fault."""
    store: BlobStore = runtime.get(BlobStore)
    for key in keys:
        await store.remove(key)


async def payload_for_sender(db: Session, actor: Actor, file_id: Any) -> dict[str, Any]:
    """The payload of a message about a file this actor uploaded themselves. Raises Invalid otherwise.

    What the sender claims about the file (name, size, type) is never believed.
    """
    key = UUID(file_id) if isinstance(file_id, str) and _is_uuid(file_id) else None
    row = None
    if key is not None:
        query = select(FileRow).where(FileRow.id == key, FileRow.owner_kind == actor.kind, FileRow.owner_id == actor.id)
        row = (await db.execute(query)).scalar_one_or_none()
    if row is None:
        raise Invalid.field("payload.file_id", "file.not_yours")
    return {
        "file_id": str(row.id),
        "name": row.name,
        "mime": row.mime,
        "size": row.size,
        "width": row.width,
        "height": row.height,
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
