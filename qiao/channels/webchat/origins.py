"""Which web pages may talk to the widget's API, and the CORS headers that tell browsers so.

No cookie plays a part here (a visitor's right is their token), so a preflight may be answered without knowing the inbox;
the answer itself carries the header only for pages the inbox allows.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qiao.core.errors import Forbidden
from qiao.core.runtime import Runtime
from qiao.core.web import runtime_from
from qiao.desk.inboxes.policy import origin_allowed
from qiao.desk.inboxes.schemas import InboxView

PATHS: Final = "/api/v1/widget/"
_REFUSED: Final = "qiao.widget_refused"


def page_allowed(inbox: InboxView, origin: str | None, own_host: str, runtime: Runtime) -> bool:
    """Whether a page at `origin` may use this inbox: our own pages always, callers that are no browser page as well."""
    if origin is None or (own_host and urlsplit(origin).netloc.lower() == own_host.lower()):
        return True
    base_url = runtime.settings.base_url
    if base_url and origin.rstrip("/").lower() == base_url.rstrip("/").lower():
        return True
    return origin_allowed(inbox.webchat.allowed_origins, origin)


def check_page(connection: HTTPConnection, inbox: InboxView) -> None:
    """Raises Forbidden for a page the inbox does not allow."""
    origin = connection.headers.get("origin")
    if not page_allowed(inbox, origin, connection.headers.get("host", ""), runtime_from(connection)):
        connection.scope[_REFUSED] = True
        raise Forbidden("origin_refused")


class WidgetCors:
    """ASGI middleware for the widget's paths."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self.app(scope, receive, send)
            return
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if origin is None:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
                (b"access-control-allow-headers", b"authorization, content-type, accept-language, x-filename"),
                (b"access-control-max-age", b"600"),
                (b"vary", b"origin"),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if not scope.get(_REFUSED):
                    headers["access-control-allow-origin"] = origin.decode("latin-1")
                    headers["access-control-expose-headers"] = "Retry-After, X-Request-Id"
            await send(message)

        await self.app(scope, receive, answered)
