"""Reading a source: a job that fetches its pages one by one and puts down those that are new or other than before."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin
from uuid import UUID

import structlog
from sqlalchemy import select

from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Invalid, Problem
from qiao.core.runtime import Runtime
from qiao.knowledge.importing import addresses, collecting, intake, web
from qiao.knowledge.importing.intake import Found
from qiao.knowledge.importing.isolation import Reader
from qiao.knowledge.importing.models import ImportRow, PageRow, SourceRow
from qiao.knowledge.importing.reading.documents import Document, Picture
from qiao.knowledge.importing.reading.pages import links_of
from qiao.people.accounts.identity import actor_for

logger = structlog.get_logger(__name__)
JOB: Final = "knowledge.source.read"
_MOST_MAPS: Final = 50
_MOST_PICTURES: Final = 20
_LARGEST_PICTURE: Final = 5 * 1024 * 1024
_MOST_BYTES: Final = 100 * 1024 * 1024
_HTML: Final = ("text/html", "application/xhtml+xml", "")


@dataclass(slots=True)
class _Known:
    """A page as it was read last."""

    article_id: UUID | None
    version: int | None
    digest: str | None
    etag: str | None
    modified: str | None


@dataclass(slots=True)
class _Seen:
    """What became of a page in this reading."""

    state: str
    title: str = ""
    digest: str | None = None
    etag: str | None = None
    modified: str | None = None
    problem: dict[str, Any] | None = None


@dataclass(slots=True)
class Reading:
    """One reading under way."""

    source: SourceRow
    known: dict[str, _Known]
    found: list[Found] = field(default_factory=list)
    pages: dict[str, _Seen] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    left: int = 0
    same: int = 0
    size: int = 0

    def fail(self, url: str, problem: Invalid, *, state: str = "failed") -> None:
        self.pages[url] = _Seen(state, problem={"code": problem.code, "params": problem.params})
        if state == "failed":
            self.found.append(Found(url, broken=FieldError("file", problem.code, problem.params), url=url))


@jobs.job(JOB)
async def read(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Running it again begins anew; only its end writes anything."""
    import_id = UUID(payload["import_id"])
    async with runtime.db.read() as db:
        row = await db.get(ImportRow, import_id)
        source = await db.get(SourceRow, row.source_id) if row is not None and row.source_id else None
        if row is None or source is None or row.stage != "reading":
            return {}
        pages = (await db.execute(select(PageRow).where(PageRow.source_id == source.id))).scalars()
        known = {p.url: _Known(p.article_id, p.version, p.digest, p.etag, p.modified) for p in pages}
        db.expunge_all()
    reading = Reading(source, known)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="qiao-crawl-"))
    try:
        async with web.Web(allow_private=source.allow_private, pause=web.PAUSE) as net, Reader() as reader:
            listed = await _listed(net, reading)
            await progress.step(0, len(listed))
            for number, url in enumerate(listed, start=1):
                await _page(net, reader, reading, url, folder)
                await progress.step(number, len(listed))
    except Invalid as problem:
        reason = problem
        await runtime.db.run(lambda db: _refused(db, import_id, reason))
        return {"pages": 0}
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    user_id = UUID(payload["user_id"]) if payload.get("user_id") else None
    return await runtime.db.run(lambda db: _put_down(db, import_id, user_id, reading, bool(payload.get("by_itself"))))


# -- which pages -------------------------------------------------------------------------------------------------------


async def _listed(net: web.Web, reading: Reading) -> list[str]:
    source = reading.source
    if source.kind == "pages":
        return _chosen(reading, source.urls, own=False)
    if source.kind == "feed":
        answer = await _must(net, source.url)
        return _chosen(reading, addresses.read_feed(answer.data, answer.url).pages, own=False)
    return _chosen(reading, await _mapped(net, source.url), own=True)


async def _must(net: web.Web, url: str) -> web.Answer:
    answer = await net.get(url, limit=addresses.LARGEST_MAP)
    if answer.status != 200:
        raise Invalid("import.page_status", url=url[:200], status=answer.status)
    return answer


async def _mapped(net: web.Web, url: str) -> list[str]:
    """The pages of a sitemap and the maps below it, each looked at once. A site's own address is asked where its map is."""
    answer = await _must(net, url)
    if answer.kind in ("text/html", "application/xhtml+xml"):
        waiting = [*await net.sitemaps(url), urljoin(answer.url, "/sitemap.xml")]
        first: addresses.Listed | None = None
    else:
        first, waiting = addresses.read_map(answer.data, answer.url), []
    seen, pages = {url, answer.url}, list(first.pages) if first else []
    waiting += first.maps if first else []
    problem: Invalid | None = None
    while waiting and len(seen) < _MOST_MAPS:
        following = waiting.pop(0)
        if following in seen or not addresses.same_site(following, url):
            continue
        seen.add(following)
        try:
            answer = await _must(net, following)
            listed = addresses.read_map(answer.data, answer.url)
        except Invalid as reason:
            problem = reason
            continue
        pages += listed.pages
        waiting += listed.maps
    if not pages:
        raise problem if problem is not None and first is None else Invalid("import.map_empty")
    return pages


