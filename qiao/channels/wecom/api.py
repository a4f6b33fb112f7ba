"""Calls to WeCom: the token, and what its error codes mean."""

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

BASE: Final = "https://qyapi.weixin.qq.com/cgi-bin"
TOKEN: Final = "access_token"  # noqa: S105 - what it is called, not what it is
STALE: Final = frozenset({40014, 41001, 42001})
"""The access token is no good (any more): another one is fetched, once."""
BUSY: Final = {-1: 5.0, 6000: 5.0, 45009: 60.0, 45011: 60.0, 45033: 5.0, 50004: 30.0}
"""Codes that pass, and the seconds to wait."""

REFUSALS: Final[Mapping[int, str]] = {
    40001: "credentials",
    40013: "credentials",
    40091: "credentials",
    41002: "credentials",
    41004: "credentials",
    2000002: "credentials",
    48001: "not_allowed",
    48002: "not_allowed",
    60011: "not_allowed",
    95011: "not_allowed",
    95012: "not_allowed",
    95015: "not_allowed",
    95017: "not_allowed",
    301002: "not_allowed",
    60020: "ip",
    301042: "ip",
    40003: "customer",
    40031: "customer",
    40096: "customer",
    41035: "customer",
    84061: "customer",
    40004: "file",
    40005: "file",
    40006: "file",
    40007: "file",
    40009: "file",
    40011: "file",
    40058: "content",
    40123: "file",
    41006: "file",
    44001: "file",
    45001: "file",
    301015: "file",
    301016: "file",
    301017: "file",
    40008: "content",
    40033: "content",
    40035: "content",
    40063: "content",
    44004: "content",
    45002: "content",
    95008: "content",
    95009: "content",
    95000: "account",
    95004: "account",
    95001: "five",
    95002: "window",
    95003: "too_many",
    95013: "ended",
    95016: "session",
    95018: "session",
    95014: "servicer",
}
"""Words for each code are in the catalogue under `wecom.refused`."""


class WecomError(ProviderError):
    """WeCom said no."""

    channel, provider = "wecom", "WeCom"
    words = REFUSALS
    hopeless = frozenset({"credentials", "account"})


class WecomApi:
    """One client for all inboxes."""

    def __init__(self, http: ChannelHttp, tokens: Tokens):
        self.http = http
        self.tokens = tokens

    async def call(
        self, endpoint: Endpoint, path: str, body: Mapping[str, Any] | None = None, **query: Any
    ) -> dict[str, Any]:
        """POSTs `body` (without one: GETs) and returns the answer. Raises WecomError and DeliveryFailed."""
        method, options = ("GET", {}) if body is None else ("POST", {"json": body})
        return await self._with_token(endpoint, path, method, query, options)

    async def upload(self, endpoint: Endpoint, kind: str, name: str, data: bytes) -> str:
        """Keeps a file with WeCom for three days; returns its media id."""
        # WeCom reads the plain `filename` only, as UTF-8; httpx escapes what is not ASCII, so only quotes are at risk.
        files = {"media": (name.replace('"', "'").replace("\r", " ").replace("\n", " ") or "file", data)}
        answer = await self._with_token(endpoint, "media/upload", "POST", {"type": kind}, {"files": files})
        media_id = text(answer, "media_id", limit=512)
        if not media_id:
            raise DeliveryFailed("WeCom gave no media id")
        return media_id

    async def media(self, endpoint: Endpoint, media_id: str, limit: int) -> AsyncIterator[bytes]:
        """A file a customer sent, in pieces. Raises WecomError and DeliveryFailed."""
        for attempt in (1, 2):
            token = await self._token(endpoint)
            pieces = self.http.download(
                f"{BASE}/media/get", limit, params={"access_token": token, "media_id": media_id}
            )
            start = b""
            async for piece in pieces:
                start += piece
                if len(start) >= 64:
                    break
            # A refusal comes with status 200 too, as JSON that begins with its code.
            if start.startswith(b'{"errcode"'):
                rest = start + b"".join([piece async for piece in pieces])
                code, message = _verdict(_read(rest[:10_000]))
                if code in STALE and attempt == 1:
                    await self.tokens.drop(endpoint, TOKEN, token)
                    continue
                if code in BUSY:
                    raise DeliveryFailed(f"WeCom answered {code}", after=BUSY[code])
                raise WecomError(code, message)
            yield start
            async for piece in pieces:
                yield piece
            return

    async def _with_token(
        self, endpoint: Endpoint, path: str, method: str, query: Mapping[str, Any], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        for attempt in (1, 2):
            token = await self._token(endpoint)
            url = f"{BASE}/{path}"
            response = await self.http.request(method, url, params={"access_token": token, **query}, **options)
            answer = _answer(response)
            code, message = _verdict(answer)
            if code == 0:
                return answer
            if code in STALE and attempt == 1:
                await self.tokens.drop(endpoint, TOKEN, token)
                continue
            if code in BUSY:
                raise DeliveryFailed(f"WeCom answered {code}", after=BUSY[code])
            raise WecomError(code, message)
        raise AssertionError("unreachable")

    async def _token(self, endpoint: Endpoint) -> str:
        async def fetch() -> tuple[str, float]:
            corp, secret = str(endpoint.settings.get("corp_id", "")), endpoint.credentials.get("secret", "")
            if not corp or not secret:
                raise WecomError(41004, "secret missing")
            url = f"{BASE}/gettoken?corpid={quote(corp, safe='')}&corpsecret={quote(secret, safe='')}"
            answer = _answer(await self.http.request("GET", url))
            code, message = _verdict(answer)
            if code in BUSY:
                raise DeliveryFailed(f"WeCom answered {code}", after=BUSY[code])
            token = text(answer, "access_token", limit=1000)
            if code or not token:
                raise WecomError(code, message)
            return token, float(whole(answer, "expires_in") or 7200)

        return await self.tokens.get(endpoint, TOKEN, fetch)


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code != 200:
        raise DeliveryFailed(f"WeCom answered {response.status_code}")
    return _read(response.content)


def _read(content: bytes) -> dict[str, Any]:
    try:
        return document(content)
    except Invalid:
        raise DeliveryFailed("WeCom answered something that is no JSON") from None


def _verdict(answer: Mapping[str, Any]) -> tuple[int, str]:
    code = whole(answer, "errcode")
    return (0 if code is None else code), text(answer, "errmsg", limit=300)
