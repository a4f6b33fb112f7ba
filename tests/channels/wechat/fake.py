"""A stand-in for api.weixin.qq.com: tokens that run out, quotas, the errors its documentation lists."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.channels.wechat.accounts import APP_ID, SECRET

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@dataclass
class FakeWechat:
    """`follows` are the followers; `left` their answers. `errors` answers the next calls of a path with codes."""

    follows: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    errors: dict[str, list[int]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    noticed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    typed: list[tuple[str, str, str]] = field(default_factory=list)
    uploads: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    media: dict[str, bytes] = field(default_factory=dict)
    menu: dict[str, Any] | None = None
    codes: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    bodies: list[bytes] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _seen: set[str] = field(default_factory=set)

    @property
    def token(self) -> str:
        return f"TOKEN-{self.tokens}"

    def expire(self) -> None:
        """The token somebody holds is no good any more."""
        self.tokens += 1

    def app(self) -> Starlette:
        calls: dict[str, Callable[[Request, dict[str, Any]], Any]] = {
            "/cgi-bin/message/custom/send": self._send,
            "/cgi-bin/message/custom/typing": self._typing,
            "/cgi-bin/message/custom/business/typing": self._typing,
            "/cgi-bin/message/template/send": self._notice,
            "/cgi-bin/message/subscribe/send": self._notice,
            "/cgi-bin/message/subscribe/bizsend": self._notice,
            "/cgi-bin/template/get_all_private_template": lambda *_: {
                "template_list": [
                    {
                        "template_id": "iPk5sOIt5X_flOVKn5GrTFpncEYTojx6ddbt8WYoV5s",
                        "title": "领取奖金提醒",
                        "content": "{ {result.DATA} }\n\n领奖金额:{{thing2.DATA}}\n领奖时间:{{time3.DATA}}",
                        "example": "您已提交领奖申请\n\n领奖金额:xxxx元",
                    }
                ]
            },
            "/wxaapi/newtmpl/gettemplate": lambda *_: {
                "data": [
                    {
                        "priTmplId": "9Aw5ZV1j9xdWTFEkqCpZ7mIBbSC34khK55OtzUPl0rU",
                        "title": "报名结果通知",
                        "content": "会议时间:{{date2.DATA}}\n会议地点:{{thing1.DATA}}\n",
                        "example": "会议时间:2016年8月8日\n会议地点:TIT会议室\n",
                        "type": 2,
                    }
                ]
            },
            "/cgi-bin/user/info": self._info,
            "/cgi-bin/openapi/quota/get": lambda *_: {"quota": {"daily_limit": 500000, "used": 1, "remain": 499999}},
            "/cgi-bin/menu/create": self._menu_create,
            "/cgi-bin/menu/get": lambda *_: {"menu": self.menu} if self.menu else 46003,
            "/cgi-bin/menu/delete": self._menu_delete,
            "/cgi-bin/qrcode/create": self._code,
        }

        def wrapped(path: str, call: Callable[[Request, dict[str, Any]], Any]) -> Route:
            async def handle(request: Request) -> Response:
                trouble = await self._trouble(request, path)
                if trouble is not None:
                    return trouble
                raw = await request.body()
                self.bodies.append(raw)
                said = call(request, json.loads(raw) if raw else {})
                return _error(said) if isinstance(said, int) else JSONResponse({"errcode": 0, "errmsg": "ok", **said})

            return Route(path, handle, methods=["GET", "POST"])

        return Starlette(
            routes=[
                *(wrapped(path, call) for path, call in calls.items()),
                Route("/cgi-bin/stable_token", self._token, methods=["POST"]),
                Route("/cgi-bin/media/upload", self._upload, methods=["POST"]),
                Route("/cgi-bin/media/get", self._media),
                Route("/wxa/getwxacodeunlimit", self._mini_code, methods=["POST"]),
                Route("/cgi-bin/showqrcode", self._show),
                Route("/films/{name}", lambda _: Response(b"\x00\x00\x00 ftypmp42film", media_type="video/mp4")),
                Route("/mmbiz_jpg/{name:path}", lambda _: Response(b"\xff\xd8\xffpicture", media_type="image/jpeg")),
                Route("/away", lambda _: RedirectResponse("http://127.0.0.1/")),
            ]
        )

    async def _trouble(self, request: Request, path: str) -> Response | None:
        """What stands before every call: the network's moods, the token, the errors a test ordered."""
        self.asked.append(path)
        if self.statuses.get(path):
            return Response(status_code=self.statuses[path].pop(0), headers={"retry-after": "7"})
        given = request.query_params.get("access_token")
        if not given:
            return _error(41001)
        if given != self.token:
            return _error(42001 if given.startswith("TOKEN-") else 40001)
        code = self.errors[path].pop(0) if self.errors.get(path) else 0
        return _error(code) if code else None

    async def _token(self, request: Request) -> Response:
        self.asked.append("/cgi-bin/stable_token")
        asked = await request.json()
        if self.errors.get("/cgi-bin/stable_token"):
            return _error(self.errors["/cgi-bin/stable_token"].pop(0))
        if asked["appid"] != APP_ID:
            return _error(40013)
        if asked["secret"] != SECRET:
            return _error(40125)
        return JSONResponse({"access_token": self.token, "expires_in": 7200})

    def _send(self, _: Request, body: dict[str, Any]) -> Any:
        to, kind = body.get("touser", ""), body.get("msgtype", "")
        if to not in self.follows:
            return 40003
        if kind not in ("text", "image", "voice", "video", "news", "msgmenu", "miniprogrampage", "link"):
            return 40008
        inner = body.get(kind)
        if kind == "text" and not inner["content"]:
            return 44004
        if kind == "text" and len(inner["content"].encode()) > 2048:
            return 45002
        media = inner.get("media_id") or inner.get("thumb_media_id")
        if kind in ("image", "voice", "video", "miniprogrampage") and media not in self.uploads:
            return 40007
        if self.left.get(to) is None:
            return 45015
        if self.left[to] <= 0:
            return 45047
        self.left[to] -= 1
        self.sent.append(body)
        return {}

    def _typing(self, request: Request, body: dict[str, Any]) -> Any:
        if body.get("command") not in ("Typing", "CancelTyping"):
            return 45072
        self.typed.append((request.url.path, body["touser"], body["command"]))
        return {}

    def _notice(self, request: Request, body: dict[str, Any]) -> Any:
        if body.get("touser") not in self.follows:
            return 43004
        if not body.get("template_id"):
            return 40037
        if any(len(str(value.get("value", ""))) == 0 for value in body.get("data", {}).values()):
            return 47003
        repeat = body.get("client_msg_id")
        if repeat is None or repeat not in self._seen:
            self.noticed.append((request.url.path, body))
        self._seen.add(repeat or "")
        return {"msgid": 200163800 + next(self._ids)}

    def _info(self, request: Request, _: dict[str, Any]) -> Any:
        openid = request.query_params.get("openid", "")
        return {"openid": openid, **self.follows[openid]} if openid in self.follows else 40003

    def _menu_create(self, _: Request, body: dict[str, Any]) -> Any:
        buttons = body.get("button", [])
        if not 1 <= len(buttons) <= 3:
            return 40016
        self.menu = body
        return {}

    def _menu_delete(self, *_: Any) -> Any:
        self.menu = None
        return {}

    def _code(self, _: Request, body: dict[str, Any]) -> Any:
        if body.get("action_name") not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            return 40052
        scene = body["action_info"]["scene"]["scene_str"]
        if not 1 <= len(scene) <= 64:
            return 40053
        self.codes.append(body)
        ticket = f"TICKET{next(self._ids)}"
        more = {"expire_seconds": body["expire_seconds"]} if "expire_seconds" in body else {}
        return {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket}", **more}

    async def _upload(self, request: Request) -> Response:
        trouble = await self._trouble(request, "/cgi-bin/media/upload")
        if trouble is not None:
            return trouble
        async with request.form() as form:
            media: Any = form["media"]
            data = await media.read()
            kind = request.query_params.get("type", "")
            if kind not in ("image", "voice", "video", "thumb"):
                return _error(40004)
            name = f"MEDIA{next(self._ids)}"
            self.uploads[name] = (kind, str(media.filename), data)
        return JSONResponse({"type": kind, "media_id": name, "created_at": 1})

    async def _media(self, request: Request) -> Response:
        trouble = await self._trouble(request, "/cgi-bin/media/get")
        if trouble is not None:
            return trouble
        media_id = request.query_params.get("media_id", "")
        if media_id == "film":
            return JSONResponse({"video_url": "http://mp.weixin.qq.com/films/1.mp4"})
        if media_id == "elsewhere":
            return JSONResponse({"video_url": "http://127.0.0.1/films/1.mp4"})
        return Response(self.media[media_id]) if media_id in self.media else _error(40007)

    async def _mini_code(self, request: Request) -> Response:
        trouble = await self._trouble(request, "/wxa/getwxacodeunlimit")
        if trouble is not None:
            return trouble
        body = await request.json()
        if not 1 <= len(body.get("scene", "")) <= 32:
            return _error(40169)
        self.codes.append(body)
        return Response(PNG, media_type="image/jpeg")

    async def _show(self, request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        return Response(PNG, media_type="image/jpg") if ticket.startswith("TICKET") else Response(status_code=404)


def _error(code: int) -> Response:
    return JSONResponse({"errcode": code, "errmsg": f"error {code} rid: 68231586-663e56da"})
