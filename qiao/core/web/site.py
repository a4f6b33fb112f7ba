"""Pages and static files: console, widget, API description, health, metrics."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from qiao.core import telemetry
from qiao.core.errors import NotFound
from qiao.core.web.deps import runtime_from
from qiao.core.web.errors import problem_response

WEB = Path(__file__).resolve().parents[2] / "web_dist"
_IMMUTABLE = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Hashed build output: may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = _IMMUTABLE
        return response


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
        app.mount("/console/assets", Assets(directory=WEB / "console" / "assets"), name="console-assets")
    app.router.routes.extend([Route("/console", home), Route("/console/{path:path}", console)])
