"""Feishu as far as the channel uses it: tokens that expire, messages, files, and its error codes."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def no(code: int, status: int = 400) -> JSONResponse:
    return JSONResponse({"code": code, "msg": "refused", "error": {"log_id": "l"}}, status)


def yes(**data: Any) -> JSONResponse:
    return JSONResponse({"code": 0, "msg": "success", "data": data})


class FakeFeishu:
    """`answers` holds codes to give instead, by path, each used once."""

    def __init__(self, app_id: str = "cli_a", secret: str = "s3cret"):
        self.app_id, self.secret = app_id, secret
        self.issued = 0
        self.good: set[str] = set()
        self.chats = {"oc_p2p", "oc_group"}
        self.people = {"li@qiao.test": "email", "ou_me": "open_id", "e33ggbyz": "user_id"}
        self.names = {"ou_me": "小飞"}
        self.sent: list[dict[str, Any]] = []
        self.by_uuid: dict[str, str] = {}
        self.recalled: list[str] = []
        self.uploads: dict[str, tuple[str, str, bytes]] = {}
        self.files: dict[str, bytes] = {}
        self.hosts: list[str] = []
        self.answers: dict[str, list[int]] = {}
        base = "/open-apis"
        self.app = Starlette(
            routes=[
                Route(f"{base}/auth/v3/tenant_access_token/internal", self.token, methods=["POST"]),
                Route(f"{base}/bot/v3/info", self.guarded(self.bot)),
                Route(f"{base}/im/v1/messages", self.guarded(self.send), methods=["POST"]),
                Route(f"{base}/im/v1/messages/{{id}}", self.guarded(self.recall), methods=["DELETE"]),
                Route(f"{base}/im/v1/messages/{{id}}/resources/{{key}}", self.guarded(self.resource)),
                Route(f"{base}/im/v1/images", self.guarded(self.image), methods=["POST"]),
                Route(f"{base}/im/v1/files", self.guarded(self.file), methods=["POST"]),
                Route(f"{base}/contact/v3/users/{{id}}", self.guarded(self.person)),
            ]
        )

    def guarded(self, handler: Any) -> Any:
        async def serve(request: Request) -> Response:
            self.hosts.append(request.url.hostname or "")
            planned = self.answers.get(request.url.path.removeprefix("/open-apis"))
            if planned:
                code = planned.pop(0)
                return Response(status_code=code) if code in (429, 500, 503) else no(code)
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
                return no(99991663)
            answer: Response = await handler(request)
            return answer

        return serve

    async def token(self, request: Request) -> Response:
        body = await request.json()
        if body["app_id"] != self.app_id:
            return JSONResponse({"code": 10003, "msg": "invalid param"})
        if body["app_secret"] != self.secret:
            return JSONResponse({"code": 10014, "msg": "app secret invalid"})
        self.issued += 1
        self.good.add(f"t-{self.issued}")
        return JSONResponse({"code": 0, "msg": "ok", "tenant_access_token": f"t-{self.issued}", "expire": 7200})

    async def bot(self, request: Request) -> Response:
        return JSONResponse({"code": 0, "msg": "ok", "bot": {"app_name": "客服小桥", "open_id": "ou_bot"}})

    async def send(self, request: Request) -> Response:
        body, kind = await request.json(), request.query_params["receive_id_type"]
        content = json.loads(body["content"])
        if kind == "chat_id":
            if body["receive_id"] not in self.chats:
                return no(230002)
        elif self.people.get(body["receive_id"]) != kind:
            return no(230013)
        shapes = {
            "text": {"text"},
            "post": {"zh_cn"},
            "image": {"image_key"},
            "file": {"file_key"},
            "media": {"file_key"},
            "audio": {"file_key"},
        }
        if body["msg_type"] == "interactive":
            if "elements" not in content:
                return no(230099)
        elif body["msg_type"] not in shapes or set(content) != shapes[body["msg_type"]] or not all(content.values()):
            return no(230001)
        for key in ("image_key", "file_key"):
            if key in content and content[key] not in self.uploads:
                return no(230055)
        if len(body.get("uuid", "")) > 50:
            return no(230001)
        known = self.by_uuid.get(body.get("uuid", ""))
        if known is None:
            self.sent.append({**body, "content": content})
            known = f"om_{len(self.sent)}"
            self.by_uuid[body.get("uuid") or known] = known
        return yes(message_id=known, msg_type=body["msg_type"], chat_id=body["receive_id"])

    async def recall(self, request: Request) -> Response:
        if request.path_params["id"] not in self.by_uuid.values():
            return no(230026)
        self.recalled.append(request.path_params["id"])
        return yes()

    async def resource(self, request: Request) -> Response:
        key = "/".join((request.path_params["id"], request.query_params["type"], request.path_params["key"]))
        return Response(self.files[key]) if key in self.files else no(234003)

    async def image(self, request: Request) -> Response:
        async with request.form() as form:
            if form["image_type"] != "message":
                return no(234001)
            data = await form["image"].read()  # type: ignore[union-attr]
            key = f"img_{len(self.uploads) + 1}"
            self.uploads[key] = ("image", form["image"].filename or "", data)  # type: ignore[union-attr]
        return yes(image_key=key)

    async def file(self, request: Request) -> Response:
        async with request.form() as form:
            if form["file_type"] not in ("opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"):
                return no(234001)
            data = await form["file"].read()  # type: ignore[union-attr]
            if not data:
                return no(234010)
            key = f"file_{len(self.uploads) + 1}"
            self.uploads[key] = (str(form["file_type"]), str(form["file_name"]), data)
        return yes(file_key=key)

    async def person(self, request: Request) -> Response:
        name = self.names.get(request.path_params["id"])
        return no(99992364) if name is None else yes(user={"name": name, "open_id": request.path_params["id"]})
