"""Pages and static files: console, widget, API description, health, metrics."""

import gzip
from asyncio import to_thread
from pathlib import Path
from stat import S_ISREG

from fastapi import FastAPI
from sqlalchemy import text
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from qiao.core import telemetry
from qiao.core.errors import NotFound
from qiao.core.web.deps import runtime_from
from qiao.core.web.errors import problem_response

WEB = Path(__file__).resolve().parents[2] / "web_dist"
_IMMUTABLE = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Hashed build output: may be kept for ever, by browsers as by this process, which compresses each once.

    A page needs dozens of them at once; finding, opening and reading each anew took longer than everything else a
    server does until somebody sees the page.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._kept: dict[tuple[str, bool], tuple[bytes, dict[str, str]]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        asked = Headers(scope=scope)
        if scope["method"] == "GET" and "range" not in asked and "if-none-match" not in asked:
            wanted = path, "gzip" in asked.get("accept-encoding", "")
            kept = self._kept.get(wanted)
            if kept is None and (kept := await to_thread(self._read, *wanted)) is not None:
                self._kept[wanted] = kept
            if kept is not None:
                return Response(kept[0], headers=kept[1])
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = _IMMUTABLE
        return response

    def _read(self, path: str, compressed: bool) -> tuple[bytes, dict[str, str]] | None:
        """What to answer, body and headers; nothing when there is no such file."""
        try:
            found, stat = self.lookup_path(path)
        except (OSError, ValueError):  # a name no file can have
            return None
        if stat is None or not S_ISREG(stat.st_mode):
            return None
        file = FileResponse(found, stat_result=stat)
        headers = {**file.headers, "cache-control": _IMMUTABLE, "vary": "accept-encoding"}
        body = Path(found).read_bytes()
        if compressed and file.media_type is not None and file.media_type.startswith("text/"):
            body = gzip.compress(body, 6, mtime=0)
            headers |= {"content-encoding": "gzip", "content-length": str(len(body)), "etag": f"W/{headers['etag']}"}
            del headers["accept-ranges"]
        return body, headers


def _page(path: Path) -> Response | None:
    if not path.is_file():
        return None
    return FileResponse(path, headers={"cache-control": "no-cache"}, media_type="text/html")


def _below(folder: Path, path: str) -> Path | None:
    """The file at `path` in `folder`, when there is one."""
    try:
        wanted = (folder / path).resolve()
        return wanted if wanted.is_relative_to(folder) and wanted.is_file() else None
    except (OSError, ValueError):  # a name no file can have
        return None


async def console(request: Request) -> Response:
    """The console is one page; its own router shows what the path names."""
    wanted = _below(WEB / "console", request.path_params.get("path", ""))
    if wanted is not None and wanted.suffix != ".html":
        return FileResponse(wanted)
    return _page(WEB / "console" / "index.html") or problem_response(request, NotFound("console_not_built"))


async def docs(request: Request) -> Response:
    """The description of the API, with everything it needs from here."""
    wanted = _below(WEB / "docs", request.path_params.get("path", ""))
    if wanted is not None and wanted.suffix != ".html":
        return FileResponse(wanted)
    return _page(WEB / "docs" / "index.html") or problem_response(request, NotFound("console_not_built"))


async def home(request: Request) -> Response:
    return RedirectResponse("/console/", 302)


async def health(request: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """The process can serve: the database answers and everything has started."""
    if not request.app.state.ready:
        return JSONResponse({"status": "starting"}, 503)
    try:
        async with runtime_from(request).db.read() as session:
            await session.execute(text("SELECT 1"))
    except Exception:
        return JSONResponse({"status": "database unavailable"}, 503)
    return JSONResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    return Response(telemetry.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def favicon(request: Request) -> Response:
    path = WEB / "console" / "favicon.svg"
    return FileResponse(path) if path.is_file() else Response(status_code=204)


def install(app: FastAPI) -> None:
    """Adds the pages; last, because the console answers everything below its path."""
    app.router.routes.extend(
        [
            Route("/", home),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", metrics),
            Route("/favicon.ico", favicon),
            Route("/docs", docs),
            Route("/docs/{path:path}", docs),
        ]
    )
    if (WEB / "console" / "assets").is_dir():
        # First of all: what a page asks for most is not compared with every route of the API.
        assets = Mount("/console/assets", Assets(WEB / "console" / "assets"), name="console-assets")
        app.router.routes.insert(0, assets)
    app.router.routes.extend([Route("/console", home), Route("/console/{path:path}", console)])
