"""Calls to DingTalk's two interfaces: the newer one says no by status and word, the older by number."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.reading import document, text, whole
from qiao.channels.contract.refusing import ProviderError
from qiao.channels.contract.tokens import Tokens
from qiao.core.errors import Invalid

BASE: Final = "https://api.dingtalk.com"
OLD_BASE: Final = "https://oapi.dingtalk.com"
TOKEN: Final = "access_token"  # noqa: S105 - what it is called, not what it is
HEADER: Final = "x-acs-dingtalk-access-token"

STALE: Final = frozenset({"InvalidAuthentication", "40014", "42001", "41001", "33001"})
BUSY: Final[Mapping[str, float]] = {
    "-1": 5.0,
    "90002": 60.0,
    "90018": 60.0,
    "130101": 60.0,
    "130102": 60.0,
    "130103": 60.0,
    "Forbidden.AccessDenied.QpsLimitForApi": 5.0,
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": 5.0,
    "Throttling": 30.0,
    "Throttling.Api": 30.0,
    "Throttling.User": 30.0,
    "ServiceUnavailable": 10.0,
    "InternalFailure": 10.0,
    "system.error": 10.0,
    "systemError": 10.0,
    "unknownError": 10.0,
    "serviceBusy": 10.0,
}
"""Codes that pass, and the seconds to wait."""

REFUSALS: Final[Mapping[str, str]] = {
    "invalidClientIdOrSecret": "credentials",
    "invalidClientSecret": "credentials",
    "InvalidAuthentication": "credentials",
    "authFailed": "credentials",
    "40089": "credentials",
    "40014": "credentials",
    "42001": "credentials",
    "41001": "credentials",
    "33001": "credentials",
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": "not_allowed",
    "Forbidden.AccessDenied": "not_allowed",
    "88": "not_allowed",
    "60011": "not_allowed",
    "60121": "not_allowed",
    "Forbidden.AccessDenied.IpNotInWhiteList": "ip",
    "60020": "ip",
    "resource.not.found": "robot",
    "robotNotExist": "robot",
    "robot.not.exist": "robot",
    "invalidRobotCode": "robot",
    "invalid.robotCode": "robot",
    "40056": "robot",
    "400101": "robot",
    "400102": "robot",
    "310000": "robot",
    "430101": "content",
    "430102": "content",
    "430103": "content",
    "430104": "content",
    "invalidParameter": "content",
    "InvalidParameter": "content",
    "param.error": "content",
    "miss.param": "content",
    "invalid.msgParam": "content",
    "invalid.msgKey": "content",
    "400002": "content",
    "40035": "content",
    "40004": "file",
    "40005": "file",
    "40006": "file",
    "40007": "file",
    "40009": "file",
    "41006": "file",
    "downloadCode.invalid": "file",
    "invalidDownloadCode": "file",
    "staffId.notExisted": "customer",
    "invalidStaffId": "customer",
    "userNotExist": "customer",
    "33012": "customer",
    "40031": "customer",
    "40003": "customer",
    "invalid.openConversationId": "group",
    "openConversationId.notExist": "group",
    "chatbot.not.in.group": "group",
    "robotNotInGroup": "group",
    "sessionWebhookExpired": "session",
    "300001": "session",
    "400103": "session",
}
"""Words for each code are in the catalogue under `dingtalk.refused`."""


class DingtalkError(ProviderError):
    """DingTalk said no."""

    channel, provider = "dingtalk", "DingTalk"

    @property
    def word(self) -> str | None:
        """Of `a.b.c` the nearest known beginning counts."""
        code = str(self.code)
        while code:
            if code in REFUSALS:
                return REFUSALS[code]
            code = code.rpartition(".")[0]
        return None


class DingtalkApi:
    """One client for all inboxes."""

    def __init__(self, http: ChannelHttp, tokens: Tokens):
        self.http = http
        self.tokens = tokens

    async def call(self, endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POSTs to the newer interface. Raises DingtalkError and DeliveryFailed."""

        async def ask(token: str) -> httpx.Response:
            return await self.http.request("POST", f"{BASE}{path}", json=body, headers={HEADER: token})

        return await self._with_token(endpoint, ask)

    async def old(self, endpoint: Endpoint, path: str, **options: Any) -> dict[str, Any]:
        """POSTs to the older interface. Raises as `call` does."""

        async def ask(token: str) -> httpx.Response:
            return await self.http.request("POST", f"{OLD_BASE}{path}", params={"access_token": token}, **options)

        return await self._with_token(endpoint, ask)

    async def by_session(self, url: str, body: Mapping[str, Any]) -> None:
        """Answers a message where it was written; the address itself is the permission."""
        read(await self.http.request("POST", url, json=body))

    async def upload(self, endpoint: Endpoint, kind: str, name: str, data: bytes) -> str:
        """Keeps a file with DingTalk; returns its media id."""
        files = {"media": (name.replace('"', "'").replace("\r", " ").replace("\n", " ") or "file", data)}
        answer = await self.old(endpoint, "/media/upload", data={"type": kind}, files=files)
        media_id = text(answer, "media_id", limit=500)
        if not media_id:
            raise DeliveryFailed("DingTalk gave no media id")
        return media_id

    async def check(self, endpoint: Endpoint) -> None:
        """Whether key and secret are good. Raises as `call` does."""
        await self._token(endpoint)

    async def connect(self, endpoint: Endpoint, topic: str) -> tuple[str, str]:
        """Where to open a stream, and the ticket for it. Raises as `call` does."""
        body = {
            "clientId": endpoint.settings.get("app_key", ""),
            "clientSecret": endpoint.credentials.get("app_secret", ""),
            "subscriptions": [{"type": "CALLBACK", "topic": topic}],
            "ua": "qiao",
        }
        answer = read(await self.http.request("POST", f"{BASE}/v1.0/gateway/connections/open", json=body))
        return text(answer, "endpoint", limit=500), text(answer, "ticket", limit=500)

    async def _with_token(self, endpoint: Endpoint, ask: Any) -> dict[str, Any]:
        token = await self._token(endpoint)
        try:
            return read(await ask(token))
        except DingtalkError as error:
            if error.code not in STALE:
                raise
        await self.tokens.drop(endpoint, TOKEN, token)
        return read(await ask(await self._token(endpoint)))

    async def _token(self, endpoint: Endpoint) -> str:
        async def fetch() -> tuple[str, float]:
            key, secret = str(endpoint.settings.get("app_key", "")), endpoint.credentials.get("app_secret", "")
            if not key or not secret:
                raise DingtalkError("invalidClientIdOrSecret", "missing")
            body = {"appKey": key, "appSecret": secret}
            answer = read(await self.http.request("POST", f"{BASE}/v1.0/oauth2/accessToken", json=body))
            token = text(answer, "accessToken", limit=1000)
            if not token:
                raise DingtalkError("authFailed", "no token")
            return token, float(whole(answer, "expireIn") or 7200)

        return await self.tokens.get(endpoint, TOKEN, fetch)


def read(response: httpx.Response) -> dict[str, Any]:
    """The answer, whichever interface gave it. Raises DingtalkError, and DeliveryFailed for what passes."""
    try:
        answer = document(response.content)
    except Invalid:
        raise DeliveryFailed(f"DingTalk answered {response.status_code} and no JSON") from None
    code = text(answer, "errcode", limit=40) or text(answer, "code", limit=120)
    if response.status_code == 200 and code in ("", "0"):
        return answer
    if response.status_code == 401 and not code:
        code = "InvalidAuthentication"
    if code in BUSY:
        raise DeliveryFailed(f"DingTalk answered {code}", after=BUSY[code])
    raise DingtalkError(code or str(response.status_code), text(answer, "errmsg") or text(answer, "message", limit=300))
