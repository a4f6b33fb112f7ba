"""Calls to Feishu and Lark: the token, and what their codes mean."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.reading import document, text, whole
from qiao.channels.contract.refusing import ProviderError
from qiao.channels.contract.tokens import Tokens
from qiao.core.errors import Invalid

BASES: Final = {"feishu": "https://open.feishu.cn/open-apis", "lark": "https://open.larksuite.com/open-apis"}
TOKEN: Final = "tenant_access_token"  # noqa: S105 - what it is called, not what it is
STALE: Final = frozenset({99991661, 99991663, 99991664, 99991668})
BUSY: Final[Mapping[int, float]] = {
    99991400: 10.0,
    11232: 10.0,
    11233: 60.0,
    11247: 60.0,
    230020: 5.0,
    230049: 2.0,
    231204: 10.0,
    232096: 10.0,
    2200: 10.0,
    1500: 10.0,
}
"""Codes that pass, and the seconds to wait."""

REFUSALS: Final[Mapping[int, str]] = {
    10003: "credentials",
    10012: "credentials",
    10014: "credentials",
    10015: "credentials",
    99991543: "credentials",
    99991661: "credentials",
    99991663: "credentials",
    99991664: "credentials",
    99991668: "credentials",
    99991662: "not_allowed",
    99991672: "not_allowed",
    99991679: "not_allowed",
    99992402: "content",
    230006: "not_allowed",
    230027: "not_allowed",
    230035: "not_allowed",
    232025: "not_allowed",
    234002: "not_allowed",
    234007: "not_allowed",
    99991401: "ip",
    230001: "content",
    230022: "content",
    230025: "content",
    230028: "content",
    230054: "content",
    230099: "content",
    230002: "chat",
    232009: "chat",
    230034: "chat",
    230038: "chat",
    230013: "person",
    230029: "person",
    230053: "person",
    99992351: "person",
    99992352: "person",
    99992361: "person",
    99992364: "person",
    230055: "file",
    230017: "file",
    234001: "file",
    234006: "file",
    234008: "file",
    234010: "file",
    234011: "file",
    234039: "file",
    234041: "file",
    234003: "file",
    234004: "file",
    234037: "file",
    234038: "file",
    234040: "file",
    234042: "file",
    230011: "recall",
    230026: "recall",
    230050: "recall",
    230106: "recall",
    230109: "recall",
    230110: "recall",
    230111: "recall",
}
"""Words for each code are in the catalogue under `feishu.refused`."""


class FeishuError(ProviderError):
    """Feishu said no."""

    channel, provider = "feishu", "Feishu"
    words = REFUSALS


class FeishuApi:
    """One client for all inboxes."""

    def __init__(self, http: ChannelHttp, tokens: Tokens):
        self.http = http
        self.tokens = tokens

    async def call(
        self, endpoint: Endpoint, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The `data` of the answer. Raises FeishuError and DeliveryFailed."""
        if body is not None:
            options["json"] = body
        for attempt in (1, 2):
            token = await self._token(endpoint)
            headers = {"Authorization": f"Bearer {token}"}
            try:
                answer = read(await self.http.request(method, base(endpoint) + path, headers=headers, **options))
            except FeishuError as error:
                if error.code not in STALE or attempt == 2:
                    raise
                await self.tokens.drop(endpoint, TOKEN, token)
                continue
            data = answer.get("data")
            return data if isinstance(data, dict) else {}
        raise AssertionError("unreachable")

    async def upload(self, endpoint: Endpoint, kind: str, file_type: str, name: str, data: bytes) -> str:
        """Keeps a picture or file with Feishu; returns its key."""
        name = name.replace('"', "'").replace("\r", " ").replace("\n", " ")
        if kind == "image":
            files: dict[str, Any] = {"image": (name, data)}
            answer = await self.call(endpoint, "POST", "/im/v1/images", data={"image_type": file_type}, files=files)
        else:
            form = {"file_type": file_type, "file_name": name}
            answer = await self.call(endpoint, "POST", "/im/v1/files", data=form, files={"file": (name, data)})
        key = text(answer, f"{kind}_key", limit=300)
        if not key:
            raise DeliveryFailed("Feishu gave no key for the file")
        return key

    async def resource(
        self, endpoint: Endpoint, message_id: str, kind: str, key: str, limit: int
    ) -> AsyncIterator[bytes]:
        """A file somebody sent. Raises FeishuError and DeliveryFailed."""
        path = f"/im/v1/messages/{quote(message_id, safe='')}/resources/{quote(key, safe='')}"
        url, query = base(endpoint) + path, {"type": kind}
        for attempt in (1, 2):
            token = await self._token(endpoint)
            headers = {"Authorization": f"Bearer {token}"}
            began = False
            try:
                async for piece in self.http.download(url, limit, params=query, headers=headers):
                    began = True
                    yield piece
                return
            except DeliveryFailed:
                if began:
                    raise
            # Not given: the same question once more, to read why.
            try:
                read(await self.http.request("GET", url, params=query, headers=headers))
            except FeishuError as error:
                if error.code not in STALE or attempt == 2:
                    raise
                await self.tokens.drop(endpoint, TOKEN, token)
            else:
                raise DeliveryFailed("Feishu did not give the file")

    async def bot(self, endpoint: Endpoint) -> str:
        """The bot's name. Raises as `call` does."""
        headers = {"Authorization": f"Bearer {await self._token(endpoint)}"}
        answer = read(await self.http.request("GET", base(endpoint) + "/bot/v3/info", headers=headers))
        return text(answer, "bot", "app_name", limit=200)

    async def _token(self, endpoint: Endpoint) -> str:
        async def fetch() -> tuple[str, float]:
            app, secret = str(endpoint.settings.get("app_id", "")), endpoint.credentials.get("app_secret", "")
            if not app or not secret:
                raise FeishuError(10014, "app secret missing")
            url = base(endpoint) + "/auth/v3/tenant_access_token/internal"
            answer = read(await self.http.request("POST", url, json={"app_id": app, "app_secret": secret}))
            token = text(answer, TOKEN, limit=1000)
            if not token:
                raise FeishuError(10014, "no token")
            return token, float(whole(answer, "expire") or 7200)

        return await self.tokens.get(endpoint, TOKEN, fetch)


def base(endpoint: Endpoint) -> str:
    """Feishu or Lark."""
    return BASES.get(str(endpoint.settings.get("domain")), BASES["feishu"])


def read(response: httpx.Response) -> dict[str, Any]:
    """The answer. Raises FeishuError, and DeliveryFailed for what passes."""
    try:
        answer = document(response.content)
    except Invalid:
        raise DeliveryFailed(f"Feishu answered {response.status_code} and no JSON") from None
    code = whole(answer, "code")
    if code == 0 and response.status_code == 200:
        return answer
    code = -1 if code is None else code
    if code in BUSY:
        raise DeliveryFailed(f"Feishu answered {code}", after=BUSY[code])
    raise FeishuError(code, text(answer, "msg", limit=300))
