"""Sending, files, templates and trying out, through the Graph API."""

import base64
import hashlib
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
    Template,
)
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media
from qiao.channels.contract.meta_graph import Graph, GraphError
from qiao.channels.whatsapp.channel import MEDIA_LIMIT
from qiao.channels.whatsapp.codes import failure
from qiao.channels.whatsapp.templates import listed
from qiao.core.errors import NotFound

MOST_TEMPLATES: Final = 500
UPLOAD_SECONDS: Final = 60.0


class WhatsappAdapter:
    """One for all numbers."""

    def __init__(self, http: ChannelHttp):
        self.http = http
        self.graph = Graph(http)

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("phone_number_id"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        message = dict(payload["message"])
        try:
            if payload.get("file"):
                kind = message["type"]
                media_id = await self._upload(endpoint, payload["file"])
                message[kind] = message[kind] | {"id": media_id}
            ids = [await self._send(endpoint, message_id, str(payload["to"]), message)]
            if payload.get("then"):
                ids.append(await self._send(endpoint, message_id, str(payload["to"]), payload["then"]))
        except GraphError as error:
            raise failure(error) from None
        return Sent(tuple(one for one in ids if one))

    async def _send(self, endpoint: Endpoint, message_id: UUID, to: str, message: Mapping[str, Any]) -> str:
        number = to.removeprefix("+")
        whom = {"to": number} if number.isascii() and number.isdecimal() else {"recipient": to}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **message}
        body["biz_opaque_callback_data"] = str(message_id)
        answer = await self.graph.call(endpoint, "POST", f"{_number(endpoint)}/messages", json=body)
        return reading.text(answer, "messages", "0", "id", limit=400)

    async def _upload(self, endpoint: Endpoint, file: Mapping[str, Any]) -> str:
        try:
            data = await self.http.read_file(str(file["file_id"]))
        except NotFound:
            raise DeliveryRefused("whatsapp.refused.file_gone") from None
        if len(data) > MEDIA_LIMIT:
            raise DeliveryRefused("whatsapp.refused.too_large")
        answer = await self.graph.call(
            endpoint,
            "POST",
            f"{_number(endpoint)}/media",
            data={"messaging_product": "whatsapp", "type": str(file["mime"])},
            files={"file": (str(file["name"]), data, str(file["mime"]))},
            timeout=UPLOAD_SECONDS,
        )
        return reading.text(answer, "id")

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        own, _, wanted = media.ref.partition(" ")
        try:
            about = await self.graph.call(endpoint, "GET", own, query={"phone_number_id": _number(endpoint)})
        except GraphError as error:
            if error.transient:
                raise DeliveryFailed(str(error)) from None
            raise MediaFailed("whatsapp.media.gone") from None
        size = reading.whole(about, "file_size")
        if size is not None and size > MEDIA_LIMIT:
            raise MediaFailed("whatsapp.media.too_large")
        url = reading.text(about, "url", limit=2000)
        if not self.graph.may_hold_files(endpoint, url):
            raise MediaFailed("whatsapp.media.gone")
        seen = hashlib.sha256()
        async for chunk in self.http.download(url, MEDIA_LIMIT, headers=self.graph.authorization(endpoint)):
            seen.update(chunk)
            yield chunk
        wanted = wanted or reading.text(about, "sha256", limit=100)
        if wanted and wanted not in (seen.hexdigest(), base64.b64encode(seen.digest()).decode()):
            raise DeliveryFailed("the file is not what WhatsApp announced")

    async def templates(self, endpoint: Endpoint) -> Sequence[Template]:
        account = reading.text(endpoint.settings, "business_account_id")
        if not account:
            return ()
        found: list[Template] = []
        query = {"limit": "100", "status": "APPROVED", "fields": "name,language,status,components,parameter_format"}
        try:
            while len(found) < MOST_TEMPLATES:
                answer = await self.graph.call(endpoint, "GET", f"{account}/message_templates", query=query)
                found += [one for row in reading.mappings(answer, "data") if (one := listed(row)) is not None]
                after = reading.text(answer, "paging", "cursors", "after", limit=500)
                if not after or not reading.text(answer, "paging", "next", limit=10):
                    break
                query = query | {"after": after}
        except GraphError as error:
            raise DeliveryFailed(str(error)) from None
        return found[:MOST_TEMPLATES]

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        fields = "display_phone_number,verified_name,quality_rating"
        try:
            found = await self.graph.call(endpoint, "GET", _number(endpoint) or "me", query={"fields": fields})
        except GraphError as error:
            refused = failure(error)
            if isinstance(refused, DeliveryRefused):
                raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
            raise SourceFailed("whatsapp.source.unreachable", detail=str(error)[:200]) from None
        except DeliveryFailed as failed:
            raise SourceFailed("whatsapp.source.unreachable", detail=str(failed)[:200]) from None
        shown = {
            "name": reading.text(found, "verified_name"),
            "phone": reading.text(found, "display_phone_number"),
            "quality": reading.text(found, "quality_rating"),
        }
        return {key: value for key, value in shown.items() if value}


def _number(endpoint: Endpoint) -> str:
    return reading.text(endpoint.settings, "phone_number_id")
