"""Everything the asker may read as one archive that can be imported again: spaces, shelves, words, FAQs and articles in all
their languages, with their pictures and attachments."""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import anyio

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.files import service as files
from qiao.core.files.store import BlobStore
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.articles.schemas import ArticleView, FaqView
from qiao.knowledge.importing.reading.archive import FORMAT, MANIFEST, TABLES, VERSION
from qiao.people.organization import service as organization

_PAGE: Final = 200
_LINK: Final = re.compile(r"\]\(<?/api/v1/files/([0-9a-f-]{36})/([^)\s?>]*)(?:\?[^)\s>]*)?>?(?:\s+\"[^\"\n]*\")?\)")


class _Writer:
    """Lines per table first, pictures and attachments straight into the archive."""

    def __init__(self, runtime: Runtime, reader: Reader, archive: zipfile.ZipFile, folder: Path):
        self.runtime, self.reader, self.archive, self.folder = runtime, reader, archive, folder
        self.departments: dict[UUID, str] = {}
        self.spaces: dict[UUID, str] = {}
        self.categories: dict[UUID, dict[str, str]] = {}
        self._known: dict[str, tuple[str, str] | None] = {}
        self.counts = dict.fromkeys(TABLES.values(), 0)

    def line(self, table: str, values: dict[str, Any]) -> None:
        self.counts[table] += 1
        with (self.folder / table).open("a", encoding="utf-8") as out:
            out.write(json.dumps(values, ensure_ascii=False) + "\n")

    def named(self, ids: list[UUID]) -> list[str]:
        return [self.departments[key] for key in ids if key in self.departments]

    async def text(self, table: str, view: FaqView | ArticleView) -> None:
        is_faq = isinstance(view, FaqView)
        body, pictures = await self._body(view.answer if isinstance(view, FaqView) else view.body)
        shelf = self.categories.get(view.category_id, {}) if view.category_id else {}
        values: dict[str, Any] = {
            "question": view.question if isinstance(view, FaqView) else view.title,
            "answer": body,
            "category": shelf.get(view.locale) or next(iter(shelf.values()), None),
            "space": self.spaces.get(view.space_id),
            "locale": view.locale,
            "status": view.status,
            "audience": view.audience,
            "departments": self.named(view.department_ids),
            "tags": view.tags,
            "conditions": {key: found for key, found in view.conditions.model_dump().items() if found},
            "valid_from": view.valid_from.isoformat() if view.valid_from else None,
            "valid_until": view.valid_until.isoformat() if view.valid_until else None,
            "pictures": pictures,
        }
        if any(other.id != view.id for other in view.translations):
            values["group"] = str(view.group_id)
        if is_faq:
            assert isinstance(view, FaqView)
            values |= {"variants": view.variants, "action": view.action}
        else:
            assert isinstance(view, ArticleView)
            values["summary"] = view.summary
        await anyio.to_thread.run_sync(
            self.line, table, {k: v for k, v in values.items() if v not in (None, [], {}, "")}
        )

    async def _body(self, body: str) -> tuple[str, list[str]]:
        """The text with marks for its pictures and attachments, and where these are in the archive."""
        pictures: list[str] = []
        parts: list[str] = []
        last = 0
        for match in _LINK.finditer(body):
            stored = await self._file(match[1])
            if stored is None:
                continue
            mark, path = stored
            parts += [body[last : match.start()], f"]({mark}:{len(pictures)})"]
            pictures.append(path)
            last = match.end()
        return "".join([*parts, body[last:]]), pictures

    async def _file(self, file_id: str) -> tuple[str, str] | None:
        """What a text calls it by, and where it is in the archive."""
        if file_id not in self._known:
            self._known[file_id] = await self._stored(file_id)
        return self._known[file_id]

    async def _stored(self, file_id: str) -> tuple[str, str] | None:
        try:
            async with self.runtime.db.read() as db:
                row = await files.get(db, UUID(file_id))
            store: BlobStore = self.runtime.get(BlobStore)
            data = b"".join([piece async for piece in store.open(row.key)])
        except (NotFound, FileNotFoundError, ValueError):
            return None
        mark = "picture" if row.mime.startswith("image/") else "file"
        path = f"{mark}s/{file_id}/{files.clean_name(row.name)}"
        await anyio.to_thread.run_sync(self.archive.writestr, path, data, zipfile.ZIP_STORED)
        return mark, path


async def as_zip(runtime: Runtime, actor: Actor) -> Path:
    """The archive in a temporary file, which the caller removes."""
    reader = articles.reader_of(actor)
    with tempfile.NamedTemporaryFile(prefix="qiao-export-", suffix=".zip", delete=False) as file:
        path = Path(file.name)
    with tempfile.TemporaryDirectory(prefix="qiao-export-") as folder:
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                writer = _Writer(runtime, reader, archive, Path(folder))
                await _around(writer)
                for table, pages in (("faqs", articles.list_faqs), ("articles", articles.list_articles)):
                    async for view in _all(runtime, reader, pages):
                        await writer.text(table, view)
                for table, count in writer.counts.items():
                    if count:
                        await anyio.to_thread.run_sync(archive.write, Path(folder) / table, f"{table}.jsonl")
                manifest = {
                    "format": FORMAT,
                    "version": VERSION,
                    "made": clock.now().isoformat(),
                    "counts": writer.counts,
                }
                archive.writestr(MANIFEST, json.dumps(manifest, indent=2))
        except BaseException:
            os.unlink(path)  # noqa: PTH108 - on the way out nothing waits
            raise
    return path


async def _around(writer: _Writer) -> None:
    async with writer.runtime.db.read() as db:
        writer.departments = {one.id: one.name for one in await organization.list_departments(db)}
        for space in await articles.spaces(db, "zh-CN", writer.reader):
            writer.spaces[space.id] = space.slug
            writer.line(
                "spaces",
                {"slug": space.slug, "names": space.names, "descriptions": space.descriptions, "audience": space.audience,
                 "departments": writer.named(space.department_ids), "position": space.position},
            )  # fmt: skip
        shelves = await articles.categories(db, "zh-CN", writer.reader)
        writer.categories = {shelf.id: shelf.names for shelf in shelves}
        for shelf in sorted(shelves, key=lambda one: (one.parent_id is not None, one.position)):
            parent = writer.categories.get(shelf.parent_id, {}) if shelf.parent_id else {}
            writer.line(
                "categories",
                {
                    "names": shelf.names,
                    "space": writer.spaces[shelf.space_id],
                    "parent": parent,
                    "position": shelf.position,
                },
            )
        cursor: str | None = None
        while True:
            groups, cursor, _ = await articles.list_synonyms(db, q=None, locale=None, cursor=cursor, limit=_PAGE)
            for group in groups:
                writer.line("words", {"locale": group.locale, "words": group.words, "note": group.note})
            if cursor is None:
                break


async def _all(runtime: Runtime, reader: Reader, pages: Any) -> AsyncIterator[FaqView | ArticleView]:
    cursor: str | None = None
    while True:
        async with runtime.db.read() as db:
            found, cursor, _ = await pages(db, reader=reader, cursor=cursor, limit=_PAGE)
        for view in found:
            yield view
        if cursor is None:
            return
