"""Sending, taking back, files, and trying a connection out."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from qiao.channels.contract.channel import DeliveryRefused, Endpoint, MediaFailed, Sent
from qiao.channels.contract.messages import Media
from qiao.channels.contract.reading import text
from qiao.channels.feishu.api import FeishuApi, FeishuError
from qiao.channels.feishu.channel import MANIFEST
from qiao.channels.feishu.rendering import split_address
from qiao.core.errors import NotFound


class FeishuAdapter:
    """Sends the parts of a message one after the other, each under an id of ours."""

    def __init__(self, api: FeishuApi):
        self.api = api

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("app_id"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        kind, chat, _ = split_address(str(payload["to"]))
        if kind not in ("p", "g") or not chat:
            raise DeliveryRefused("feishu.refused.chat", detail=str(payload["to"])[:100])
        done: list[str] = []
        try:
            for number, say in enumerate(payload["say"]):
                body = {"receive_id": chat, "uuid": f"{message_id}-{number}", **await self._body(endpoint, say)}
                answer = await self.api.call(
                    endpoint, "POST", "/im/v1/messages", body, params={"receive_id_type": "chat_id"}
                )
                done.append(text(answer, "message_id", limit=190))
        except FeishuError as error:
            raise error.as_delivery() from error
        return Sent(remote_ids=tuple(one for one in done if one))

    async def _body(self, endpoint: Endpoint, say: Mapping[str, Any]) -> dict[str, str]:
        file = say.get("file")
        if not isinstance(file, Mapping):
            return {"msg_type": str(say["msg_type"]), "content": json.dumps(say["content"], ensure_ascii=False)}
        kind, name = str(file["kind"]), str(file["name"])
        try:
            data = await self.api.http.read_file(str(file["file_id"]))
        except (NotFound, ValueError):
            raise DeliveryRefused("feishu.refused.file", detail=name[:100]) from None
        key = await self.api.upload(endpoint, kind, str(file["type"]), name, data)
        shown = "media" if kind == "file" and file["type"] == "mp4" else "audio" if file["type"] == "opus" else kind
        return {"msg_type": shown, "content": json.dumps({f"{kind}_key": key})}


class FeishuRecaller:
    """Takes back what the bot said, as long as the company's administrator allows."""

    def __init__(self, api: FeishuApi):
        self.api = api

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Sequence[str]) -> None:
        for one in remote_ids:
            try:
                await self.api.call(endpoint, "DELETE", f"/im/v1/messages/{quote(one, safe='')}")
            except FeishuError as error:
                raise error.as_delivery() from error


class FeishuFetcher:
    """Files people sent: each belongs to its message."""

    def __init__(self, api: FeishuApi):
        self.api = api

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        message_id, _, rest = media.ref.partition("/")
        kind, _, key = rest.partition("/")
        try:
            async for piece in self.api.resource(endpoint, message_id, kind, key, MANIFEST.limits["media_bytes"]):
                yield piece
        except FeishuError as error:
            raise MediaFailed("feishu.media.gone", detail=str(error.code)) from error


class FeishuProbe:
    """Fetches a token and the bot's name."""

    def __init__(self, api: FeishuApi):
        self.api = api

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        try:
            bot = await self.api.bot(endpoint)
        except FeishuError as error:
            raise error.as_source() from error
        return {"bot": bot}
