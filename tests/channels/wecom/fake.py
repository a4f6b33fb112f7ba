"""WeCom as far as the channel uses it: tokens that expire, pages, session states, and its error codes."""

import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

OK = {"errcode": 0, "errmsg": "ok"}


def no(code: int, message: str = "refused") -> JSONResponse:
    return JSONResponse({"errcode": code, "errmsg": message})


class FakeWecom:
    """`answers` holds codes to give instead, by path, each used once."""

    def __init__(self, corp: str = "ww1", secret: str = "s3cret"):
        self.corp, self.secret = corp, secret
        self.issued = 0
        self.good: set[str] = set()
        self.accounts = {"wkA": "售前", "wkB": "售后"}
        self.logs: dict[str, list[dict[str, Any]]] = {"wkA": [], "wkB": []}
        self.tokens = {"news"}
        self.page = 1000
        self.asked: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.greeted: list[dict[str, Any]] = []
        self.codes = {"welcome-1"}
        self.states: dict[str, tuple[int, str]] = {}
        self.uploads: dict[str, tuple[str, str, bytes]] = {}
        self.media: dict[str, bytes] = {}
        self.people = {"wmC": {"external_userid": "wmC", "nickname": "小林", "unionid": "ozynqs"}}
        self.staff_cards: list[dict[str, Any]] = []
        self.answers: dict[str, list[int]] = {}
        self.app = Starlette(routes=[Route("/cgi-bin/{path:path}", self.serve, methods=["GET", "POST"])])

    async def serve(self, request: Request) -> Response:
        path, query = request.path_params["path"], request.query_params
        planned = self.answers.get(path)
        if planned:
            code = planned.pop(0)
            return Response(status_code=code) if code in (429, 500, 503) else no(code)
        if path == "gettoken":
            if (query.get("corpid"), query.get("corpsecret")) != (self.corp, self.secret):
                return no(40001 if query.get("corpid") == self.corp else 40013)
            self.issued += 1
            self.good.add(f"token-{self.issued}")
            return JSONResponse({**OK, "access_token": f"token-{self.issued}", "expires_in": 7200})
        if query.get("access_token") not in self.good:
            return no(42001, "access_token expired")
        handler = getattr(self, "do_" + re.sub(r"\W", "_", path), None)
        return await handler(request) if handler is not None else Response(status_code=404)

    async def do_kf_account_list(self, request: Request) -> Response:
        rows = [{"open_kfid": key, "name": name, "avatar": ""} for key, name in self.accounts.items()]
        return JSONResponse({**OK, "account_list": rows})

    async def do_kf_add_contact_way(self, request: Request) -> Response:
        body = await request.json()
        if body["open_kfid"] not in self.accounts:
            return no(95000)
        return JSONResponse({**OK, "url": f"https://work.weixin.qq.com/kf/{body['open_kfid']}?scene={body['scene']}"})

    async def do_kf_sync_msg(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        if "token" in body and body["token"] not in self.tokens:
            return no(95007)
        if body["open_kfid"] not in self.accounts:
            return no(95000)
        log = self.logs[body["open_kfid"]]
        start = int(body["cursor"].removeprefix("at-") or 0)
        page = log[start : start + min(self.page, body["limit"])]
        after = start + len(page)
        return JSONResponse({**OK, "next_cursor": f"at-{after}", "has_more": int(after < len(log)), "msg_list": page})

    async def do_kf_customer_batchget(self, request: Request) -> Response:
        ids = (await request.json())["external_userid_list"]
        if not 0 < len(ids) <= 100:
            return no(40058)
        known = [self.people[one] for one in ids if one in self.people]
        return JSONResponse(
            {**OK, "customer_list": known, "invalid_external_userid": [one for one in ids if one not in self.people]}
        )

    async def do_kf_send_msg(self, request: Request) -> Response:
        body = await request.json()
        if body["open_kfid"] not in self.accounts:
            return no(95000)
        if self.states.get(body["touser"], (0, ""))[0] not in (0, 1):
            return no(95018, "send msg session status invalid")
        if not re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", body["msgid"]):
            return no(40058)
        part = body[body["msgtype"]]
        if body["msgtype"] == "text" and not 0 < len(part["content"].encode()) <= 2048:
            return no(45002)
        if body["msgtype"] == "msgmenu" and len(part["list"]) > 10:
            return no(95008)
        if "media_id" in part and part["media_id"] not in self.uploads:
            return no(40007)
        self.sent.append(body)
        return JSONResponse({**OK, "msgid": body["msgid"]})

    async def do_kf_send_msg_on_event(self, request: Request) -> Response:
        body = await request.json()
        if body["code"] not in self.codes:
            return no(41050)
        self.codes.discard(body["code"])
        self.greeted.append(body)
        return JSONResponse({**OK, "msgid": "m"})

    async def do_kf_service_state_get(self, request: Request) -> Response:
        now, servicer = self.states.get((await request.json())["external_userid"], (0, ""))
        return JSONResponse({**OK, "service_state": now, **({"servicer_userid": servicer} if servicer else {})})

    async def do_kf_service_state_trans(self, request: Request) -> Response:
        body = await request.json()
        now, to = self.states.get(body["external_userid"], (0, ""))[0], body["service_state"]
        allowed = {0: {1, 2, 3, 4}, 1: {2, 3, 4}, 2: {3, 4}, 3: {2, 3, 4}, 4: set()}
        if to not in allowed[now]:
            return no(95016)
        if to == 3 and not body.get("servicer_userid"):
            return no(95014)
        self.states[body["external_userid"]] = (to, body.get("servicer_userid", ""))
        return JSONResponse({**OK, "msg_code": "code"})

    async def do_media_upload(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["media"]
            data = await file.read()
        if len(data) <= 5:
            return no(40006)
        media_id = f"up-{len(self.uploads) + 1}"
        self.uploads[media_id] = (request.query_params["type"], file.filename, data)
        return JSONResponse({**OK, "type": request.query_params["type"], "media_id": media_id, "created_at": "1"})

    async def do_media_get(self, request: Request) -> Response:
        data = self.media.get(request.query_params["media_id"])
        return no(40007) if data is None else Response(data, media_type="image/jpeg")

    async def do_message_send(self, request: Request) -> Response:
        body = await request.json()
        card = body["textcard"]
        if not card["url"] or len(card["title"].encode()) > 128 or len(card["description"].encode()) > 512:
            return no(40058)
        if body["touser"] not in ("LiMing", "mei"):
            return JSONResponse({**OK, "invaliduser": body["touser"].lower(), "msgid": ""})
        self.staff_cards.append(body)
        return JSONResponse({**OK, "invaliduser": "", "msgid": "x"})
