"""A stand-in for api.line.me."""

import base64
import hashlib
import hmac
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET, CHANNEL_ID = "channel-secret", "1234567890"


class FakeLine:
    """Issues tokens and knows the last one only; a reply token is good once. `errors`: (status, body), given first."""

    def __init__(self) -> None:
        self.token = 0
        self.replies: list[dict[str, Any]] = []
        self.pushes: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.reply_tokens: set[str] = set()
        self.loading: list[str] = []
        self.errors: list[tuple[int, dict[str, Any]]] = []
        self.app = Starlette(
            routes=[
                Route("/oauth2/v3/token", self.issue, methods=["POST"]),
                Route("/v2/bot/message/reply", self.reply, methods=["POST"]),
                Route("/v2/bot/message/push", self.push, methods=["POST"]),
                Route("/v2/bot/message/{message_id}/content", self.content),
                Route("/stickershop/v1/sticker/{more:path}", self.sticker),
                Route("/v2/bot/chat/loading/start", self.load, methods=["POST"]),
                Route("/v2/bot/{more:path}", self.about),
            ]
        )

    def refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") not in (f"Bearer t{self.token}", "Bearer long-lived"):
            return JSONResponse({"message": "Authentication failed due to the expired access token"}, 401)
        if self.errors:
            status, body = self.errors.pop(0)
            return JSONResponse(body, status)
        return None

    async def issue(self, request: Request) -> Response:
        async with request.form() as form:
            if (form["client_id"], form["client_secret"]) != (CHANNEL_ID, SECRET):
                return JSONResponse({"error": "invalid_client", "error_description": "invalid client_secret"}, 400)
        self.token += 1
        return JSONResponse({"access_token": f"t{self.token}", "expires_in": 900, "token_type": "Bearer"})

    async def reply(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        body = await request.json()
        if body["replyToken"] in self.reply_tokens:
            return JSONResponse({"message": "Invalid reply token"}, 400)
        self.reply_tokens.add(body["replyToken"])
        self.replies.append(body)
        return JSONResponse({"sentMessages": [{"id": f"r{len(self.replies)}"}]})

    async def push(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        key = request.headers["x-line-retry-key"]
        sent = {"sentMessages": [{"id": f"p{len(self.pushes) + (key not in self.keys)}"}]}
        if key in self.keys:
            return JSONResponse({"message": "The retry key is already accepted", **sent}, 409)
        self.keys.add(key)
        self.pushes.append(await request.json())
        return JSONResponse(sent)

    async def content(self, request: Request) -> Response:
        return self.refused(request) or Response(b"content of " + request.path_params["message_id"].encode())

    async def sticker(self, request: Request) -> Response:
        assert "authorization" not in request.headers  # the token is nobody else's business
        return Response(b"sticker " + request.path_params["more"].encode())

    async def load(self, request: Request) -> Response:
        self.loading.append((await request.json())["chatId"])
        return self.refused(request) or JSONResponse({}, 202)

    async def about(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        match request.path_params["more"]:
            case "info":
                return JSONResponse({"displayName": "Shop", "basicId": "@shop"})
            case "message/quota":
                return JSONResponse({"type": "limited", "value": 200})
            case "message/quota/consumption":
                return JSONResponse({"totalUsage": 15})
            case path if path.startswith(("profile/", "group/")):
                return JSONResponse({"displayName": "林美", "userId": path.rpartition("/")[2]})
        return JSONResponse({"message": "Not found"}, 404)


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return {"x-line-signature": base64.b64encode(digest).decode(), "content-type": "application/json"}
