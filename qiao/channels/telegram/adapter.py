"""Sending, taking back, fetching files and trying out, through the Bot API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from qiao.channels.contract import reading
from qiao.channels.contract.channel import (
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    Sent,
    SourceFailed,
)
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media
from qiao.channels.telegram.api import CallRefused, TelegramApi, refusal, secret_token
from qiao.channels.telegram.channel import DOWNLOAD_LIMIT
from qiao.channels.telegram.settings import plain
from qiao.channels.telegram.updates import ALLOWED
from qiao.core.errors import NotFound

PHOTO_LIMIT: Final = 10 * 1024 * 1024
UPLOAD_LIMIT: Final = 50 * 1024 * 1024


class TelegramAdapter:
    """One for all bots."""

    def __init__(self, http: ChannelHttp):
        self.http = http
        self.api = TelegramApi(http)

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return True  # the token is among the credentials; without it Telegram's refusal says so

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        chat = _chat(str(payload["to"]))
        try:
            return await self._send(endpoint, chat, payload)
        except CallRefused as error:
            if error.moved_to is None:
                raise refusal(error) from None
            moved = str(error.moved_to)
        try:
            # The group became a supergroup: the same people under another number.
            return await self._send(endpoint, moved, payload)
        except CallRefused as error:
            raise refusal(error) from None

    async def _send(self, endpoint: Endpoint, chat: str, payload: Mapping[str, Any]) -> Sent:
        fields = {"chat_id": chat, **payload["fields"]}
        file = payload.get("file")
        if file is None:
            results = [await self._said(endpoint, str(payload["method"]), fields)]
        else:
            results = [await self._uploaded(endpoint, str(payload["method"]), fields, file)]
        if payload.get("then"):
            results.append(await self._said(endpoint, "sendMessage", {"chat_id": chat, **payload["then"]}))
        numbers = [reading.whole(result, "message_id") for result in results]
        return Sent(tuple(f"{chat}:{number}" for number in numbers if number is not None))

    async def _said(self, endpoint: Endpoint, method: str, fields: dict[str, Any]) -> Any:
        try:
            return await self.api.call(endpoint, method, fields)
        except CallRefused as error:
            if "can't parse entities" not in error.words.lower():
                raise
        # Better plain than never.
        return await self.api.call(endpoint, method, {key: fields[key] for key in fields if key != "parse_mode"})

    async def _uploaded(self, endpoint: Endpoint, method: str, fields: dict[str, Any], file: Mapping[str, Any]) -> Any:
        action = "upload_photo" if method == "sendPhoto" else "upload_document"
        try:
            await self.api.call(endpoint, "sendChatAction", {"chat_id": fields["chat_id"], "action": action})
            data = await self.http.read_file(str(file["file_id"]))
        except NotFound:
            raise DeliveryRefused("telegram.refused.file_gone") from None
        if len(data) > UPLOAD_LIMIT:
            raise DeliveryRefused("telegram.refused.too_large")
        part = (str(file["name"]), data, str(file["mime"]))
        if method == "sendPhoto" and len(data) <= PHOTO_LIMIT:
            try:
                return await self.api.call(endpoint, method, fields, files={"photo": part}, timeout=60.0)
            except CallRefused as error:
                if not any(word in error.words.lower() for word in ("photo_invalid", "image_process", "photo_ext")):
                    raise
        # Too large, too long and thin, or nothing Telegram can draw: as a document everything goes.
        return await self.api.call(endpoint, "sendDocument", fields, files={"document": part}, timeout=60.0)

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Sequence[str]) -> None:
        for remote in remote_ids:
            chat, _, number = remote.rpartition(":")
            try:
                await self.api.call(endpoint, "deleteMessage", {"chat_id": chat, "message_id": int(number)})
            except CallRefused as error:
                if "message to delete not found" in error.words.lower():
                    continue  # the customer was quicker
                raise refusal(error) from None

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        try:
            found = await self.api.call(endpoint, "getFile", {"file_id": media.ref})
        except CallRefused as error:
            large = "too big" in error.words.lower()
            raise MediaFailed(f"telegram.media.{'too_large' if large else 'gone'}") from None
        except DeliveryRefused as refused:
            raise DeliveryFailed(refused.code) from None
        path = reading.text(found, "file_path", limit=500)
        if not path or ".." in path:
            raise MediaFailed("telegram.media.gone")
        async for chunk in self.http.download(self.api.file_url(endpoint, path), DOWNLOAD_LIMIT):
            yield chunk

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        if not on:
            return  # it ends by itself after five seconds
        try:
            await self.api.call(endpoint, "sendChatAction", {"chat_id": _chat(address), "action": "typing"})
        except CallRefused as error:
            raise refusal(error) from None

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Asks who the bot is. Where to post, Telegram is told by the source once the settings are saved."""
        try:
            me = await self.api.call(endpoint, "getMe")
        except CallRefused as error:
            raise SourceFailed("telegram.source.refused", hopeless=True, detail=error.words) from None
        except DeliveryRefused as refused:
            raise SourceFailed(refused.code, hopeless=True) from None
        except DeliveryFailed as failed:
            raise SourceFailed("telegram.source.unreachable", detail=str(failed)[:200]) from None
        return {"name": reading.text(me, "first_name"), "username": reading.text(me, "username")}

    async def connect(self, endpoint: Endpoint) -> None:
        """Telegram posts to us, or keeps what comes until it is fetched, as the inbox says."""
        if plain(endpoint.settings).intake == "poll":
            await self.api.call(endpoint, "deleteWebhook", {"drop_pending_updates": False})
            return
        hook = {"url": endpoint.hook_url, "secret_token": secret_token(endpoint), "allowed_updates": list(ALLOWED)}
        await self.api.call(endpoint, "setWebhook", hook)


def _chat(address: str) -> str:
    """The chat of an address: a private one's, or the group of `group:person`."""
    return address.split(":", 1)[0]
