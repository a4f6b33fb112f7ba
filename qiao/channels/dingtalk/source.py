"""Stream mode: we connect to DingTalk, it sends messages down the line, and hears of each once it is stored."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from qiao.channels.contract.channel import DeliveryFailed, Endpoint, Sink, SourceFailed
from qiao.channels.contract.reading import document, mapping, text
from qiao.channels.dingtalk.api import DingtalkApi, DingtalkError
from qiao.core.errors import Invalid

TOPIC: Final = "/v1.0/im/bot/messages/get"
QUIET_SECONDS: Final = 60.0
LARGEST: Final = 1 << 20
OPEN_SECONDS: Final = 10.0


class DingtalkSource:
    """One line an inbox. `local`: a gateway on this machine is fine too, for tests."""

    def __init__(self, api: DingtalkApi, *, local: bool = False):
        self.api = api
        self.local = local

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return settings.get("mode") == "stream" and bool(settings.get("app_key"))

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        """Works until cancelled; DingTalk asks for a new line now and then. Raises SourceFailed and DeliveryFailed."""
        while True:
            try:
                place, ticket = await self.api.connect(endpoint, TOPIC)
            except DingtalkError as error:
                raise error.as_source() from error
            if not self._allowed(place) or not ticket:
                raise SourceFailed("dingtalk.refused.gateway", detail=place[:100])
            line = await self._open(f"{place}?ticket={quote(ticket, safe='')}")
            async with line:
                await sink.fine()
                try:
                    await self._listen(line, sink)
                except ConnectionClosed as error:
                    raise DeliveryFailed(f"{type(error).__name__} from DingTalk's gateway") from error
            await asyncio.sleep(0)

    async def _open(self, address: str) -> ClientConnection:
        try:
            return await connect(
                address,
                max_size=LARGEST,
                open_timeout=OPEN_SECONDS,
                ping_interval=QUIET_SECONDS,
                ping_timeout=QUIET_SECONDS,
                proxy=None,
            )
        except (ConnectionClosed, InvalidHandshake, InvalidURI, OSError, TimeoutError) as error:
            raise DeliveryFailed(f"{type(error).__name__} from DingTalk's gateway") from error

    async def _listen(self, line: ClientConnection, sink: Sink) -> None:
        """Until DingTalk says goodbye."""
        async for raw in line:
            try:
                frame = document(raw)
            except Invalid:
                continue
            headers, kind = mapping(frame, "headers"), text(frame, "type", limit=20)
            topic = text(headers, "topic", limit=200)
            if kind == "SYSTEM" and topic == "disconnect":
                return
            answer = "{}"
            if kind == "SYSTEM" and topic == "ping":
                answer = text(frame, "data", limit=5_000) or "{}"
            elif kind == "CALLBACK" and topic == TOPIC:
                await self._keep(text(frame, "data", limit=LARGEST), sink)
                answer = msgspec.json.encode({"response": None}).decode()
            ack = {
                "code": 200,
                "headers": {"contentType": "application/json", "messageId": text(headers, "messageId", limit=200)},
                "message": "OK",
                "data": answer,
            }
            await line.send(msgspec.json.encode(ack).decode())

    async def _keep(self, data: str, sink: Sink) -> None:
        raw = data.encode()
        try:
            message_id = text(document(raw), "msgId", limit=200) or None
        except Invalid:
            message_id = None  # kept all the same: it is shown among the dead letters
        await sink.take([(message_id, raw)])

    def _allowed(self, place: str) -> bool:
        try:
            parts = urlsplit(place)
            host = parts.hostname or ""
        except ValueError:
            return False
        return (parts.scheme == "wss" and host.endswith(".dingtalk.com")) or (self.local and host == "127.0.0.1")
