"""ASGI middleware: request id and log line, security headers, body limits, idempotent writes."""

import hashlib
import re
import time
from typing import Final

import msgspec
import structlog
from sqlalchemy import text
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qiao.core import telemetry
from qiao.core.errors import Conflict, Invalid, Problem, TooLarge
from qiao.core.ids import new_id
from qiao.core.settings import Settings
from qiao.core.web.deps import runtime_from
from qiao.core.web.errors import problem_response

logger = structlog.get_logger("qiao.http")

_UPLOADS: Final = re.compile(r"^/api/v1/(files|widget/files|channels/api/[^/]+/files|knowledge/imports)$")
_FRAMED: Final = re.compile(r"^/widget/")
_KEY: Final = re.compile(r"^[\x21-\x7e]{1,200}$")


class RequestContext:
    """Gives each request an id, binds it to the log, counts it, and writes one line when it ends."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id().hex
        scope["qiao.request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            seconds = time.perf_counter() - started
            route = scope.get("route")
            telemetry.requests(scope["method"], getattr(route, "path", "-"), status, seconds)
            logger.debug(
                "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1)
            )
            structlog.contextvars.unbind_contextvars("request_id")


class SecurityHeaders:
    """Strict headers on everything; only the widget's frame may be framed, by the sites its inbox allows."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self.app = app
        self.https = settings.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        framed = _FRAMED.match(scope["path"]) is not None

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = {name.lower() for name, _ in headers}

                def add(name: bytes, value: bytes) -> None:
                    if name not in present:
                        headers.append((name, value))

                ancestors = b"*" if framed else b"'self'"
                add(
                    b"content-security-policy",
                    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
                    b" media-src 'self' blob:; font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none';"
                    b" base-uri 'none'; form-action 'self'; frame-ancestors " + ancestors,
                )
                add(b"x-content-type-options", b"nosniff")
                add(b"referrer-policy", b"same-origin" if not framed else b"no-referrer")
                add(b"permissions-policy", b"camera=(), geolocation=(), payment=(), usb=()")
                add(b"cross-origin-opener-policy", b"same-origin")
                if not framed:
                    add(b"x-frame-options", b"SAMEORIGIN")
                if scope["path"].startswith("/api/"):
                    add(b"cache-control", b"no-store")
                if self.https:
                    add(b"strict-transport-security", b"max-age=31536000")
            await send(message)

        await self.app(scope, receive, guarded)


class BodyLimit:
    """Refuses bodies beyond the limit while they arrive, whatever their headers claim."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self.app = app
        self.ordinary = settings.request_max_bytes
        self.uploads = settings.upload_max_bytes + 64 * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        limit = self.uploads if _UPLOADS.match(scope["path"]) else self.ordinary
        connection = HTTPConnection(scope)
        declared = connection.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await problem_response(connection, TooLarge("body_too_large"))(scope, receive, send)
            return
        seen = 0
        started = False

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise TooLarge("body_too_large")
            return message

        async def tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, limited, tracked)
        except TooLarge as problem:
            if started:
                raise
            await problem_response(connection, problem)(scope, receive, send)


class Idempotency:
    """`Idempotency-Key` on writes: a repeat within a day gets the first answer and changes nothing.

    The key belongs to the caller's credentials, method and path; the same key with another body is refused.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        key = request.headers.get("idempotency-key")
        if key is None or _UPLOADS.match(scope["path"]) or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        try:
            if not _KEY.match(key):
                raise Invalid.field("Idempotency-Key", "value_invalid")
            await self._once(request, key, scope, send)
        except Problem as problem:
            await problem_response(request, problem)(scope, receive, send)

    async def _once(self, request: Request, key: str, scope: Scope, send: Send) -> None:
        body = await request.body()
        caller = request.headers.get("authorization") or request.cookies.get("qiao_session") or ""
        owner = hashlib.sha256(f"{caller}\n{scope['method']}\n{scope['path']}\n{key}".encode()).digest()
        content = hashlib.sha256(body).digest()
        db = runtime_from(request).db
        async with db.transaction() as session:
            mine = await session.scalar(
                text(
                    "INSERT INTO idempotency_keys (key, content, created_at) VALUES (:key, :content, now())"
                    " ON CONFLICT (key) DO UPDATE SET created_at = now(), content = excluded.content"
                    " WHERE idempotency_keys.status IS NULL AND idempotency_keys.created_at < now() - interval '1 minute'"
                    "    OR idempotency_keys.created_at < now() - interval '1 day' RETURNING 1"
                ),
                {"key": owner, "content": content},
            )
            known = None
            if not mine:
                known = (
                    await session.execute(
                        text("SELECT content, status, headers, body FROM idempotency_keys WHERE key = :key"),
                        {"key": owner},
                    )
                ).one()
        if known is not None:
            if known.content != content:
                raise Conflict("idempotency_mismatch")
            if known.status is None:
                raise Conflict("idempotency_in_progress", headers={"Retry-After": "1"})
            headers = [(k.encode(), v.encode()) for k, v in (known.headers or {}).items()]
            await send(
                {
                    "type": "http.response.start",
                    "status": known.status,
                    "headers": [*headers, (b"idempotency-replayed", b"true")],
                }
            )
            await send({"type": "http.response.body", "body": known.body or b""})
            return

        status = 500
        kept: dict[str, str] = {}
        parts: list[bytes] = []

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def recorded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                kept.update(
                    {
                        k.decode(): v.decode("latin-1")
                        for k, v in message.get("headers", [])
                        if k.lower() == b"content-type"
                    }
                )
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
            await send(message)

        stored = False
        try:
            await self.app(scope, replay, recorded)
            stored = status < 500
        finally:
            async with db.transaction() as session:
                if stored:
                    await session.execute(
                        text(
                            "UPDATE idempotency_keys SET status = :status, headers = CAST(:headers AS jsonb), body = :body WHERE key = :key"
                        ),
                        {
                            "status": status,
                            "headers": msgspec.json.encode(kept).decode(),
                            "body": b"".join(parts),
                            "key": owner,
                        },
                    )
                else:
                    await session.execute(text("DELETE FROM idempotency_keys WHERE key = :key"), {"key": owner})
