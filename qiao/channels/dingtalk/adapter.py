"""Sending, taking back, files, and trying a connection out."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, MediaFailed, Sent
from qiao.channels.contract.messages import Media
from qiao.channels.contract.reading import mapping, text
from qiao.channels.dingtalk.api import DingtalkApi, DingtalkError
from qiao.channels.dingtalk.channel import MANIFEST, as_param, by_session, ours, split_address
from qiao.core import clock
from qiao.core.errors import NotFound

REMEMBERED: Final = 10_000
MARGIN_MS: Final = 60_000
"""A session that ends sooner than this is not relied on."""


def robot_of(endpoint: Endpoint) -> str:
    """The robot's code; of an app's own robot it is the app's key."""
    return str(endpoint.settings.get("robot_code") or endpoint.settings.get("app_key") or "")


class DingtalkAdapter:
    """Chooses the way by whom it goes to: staff, a group, or whoever wrote from outside."""

    def __init__(self, api: DingtalkApi):
        self.api = api
        self._sent: OrderedDict[tuple[UUID, int], str] = OrderedDict()

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("app_key"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        done: list[str] = []
        for number, say in enumerate(payload["say"]):
            known = self._sent.get((message_id, number))
            # A part that went out before a later one failed is not said again when the message is tried again.
            if known is None:
                try:
                    known = await self._one(endpoint, str(payload["to"]), payload.get("session"), say)
                except DingtalkError as error:
                    raise error.as_delivery() from error
                self._remember((message_id, number), known)
            done += [known] if known else []
        return Sent(remote_ids=tuple(done))

    async def _one(
        self, endpoint: Endpoint, address: str, session: Mapping[str, Any] | None, say: Mapping[str, Any]
    ) -> str:
        kind, conversation, person = split_address(address)
        if kind not in ("u", "g", "c") or not person:
            raise DeliveryRefused("dingtalk.refused.customer", detail=address[:100])
        file = say.get("file")
        url = str(session["url"]) if session and _fresh(session) else ""
        if url and kind != "u" and (file is None or kind == "c") and ours(url):
            # Somebody from outside cannot be sent files; they get the link.
            at = person if kind == "g" and not person.startswith("$") else ""
            try:
                await self.api.by_session(url, by_session(dict(say), at))
                return ""
            except DingtalkError as error:
                if kind == "c" or error.word != "session":
                    raise
        if kind == "c":
            raise DeliveryRefused("dingtalk.refused.session", detail="")
        key, param = str(say["key"]), dict(say["param"])
        if isinstance(file, Mapping):
            key, param = await self._uploaded(endpoint, file)
        body = {"robotCode": robot_of(endpoint), "msgKey": key, "msgParam": as_param(param)}
        if kind == "g":
            body["openConversationId"] = conversation
            answer = await self.api.call(endpoint, "/v1.0/robot/groupMessages/send", body)
            return text(answer, "processQueryKey", limit=190)
        answer = await self.api.call(endpoint, "/v1.0/robot/oToMessages/batchSend", {**body, "userIds": [person]})
        if person in (answer.get("invalidStaffIdList") or ()):
            raise DeliveryRefused("dingtalk.refused.customer", detail=person)
        if person in (answer.get("flowControlledStaffIdList") or ()):
            raise DeliveryFailed("DingTalk holds back messages to this person", after=60)
        return text(answer, "processQueryKey", limit=190)

    async def _uploaded(self, endpoint: Endpoint, file: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        try:
            data = await self.api.http.read_file(str(file["file_id"]))
        except (NotFound, ValueError):
            raise DeliveryRefused("dingtalk.refused.file", detail=str(file["name"])[:100]) from None
        media_id = await self.api.upload(endpoint, str(file["kind"]), str(file["name"]), data)
        if file["kind"] == "image":
            return "sampleImageMsg", {"photoURL": media_id}
        return "sampleFile", {"mediaId": media_id, "fileName": file["name"], "fileType": file["type"]}

    def _remember(self, key: tuple[UUID, int], remote_id: str) -> None:
        self._sent[key] = remote_id
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)


def _fresh(session: Mapping[str, Any]) -> bool:
    until = session.get("until")
    return isinstance(until, int) and until - MARGIN_MS > clock.now().timestamp() * 1000


class DingtalkRecaller:
    """Takes back what the robot said, within a day. What answered a session cannot be named, so it stays."""

    def __init__(self, api: DingtalkApi):
        self.api = api

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Sequence[str]) -> None:
        kind, conversation, _ = split_address(address)
        keys = [one for one in remote_ids if one]
        if not keys or kind == "c":
            raise DeliveryRefused("dingtalk.refused.recall", detail="")
        body: dict[str, Any] = {"robotCode": robot_of(endpoint), "processQueryKeys": keys}
        path = "/v1.0/robot/otoMessages/batchRecall"
        if kind == "g":
            path, body["openConversationId"] = "/v1.0/robot/groupMessages/recall", conversation
        try:
            answer = await self.api.call(endpoint, path, body)
        except DingtalkError as error:
            raise error.as_delivery() from error
        failed = mapping(answer, "failedResult")
        if any(key in failed for key in keys):
            raise DeliveryRefused("dingtalk.refused.recall", detail=str(next(iter(failed.values())))[:100])


class DingtalkFetcher:
    """Files people sent: a code is good for a link, the link for a short while."""

    def __init__(self, api: DingtalkApi):
        self.api = api

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        body = {"downloadCode": media.ref, "robotCode": robot_of(endpoint)}
        try:
            answer = await self.api.call(endpoint, "/v1.0/robot/messageFiles/download", body)
        except DingtalkError as error:
            raise MediaFailed("dingtalk.media.gone", detail=error.code) from error
        url = text(answer, "downloadUrl", limit=4_000)
        if not url.startswith(("https://", "http://")):
            raise MediaFailed("dingtalk.media.gone", detail="downloadUrl")
        async for piece in self.api.http.download(url, MANIFEST.limits["media_bytes"]):
            yield piece


class DingtalkProbe:
    """Fetches a token; in stream mode also asks for a connection."""

    def __init__(self, api: DingtalkApi, topic: str):
        self.api = api
        self.topic = topic

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        try:
            await self.api.check(endpoint)
            facts = {"robot_code": robot_of(endpoint)}
            if endpoint.settings.get("mode") == "stream":
                facts["gateway"] = (await self.api.connect(endpoint, self.topic))[0]
        except DingtalkError as error:
            raise error.as_source() from error
        return facts
