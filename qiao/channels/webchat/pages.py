"""The widget's static half: its loader, the page in its iframe, and the demo shop."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from qiao.channels.webchat import shop
from qiao.channels.webchat.visitors import Visitors
from qiao.core.errors import NotFound
from qiao.core.web import runtime_from
from qiao.core.web.site import WEB
from qiao.desk.inboxes.schemas import InboxView

BUILD: Final = WEB / "widget"
SHOP: Final = Path(__file__).parent / "static" / "shop"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " media-src 'self' blob:; font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors "
)


def _file(folder: Path, name: str, headers: dict[str, str]) -> Response:
    """A file inside `folder`. Raises NotFound for anything else."""
    try:
        path = (folder / name).resolve()
        found = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # a name no file can have
        found = False
    if not found:
        raise NotFound("route_not_found")
    return FileResponse(path, headers=headers)


async def loader(request: Request) -> Response:
    """`/widget.js`: included by host pages, whatever their origin."""
    headers = {"cache-control": "public, max-age=300", "cross-origin-resource-policy": "cross-origin"}
    return _file(BUILD, "widget.js", headers)


async def asset(request: Request) -> Response:
    return _file(BUILD / "assets", request.path_params["path"], {"cache-control": _IMMUTABLE})


def frame_policy(inbox: InboxView) -> str:
    """The page's Content-Security-Policy: only the sites an inbox allows may frame it."""
    allowed = inbox.webchat.allowed_origins
    return _POLICY + (" ".join(["'self'", *allowed]) if allowed else "*")


async def frame(request: Request) -> Response:
    """`/widget/frame?key=…`: the page inside the iframe."""
    inbox = await runtime_from(request).get(Visitors).inbox_by_key(request.query_params.get("key", ""))
    headers = {"cache-control": "no-cache", "content-security-policy": frame_policy(inbox)}
    if not (BUILD / "frame.html").is_file():
        raise NotFound("widget.not_built")
    return FileResponse(BUILD / "frame.html", media_type="text/html", headers=headers)


async def shop_page(request: Request) -> Response:
    key = await shop.site_key(runtime_from(request))
    page = (SHOP / "index.html").read_text(encoding="utf-8").replace('data-key="demo"', f'data-key="{key}"')
    return Response(page, media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache"})


async def shop_data(request: Request) -> Response:
    body = await shop.data(runtime_from(request), request.query_params.get("lang", ""))
    return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})


async def shop_identity(request: Request) -> Response:
    params = request.query_params
    body = await shop.identity(runtime_from(request), params.get("customer", ""), params.get("lang", ""))
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


async def shop_file(request: Request) -> Response:
    await shop.require_demo(runtime_from(request))
    return _file(SHOP, request.path_params["name"], {"cache-control": "no-cache"})


routes: Final = [
    Route("/widget.js", loader),
    Route("/widget/frame", frame),
    Route("/widget/assets/{path:path}", asset),
    Route("/shop", shop_page),
    Route("/shop/", shop_page),
    Route("/shop/data.json", shop_data),
    Route("/shop/identity", shop_identity),
    Route("/shop/{name}", shop_file),
]