def _chosen(reading: Reading, listed: Iterable[str], *, own: bool) -> list[str]:
    """What is to be fetched: each page once, of the same site where a map lists them, at most as many as were said."""
    source = reading.source
    chosen: dict[str, None] = {}
    for address in listed:
        url = addresses.canonical(address)
        if url is None:
            reading.fail(address[: addresses.LONGEST], Invalid("import.address_unfit", url=address[:200]))
        elif (source.only and source.only not in url) or addresses.is_asset(url) or url in chosen:
            continue
        elif own and not addresses.same_site(url, source.url):
            reading.fail(url, Invalid("import.page_elsewhere", url=url[:200]))
        elif addresses.trap(url):
            reading.fail(url, Invalid("import.page_trap", url=url[:200]))
        elif len(chosen) < source.most_pages:
            chosen[url] = None
        else:
            reading.left += 1
            if url in reading.known:
                reading.pages[url] = _Seen("kept")
        if len(reading.found) > 1_000:
            break  # a list of nothing but rubbish
    if not chosen and not reading.found:
        raise Invalid("import.map_empty")
    return list(chosen)


# -- one page ----------------------------------------------------------------------------------------------------------


async def _page(net: web.Web, reader: Reader, reading: Reading, url: str, folder: Path) -> None:
    known = reading.known.get(url)
    headers = {}
    if known is not None and known.digest is not None:
        headers = {"If-None-Match": known.etag or "", "If-Modified-Since": known.modified or ""}
        headers = {name: value for name, value in headers.items() if value}
    try:
        answer = await net.get(url, headers)
        if answer.status == 304 and known is not None:
            reading.same += 1
            reading.pages[url] = _Seen("kept", digest=known.digest, etag=known.etag, modified=known.modified)
            return
        if answer.status in (404, 410):
            gone = Invalid("import.page_gone", url=url[:200])
            reading.fail(url, gone, state="gone" if known is not None else "failed")
            return
        if answer.status != 200:
            raise Invalid("import.page_status", url=url[:200], status=answer.status)
        document = await _document(reader, answer, folder, len(reading.pages))
        final = addresses.canonical(answer.url) or url
        own = await asyncio.to_thread(_canonical_of, answer)
        for other in (final, own):
            if other and other != url and addresses.same_site(other, url) and _has(reading, other):
                raise Invalid("import.page_same_as", url=other[:200])
        digest = intake.digest_of(document)
        if digest in reading.digests:
            raise Invalid("import.page_same_as", url=reading.digests[digest][:200])
    except Invalid as problem:
        reading.fail(url, problem)
        return
    reading.digests[digest] = url
    etag, modified = answer.headers.get("etag", "")[:300] or None, answer.headers.get("last-modified", "")[:100] or None
    reading.pages[url] = _Seen("kept", document.title, digest, etag, modified)
    if known is not None and known.digest == digest:
        reading.same += 1
        return
    document = await _with_pictures(net, reading, document)
    repeats = None
    if known is not None and known.article_id is not None:
        repeats = {"type": "article", "id": str(known.article_id), "row": None, "question": document.title, "how": "page",
                   "probability": 1.0, "version": known.version}  # fmt: skip
    source = reading.source
    extra = {key: value for key, value in {"category": source.category, "audience": source.audience}.items() if value}
    reading.found.append(Found(url, document, url=url, digest=digest, repeats=repeats, extra=extra))


def _has(reading: Reading, url: str) -> bool:
    return url in reading.pages and reading.pages[url].state == "kept"


def _canonical_of(answer: web.Answer) -> str | None:
    if answer.kind not in _HTML:
        return None
    said = links_of(answer.data, answer.url)["canonical"]
    return addresses.canonical(said) if said else None


async def _document(reader: Reader, answer: web.Answer, folder: Path, number: int) -> Document:
    path = folder / "page"
    asked: dict[str, Any] = {"path": str(path), "into": str(folder), "prefix": f"p{number}"}
    if answer.kind in _HTML:
        asked |= {"do": "page", "url": answer.url, "charset": answer.charset}
    elif answer.kind == "application/pdf":
        asked |= {"do": "read", "name": answer.url.rpartition("/")[2] or "page.pdf", "entry": "", "cut": False}
    else:
        raise Invalid("import.page_kind", url=answer.url[:200], kind=answer.kind[:60])
    await asyncio.to_thread(path.write_bytes, answer.data)
    return (await asyncio.to_thread(collecting.documents_of, await reader.ask(**asked)))[0]


