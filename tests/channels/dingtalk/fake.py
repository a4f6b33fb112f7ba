"""DingTalk as far as the channel uses it: both interfaces, sessions, and a stream gateway."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

NUMBERED = {
    "sampleText": {"content"},
    "sampleMarkdown": {"title", "text"},
    "sampleImageMsg": {"photoURL"},
    "sampleFile": {"mediaId", "fileName", "fileType"},
    "sampleActionCard": {"title", "text", "singleTitle", "singleURL"},
}


def no(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code, "requestid": "r", "message": "refused"}, status)


def old_no(code: int) -> JSONResponse:
    return JSONResponse({"errcode": code, "errmsg": "refused"})


class FakeDingtalk:
    """`answers` holds (status, code) to give instead, by path, each used once."""

    def __init__(self, key: str = "dingkey", secret: str = "s3cret"):
        self.key, self.secret = key, secret
        self.issued = 0
        self.good: set[str] = set()
        self.staff = {"user123", "manager4220"}
        self.held_back: set[str] = set()
        self.groups = {"cidxxx"}
        self.sessions = {"xxxxx", "1", "2"}
        self.said: list[dict[str, Any]] = []
        self.in_sessions: list[tuple[str, dict[str, Any]]] = []
        self.recalled: list[dict[str, Any]] = []
        self.uploads: dict[str, tuple[str, str, bytes]] = {}
        self.files: dict[str, bytes] = {}
        self.notices: list[dict[str, Any]] = []
        self.answers: dict[str, list[tuple[int, str]]] = {}
        self.gateway = ""
        self.tickets: set[str] = set()
        self.acks: list[dict[str, Any]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.serve, methods=["GET", "POST"])])

    async def serve(self, request: Request) -> Response:
        path = request.path_params["path"]
        planned = self.answers.get(path)
        if planned:
            status, code = planned.pop(0)
            return old_no(int(code)) if status == 200 else no(status, code)
        handler = getattr(self, "do_" + re.sub(r"\W", "_", path), None)
        if handler is None:
            return Response(status_code=404)
        open_to_all = path in ("v1.0/oauth2/accessToken", "v1.0/gateway/connections/open", "robot/sendBySession")
        if path.startswith("store/") or open_to_all:
            return await handler(request)
        if path.startswith("v1.0"):
            if request.headers.get("x-acs-dingtalk-access-token") not in self.good:
                return no(401, "InvalidAuthentication")
        elif request.query_params.get("access_token") not in self.good:
            return old_no(40014)
        return await handler(request)

    async def do_v1_0_oauth2_accessToken(self, request: Request) -> Response:
        body = await request.json()
        if (body["appKey"], body["appSecret"]) != (self.key, self.secret):
            return no(400, "invalidClientIdOrSecret")
        self.issued += 1
        self.good.add(f"token-{self.issued}")
        return JSONResponse({"accessToken": f"token-{self.issued}", "expireIn": 7200})

    def _message(self, body: dict[str, Any]) -> Response | None:
        if body["robotCode"] != self.key:
            return no(400, "resource.not.found")
        wanted = NUMBERED.get(body["msgKey"])
        param = json.loads(body["msgParam"])
        if wanted is None:
            found = re.fullmatch(r"sampleActionCard([2-5])", body["msgKey"])
            if found is None:
                return no(400, "invalidParameter.msgKey.invalid")
            numbers = range(1, int(found[1]) + 1)
            wanted = {"title", "text", *(f"action{part}{n}" for part in ("Title", "URL") for n in numbers)}
        if set(param) != wanted or not all(param.values()):
            return no(400, "invalidParameter.msgParam.invalid")
        media = param.get("mediaId") or param.get("photoURL")
        if media and media not in self.uploads:
            return no(400, "invalidParameter.mediaId")
        return None

    async def do_v1_0_robot_oToMessages_batchSend(self, request: Request) -> Response:
        body = await request.json()
        wrong = self._message(body)
        if wrong is not None:
            return wrong
        unknown = [one for one in body["userIds"] if one not in self.staff]
        held = [one for one in body["userIds"] if one in self.held_back]
        if not unknown and not held:
            self.said.append(body)
        return JSONResponse(
            {
                "processQueryKey": f"key-{len(self.said)}",
                "invalidStaffIdList": unknown,
                "flowControlledStaffIdList": held,
            }
        )

    async def do_v1_0_robot_groupMessages_send(self, request: Request) -> Response:
        body = await request.json()
        wrong = self._message(body)
        if wrong is not None:
            return wrong
        if body["openConversationId"] not in self.groups:
            return no(400, "openConversationId.notExist")
        self.said.append(body)
        return JSONResponse({"processQueryKey": f"key-{len(self.said)}"})

    async def do_robot_sendBySession(self, request: Request) -> Response:
        body = await request.json()
        if request.query_params["session"] not in self.sessions:
            return old_no(300001)
        if body["msgtype"] not in ("text", "markdown", "actionCard"):
            return old_no(400002)
        self.in_sessions.append((request.query_params["session"], body))
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    async def do_v1_0_robot_otoMessages_batchRecall(self, request: Request) -> Response:
        return await self._recall(request)

    async def do_v1_0_robot_groupMessages_recall(self, request: Request) -> Response:
        return await self._recall(request)

    async def _recall(self, request: Request) -> Response:
        body = await request.json()
        known = {f"key-{number}" for number in range(1, len(self.said) + 1)}
        self.recalled.append(body)
        return JSONResponse(
            {
                "successResult": [key for key in body["processQueryKeys"] if key in known],
                "failedResult": {key: "expired" for key in body["processQueryKeys"] if key not in known},
            }
        )

    async def do_v1_0_robot_messageFiles_download(self, request: Request) -> Response:
        code = (await request.json())["downloadCode"]
        if code not in self.files:
            return no(400, "downloadCode.invalid")
        return JSONResponse({"downloadUrl": f"https://store.dingtalk.com/store/file?code={code}"})

    async def do_store_file(self, request: Request) -> Response:
        return Response(self.files[request.query_params["code"]])

    async def do_media_upload(self, request: Request) -> Response:
        async with request.form() as form:
            kind, file = form["type"], form["media"]
            data = await file.read()  # type: ignore[union-attr]
            media_id = f"@media-{len(self.uploads) + 1}"
            self.uploads[media_id] = (str(kind), file.filename or "", data)  # type: ignore[union-attr]
        return JSONResponse({"errcode": 0, "errmsg": "ok", "media_id": media_id, "type": kind, "created_at": 1})

    async def do_topapi_message_corpconversation_asyncsend_v2(self, request: Request) -> Response:
        body = await request.json()
        card = body["msg"]["action_card"]
        if body["agent_id"] != 7:
            return old_no(400101)
        if body["userid_list"] not in self.staff or not card["single_url"]:
            return old_no(33012)
        self.notices.append(body)
        return JSONResponse({"errcode": 0, "errmsg": "ok", "task_id": 1, "request_id": "r"})

    async def do_v1_0_gateway_connections_open(self, request: Request) -> Response:
        body = await request.json()
        if (body["clientId"], body["clientSecret"]) != (self.key, self.secret):
            return no(401, "authFailed")
        assert body["subscriptions"] == [{"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}]
        ticket = f"ticket-{len(self.tickets) + 1}"
        self.tickets.add(ticket)
        return JSONResponse({"endpoint": self.gateway, "ticket": ticket})

    @asynccontextmanager
    async def open_gateway(self, frames: list[list[Any]]) -> AsyncIterator[None]:
        """Each connection is given the frames of the next list, one after the other's acknowledgement; then it is cut."""

        async def talk(line: ServerConnection) -> None:
            for frame in frames.pop(0) if frames else []:
                await line.send(frame if isinstance(frame, str) else json.dumps(frame))
                if isinstance(frame, dict) and frame["headers"]["topic"] != "disconnect":
                    try:
                        self.acks.append(json.loads(await line.recv()))
                    except ConnectionClosed:
                        return
            await line.wait_closed()

        async with serve(talk, "127.0.0.1", 0) as server:
            self.gateway = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/connect"
            yield


def frame(kind: str, topic: str, message_id: str, data: Any) -> dict[str, Any]:
    """As the gateway sends it."""
    return {
        "specVersion": "1.0",
        "type": kind,
        "headers": {
            "appId": "app",
            "connectionId": "c",
            "contentType": "application/json",
            "messageId": message_id,
            "time": "1690362102194",
            "topic": topic,
        },
        "data": data if isinstance(data, str) else json.dumps(data, ensure_ascii=False),
    }
