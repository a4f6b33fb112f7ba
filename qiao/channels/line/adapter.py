"""Sending, fetching files and trying out, through the Messaging API."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import (
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    Sent,
    SourceFailed,
)
from qiao.channels.contract.http import ChannelHttp, retry_after
from qiao.channels.contract.messages import Media, Sender
from qiao.channels.contract.tokens import Tokens
from qiao.channels.line.channel import MEDIA_LIMIT, STICKER
from qiao.core import clock

API: Final = "https://api.line.me"
DATA: Final = "https://api-data.line.me"
STICKERS: Final = "https://stickershop.line-scdn.net/stickershop/v1/sticker"
REPLY_SECONDS: Final = 50
"""A reply token is good for about a minute, once."""
USED_KEPT: Final = 10_000
_HANDED_BACK: Final = frozenset({429})


class LineAdapter:
    """One for all accounts."""

    def __init__(self, http: ChannelHttp, tokens: Tokens):
        self.http = http
        self.tokens = tokens
        self._used: OrderedDict[str, None] = OrderedDict()

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return True  # what it takes is among the credentials; without it the refusal says so

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        reply = payload.get("reply") or {}
        token, age = str(reply.get("token") or ""), clock.now().timestamp() - int(reply.get("at") or 0) / 1000
        if token and token not in self._used and -5 <= age < REPLY_SECONDS:
            self._use(token)
            body = {"replyToken": token, "messages": payload["messages"]}
            response = await self._call(endpoint, "POST", "/v2/bot/message/reply", json=body)
            # Used by another process, or too late after all: then it is pushed.
            if response.status_code != 400 or "reply token" not in _words(response).lower():
                return _sent(response)
        body = {"to": str(payload["to"]).split(":", 1)[0], "messages": payload["messages"]}
        headers = {"x-line-retry-key": str(message_id)}
        response = await self._call(endpoint, "POST", "/v2/bot/message/push", json=body, headers=headers)
        return _sent(response)

    def _use(self, token: str) -> None:
        self._used[token] = None
        if len(self._used) > USED_KEPT:
            self._used.popitem(last=False)

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        if media.ref.startswith(STICKER):
            url, headers = f"{STICKERS}/{media.ref.removeprefix(STICKER)}/android/sticker.png", {}
        else:
            url = f"{DATA}/v2/bot/message/{media.ref}/content"
            headers = {"authorization": f"Bearer {await self._token(endpoint)}"}
        try:
            async for chunk in self.http.download(url, MEDIA_LIMIT, headers=headers):
                yield chunk
        except DeliveryFailed as failed:
            if str(failed).endswith((" 404", " 410")):
                raise MediaFailed("line.media.gone") from None
            raise  # 202 while LINE still prepares it, and whatever passes

    async def look_up(self, endpoint: Endpoint, sender: Sender) -> Sender:
        room, _, person = sender.address.rpartition(":")
        path = f"/v2/bot/profile/{person}"
        if room:
            kind = "room" if room.startswith("R") else "group"
            path = f"/v2/bot/{kind}/{room}/member/{person}"
        try:
            found = _read(await self._call(endpoint, "GET", path))
        except (DeliveryFailed, DeliveryRefused):
            return sender
        return msgspec.structs.replace(sender, name=reading.text(found, "displayName", limit=80) or sender.name)

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        if on and ":" not in address:  # groups cannot show it, and it ends by itself
            body = {"chatId": address, "loadingSeconds": 10}
            _read(await self._call(endpoint, "POST", "/v2/bot/chat/loading/start", json=body))

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Asks who the account is and what it may still send."""
        try:
            info = _read(await self._call(endpoint, "GET", "/v2/bot/info"))
            quota = _read(await self._call(endpoint, "GET", "/v2/bot/message/quota"))
            used = _read(await self._call(endpoint, "GET", "/v2/bot/message/quota/consumption"))
        except DeliveryRefused as refused:
            raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
        except DeliveryFailed as failed:
            raise SourceFailed("line.source.unreachable", detail=str(failed)[:200]) from None
        limit = reading.text(quota, "value") or "∞"
        name = {"name": reading.text(info, "displayName"), "id": reading.text(info, "basicId")}
        return name | {"quota": f"{reading.text(used, 'totalUsage') or '0'} / {limit}"}

    async def _call(self, endpoint: Endpoint, method: str, path: str, **options: Any) -> httpx.Response:
        token = await self._token(endpoint)
        response = await self._ask(method, path, token, **options)
        if response.status_code == 401 and not endpoint.credentials.get("access_token"):
            await self.tokens.drop(endpoint, "access_token", token)
            response = await self._ask(method, path, await self._token(endpoint), **options)
        return response

    async def _ask(self, method: str, path: str, token: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}", **options.pop("headers", {})}
        return await self.http.request(method, f"{API}{path}", headers=headers, answers=_HANDED_BACK, **options)

    async def _token(self, endpoint: Endpoint) -> str:
        given = endpoint.credentials.get("access_token")
        if given:
            return given

        async def fetch() -> tuple[str, float]:
            form = {
                "grant_type": "client_credentials",
                "client_id": str(endpoint.settings.get("channel_id") or ""),
                "client_secret": endpoint.credentials.get("channel_secret") or "",
            }
            response = await self.http.request("POST", f"{API}/oauth2/v3/token", data=form)
            answer = reading.mapping(_json(response))
            token = reading.text(answer, "access_token", limit=2000)
            if response.status_code >= 400 or not token:
                raise DeliveryRefused("line.refused.credentials")
            return token, float(reading.whole(answer, "expires_in") or 900)

        return await self.tokens.get(endpoint, "access_token", fetch)


def _sent(response: httpx.Response) -> Sent:
    # 409: it was taken on an earlier try whose answer we did not hear.
    answer = _json(response) if response.status_code == 409 else _read(response)
    ids = [reading.text(one, "id") for one in reading.mappings(answer, "sentMessages")]
    return Sent(tuple(one for one in ids if one))


def _read(response: httpx.Response) -> Any:
    """The answer. Raises what a refusal means."""
    status, words = response.status_code, _words(response)
    if status < 300:
        return _json(response)
    lower = words.lower()
    match status:
        case 401:
            raise DeliveryRefused("line.refused.credentials")
        case 403:
            raise DeliveryRefused("line.refused.plan", detail=words)
        case 413:
            raise DeliveryRefused("line.refused.too_large")
        case 429 if "monthly limit" in lower:
            raise DeliveryRefused("line.refused.quota")
        case 429:
            raise DeliveryFailed(words or "429", after=retry_after(response) or 5.0)
        case 400 if "'to'" in words or "user id" in lower or "not found" in lower or "failed to send" in lower:
            raise DeliveryRefused("line.refused.person")
        case 400:
            raise DeliveryRefused("line.refused.invalid", detail=words)
        case 404:
            raise DeliveryRefused("line.refused.person")
    raise DeliveryFailed(f"{status} {words}".strip())


def _words(response: httpx.Response) -> str:
    answer = _json(response)
    details = [
        " ".join(filter(None, (reading.text(one, "property"), reading.text(one, "message"))))
        for one in reading.mappings(answer, "details")
    ]
    return "; ".join(filter(None, (reading.text(answer, "message", limit=300), *details[:5])))[:500]


def _json(response: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except msgspec.MsgspecError:
        return {}
