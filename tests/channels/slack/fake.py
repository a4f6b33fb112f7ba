"""A stand-in for slack.com/api and files.slack.com."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qiao.core import clock

TOKEN, SECRET = "xoxb-token", "8f742231b10e8888abcd99yyyzzz85a5"
SCOPES = "app_mentions:read,chat:write,files:read,files:write,im:history,users:read"


class FakeSlack:
    """`errors` are given first, first in first out; a number is an HTTP status."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.uploads: list[bytes] = []
        self.errors: list[str | int] = []
        self.scopes = SCOPES
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self.call, methods=["POST"]),
                Route("/upload/v1/{key}", self.upload, methods=["POST"]),
                Route("/files-pri/{more:path}", self.file),
            ]
        )

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"]
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        if "json" in request.headers["content-type"]:
            fields = await request.json()
        else:
            async with request.form() as form:
                fields = dict(form)
        self.calls.append((method, fields))
        if self.errors:
            error = self.errors.pop(0)
            if isinstance(error, int):
                return Response(status_code=error, headers={"retry-after": "7"})
            return JSONResponse({"ok": False, "error": error})
        return JSONResponse({"ok": True} | self._answer(method, fields), headers={"x-oauth-scopes": self.scopes})

    def _answer(self, method: str, fields: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "chat.postMessage":
                return {"channel": fields["channel"], "ts": f"1503435956.{len(self.calls):06}", "message": {}}
            case "files.getUploadURLExternal":
                return {"upload_url": "https://files.slack.com/upload/v1/CwABAAAAXAoA", "file_id": "F123ABC456"}
            case "files.info":
                return {"file": {"url_private_download": "https://files.slack.com/files-pri/T1-F9/download/late.txt"}}
            case "users.info":
                profile = {"real_name": "Mei Lin", "email": "mei@shop.example"}
                return {"user": {"id": fields["user"], "name": "mei", "profile": profile}}
            case "auth.test":
                return {"team": "Shop", "user": "qiao", "team_id": "T0MJRM1A7", "bot_id": "B1"}
        return {}

    async def upload(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        self.uploads.append(await request.body())
        return Response(b"OK - 5")

    async def file(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or "signin" in request.url.path:
            return Response(status_code=302, headers={"location": "https://shop.slack.com/?redir=1"})
        return Response(b"bytes of " + request.path_params["more"].encode())


def signed(body: bytes, age: int = 0) -> dict[str, str]:
    at = str(int(clock.now().timestamp()) - age)
    digest = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    form = body.startswith(b"payload=") or b"command=" in body
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    return {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}", "content-type": kind}


def pressed(payload: bytes) -> bytes:
    return urlencode({"payload": payload.decode()}).encode()
