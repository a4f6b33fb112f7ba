"""Sending, files, and trying a connection out."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from qiao.channels.contract.channel import DeliveryRefused, Endpoint, MediaFailed, Sent, SourceFailed
from qiao.channels.contract.messages import Media
from qiao.channels.contract.reading import mappings, text
from qiao.channels.wecom.api import WecomApi, WecomError
from qiao.channels.wecom.channel import MANIFEST, split_address
from qiao.core.errors import NotFound

REMEMBERED: Final = 10_000
ACCOUNTS_SHOWN: Final = 10


class WecomAdapter:
    """Sends the parts of a message one after the other, each under an id of ours."""

    def __init__(self, api: WecomApi):
        self.api = api
        self._sent: OrderedDict[str, None] = OrderedDict()

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("corp_id"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        account, customer = split_address(str(payload["to"]))
        if not account or not customer:
            raise DeliveryRefused("wecom.refused.customer", detail=str(payload["to"])[:100])
        done: list[str] = []
        for number, part in enumerate(payload["messages"]):
            part_id = (message_id if number == 0 else uuid5(message_id, str(number))).hex
            # A part that went out before a later one failed is not sent again when the message is tried again.
            if part_id not in self._sent:
                body = await self._body(endpoint, part)
                try:
                    answer = await self.api.call(
                        endpoint,
                        "kf/send_msg",
                        {"touser": customer, "open_kfid": account, "msgid": part_id, **body},
                    )
                except WecomError as error:
                    raise error.as_delivery() from error
                self._remember(part_id)
                part_id = text(answer, "msgid", limit=100) or part_id
            done.append(part_id)
        return Sent(remote_ids=tuple(done))

    async def _body(self, endpoint: Endpoint, part: Mapping[str, Any]) -> Mapping[str, Any]:
        file = part.get("file")
        if not isinstance(file, Mapping):
            return part
        kind = str(file["kind"])
        try:
            data = await self.api.http.read_file(str(file["file_id"]))
        except (NotFound, ValueError):
            raise DeliveryRefused("wecom.refused.file", detail=str(file["name"])[:100]) from None
        try:
            media_id = await self.api.upload(endpoint, kind, str(file["name"]), data)
        except WecomError as error:
            raise error.as_delivery() from error
        return {"msgtype": kind, kind: {"media_id": media_id}}

    def _remember(self, part_id: str) -> None:
        self._sent[part_id] = None
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)


class WecomFetcher:
    """Files of customers: WeCom keeps them for three days."""

    def __init__(self, api: WecomApi):
        self.api = api

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        try:
            async for piece in self.api.media(endpoint, media.ref, MANIFEST.limits["media_bytes"]):
                yield piece
        except WecomError as error:
            raise MediaFailed("wecom.media.gone", detail=str(error.code)) from error


class WecomProbe:
    """Fetches a token, the accounts, and the link under which customers reach each."""

    def __init__(self, api: WecomApi):
        self.api = api

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        only = str(endpoint.settings.get("open_kfid") or "")
        try:
            accounts = await accounts_of(self.api, endpoint)
            found = {account: name for account, name in accounts.items() if not only or account == only}
            if not found:
                raise SourceFailed("wecom.refused.account", detail=only)
            links = {}
            for account, name in list(found.items())[:ACCOUNTS_SHOWN]:
                answer = await self.api.call(endpoint, "kf/add_contact_way", {"open_kfid": account, "scene": "qiao"})
                links[f"{name} ({account})"] = text(answer, "url", limit=2000)
        except WecomError as error:
            raise error.as_source() from error
        return links


async def accounts_of(api: WecomApi, endpoint: Endpoint) -> dict[str, str]:
    """The service accounts the app manages, with their names."""
    answer = await api.call(endpoint, "kf/account/list", {"offset": 0, "limit": 100})
    return {text(one, "open_kfid", limit=100): text(one, "name", limit=80) for one in mappings(answer, "account_list")}
