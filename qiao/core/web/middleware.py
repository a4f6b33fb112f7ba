"""ASGI middleware: request id and log line, security headers, body limits, idempotent writes."""

import hashlib
import re
import time
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import text
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qiao.core import telemetry
from qiao.core.db import Db
from qiao.core.errors import Conflict, Invalid, Problem, TooLarge
from qiao.core.ids import new_id
from qiao.core.settings import MIB, Settings
from qiao.core.web.deps import runtime_from
from qiao.core.web.errors import problem_response, unexpected

logger = structlog.get_logger("qiao.http")

_UPLOADS: Final = re.compile(
    r"^/api/v1/(files|widget/files|channels/api/[^/]+/files|knowledge/imports|evaluation/sets/[^/]+/upload|bot/tools/openapi)$"
    r"|^/help/[^/]+/my/(new|requests)/[^/]+(/reply)?$"
)
_FORM: Final = 64 * 1024
_SECRETS: Final = re.compile(r"^/api/v1/(auth/|setup|widget/[^/]+/session|users(/|$)|inboxes(/|$))")
_KEPT: Final = frozenset({b"content-type", b"content-language", b"location"})
_KEPT_BYTES: Final = 1024 * 1024
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


class Failures:
    """The last net: what no handler caught becomes a problem document with the headers of every other answer."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, tracked)
        except ClientDisconnect:
            logger.debug("client_gone", path=scope["path"])
        except Exception as error:
            if started:
                raise
            await unexpected(HTTPConnection(scope), error)(scope, receive, send)


class BodyLimit:
    """Refuses bodies beyond the limit while they arrive, whatever their headers claim."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self.app = app
        self.ordinary = settings.request_max_bytes
        self.uploads = settings.upload_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        # A form carries a little more than the file in it; what is named is what a file may have.
        named, beside = (self.uploads, _FORM) if _UPLOADS.match(scope["path"]) else (self.ordinary, 0)
        limit = named + beside

        def refused() -> TooLarge:
            return TooLarge("body_too_large", limit_mb=f"{named / MIB:.3g}")

        connection = HTTPConnection(scope)
        declared = connection.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            await problem_response(connection, refused())(scope, receive, send)
            return
        seen = 0
        started = False

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise refused()
            return message

        async def tracked(message: Message) -> None:
            nonlocal started
            if seen > limit and not started:
                # Whatever the application made of the interruption (a parser says "bad request"), this is the reason.
                if message["type"] == "http.response.start":
                    return
                started = True
                await problem_response(connection, refused())(scope, receive, send)
                return
            if seen > limit and message["type"] == "http.response.body":
                return
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

    The key belongs to the caller's credentials, method and path; the same key with another body is refused. Only what
    succeeded is kept: what failed has changed nothing and may be tried again. Callers without credentials, uploads and
    answers that carry secrets (passwords, tokens) are left alone.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        key = request.headers.get("idempotency-key")
        caller = request.headers.get("authorization") or request.cookies.get("qiao_session")
        path = scope["path"]
        if (
            key is None
            or caller is None
            or not path.startswith("/api/")
            or _UPLOADS.match(path)
            or _SECRETS.match(path)
        ):
            await self.app(scope, receive, send)
            return
        try:
            if not _KEY.match(key):
                raise Invalid.field("Idempotency-Key", "value_invalid")
            await self._once(request, caller, key, scope, send)
        except Problem as problem:
            await problem_response(request, problem)(scope, receive, send)

    async def _once(self, request: Request, caller: str, key: str, scope: Scope, send: Send) -> None:
        body = await request.body()
        named = (
            f"{caller}\n{scope['method']}\n{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}\n{key}"
        )
        owner = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()
        known = await self._claim(runtime_from(request).db, owner, hashlib.sha256(body).digest())
        if known is not None:
            headers = [(k.encode(), v.encode("latin-1")) for k, v in (known.headers or {}).items()]
            headers.append((b"idempotency-replayed", b"true"))
            await send({"type": "http.response.start", "status": known.status, "headers": headers})
            await send({"type": "http.response.body", "body": known.body or b""})
            return
        delivered = False
        start: Message | None = None
        parts: list[bytes] = []
        passing = False

        async def replay() -> Message:
            nonlocal delivered
            if delivered:
                return await request.receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def held(message: Message) -> None:
            """Holds the answer back until it is kept: who hears it and asks again must find it."""
            nonlocal start, passing
            if passing:
                await send(message)
                return
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            assert start is not None
            complete = not message.get("more_body", False)
            if not complete and sum(map(len, parts)) <= _KEPT_BYTES:
                return
            if complete and start["status"] < 400 and sum(map(len, parts)) <= _KEPT_BYTES:
                await self._keep(runtime_from(request).db, owner, start, b"".join(parts))
            else:
                await self._release(runtime_from(request).db, owner)
            passing = True
            await send(start)
            await send({"type": "http.response.body", "body": b"".join(parts), "more_body": not complete})

        try:
            await self.app(scope, replay, held)
        finally:
            if not passing:
                await self._release(runtime_from(request).db, owner)

    async def _claim(self, db: Db, owner: bytes, content: bytes) -> Any:
        """The kept answer, or None when the request is ours to run."""
        async with db.transaction() as session:
            mine = await session.scalar(
                text(
                    "INSERT INTO idempotency_keys (key, content, created_at) VALUES (:key, :content, now())"
                    " ON CONFLICT (key) DO UPDATE"
                    " SET created_at = now(), content = excluded.content, status = NULL, headers = NULL, body = NULL"
                    " WHERE idempotency_keys.status IS NULL AND idempotency_keys.created_at < now() - interval '1 minute'"
                    "    OR idempotency_keys.created_at < now() - interval '1 day' RETURNING 1"
                ),
                {"key": owner, "content": content},
            )
            if mine:
                return None
            query = text("SELECT content, status, headers, body FROM idempotency_keys WHERE key = :key")
            known = (await session.execute(query, {"key": owner})).one_or_none()
        if known is None or (known.content == content and known.status is None):
            raise Conflict("idempotency_in_progress", headers={"Retry-After": "1"})
        if known.content != content:
            raise Conflict("idempotency_mismatch")
        return known

    async def _keep(self, db: Db, owner: bytes, start: Message, body: bytes) -> None:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in start.get("headers", []) if k.lower() in _KEPT}
        async with db.transaction() as session:
            await session.execute(
                text(
                    "UPDATE idempotency_keys SET status = :status, headers = CAST(:headers AS jsonb), body = :body"
                    " WHERE key = :key"
                ),
                {
                    "status": start["status"],
                    "headers": msgspec.json.encode(headers).decode(),
                    "body": body,
                    "key": owner,
                },
            )

    async def _release(self, db: Db, owner: bytes) -> None:
        async with db.transaction() as session:
            await session.execute(
                text("DELETE FROM idempotency_keys WHERE key = :key AND status IS NULL"), {"key": owner}
            )


async def forget_old_keys(db: Db) -> None:
    """Removes the answers nobody may ask for any more."""
    async with db.transaction() as session:
        await session.execute(text("DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'"))
