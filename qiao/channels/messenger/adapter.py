"""Sending and fetching through the Graph API, for pages and for Instagram accounts."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

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
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media, Sender
from qiao.channels.contract.meta_graph import Graph, GraphError
from qiao.channels.messenger.codes import failure, outside_window
from qiao.core.errors import NotFound

UPLOAD_LIMIT: Final = 25 * 1024 * 1024
UPLOAD_SECONDS: Final = 60.0


class MessengerAdapter:
    """One for all accounts of a channel. Instagram fetches files by their address, Messenger is given them."""

    def __init__(self, http: ChannelHttp, name: str):
        self.http = http
        self.name = name
        self.graph = Graph(http)

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("account_id"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        ids: list[str] = []
        if payload.get("file"):
            ids.append(await self._file(endpoint, payload))
        for message in payload["messages"]:
            ids.append(await self._send(endpoint, payload, message))
        return Sent(tuple(one for one in ids if one))

    async def _file(self, endpoint: Endpoint, payload: Mapping[str, Any]) -> str:
        file = payload["file"]
        if self.name == "instagram":
            url = str(file.get("url") or "")
            attachment = {"attachment": {"type": file["type"], "payload": {"url": url}}}
            return await self._send(endpoint, payload, attachment)
        try:
            data = await self.http.read_file(str(file["file_id"]))
        except NotFound:
            raise DeliveryRefused("messenger.refused.file_gone") from None
        if len(data) > UPLOAD_LIMIT:
            raise DeliveryRefused("messenger.refused.too_large")
        part = (str(file.get("name") or "file"), data, str(file.get("mime") or "application/octet-stream"))
        return await self._send(
            endpoint, payload, {"attachment": {"type": file["type"], "payload": {}}}, files={"filedata": part}
        )

    async def _send(
        self,
        endpoint: Endpoint,
        payload: Mapping[str, Any],
        message: Mapping[str, Any],
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> str:
        body: dict[str, Any] = {
            "recipient": {"id": str(payload["to"])},
            "message": message,
            "messaging_type": "RESPONSE",
        }
        try:
            return await self._post(endpoint, body, files)
        except GraphError as error:
            may_tag = endpoint.settings.get("human_agent") is True and payload.get("author") == "user"
            if not (outside_window(error) and may_tag):
                raise failure(error) from None
        try:
            return await self._post(endpoint, body | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, files)
        except GraphError as error:
            raise failure(error) from None

    async def _post(
        self, endpoint: Endpoint, body: Mapping[str, Any], files: Mapping[str, tuple[str, bytes, str]] | None
    ) -> str:
        options: dict[str, Any] = {"json": body}
        if files:
            form = {k: v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in body.items()}
            options = {"data": form, "files": files, "timeout": UPLOAD_SECONDS}
        account = reading.text(endpoint.settings, "account_id") or "me"
        answer = await self.graph.call(endpoint, "POST", f"{account}/messages", **options)
        return reading.text(answer, "message_id", limit=400)

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        if not self.graph.may_hold_files(endpoint, media.ref):
            raise MediaFailed("messenger.media.gone")
        try:
            # The address itself is the permission; it lasts for some days.
            async for chunk in self.http.download(media.ref, UPLOAD_LIMIT):
                yield chunk
        except DeliveryFailed as failed:
            if str(failed).endswith((" 403", " 404", " 410")):
                raise MediaFailed("messenger.media.gone") from None
            raise

    async def look_up(self, endpoint: Endpoint, sender: Sender) -> Sender:
        fields = "name,username" if self.name == "instagram" else "first_name,last_name"
        try:
            found = await self.graph.call(endpoint, "GET", quote(sender.address, safe=""), query={"fields": fields})
        except (GraphError, DeliveryFailed):
            return sender  # not everybody lets their name be known
        first, last = reading.text(found, "first_name", limit=40), reading.text(found, "last_name", limit=40)
        name = f"{first} {last}".strip() or reading.text(found, "name", limit=80)
        username = reading.text(found, "username", limit=60)
        about = {**sender.attributes, "instagram": f"@{username}"} if username else sender.attributes
        return msgspec.structs.replace(sender, name=name or username or sender.name, attributes=about)

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        body = {"recipient": {"id": address}, "sender_action": "typing_on" if on else "typing_off"}
        try:
            await self._post(endpoint, body, None)
        except GraphError as error:
            raise failure(error) from None

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        fields = "username,name" if self.name == "instagram" else "name"
        try:
            found = await self.graph.call(
                endpoint, "GET", reading.text(endpoint.settings, "account_id") or "me", query={"fields": fields}
            )
        except GraphError as error:
            refused = failure(error)
            if isinstance(refused, DeliveryRefused):
                raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
            raise SourceFailed("messenger.source.unreachable", detail=str(error)[:200]) from None
        except DeliveryFailed as failed:
            raise SourceFailed("messenger.source.unreachable", detail=str(failed)[:200]) from None
        shown = {key: reading.text(found, key) for key in ("name", "username")}
        return {key: value for key, value in shown.items() if value}