async def _with_pictures(net: web.Web, reading: Reading, document: Document) -> Document:
    """Fetches what the page shows; a picture that cannot be had leaves its words."""
    kept: list[Picture] = []
    for number, picture in enumerate(document.pictures):
        if picture.url and number < _MOST_PICTURES and reading.size < _MOST_BYTES:
            try:
                answer = await net.get(picture.url, limit=_LARGEST_PICTURE)
            except Invalid:
                kept.append(replace(picture, data=b""))
                continue
            good = answer.status == 200 and answer.kind.startswith("image/")
            reading.size += len(answer.data)
            kept.append(replace(picture, data=answer.data if good else b""))
        else:
            kept.append(picture)
    return replace(document, pictures=tuple(kept))


# -- the end -----------------------------------------------------------------------------------------------------------


async def _refused(db: Session, import_id: UUID, problem: Invalid) -> None:
    await collecting.refused(db, import_id, problem)
    row = await db.get(ImportRow, import_id)
    source = await db.get(SourceRow, row.source_id, with_for_update=True) if row and row.source_id else None
    if source is not None:
        source.import_id, source.read_at = None, clock.now()
        source.last = {"problem": {"code": problem.code, "params": problem.params}}


async def _put_down(
    db: Session, import_id: UUID, user_id: UUID | None, reading: Reading, by_itself: bool
) -> dict[str, Any]:
    row = await db.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is None or row.stage != "reading":
        return {}
    source = await db.get(SourceRow, reading.source.id, with_for_update=True, populate_existing=True)
    if source is None:
        return {}
    now = clock.now()
    gone = await _note_pages(db, source, reading)
    new = sum(one.document is not None and one.repeats is None for one in reading.found)
    changed = sum(one.repeats is not None for one in reading.found)
    failed = sum(one.broken is not None for one in reading.found)
    source.read_at, source.import_id = now, None
    source.last = {
        "pages": len(reading.pages), "new": new, "changed": changed, "same": reading.same, "gone": gone,
        "failed": failed, "left": reading.left,
    }  # fmt: skip
    actor = await actor_of(db, user_id)
    if actor is None:
        row.stage, row.problem = "refused", {"code": "import.nobody", "params": {}}
        source.last = {**source.last, "problem": row.problem}
        return dict(source.last)
    if not new and not changed and (by_itself or not failed):
        # Nothing to decide: the source says so, the history is not filled with it.
        await db.delete(row)
        return dict(source.last)
    await intake.fill(db, actor, row, reading.found)
    row.stage, source.import_id = None, import_id
    if by_itself:
        await _by_itself(db, actor, source, row)
    return dict(source.last)


async def actor_of(db: Session, user_id: UUID | None) -> Actor | None:
    """Whoever a source is read for; None when they are with the company no more."""
    if user_id is None:
        return Actor.system()
    try:
        return await actor_for(db, user_id)
    except Problem:
        return None  # left the company


async def _by_itself(db: Session, actor: Actor, source: SourceRow, row: ImportRow) -> None:
    """Imports a scheduled reading without asking, within the rights of whoever keeps the source."""
    from qiao.knowledge.importing import service
    from qiao.knowledge.importing.schemas import CommitBody

    publish = source.after == "publish" and actor.may("knowledge.publish")
    try:
        async with db.begin_nested():
            await service.commit(db, actor, row.id, CommitBody(publish=publish, space_id=source.space_id))
    except Problem as problem:  # waits for a person, and says why
        await db.refresh(row)
        source.last = {**source.last, "problem": {"code": problem.code, "params": problem.params}}


async def _note_pages(db: Session, source: SourceRow, reading: Reading) -> int:
    """Keeps what was seen of each page. What is listed no more or says that it is not there is gone; returns how many."""
    now = clock.now()
    pages = {
        page.url: page for page in (await db.execute(select(PageRow).where(PageRow.source_id == source.id))).scalars()
    }
    offered = {one.url for one in reading.found if one.document is not None}
    for url, seen in reading.pages.items():
        page = pages.get(url)
        if page is None:
            page = PageRow(source_id=source.id, url=url, state="new")
            db.add(page)
        page.title = seen.title or page.title or ""
        page.problem = seen.problem
        if seen.state == "kept":
            page.seen_at, page.gone_at = now, None
            page.state = "kept" if page.article_id is not None or url not in offered else "new"
            # A change that nobody takes is offered again: the mark of what was taken must not hide it.
            fresh = url not in offered or page.digest is None
            page.etag, page.modified = (seen.etag, seen.modified) if fresh else (None, None)
        elif seen.state == "gone":
            page.state, page.gone_at = "gone", page.gone_at or now
        else:
            page.state = "failed"
    complete = reading.left == 0 and source.kind != "feed"  # a feed forgets its older entries
    for url, page in list(pages.items()):
        if complete and url not in reading.pages and page.state != "gone":
            if page.article_id is None:
                await db.delete(page)  # nothing came of it
                del pages[url]
            else:
                page.state, page.gone_at = "gone", now
    await db.flush()
    return sum(page.state == "gone" for page in pages.values())


__all__ = ["JOB", "read"]
