"""A stand-in for the Send API of pages and Instagram accounts."""

import hashlib
import hmac
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN, SECRET, PAGE = "EAAG-page", "app-secret", "682498302938465"


class FakeSend:
    """Checks token and proof. `errors` are given first: (code, subcode, status). `closed`: the window is, but for the tag."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.uploads: list[bytes] = []
        self.errors: list[tuple[int, int, int]] = []
        self.closed = False
        self.typing: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/v/{name}", self.file),
                Route("/{version}/{account}/messages", self.messages, methods=["POST"]),
                Route("/{version}/{account}", self.account),
            ]
        )

    def refused(self, request: Request) -> Response | None:
        proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(190, 463, 401)
        if request.query_params.get("appsecret_proof") != proof:
            return error(100, 0, 400)
        return error(*self.errors.pop(0)) if self.errors else None

    async def messages(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                body = {k: v if k == "messaging_type" else json.loads(v) for k, v in form.items() if isinstance(v, str)}
                file: Any = form["filedata"]
                self.uploads.append(await file.read())
        else:
            body = await request.json()
        if "sender_action" in body:
            self.typing.append(body["sender_action"])
            return JSONResponse({"recipient_id": body["recipient"]["id"]})
        if self.closed and body.get("tag") != "HUMAN_AGENT":
            return error(10, 2018278, 400)
        self.sent.append(body)
        return JSONResponse({"recipient_id": body["recipient"]["id"], "message_id": f"m_{len(self.sent)}"})

    async def account(self, request: Request) -> Response:
        person = {"first_name": "Mei", "last_name": "Lin", "username": "mei"}
        known = {"name": "Shop", "id": PAGE} if request.path_params["account"] == PAGE else person
        return self.refused(request) or JSONResponse(known)

    async def file(self, request: Request) -> Response:
        return Response(status_code=403) if "gone" in request.url.path else Response(b"a file")


def error(code: int, subcode: int, status: int) -> Response:
    inner = {"message": "refused", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return JSONResponse({"error": inner}, status)


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}", "content-type": "application/json"}
