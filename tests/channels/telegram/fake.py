"""A stand-in for api.telegram.org: answers as the Bot API does, keeps what it was asked."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "123:secret"


class FakeTelegram:
    """`refusals` are given before anything else, first in first out: (error_code, description, parameters)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.uploads: list[tuple[str, str, bytes]] = []
        self.refusals: list[tuple[int, str, dict[str, Any]]] = []
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {"url": ""}
        self.number = 500
        self.app = Starlette(
            routes=[
                Route("/bot{token}/{method}", self.call, methods=["POST"]),
                Route("/file/bot{token}/{path:path}", self.file),
            ]
        )

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"]
        if request.path_params["token"] != TOKEN:
            return refused(401, "Unauthorized")
        fields: dict[str, Any] = {}
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                for key, value in form.multi_items():
                    if isinstance(value, str):
                        fields[key] = value
                    else:
                        self.uploads.append((key, value.filename or "", await value.read()))
        else:
            fields = await request.json()
        self.calls.append((method, fields))
        if self.refusals and method != "sendChatAction":
            code, words, parameters = self.refusals.pop(0)
            return refused(code, words, parameters)
        return JSONResponse({"ok": True, "result": self._result(method, fields)})

    def _result(self, method: str, fields: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return {"id": 999, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
            case "setWebhook":
                self.webhook = fields
                return True
            case "deleteWebhook":
                self.webhook = {"url": ""}
                return True
            case "getWebhookInfo":
                return {"pending_update_count": 0, **self.webhook}
            case "getUpdates":
                return [one for one in self.updates if one["update_id"] >= fields["offset"]]
            case "getFile":
                return {"file_id": fields["file_id"], "file_path": f"photos/{fields['file_id']}.jpg"}
            case "sendMessage" | "sendPhoto" | "sendDocument":
                self.number += 1
                return {"message_id": self.number, "date": 1741000000, "chat": {"id": int(fields["chat_id"])}}
        return True

    async def file(self, request: Request) -> Response:
        return Response(b"bytes of " + request.path_params["path"].encode())


def refused(code: int, words: str, parameters: dict[str, Any] | None = None) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
    if parameters:
        body["parameters"] = parameters
    return Response(json.dumps(body), code, media_type="application/json")
