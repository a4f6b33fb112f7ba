"""WeChat's I/O for one kind of account: sending, files both ways, signs of typing, what an account tells of itself."""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.channels.contract.channel import (
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    Sent,
    SourceFailed,
    Template,
)
from qiao.channels.contract.messages import Media, Sender
from qiao.channels.wechat import templates
from qiao.channels.wechat.api import WechatApi, safe_address
from qiao.channels.wechat.channel import MEDIA_BYTES
from qiao.channels.wechat.codes import WechatError
from qiao.core.errors import NotFound

SEND: Final = "/cgi-bin/message/custom/send"
BEGUN: Final = 10_000
"""Deliveries of several messages whose progress is remembered."""
NO_LOOK_UP_SECONDS: Final = 3600.0


class WechatAdapter:
    """`mini`: for mini programs; the calls of the two differ in places."""

    def __init__(self, api: WechatApi, *, mini: bool = False):
        self.api = api
        self.mini = mini
        self._begun: OrderedDict[UUID, int] = OrderedDict()
        self._may_not_look_up: dict[UUID, float] = {}

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("app_id"))

    # -- out -----------------------------------------------------------------------------------------------------------

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        """Sends what `render` made. A text of several messages goes on where an earlier try broke off."""
        try:
            if "template" in payload:
                return await self._template(endpoint, message_id, payload["to"], payload["template"])
            messages: Sequence[dict[str, Any]] = payload["messages"]
            done = self._begun.pop(message_id, 0)
            for place, message in enumerate(messages[done:], start=done):
                try:
                    await self._send(endpoint, payload["to"], message)
                except (WechatError, DeliveryFailed):
                    self._remember(message_id, place)
                    raise
            return Sent(answers=len(messages), state="delivered")
        except WechatError as error:
            raise error.as_delivery() from error

    def _remember(self, message_id: UUID, done: int) -> None:
        if done:
            self._begun[message_id] = done
            while len(self._begun) > BEGUN:
                self._begun.popitem(last=False)

    async def _send(self, endpoint: Endpoint, to: str, message: dict[str, Any]) -> None:
        kind = str(message["msgtype"])
        body = {"touser": to, "msgtype": kind, kind: message[kind]}
        if "file" in message:
            media_id = await self.upload(endpoint, message["file"])
            field = "thumb_media_id" if kind == "miniprogrampage" else "media_id"
            body[kind] = {**message[kind], field: media_id}
        await self.api.call(endpoint, "POST", SEND, body)

    async def upload(self, endpoint: Endpoint, file: Mapping[str, str]) -> str:
        """A file of ours as temporary material; WeChat keeps it for three days."""
        try:
            data = await self.api.http.read_file(file["file_id"])
        except NotFound:
            raise DeliveryRefused("wechat.refused.file_gone") from None
        said = await self.api.call(
            endpoint,
            "POST",
            "/cgi-bin/media/upload",
            params={"type": file["type"]},
            files={"media": (_plain_name(file["name"], file["type"]), data, file["mime"])},
        )
        media_id = said.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise DeliveryFailed("the provider took a file and gave it no id")
        return media_id

    async def _template(self, endpoint: Endpoint, message_id: UUID, to: str, template: Mapping[str, Any]) -> Sent:
        body = {"touser": to, **template["body"]}
        if template["kind"] == "template":
            # With this a repeat of ours within ten minutes is sent once.
            said = await self.api.call(
                endpoint, "POST", "/cgi-bin/message/template/send", body | {"client_msg_id": message_id.hex}
            )
        elif self.mini:
            state = {"release": "formal", "trial": "trial", "develop": "developer"}[
                str(endpoint.settings.get("env_version", "release"))
            ]
            body |= {"miniprogram_state": state, "lang": "zh_CN"}
            said = await self.api.call(endpoint, "POST", "/cgi-bin/message/subscribe/send", body)
        else:
            said = await self.api.call(endpoint, "POST", "/cgi-bin/message/subscribe/bizsend", body)
        remote = said.get("msgid")
        return Sent(remote_ids=(str(remote),) if remote else (), answers=0, state="sent" if remote else "delivered")

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        """Shows or hides that somebody is writing. Whether it works is nobody's loss."""
        if not endpoint.settings.get("show_typing", True):
            return
        path = "/cgi-bin/message/custom/business/typing" if self.mini else "/cgi-bin/message/custom/typing"
        try:
            await self.api.call(
                endpoint, "POST", path, {"touser": address, "command": "Typing" if on else "CancelTyping"}
            )
        except (WechatError, DeliveryFailed):
            return

    # -- in ------------------------------------------------------------------------------------------------------------

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        """A file of a customer's message. WeChat keeps it for three days, pictures longer at their address."""
        media_id, _, picture = media.ref.partition("\n")
        try:
            async for chunk in self.api.download(endpoint, "/cgi-bin/media/get", {"media_id": media_id}, MEDIA_BYTES):
                yield chunk
        except WechatError as error:
            if picture and error.meaning.word == "upload_again":
                async for chunk in self._picture(picture):
                    yield chunk
                return
            if error.meaning.kind in ("refused", "setup") or error.meaning.word == "upload_again":
                raise MediaFailed("channels.media.gone") from error
            raise DeliveryFailed(str(error), after=error.meaning.after) from error

    async def _picture(self, url: str) -> AsyncIterator[bytes]:
        try:
            address = safe_address(url)
        except WechatError as error:
            raise MediaFailed("channels.media.gone") from error
        async for chunk in self.api.http.download(address, MEDIA_BYTES):
            yield chunk

    async def look_up(self, endpoint: Endpoint, sender: Sender) -> Sender:
        """Who somebody is, as far as WeChat tells: across the company's accounts (unionid), language, remark.

        Since December 2021 names and pictures of followers are no longer told.
        """
        if self.mini or not endpoint.settings.get("look_up", True):
            return sender
        if self._may_not_look_up.get(endpoint.inbox_id, 0.0) > time.monotonic():
            return sender
        try:
            said = await self.api.call(
                endpoint, "GET", "/cgi-bin/user/info", params={"openid": sender.address, "lang": "zh_CN"}
            )
        except WechatError as error:
            if error.meaning.word == "no_permission":  # an account that is not verified; it will not be in a minute
                self._may_not_look_up[endpoint.inbox_id] = time.monotonic() + NO_LOOK_UP_SECONDS
            return sender
        except DeliveryFailed:
            return sender
        return _with_profile(sender, said)

    # -- about the account ---------------------------------------------------------------------------------------------

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Fetches a token and asks how many answers may still be sent today."""
        if not endpoint.settings.get("app_id"):
            raise SourceFailed("wechat.setup.app_id", hopeless=True, number="", detail="")
        try:
            await self.api.token(endpoint)
            facts = {"app_id": str(endpoint.settings["app_id"])}
            try:
                said = await self.api.call(endpoint, "POST", "/cgi-bin/openapi/quota/get", {"cgi_path": SEND})
            except WechatError as error:
                if error.meaning.kind == "setup":
                    raise
                return facts
        except WechatError as error:
            raise error.as_source() from error
        quota = said.get("quota")
        if isinstance(quota, dict):
            facts |= {name: str(quota[name]) for name in ("daily_limit", "remain") if isinstance(quota.get(name), int)}
        return facts

    async def templates(self, endpoint: Endpoint) -> Sequence[Template]:
        """The approved messages of the account."""
        try:
            return await templates.listing(self.api, endpoint, mini=self.mini)
        except WechatError as error:
            raise DeliveryFailed(str(error), after=error.meaning.after, code=error.key, **error.params) from error


def _plain_name(name: str, kind: str) -> str:
    """A file name WeChat's upload understands: it goes by the ending."""
    ending = name.rpartition(".")[2].lower()
    known = {"image": ("jpg", "jpeg", "png", "gif", "bmp"), "voice": ("amr", "mp3"), "video": ("mp4",)}[kind]
    return f"file.{ending if ending in known else known[0]}"


def _with_profile(sender: Sender, said: Mapping[str, Any]) -> Sender:
    def text(name: str, limit: int = 80) -> str | None:
        value = said.get(name)
        return value.strip().replace("\x00", "")[:limit] or None if isinstance(value, str) else None

    union = text("unionid", 64)
    attributes = {name: value for name in ("language", "subscribe_scene") if (value := text(name, 40))}
    return msgspec.structs.replace(
        sender,
        name=sender.name or text("nickname") or text("remark"),
        union=f"wechat:{union}" if union else sender.union,
        attributes={**sender.attributes, **attributes},
    )
