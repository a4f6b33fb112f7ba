"""Calling WeChat. The one place that knows of access tokens."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Protocol

import msgspec

from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.tokens import Fetch
from qiao.channels.wechat.codes import WechatError

HOST: Final = "https://api.weixin.qq.com"
TOKEN: Final = "access_token"  # noqa: S105  # its name, not its value
JSON: Final = {"content-type": "application/json; charset=utf-8"}


class TokenStore(Protocol):
    """What of `Tokens` is used here."""

    async def get(self, endpoint: Endpoint, name: str, fetch: Fetch) -> str: ...

    async def drop(self, endpoint: Endpoint, name: str, token: str) -> None: ...


class WechatApi:
    """Calls with the account's token. One that has run out is renewed and the call made once more."""

    def __init__(self, http: ChannelHttp, tokens: TokenStore):
        self.http = http
        self.tokens = tokens

    async def token(self, endpoint: Endpoint) -> str:
        """Raises WechatError or DeliveryFailed."""

        async def fetch() -> tuple[str, float]:
            # The stable token: another program of the company that asks for one gets the same instead of ending ours.
            asked = {
                "grant_type": "client_credential",
                "appid": endpoint.settings.get("app_id", ""),
                "secret": endpoint.credentials.get("app_secret", ""),
                "force_refresh": False,
            }
            response = await self.http.request(
                "POST", f"{HOST}/cgi-bin/stable_token", content=msgspec.json.encode(asked), headers=JSON
            )
            said = _read(response.content)
            token, lives = said.get("access_token"), said.get("expires_in")
            if not isinstance(token, str) or not token or not isinstance(lives, int | float):
                raise DeliveryFailed("the provider answered without a token")
            return token, float(lives)

        return await self.tokens.get(endpoint, TOKEN, fetch)

    async def call(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What WeChat says to a call. Raises WechatError for an error of its own, DeliveryFailed when it cannot be had."""
        said = await self.ask(endpoint, method, path, body, params=params, files=files)
        return _read(said)

    async def ask(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> bytes:
        """As `call`, for answers that are a picture when they are no error."""
        renewed = False
        while True:
            token = await self.token(endpoint)
            options: dict[str, Any] = {"params": {TOKEN: token, **(params or {})}}
            if files is not None:
                options["files"] = files
            elif body is not None:
                # Chinese as it is: what is escaped reaches customers escaped.
                options |= {"content": msgspec.json.encode(body), "headers": JSON}
            response = await self.http.request(method, HOST + path, **options)
            try:
                if response.content[:1] == b"{":
                    _read(response.content)
                elif response.status_code != 200:
                    raise DeliveryFailed(f"the provider answered {response.status_code}")
                return response.content
            except WechatError as error:
                if error.meaning.kind != "renew" or renewed:
                    raise
                await self.tokens.drop(endpoint, TOKEN, token)
                renewed = True

    async def download(
        self, endpoint: Endpoint, path: str, params: Mapping[str, str], limit: int
    ) -> AsyncIterator[bytes]:
        """A file of WeChat's; of films it tells the address instead. Raises as `call` does."""
        renewed = False
        while True:
            token = await self.token(endpoint)
            stream = self.http.download(HOST + path, limit, params={TOKEN: token, **params})
            first = await anext(stream, b"")
            if first[:1] != b"{":  # no picture, voice or film begins so
                yield first
                async for chunk in stream:
                    yield chunk
                return
            try:
                said = _read(first + b"".join([chunk async for chunk in stream]))
            except WechatError as error:
                if error.meaning.kind != "renew" or renewed:
                    raise
                await self.tokens.drop(endpoint, TOKEN, token)
                renewed = True
                continue
            address = str(said.get("video_url") or said.get("down_url") or "")
            async for chunk in self.http.download(safe_address(address), limit):
                yield chunk
            return


_OURS: Final = (".qq.com", ".qpic.cn", ".qlogo.cn", ".weixin.com")


def safe_address(url: str) -> str:
    """An address of the provider's own, by https. Raises WechatError for any other."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise WechatError(40066, "not an address") from None
    host = parsed.host.lower()
    if parsed.scheme not in ("http", "https") or not host.endswith(_OURS) or parsed.port not in (None, 80, 443):
        raise WechatError(40066, f"not an address of the provider: {host}")
    return str(parsed.copy_with(scheme="https", port=None))


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise DeliveryFailed("the provider's answer cannot be read") from None
    code = said.get("errcode", 0)
    if isinstance(code, int) and code != 0:
        raise WechatError(code, str(said.get("errmsg", "")))
    return said
