"""The public pages: kiosk, display, the visitor's own number, its ticket, an appointment. They are files; what they show
they ask for under `/api/v1/walkin`. One shell for all, with the script and the style of each."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from qiao.channels.walkin.service import sites, visits
from qiao.core.errors import NotFound
from qiao.core.web import runtime_from

STATIC: Final = Path(__file__).parent / "static"
FILES: Final = frozenset(path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css"))
_SHELL: Final = (STATIC / "page.html").read_text(encoding="utf-8")
_HEADERS: Final = {"cache-control": "no-cache", "x-robots-tag": "noindex", "referrer-policy": "no-referrer"}


def _page(name: str) -> Response:
    return HTMLResponse(_SHELL.replace("{page}", name), headers=_HEADERS)


async def entry(request: Request) -> Response:
    """`/walkin/{key}`: the kiosk, and where the QR code on the wall leads."""
    return _page("entry")


async def display(request: Request) -> Response:
    return _page("display")


async def visit(request: Request) -> Response:
    """`/walkin/visit/{secret}`: on the visitor's phone."""
    return _page("visit")


async def ticket(request: Request) -> Response:
    """`/walkin/ticket/{secret}`: to be printed."""
    return _page("ticket")


async def appointment(request: Request) -> Response:
    return _page("appointment")


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FILES:
        raise NotFound("route_not_found")
    return FileResponse(STATIC / name, headers={"cache-control": "no-cache"})


def _svg(text: str) -> Response:
    return Response(sites.qr_svg(text), media_type="image/svg+xml", headers={"cache-control": "private, max-age=3600"})


async def visit_code(request: Request) -> Response:
    """The visitor's page as a QR code, for the ticket and the kiosk."""
    runtime = runtime_from(request)
    async with runtime.db.read() as db:
        row = await visits.by_secret(db, request.path_params["secret"])
    return _svg(f"{runtime.settings.public_url}/walkin/visit/{row.secret}")


async def join_code(request: Request) -> Response:
    """Where visitors take a number with their own phone, as a QR code on the kiosk and the display."""
    runtime = runtime_from(request)
    async with runtime.db.read() as db:
        site, _ = await sites.by_key(db, request.path_params["key"], "kiosk", "display")
    return _svg(f"{runtime.settings.public_url}{sites.page_path('join', site.row.join_key)}")


routes: Final = [
    Route("/walkin/static/{name}", static),
    Route("/walkin/display/{key}", display),
    Route("/walkin/visit/{secret}", visit),
    Route("/walkin/visit/{secret}/qr.svg", visit_code),
    Route("/walkin/ticket/{secret}", ticket),
    Route("/walkin/appointment/{secret}", appointment),
    Route("/walkin/{key}/join.svg", join_code),
    Route("/walkin/{key}", entry),
]
